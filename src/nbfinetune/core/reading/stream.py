"""A JSON Lines file to rows, block by block: one block, or one row if that is larger, is held.

Lines that are certain to have no problem are read by `reading.fast_rows`, many at a time; each
other one by the careful reader, which sees as many of the lines below it as it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple, cast

from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.fast_rows import PlainRow, plain_rows, plain_value
from nbfinetune.core.reading.jsonl import LONGEST_OBJECT_LINES, begins_row, row_at
from nbfinetune.core.rows import Row

LONGEST_OBJECT_BYTES = 64_000_000
"""How much of a file is held to see where an object that spans lines ends."""


class PlainRows(NamedTuple):
    """Rows without any problem, on consecutive lines from `line` on."""

    line: int
    rows: list[PlainRow]


def stream_jsonl(
    blocks: Iterable[bytes], first_line: int = 1
) -> Iterator[PlainRows | Row | Problem]:
    """What `read_jsonl` gives for the same text, in the same order; UTF-8, as `decode` makes it."""
    return _Stream(blocks, first_line).items()


def line_lists(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines of the same bytes without their ends, some at a time."""
    rest: list[bytes] = []
    for block in blocks:
        if b"\r" in block or any(piece.endswith(b"\r") for piece in rest):
            text = b"".join([*rest, block])
            # A CR at the very end may be the first half of a CR LF.
            cut = max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1)) + 1
            lines, rest = text[:cut].splitlines(), [text[cut:]]
        else:
            # Looking for one kind of line end is much faster.
            lines = block.split(b"\n")
            last = lines.pop()
            if lines:
                lines[0] = b"".join([*rest, lines[0]])
                rest = []
            rest.append(last)
        if lines:
            yield lines
    if any(rest):
        yield b"".join(rest).splitlines()


class _Stream:
    """The lines that are held, those before `at` used up: a block, or more to look ahead."""

    def __init__(self, blocks: Iterable[bytes], first_line: int) -> None:
        self.lists = line_lists(blocks)
        self.first_line = first_line
        self.number = first_line
        self.lines: list[bytes] = []
        self.rows: list[PlainRow | None] = []
        self.at = 0
        self.blank: list[int] = [0, 0]

    def items(self) -> Iterator[PlainRows | Row | Problem]:
        while self.has_line():
            line, row = self.number + self.at, self.rows[self.at]
            if row is not None:
                yield PlainRows(line, self.plain())
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

    def plain(self) -> list[PlainRow]:
        """The plain rows from here to the next line that is none."""
        begin, self.at = self.at, len(self.rows)
        with suppress(ValueError):
            self.at = self.rows.index(None, begin)
        return cast(list[PlainRow], self.rows[begin : self.at])

    def other(self, line: int) -> Row:
        """The row that begins here, whatever is wrong with it."""
        value = plain_value(self.lines[self.at])
        if value is not None:
            self.at += 1
            return Row(line, value)
        count = 2
        while True:
            ended = not self.has_line(count - 1)
            window = b"\n".join(self.lines[self.at : self.at + count])
            page = Page(window.decode("utf-8", "surrogateescape"), line)
            row, after, sure = row_at(page, 0)
            if sure or ended or count > LONGEST_OBJECT_LINES or len(window) > LONGEST_OBJECT_BYTES:
                break
            count = min(4 * count, LONGEST_OBJECT_LINES + 2)
        self.at += after
        while not (sure or ended or self.begins_row()):
            self.at += 1
        return row

    def begins_row(self) -> bool:
        """Whether another row begins here, or nothing does."""
        if not self.has_line():
            return True
        return begins_row(self.lines[self.at].decode("utf-8", "surrogateescape"))

    def has_line(self, ahead: int = 0) -> bool:
        """Whether there is a line here, or so many below; blocks are read until it is held."""
        while self.at + ahead >= len(self.lines):
            lines = next(self.lists, [])
            if not lines:
                return False
            del self.lines[: self.at], self.rows[: self.at]
            self.number += self.at
            self.at = 0
            self.lines += lines
            self.rows += plain_rows(lines)
        return True
