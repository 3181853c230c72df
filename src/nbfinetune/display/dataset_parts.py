"""The parts of a report about data: problems by kind, lengths, system prompts, rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import get_args

from nbfinetune.core import text
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.quality.statistics import Bin, Lengths, Statistics, TokenFigures
from nbfinetune.core.quoting import visible
from nbfinetune.core.reading.grouping import ProblemGroup
from nbfinetune.core.rules.checks import Outcome
from nbfinetune.core.rules.rules import Marks
from nbfinetune.display.html import esc

SHOWN_PLACES = 4
SHOWN_MORE = 40
SHOWN_SYSTEMS = 5
_LONGEST_PROMPT = 400


def label(code: str, **params: object) -> str:
    """Words of the catalogue in the user's language; not yet escaped."""
    return text.message(code, params)


def heading(code: str, **params: object) -> str:
    return f"<h5>{esc(label(code, **params))}</h5>"


def line_of(rows: Sequence[Conversation], row: int) -> int:
    """The line that a row begins on in its source; its number where it has none."""
    line = rows[row].line
    return row + 1 if line is None else line


def row_numbers(rows: Sequence[Conversation], found: Sequence[int], shown: int = 8) -> str:
    """`line 3 · line 7 · … and 12 more`."""
    named = [label("at_line", line=line_of(rows, i)) for i in found[:shown]]
    more = [label("report_more", count=len(found) - shown)] if len(found) > shown else []
    return " · ".join([*named, *more])


def one_line(words: str, longest: int) -> str:
    """The beginning of a text, its lines joined; not yet escaped."""
    return visible(" ".join(words[: longest * 2].split()), longest)


# problems


def group_html(group: ProblemGroup, *, opened: bool) -> str:
    """Problems of one kind: what, how often, where first, what to do. Closed: one quiet line."""
    said = group.message
    what = said or group.members[0].message
    times = f"<span class='times'>{len(group.members)}×</span>" if len(group.members) > 1 else ""
    # a closed line says where, since its places are folded away
    where = "" if opened or not group.members[0].place else group.members[0].place.split("  ")[0]
    title = (
        f"{times}<span class='where'>{esc(where)}</span> "
        f"<span class='what'>{esc(what)}{'' if said else ' …'}</span>"
        f"<span class='code'>{esc(group.code)}</span>"
    )
    places = places_html(group.members, with_message=said is None)
    out = f"<div class='out'>{esc(label('report_way_out', way_out=group.way_out))}</div>"
    body = places + (out if group.way_out else "")
    return finding_html(group.severity, title, body, opened=opened)


def finding_html(kind: str, title: str, body: str, *, opened: bool) -> str:
    """`title` and `body` are HTML already. What is not opened is one quiet line to click on."""
    if opened:
        return f"<div class='finding {kind}'><div>{title}</div>{body}</div>"
    return f"<details class='finding quiet {kind}'><summary>{title}</summary>{body}</details>"


def places_html(problems: Sequence[Problem], *, with_message: bool) -> str:
    """The first places; the others folded away; of very many the number."""
    first = _places(problems[:SHOWN_PLACES], with_message)
    rest = problems[SHOWN_PLACES:]
    if not rest:
        return first
    more = esc(label("report_more", count=len(rest)))
    beyond = len(rest) - SHOWN_MORE
    end = f"<div class='quiet'>{esc(label('report_more', count=beyond))}</div>" * (beyond > 0)
    folded = _places(rest[:SHOWN_MORE], with_message)
    return f"{first}<details><summary class='quiet'>{more}</summary>{folded}{end}</details>"


def _places(problems: Iterable[Problem], with_message: bool) -> str:
    cells = []
    for problem in problems:
        if with_message:
            cells.append(f"<div class='where'>{esc(problem.place)}</div>"
                         f"<div>{esc(problem.message)}</div>")  # fmt: skip
        elif problem.place:
            cells.append(f"<div class='where alone'>{esc(problem.place)}</div>")
    return f"<div class='places'>{''.join(cells)}</div>" if cells else ""


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
    axis = f"<span>{lengths.bins[0].low:,}</span><span>{end}</span>"
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
        title = f"<span class='what'>{esc(label('report_cut', **params))}</span>"
        cut = finding_html("warning", title, body, opened=True)
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
