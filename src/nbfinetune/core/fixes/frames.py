"""What stands between rows: brackets, commas and line ends, for one object per line or one array.

Takes the outline of a text. Where all rows change their surroundings, each has a frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nbfinetune.core.fixes.edits import Edit
from nbfinetune.core.fixes.outline import Item

LINE_END = re.compile(r"\r\n|\n|\r")


class Frame(NamedTuple):
    """A row's surroundings: up to the row `prefix` is put, behind it, up to `end`, `suffix`."""

    fix: str
    start: int
    end: int
    prefix: str
    suffix: str


def frames_of(text: str, form: str, items: Sequence[Item]) -> Iterator[tuple[Item, Frame]]:
    """The frame of each row that needs one: an array to lines, or lines to an array."""
    if form == "jsonl":
        for run in _runs(items):
            yield from _to_lines(text, run)
    elif not any(item.kind == "open" for item in items):
        yield from _to_array(text, items)


def _runs(items: Sequence[Item]) -> list[list[Item]]:
    """The items with nothing but brackets and commas between the rows."""
    runs: list[list[Item]] = [[]]
    for item in items:
        if item.kind in ("fence", "talk"):
            runs.append([])
        else:
            runs[-1].append(item)
    return runs


def _to_lines(text: str, run: Sequence[Item]) -> Iterator[tuple[Item, Frame]]:
    """Each row of an array on a line of its own."""
    last = max((index for index, item in enumerate(run) if item.is_row), default=-1)
    new, before, opened = line_end_of(text), "", False
    start: int | None = None
    for index, item in enumerate(run[: last + 1]):
        if item.kind == "open":
            opened, start = True, item.start if start is None else start
        elif item.is_row:
            rest = run[last + 1 :] if index == last else []
            end = rest[-1].end if any(other.kind == "close" for other in rest) else item.end
            if opened:
                begin = item.start if start is None else start
                yield item, Frame("array_to_lines", begin, end, before, "")
            start, before, opened = item.end, new, item.inside


def _to_array(text: str, items: Sequence[Item]) -> Iterator[tuple[Item, Frame]]:
    """Rows one after another become one array, if all of them can be read."""
    rows = [item for item in items if item.is_row]
    if len(rows) < 2 or any(item.kind != "row" for item in rows):
        return
    core = [item for item in items if rows[0].start <= item.start]
    while core[-1].kind in ("fence", "talk"):
        core.pop()
    if any(item.kind not in ("row", "comma") for item in core):
        return
    new = line_end_of(text)
    for index, item in enumerate(core):
        if item.kind == "row":
            last = item is rows[-1]
            behind = [other for other in core[index + 1 : index + 2] if other.kind == "comma"]
            end = behind[0].end if behind else item.end
            prefix = "[" + new if item is rows[0] else ""
            yield item, Frame("lines_to_array", item.start, end, prefix, new + "]" if last else ",")


def separators(
    text: str, form: str, items: Sequence[Item], frames: Mapping[Item, Frame]
) -> Iterator[Edit]:
    """Commas and line ends between the rows, where no frame holds them."""
    new = line_end_of(text)
    for one, other, third in zip(items, [*items[1:], None], [*items[2:], None, None], strict=False):
        if one.is_row and one not in frames and other is not None and other not in frames:
            if one.kind == other.kind == "row":
                yield from _split(text, form, new, one, other)
            elif other.kind == "comma":
                yield from _comma(text, form, new, one, other, third)
        elif form == "json" and one.kind in ("open", "close") and text[one.start] not in "[]":
            yield Edit("full_width", one.start, one.end, "[" if one.kind == "open" else "]")


def _split(text: str, form: str, new: str, one: Item, other: Item) -> Iterator[Edit]:
    """What is missing between two rows; `new` is a line end."""
    if form == "json" and one.inside:
        yield Edit("split_objects", one.end, one.end, ",")
    elif form == "jsonl" and not LINE_END.search(text, one.end, other.start):
        yield Edit("split_objects", one.end, other.start, new)


def _comma(
    text: str, form: str, new: str, row: Item, comma: Item, behind: Item | None
) -> Iterator[Edit]:
    """The comma behind a row: deleted, made half-width, or a line end instead of it."""
    if form == "json" and row.inside:
        if behind is not None and behind.kind == "close":
            yield Edit("trailing_commas", comma.start, comma.end, "")
        elif text[comma.start] != ",":
            yield Edit("full_width", comma.start, comma.end, ",")
    elif behind is not None and behind.is_row and not LINE_END.search(text, row.end, behind.start):
        if row.kind == behind.kind == "row":
            yield from _split(text, form, new, row, behind)
    elif form == "jsonl" or behind is None or not behind.is_row:
        yield Edit("trailing_commas", comma.start, comma.end, "")


def line_end_of(text: str) -> str:
    """The line end that the text uses."""
    found = LINE_END.search(text)
    return found.group() if found else "\n"
