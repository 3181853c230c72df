"""A JSON Lines file to rows, block by block: one block, or one row if that is larger, is held.

Lines that are certain to have no problem are read by `reading.fast_rows`, many at a time; each
other one by the careful reader, which sees as many of the lines below it as it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import cast

from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.fast_rows import (
    PlainRow,
    PlainRows,
    decoded_rows,
    grouped,
    plain_value,
    quotes,
)
from nbfinetune.core.reading.line_rows import LONGEST_OBJECT_LINES, LineRows, begins_row
from nbfinetune.core.rows import Row

LONGEST_OBJECT_BYTES = 8_000_000
"""How much of a file is held to see where an object that spans lines ends."""

_LINES_AHEAD = (1, 8, 2 * LONGEST_OBJECT_LINES)
"""How many lines are looked at to read a row: more only where fewer leave it open."""


def stream_jsonl(
    blocks: Iterable[bytes], first_line: int = 1
) -> Iterator[PlainRows | Row | Problem]:
    """What `read_jsonl` gives for the same text, in the same order; UTF-8, as `decode` makes it."""
    return _Stream(blocks, first_line).items()


def whole_lines(blocks: Iterable[bytes]) -> Iterator[tuple[list[bytes], int]]:
    """The lines of the same bytes without their ends, some at a time, and the quotes in them."""
    rest: list[bytes] = []
    found = 0
    carriage = False
    for block in blocks:
        if not block:
            continue
        carriage = carriage or b"\r" in block
        if carriage:
            text = b"".join([*rest, block])
            # A CR at the very end may be the first half of a CR LF.
            cut = max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1)) + 1
            lines, rest = text[:cut].splitlines(), [text[cut:]]
            found, known = quotes(rest[0]), quotes(text, 0, cut)
            carriage = text.endswith(b"\r")
        else:
            # Looking for one kind of line end is much faster.
            lines = block.split(b"\n")
            last = lines.pop()
            if not lines:
                known = 0
                found += quotes(last, behind=rest)
                rest.append(last)
            else:
                cut = len(block) - len(last)
                known = found + quotes(block, 0, cut, behind=rest)
                lines[0] = b"".join([*rest, lines[0]])
                rest, found = [last], quotes(last)
        if lines:
            yield lines, known
    if any(rest):
        text = b"".join(rest)
        yield text.splitlines(), quotes(text)


class _Ahead:
    """Lines from some line on, read as text; rows that begin on one of the first can be told."""

    def __init__(self, lines: list[bytes], first_line: int, *, ended: bool, most: bool) -> None:
        text = b"\n".join([*lines, b""]).decode("utf-8", "surrogateescape")
        self.rows = LineRows(Page(text, first_line))
        self.first_line = first_line
        self.ended = ended
        self.enough = len(lines) if ended else most * max(len(lines) - LONGEST_OBJECT_LINES, 1)

    def row_at(self, line: int) -> tuple[Row, int, bool]:
        """The row, how many lines it has, and whether no line further below could be of it."""
        index = line - self.first_line
        row, behind, sure = self.rows.row_at(index)
        return row, behind - index, sure or self.ended


class _Stream:
    """The lines that are held, those before `at` used up: a block, or more to look ahead."""

    def __init__(self, blocks: Iterable[bytes], first_line: int) -> None:
        self.lists = whole_lines(blocks)
        self.first_line = first_line
        self.number = first_line
        self.lines: list[bytes] = []
        self.rows: list[PlainRow | None] = []
        self.at = 0
        self.ahead: _Ahead | None = None
        self.blank: list[int] = [0, 0]

    def items(self) -> Iterator[PlainRows | Row | Problem]:
        while self.has_line():
            line = self.number + self.at
            if self.rows[self.at] is not None:
                yield from self.plain(line)
            elif self.lines[self.at].decode("utf-8", "surrogateescape").strip():
                yield self.other(line)
            else:
                count, first = self.blank
                self.blank = [count + 1, first or line]
                self.at += 1
        count, first = self.blank
        if 0 < count < self.number + self.at - self.first_line:
            params: dict[str, str | int] = {"count": count}
            yield Problem(code="blank_line", severity="warning", line=first, params=params)

    def plain(self, line: int) -> Iterator[PlainRows]:
        """The plain rows from here to the next line that is none."""
        begin, end = self.at, len(self.rows)
        with suppress(ValueError):
            end = self.rows.index(None, begin)
        rows = cast(list[PlainRow], self.rows[begin:end])
        groups, doubtful = grouped(rows)
        if doubtful:
            for index in doubtful:
                self.rows[begin + index] = None
            return
        self.at = end
        yield PlainRows(range(line, line + len(rows)), rows, groups)

    def other(self, line: int) -> Row:
        """The row that begins here, whatever is wrong with it."""
        value = plain_value(self.lines[self.at])
        if value is not None:
            self.at += 1
            return Row(line, value)
        row, count, sure = self.careful(line)
        self.at += count
        while not (sure or self.begins_row()):
            self.at += 1
        return row

    def careful(self, line: int) -> tuple[Row, int, bool]:
        """The row by as many of the lines below as it takes; how many it has, if that is sure."""
        if self.ahead is not None and line < self.ahead.first_line + self.ahead.enough:
            return self.ahead.row_at(line)
        for count in _LINES_AHEAD:
            self.ahead = self.look(count)
            row, lines, sure = self.ahead.row_at(line)
            if sure or self.ahead.enough:
                break
        return row, lines, sure

    def look(self, count: int) -> _Ahead:
        """That many lines from here on; fewer where they are very long, or are all there is."""
        lines, size, ended = self.lines[self.at : self.at + 1], 0, False
        while len(lines) < count and size < LONGEST_OBJECT_BYTES and not ended:
            ended = not self.has_line(len(lines))
            lines += self.lines[self.at + len(lines) : self.at + len(lines) + 1]
            size += len(lines[-1])
        most = count == _LINES_AHEAD[-1] or size >= LONGEST_OBJECT_BYTES
        return _Ahead(lines, self.number + self.at, ended=ended, most=most)

    def begins_row(self) -> bool:
        """Whether another row begins here, or nothing does."""
        if not self.has_line():
            return True
        return begins_row(self.lines[self.at].decode("utf-8", "surrogateescape"))

    def has_line(self, ahead: int = 0) -> bool:
        """Whether there is a line here, or so many below; blocks are read until it is held."""
        while self.at + ahead >= len(self.lines):
            lines, found = next(self.lists, ([], 0))
            if not lines:
                return False
            del self.lines[: self.at], self.rows[: self.at]
            self.number += self.at
            self.at = 0
            self.lines += lines
            self.rows += decoded_rows(lines, found)
        return True
