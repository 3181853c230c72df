"""Rows to the form of their file: one object per line, or one array; nothing beside the rows.

Takes the outline of a text and says which pieces of it change. Knows nothing of messages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from nbfinetune.core.fix_edits import Edit, Piece, Refusal, Step, edited
from nbfinetune.core.fix_json import blank_edit
from nbfinetune.core.fix_messages import Refused
from nbfinetune.core.fix_outline import Item, outline
from nbfinetune.core.fix_rows import on_one_line, repaired, unwrapped
from nbfinetune.core.json_faults import is_exotic
from nbfinetune.core.pages import Page

LINE_END = re.compile(r"\r\n|\n|\r")
_BLANKS = " \t\r\n"


class Frame(NamedTuple):
    """A row's surroundings: up to the row `prefix` is put, behind it, up to `end`, `suffix`."""

    fix: str
    start: int
    end: int
    prefix: str
    suffix: str


def pieces(
    text: str, form: Literal["jsonl", "json"], names: Collection[str]
) -> Iterator[Piece | Refusal]:
    """Every piece of the text that the fixes change, in order, and every refusal."""
    page, items = Page(text), _with_blanks(text, outline(text))
    rows = [item for item in items if item.is_row]
    frames = dict(_frames(text, form, items))
    chosen = {row: frame for row, frame in frames.items() if frame.fix in names}
    found = [piece for row in rows for piece in _row(page, form, row, rows, chosen, names)]
    yield from _refused_words(page, items, names)
    yield from found
    taken = [(piece.start, piece.end) for piece in found if isinstance(piece, Piece)]
    framed = _Ranges([(frame.start, frame.end) for frame in frames.values()])
    for edit in (*_lines_out(items), *_separators(text, form, items, frames)):
        if edit.fix in names and edit.start not in framed:
            yield _piece(text, edit)
            taken.append((edit.start, edit.end))
    if "exotic_blanks" in names:
        yield from _gaps(page, form, items, _Ranges(taken))


def line_end_of(text: str) -> str:
    """The line end that the text uses."""
    found = LINE_END.search(text)
    return found.group() if found else "\n"


# rows


def _row(
    page: Page,
    form: str,
    item: Item,
    rows: Sequence[Item],
    frames: dict[Item, Frame],
    names: Collection[str],
) -> Iterator[Piece | Refusal]:
    """What becomes of one row and of its frame."""
    frame = frames.get(item)
    outer, stop = (frame.start, frame.end) if frame else (item.start, item.end)
    text, steps = page.text[item.start : item.end], list[Step]()
    for found in _repaired(text, item, names, alone=len(rows) == 1):
        if isinstance(found, Step):
            steps.append(found._replace(at=item.start - outer))
            text = found.after
        else:
            yield Refusal(found[0], page.line_at(item.start), found[1])
    if frame is not None:
        before = page.text[outer : item.start] + text + page.text[item.end : stop]
        row = on_one_line(text) if form == "jsonl" else text
        after = frame.prefix + row.strip(_BLANKS) + frame.suffix
        steps.append(Step(frame.fix, before, after))
    elif form == "jsonl" and "one_line" in names and (line := on_one_line(text)) != text:
        # An array that was unwrapped becomes lines in the next pass.
        steps += [Step("one_line", text, line)] * (not steps or steps[-1].fix != "wrapper")
    if steps:
        yield Piece(outer, stop, tuple(steps))


def _repaired(
    text: str, item: Item, names: Collection[str], *, alone: bool
) -> Iterator[Step | tuple[str, str]]:
    """What is done to the row itself."""
    if item.kind == "broken" or item.fine:
        return
    for found in repaired(text, names):
        yield found
        text = found.after if isinstance(found, Step) else text
    if alone and "wrapper" in names:
        try:
            after = unwrapped(text)
        except Refused as refused:
            yield "wrapper", refused.reason
        else:
            if after != text:
                yield Step("wrapper", text, after)


def _with_blanks(text: str, items: Iterable[Item]) -> list[Item]:
    """The items, each row with the blanks of its line on a side where there are exotic ones."""
    found: list[Item] = []
    for item in items:
        start, end = item.start, item.end
        floor = found[-1].end if found else 0
        while item.kind == "row" and start > floor and _is_blank(text, start - 1):
            start -= 1
        while item.kind == "row" and end < len(text) and _is_blank(text, end):
            end += 1
        start = start if any(is_exotic(text, at) for at in range(start, item.start)) else item.start
        end = end if any(is_exotic(text, at) for at in range(item.end, end)) else item.end
        fine = item.fine and (start, end) == (item.start, item.end)
        found.append(item._replace(start=start, end=end, fine=fine))
    return found


def _is_blank(text: str, at: int) -> bool:
    return text[at] in " \t" or is_exotic(text, at)


# what stands between the rows


def _frames(text: str, form: str, items: Sequence[Item]) -> Iterator[tuple[Item, Frame]]:
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


def _separators(
    text: str, form: str, items: Sequence[Item], frames: dict[Item, Frame]
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


def _lines_out(items: Sequence[Item]) -> Iterator[Edit]:
    """Fences and talk are taken out with their lines, if there are rows beside them."""
    if any(item.kind == "row" for item in items):
        for item in items:
            if item.kind in ("fence", "talk"):
                fix = "code_fences" if item.kind == "fence" else "preamble"
                yield Edit(fix, item.start, item.end, "")


def _refused_words(
    page: Page, items: Sequence[Item], names: Collection[str]
) -> Iterator[Refusal]:  # fmt: skip
    for item in items:
        fix = {"may_be_data": "preamble", "quotes_unclear": "smart_quotes"}.get(item.reason)
        if fix is not None and fix in names:
            yield Refusal(fix, page.line_at(item.start), item.reason)


def _gaps(page: Page, form: str, items: Sequence[Item], taken: _Ranges) -> Iterator[Piece]:
    """Plain spaces for the exotic blanks that are left between the items."""
    text = page.text
    ends = [0, *(item.end for item in items)]
    starts = [*(item.start for item in items), len(text)]
    for end, start in zip(ends, starts, strict=True):
        found = [
            blank_edit(text, at)
            for at in range(end, start)
            if is_exotic(text, at)
            and at not in taken
            and not (form == "jsonl" and page.is_blank(page.lines[page.line_at(at) - 1]))
        ]
        if found:
            first, last = found[0].start, found[-1].end
            before = text[first:last]
            step = Step("exotic_blanks", before, edited(before, found, first))
            yield Piece(first, last, (step,))


class _Ranges:
    """Ranges of offsets that don't overlap."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._ranges = sorted(ranges)

    def __contains__(self, at: int) -> bool:
        index = bisect_right(self._ranges, (at, at + 1))
        # Of two that begin alike, the first one is empty.
        return any(start <= at < end for start, end in self._ranges[max(index - 1, 0) : index + 1])


def _piece(text: str, edit: Edit) -> Piece:
    step = Step(edit.fix, text[edit.start : edit.end], edit.new)
    return Piece(edit.start, edit.end, (step,))
