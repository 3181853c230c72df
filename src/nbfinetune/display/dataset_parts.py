"""The parts of a report about data: where rows came from, lengths, system prompts, rules. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import get_args

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quality.statistics import Bin, Lengths, Statistics, TokenFigures
from nbfinetune.core.quoting import visible
from nbfinetune.core.rules.checks import Outcome
from nbfinetune.core.rules.rules import Marks
from nbfinetune.display.findings import (
    SHOWN_RANGES,
    finding_html,
    findings_html,
    line_ranges,
    title_html,
)
from nbfinetune.display.html import esc
from nbfinetune.display.labels import heading, label, line_of, one_line, row_numbers

SHOWN_PLACES = 4
SHOWN_SYSTEMS = 5
_LONGEST_PROMPT = 400


# where the rows came from


def origin_html(dataset: MessageDataset) -> str:
    """What was converted and what was repaired on the way here; empty for rows as they were."""
    parts = []
    for conversion in dataset.conversions:
        rows = label("report_converted_rows", rows=f"{conversion.rows:,}")
        parts.append(_came(label("report_converted", format=conversion.label), rows))
    if dataset.fixes:
        names = ", ".join(text.message(f"fix_short/{fix}", {}) for fix in dataset.fixes)
        parts.append(_came(label("report_repaired"), names))
    return "".join(parts)


def _came(how: str, what: str) -> str:
    return (
        f"<div class='origin'><span class='chip busy'>{esc(how)}</span> "
        f"<span>{esc(what)}</span></div>"
    )


def left_out_html(dataset: MessageDataset) -> str:
    """What a conversion could not carry over: how often, on which lines. It stands open."""
    cells = []
    numbered = dataset.origin.kind in ("python", "hub")  # such rows have no lines
    one, many = ("at_row", "report_rows_numbered") if numbered else ("at_line", "report_lines")
    for note in (note for conversion in dataset.conversions for note in conversion.notes):
        ranges = line_ranges(note.lines)
        shown = ", ".join(ranges[:SHOWN_RANGES])
        shown += ", …" * (len(ranges) > SHOWN_RANGES or note.rows > len(note.lines))
        times = label("report_times", count=note.count)
        several = len(set(note.lines)) > 1
        lines = label(many, lines=shown) if several else label(one, line=shown)
        cells.append(
            f"<div class='where'>{esc(visible(note.what))}  {esc(times)}</div>"
            f"<div>{esc(lines)}</div>"
        )
    if not cells:
        return ""
    places = f"<div class='places'>{''.join(cells)}</div>"
    return finding_html("warning", title_html(label("report_left_out")), places, opened=True)


# figures


def histogram_html(title: str, lengths: Lengths) -> str:
    """Columns with their numbers as tool tips; nothing where there is one length only."""
    if len(lengths.bins) < 2:
        return ""
    most = max(place.count for place in lengths.bins)
    columns = "".join(
        f"<div style='height:{max(round(100 * b.count / most), 3 if b.count else 0)}%'"
        f" title='{esc(_bin_words(b))}'></div>"
        for b in lengths.bins
    )
    last = lengths.bins[-1]
    end = f"{last.low:,}+" if last.high is None else f"{last.high:,}"
    axis = f"<span>{lengths.bins[0].low:,}</span> <span>{end}</span>"
    return (
        f"<div>{heading(title)}<div class='plot'><div class='columns'>{columns}</div>"
        f"<div class='axis'>{axis}</div></div></div>"
    )


def _bin_words(place: Bin) -> str:
    if place.high is None:
        return label("report_bin_open", low=place.low, count=place.count)
    return label("report_bin", low=place.low, high=place.high - 1, count=place.count)


def systems_html(figures: Statistics) -> str:
    """System prompts with how often each is used; in one that looks like a slip, what differs."""
    if not any(use.text for use in figures.systems):
        return ""
    slips = {drift.slip: drift.usual for drift in figures.drifts}
    shown = [*range(min(SHOWN_SYSTEMS, len(figures.systems)))]
    shown += sorted(slip for slip in slips if slip >= SHOWN_SYSTEMS)[:SHOWN_SYSTEMS]
    cells = []
    for i in shown:
        use = figures.systems[i]
        times = esc(label("report_times", count=use.rows))
        if use.text is None:
            words = f"<span class='quiet'>{esc(label('report_no_system'))}</span>"
        elif i in slips:
            words = _slip_html(figures.systems[slips[i]].text or "", use.text)
        else:
            words = esc(use.text[:_LONGEST_PROMPT] + "…" * (len(use.text) > _LONGEST_PROMPT))
        cells.append(f"<div class='number'>{times}</div><div class='clip'>{words}</div>")
    hidden = len(figures.systems) - len(shown)
    more = f"<div class='quiet'>{esc(label('report_more_systems', count=hidden))}</div>"
    slip = f"<div class='quiet'>{esc(label('report_slip'))}</div>" if slips else ""
    body = f"<div class='list'>{''.join(cells)}</div>{more if hidden else ''}{slip}"
    return f"<div>{heading('report_systems')}{body}</div>"


def _slip_html(usual: str, slip: str) -> str:
    """The prompt with what is not in the usual one marked; `‸` where something is missing."""
    pieces = []
    for kind, _, _, low, high in SequenceMatcher(None, usual, slip, autojunk=False).get_opcodes():
        piece = slip[low:high].replace(" ", "␣") if kind != "equal" else slip[low:high]
        shown = esc(piece or "‸")
        pieces.append(shown if kind == "equal" else f"<b class='slip'>{shown}</b>")
    return "".join(pieces)


def tokens_html(rows: Sequence[Conversation], tokens: TokenFigures) -> str:
    """The loss budget: how many tokens are learned, and which rows own them."""
    percent = round(100 * tokens.trained / max(tokens.total, 1))
    words = label("report_trained", trained=f"{tokens.trained:,}", total=f"{tokens.total:,}",
                  percent=percent)  # fmt: skip
    bar = f"<div class='share'><div class='part' style='width:{percent}%'></div></div>"
    owners = "".join(
        f"<div class='number'>{count:,}</div><div>{esc(row_numbers(rows, [row]))}</div>"
        for row, count in tokens.owners[:SHOWN_PLACES]
    )
    owned = f"{heading('report_owners')}<div class='list'>{owners}</div>" if owners else ""
    cut = ""
    if tokens.cut:
        params = {"limit": tokens.max_length, "count": len(tokens.cut)}
        out = label("report_way_out", way_out=text.way_out("report_cut", params))
        body = f"<div>{esc(row_numbers(rows, tokens.cut))}</div><div class='out'>{esc(out)}</div>"
        title = title_html(label("report_cut", **params))
        cut = findings_html([finding_html("warning", title, body, opened=True)])
    main = f"<div>{heading('report_tokens', model=tokens.model)}{esc(words)}{bar}{owned}</div>"
    lengths = histogram_html("report_token_lengths", tokens.lengths)
    return f"<div class='side'>{main}{lengths}</div>{cut}"


# rules


def marks_part(marks: Marks) -> str:
    """How many rows keep the rule, how many break it, and the first of these with the reason."""
    total = max(len(marks.rows), 1)
    found = {outcome: marks.having(outcome) for outcome in get_args(Outcome)}
    bars = "".join(
        f"<div class='{outcome}' style='width:{100 * len(rows) / total:.2f}%'></div>"
        for outcome, rows in found.items()
    )
    counts = " · ".join(
        label(f"rule_{outcome}", count=len(rows))
        for outcome, rows in found.items()
        if rows or outcome == "passed"
    )
    title = (
        f"<span class='what'>{esc(marks.rule.name)}</span> <span class='quiet'>{esc(counts)}</span>"
    )
    source = f"<div class='code'>{esc(marks.rule.source)}</div>" if not _long(marks) else ""
    first = [*found["failed"], *found["unjudged"]][:SHOWN_PLACES]
    places = "".join(
        f"<div class='where'>{esc(label('at_line', line=line_of(marks.rows, i)))}</div>"
        f"<div class='clip'>{_judged_html(marks, i)}</div>"
        for i in first
    )
    hidden = len(found["failed"]) + len(found["unjudged"]) - len(first)
    more = f"<div class='quiet'>{esc(label('report_more', count=hidden))}</div>" if hidden else ""
    body = f"<div class='places'>{places}</div>{more}" if places else ""
    return f"<div class='rule'>{title}{source}<div class='share'>{bars}</div>{body}</div>"


def _long(marks: Marks) -> bool:
    return "\n" in marks.rule.source or len(marks.rule.source) > 80


def _judged_html(marks: Marks, row: int) -> str:
    """What was asked and answered, and what the rule says of it."""
    verdict, messages = marks.verdicts[row], marks.rows[row].messages
    asked = one_line(messages[verdict.message - 1].content, 40) if verdict.message else ""
    answer = one_line(messages[verdict.message].content, 120)
    return f"{esc(asked)} → {esc(answer)} <span class='quiet'>({esc(verdict.reason)})</span>"
