"""A dataset as a report: can it be trained on, what is in it, what is wrong with it, how it reads.

What must be done stands open and first; a warning is one quiet line, its places a click away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quality.statistics import Leakage, Statistics, TokenFigures, describe
from nbfinetune.core.reading.grouping import ProblemGroup, grouped
from nbfinetune.core.rules.rules import Marks
from nbfinetune.display.dataset_parts import (
    histogram_html,
    left_out_html,
    marks_part,
    origin_html,
    systems_html,
    tokens_html,
)
from nbfinetune.display.findings import finding_html, findings_html, group_html, title_html
from nbfinetune.display.html import box, esc, facts
from nbfinetune.display.labels import heading, label, line_of, row_numbers
from nbfinetune.display.report_style import GONE_WIDGET_STYLE, REPORT_STYLE

SHOWN_ROWS = 3
SHOWN_KINDS = 8
MANY = 3000
"""Rows from which on the report leaves the search for nearly equal rows to the quality card."""


def dataset_html(
    dataset: MessageDataset,
    *,
    statistics: Statistics | None = None,
    tokens: TokenFigures | None = None,
    marks: Sequence[Marks] = (),
    leakage: Leakage | None = None,
    shown_rows: str | None = None,
) -> str:
    """The report for a notebook. `statistics` are described here where they are not known.

    What is to be done stands first. Where that is much, figures and rows are a click away.
    `shown_rows` is HTML that stands in the place of the first rows.
    """
    rows = dataset.conversations
    figures = statistics or describe(rows, near=len(rows) <= MANY)
    groups = grouped(dataset.problems)
    errors = [group_html(group, opened=True) for group in groups if group.severity == "error"]
    noted = [group_html(group, opened=False) for group in groups if group.severity != "error"]
    findings = [
        *errors,
        left_out_html(dataset),
        *_leakage_html(dataset, leakage),
        *noted,
        _near_html(rows, figures),
    ]
    body = (
        _marks_html(marks)
        + (tokens_html(rows, tokens) if tokens else "")
        + f"<div class='side'>{histogram_html('report_lengths', figures.lengths)}"
        + f"{systems_html(figures)}</div>"
        + (_first_rows_html(rows) if shown_rows is None else shown_rows)
    )
    return report_box(
        f"<style>{GONE_WIDGET_STYLE}</style>"
        + _head_html(dataset)
        + facts(_facts(dataset, figures))
        + origin_html(dataset)
        + findings_html(findings)
        + (_folded_html(body, len(rows)) if errors else body)
    )


def _folded_html(body: str, rows: int) -> str:
    """Figures and rows of a dataset that has errors: they are not what is to be looked at first."""
    if not rows:
        return ""
    summary = esc(label("report_figures", rows=f"{rows:,}"))
    return f"<details class='figures'><summary>{summary}</summary>{body}</details>"


def report_box(body: str) -> str:
    """Our part of a page, with the style of reports."""
    return box(f"<style>{REPORT_STYLE}</style>{body}")


def conversation_html(row: Conversation) -> str:
    """One conversation as chat bubbles."""
    turns = []
    for message in row.messages:
        kind = "system" if message.role == "system" else f"turn {message.role}"
        turns.append(f"<div class='{kind}' title='{message.role}'>{esc(message.content)}</div>")
    return f"<div class='chat'>{''.join(turns)}</div>"


def dataset_text(dataset: MessageDataset) -> str:
    """The report for a terminal: the state, the figures, each kind of problem, the first row."""
    figures = describe(dataset.conversations, near=False)
    values = ", ".join(f"{value} {name}" for name, value in _facts(dataset, figures))
    lines = [f"{dataset.name}: {_state(dataset)[1]}", f"  {values}"]
    groups = grouped(dataset.problems)
    for group in groups[:SHOWN_KINDS]:
        lines += _group_lines(group)
    if hidden := sum(len(group.members) for group in groups[SHOWN_KINDS:]):
        lines.append("  " + label("more_problems", count=hidden))
    for row in dataset.conversations[:1]:
        lines += [f"  {m.role + ':':<10} {m.content}" for m in row.messages]
    return "\n".join(lines)


def _group_lines(group: ProblemGroup) -> list[str]:
    """Errors with their first places and the way out; of the others the first."""
    count = f"{len(group.members)}× " if len(group.members) > 1 else ""
    shown = 3 if group.severity == "error" else 1
    first, *rest = [f"{problem}" for problem in group.members[:shown]]
    lines = [f"  {count}{first}", *(f"    {line}" for line in rest)]
    if group.severity == "error" and group.way_out:
        lines.append("    " + label("report_way_out", way_out=group.way_out))
    return lines


def _state(dataset: MessageDataset) -> tuple[str, str]:
    """How it stands, as a class of chip and in words."""
    if dataset.errors:
        return "bad", label("report_errors", count=len(dataset.errors))
    if not dataset.conversations:
        return "bad", label("report_no_rows")
    return "good", label("report_ready")


def _head_html(dataset: MessageDataset) -> str:
    chip, state = _state(dataset)
    source = dataset.origin.label if dataset.origin.label != dataset.name else ""
    return (
        f"<div class='head jp-nbfinetune-report'><h4>{esc(dataset.name)}</h4>"
        f" <span class='chip {chip}'>{esc(state)}"
        f"</span><span class='quiet'>{esc(source)}</span></div>"
    )


def _facts(dataset: MessageDataset, figures: Statistics) -> list[tuple[str, object]]:
    """The figures that matter, each with its name."""
    whole = dataset.rows == figures.rows
    rows = label("report_of", part=figures.rows, whole=dataset.rows)
    found: list[tuple[str, object]] = [
        (label("report_fact_rows"), f"{figures.rows:,}")
        if whole
        else (label("report_fact_valid"), rows)
    ]
    if figures.multi_turn:
        found.append((label("report_fact_answers"), f"{figures.answers:,}"))
        found.append((label("report_fact_multi_turn"), f"{figures.multi_turn:,}"))
    if figures.rows:
        found.append((label("report_fact_median"), f"{figures.lengths.median:,.0f}"))
        found.append((label("report_fact_longest"), f"{figures.lengths.longest:,}"))
    systems = sum(use.text is not None for use in figures.systems)
    if systems > 1:
        found.append((label("report_fact_systems"), systems))
    if figures.scripts:
        found.append((label("report_fact_script"), _scripts(figures)))
    return found


def _scripts(figures: Statistics) -> str:
    """The most frequent scripts; with their shares where there are several."""
    if len(figures.scripts) == 1:
        return label(f"script_{figures.scripts[0][0]}")
    return ", ".join(
        label(
            "report_script_share",
            script=label(f"script_{script}"),
            percent=round(100 * count / figures.rows),
        )
        for script, count in figures.scripts[:2]
    )


def _near_html(rows: Sequence[Conversation], figures: Statistics) -> str:
    if not figures.near_known:
        return f"<div class='finding quiet'>{esc(label('report_near_skipped'))}</div>"
    if not figures.near_duplicates:
        return ""
    involved = sum(map(len, figures.near_duplicates))
    params = {"count": len(figures.near_duplicates), "rows": involved}
    groups = "".join(f"<div>{esc(row_numbers(rows, g))}</div>" for g in figures.near_duplicates[:8])
    way_out = label("report_way_out", way_out=text.way_out("quality_near", params))
    body = f"{groups}<div class='out'>{esc(way_out)}</div>"
    return finding_html("warning", title_html(label("quality_near", **params)), body, opened=False)


def _leakage_html(dataset: MessageDataset, leakage: Leakage | None) -> Iterator[str]:
    """What a validation set shares with this one, which is trained on."""
    for kind in ("same", "question", "near"):
        pairs: tuple[tuple[int, int], ...] = getattr(leakage, kind, ())
        if not pairs:
            continue
        params = {"count": len(pairs)}
        code = f"report_leak_{kind}"
        where = esc(row_numbers(dataset.conversations, [train for _, train in pairs]))
        out = esc(label("report_way_out", way_out=text.way_out(code, params)))
        body = f"<div>{where}</div><div class='out'>{out}</div>"
        yield finding_html("warning", title_html(label(code, **params)), body, opened=True)


def _marks_html(marks: Sequence[Marks]) -> str:
    return heading("report_rules") + "".join(map(marks_part, marks)) if marks else ""


def _first_rows_html(rows: Sequence[Conversation]) -> str:
    if not rows:
        return ""
    shown = "".join(
        f"<div class='rownumber'>{esc(label('report_row', line=line_of(rows, i)))}</div>"
        + conversation_html(row)
        for i, row in enumerate(rows[:SHOWN_ROWS])
    )
    return heading("report_first_rows") + shown
