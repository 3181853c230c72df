"""What a report finds, as a list: problems by kind, where they are, what to do. Pure.

A finding that must be seen to stands open; of others there is one quiet line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.grouping import ProblemGroup
from nbfinetune.display.html import esc
from nbfinetune.display.labels import label

SHOWN_PLACES = 4
SHOWN_MORE = 40
SHOWN_RANGES = 12


def group_html(group: ProblemGroup, *, opened: bool) -> str:
    """Problems of one kind: what, how often, where first, what to do. Closed: one quiet line."""
    said = group.message
    first = group.members[0]
    # a closed line says where, since its places are folded away
    where = "" if opened or not first.place else first.place.split("  ")[0]
    if group.code == "extra_key":
        what, where, times = _extra_keys(group.members), "", 1
    else:
        what, times = (said or first.message) + ("" if said else " …"), len(group.members)
    title = title_html(what, times=times, where=where, code=group.code)
    places = places_html(group.members, with_message=said is None)
    out = f"<div class='out'>{esc(label('report_way_out', way_out=group.way_out))}</div>"
    body = places + (out if group.way_out else "")
    return finding_html(group.severity, title, body, opened=opened)


def title_html(what: str, *, times: int = 1, where: str = "", code: str = "") -> str:
    """The line that names a finding: how often, where, what, by which code."""
    parts = [f"<span class='times'>{times}×</span>"] if times > 1 else []
    parts += [f"<span class='where'>{esc(where)}</span>"] if where else []
    parts.append(f"<span class='what'>{esc(what)}</span>")
    parts += [f"<span class='code'>{esc(code)}</span>"] if code else []
    return f"<span class='title'>{' '.join(parts)}</span>"


def _extra_keys(problems: Sequence[Problem]) -> str:
    """All keys in one line, each with its number: none of them is more important."""
    keys = [p.params for p in problems if "key" in p.params]
    named = [f"{params['key']} {label('report_times', count=params['count'])}" for params in keys]
    more = [p.message for p in problems if "key" not in p.params]
    return f"{label('report_extra_keys')} {', '.join([*named, *more])}"


def finding_html(kind: str, title: str, body: str, *, opened: bool) -> str:
    """`title` and `body` are HTML already. What is not opened is one quiet line to click on."""
    if opened:
        return f"<div class='finding {kind}'>{title}{body}</div>"
    return f"<details class='finding quiet {kind}'><summary>{title}</summary>{body}</details>"


def findings_html(findings: Iterable[str]) -> str:
    """Findings as one list; nothing where there are none."""
    shown = "".join(findings)
    return f"<div class='findings'>{shown}</div>" if shown else ""


def places_html(problems: Sequence[Problem], *, with_message: bool) -> str:
    """Where: lines of one path together; problems that differ each with what they say.

    The first places are open, the others folded away; of very many there is the number.
    """
    cells = _told(problems) if with_message else _gathered(problems)
    first, rest = cells[:SHOWN_PLACES], cells[SHOWN_PLACES:]
    shown = f"<div class='places'>{''.join(first)}</div>" if first else ""
    if not rest:
        return shown
    more, beyond = esc(label("report_more", count=len(rest))), len(rest) - SHOWN_MORE
    end = f"<div class='quiet'>{esc(label('report_more', count=beyond))}</div>" * (beyond > 0)
    folded = f"<div class='places'>{''.join(rest[:SHOWN_MORE])}</div>"
    return f"{shown}<details><summary class='quiet'>{more}</summary>{folded}{end}</details>"


def _told(problems: Iterable[Problem]) -> list[str]:
    return [f"<div class='where'>{esc(p.place)}</div><div>{esc(p.message)}</div>" for p in problems]


def _gathered(problems: Sequence[Problem]) -> list[str]:
    """One place for all lines that have the problem at the same path."""
    by_path: dict[str, list[Problem]] = {}
    for problem in problems:
        by_path.setdefault(problem.path, []).append(problem)
    gathered = (_gathered_at(path, members) for path, members in by_path.items())
    return [f"<div class='where alone'>{found}</div>" for found in gathered if found]


def _gathered_at(path: str, members: Sequence[Problem]) -> str:
    lines = [problem.line for problem in members if problem.line is not None]
    if len(lines) < 2:
        return esc(members[0].place)
    ranges = line_ranges(lines)
    code = "report_rows_numbered" if members[0].unit == "row" else "report_lines"
    shown = ", ".join(ranges[:SHOWN_RANGES]) + ", …" * (len(ranges) > SHOWN_RANGES)
    return esc("  ".join(filter(None, [label(code, lines=shown), path])))


def line_ranges(lines: Iterable[int]) -> list[str]:
    """`1–3`, `7`: neighbours together."""
    ranges: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return [f"{first}–{last}" if last > first else f"{first}" for first, last in ranges]
