"""Rows to the form of their file: one object per line, or one array; nothing beside the rows.

Takes the outline of a text and says which pieces of it change. Knows nothing of messages.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

from nbfinetune.core.fixes.edits import Edit, Piece, Refusal, Step, edited
from nbfinetune.core.fixes.frames import Frame, frames_of, separators
from nbfinetune.core.fixes.loose_json import blank_edit
from nbfinetune.core.fixes.messages import Refused
from nbfinetune.core.fixes.outline import Item, outline
from nbfinetune.core.fixes.rows import on_one_line, repaired, unwrapped
from nbfinetune.core.pages import Page
from nbfinetune.core.reading.json_faults import is_exotic

_BLANKS = " \t\r\n"


def pieces(
    text: str, form: Literal["jsonl", "json"], names: Collection[str]
) -> Iterator[Piece | Refusal]:
    """Every piece of the text that the fixes change, in order, and every refusal."""
    page, items = Page(text), _with_blanks(text, outline(text))
    rows = [item for item in items if item.is_row]
    frames = dict(frames_of(text, form, items))
    chosen = {row: frame for row, frame in frames.items() if frame.fix in names}
    found = [piece for row in rows for piece in _row(page, form, row, rows, chosen, names)]
    yield from _refused_words(page, items, names)
    yield from found
    taken = [(piece.start, piece.end) for piece in found if isinstance(piece, Piece)]
    framed = _Ranges([(frame.start, frame.end) for frame in frames.values()])
    for edit in (*_lines_out(items), *separators(text, form, items, frames)):
        if edit.fix in names and edit.start not in framed:
            yield _piece(text, edit)
            taken.append((edit.start, edit.end))
    if "exotic_blanks" in names:
        yield from _gaps(page, form, items, _Ranges(taken))


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
