"""The elements of a JSON array to rows, and what stands between them as problems.

Holds a block of the text, or one row if that is larger. Elements that are certain to have no
problem are read many at a time, each other one by itself.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, cast

import msgspec

from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import character
from nbfinetune.core.reading.fast_rows import (
    PlainRow,
    PlainRows,
    decoded_rows,
    grouped,
    plain_object,
    plain_value,
    quotes,
)
from nbfinetune.core.reading.held import Held
from nbfinetune.core.reading.json_faults import Fault, skip_blanks
from nbfinetune.core.reading.json_scan import Scan, scan
from nbfinetune.core.reading.scanned import (
    Places,
    broken_row,
    next_char,
    problem_of,
    scanned_row,
    with_gap,
)
from nbfinetune.core.rows import Row

LONGEST_OPEN = 2_000_000
"""How many characters are held to see whether a row ends behind what looks like the next one."""

_LONGEST_TOKEN = 20
"""A mistake closer to the end of what is held than this might be none: more has to be read."""

_MOST_COMMAS = 66
"""How many commas the beginning of an element can have at most, its key included."""

_MOST_AT_ONCE = 1 << 19
_BLOCK = 1 << 16
"""With fewer characters left, more of the file is read."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_JSON_BLANKS = b" \t\n\r"
_FIRST_KEY = re.compile(r'\s*\{\s*("[^"\\]{1,64}")\s*:')
_FIRST_KEY_CUT = re.compile(r'\s*(?:\{\s*(?:"[^"\\]{0,64}(?:"\s*)?)?)?\Z')

_NEXT_ROW = re.compile(r',\s*(?=\{\s*"messages"\s*:)')

Found = Iterator[PlainRows | Row | Problem]


def elements(held: Held, *, fast: bool) -> Found:
    """What is in the array of which the first bracket was just let go; `fast`: plain rows as such.

    Equal otherwise: what is read at once, and how it comes in blocks, makes no difference.
    """
    return _Elements(held, fast=fast).items()


class _Piece(NamedTuple):
    """What lies between two places where an element begins, without the comma."""

    start: int
    line: int
    text: bytes


class _Elements:
    """`at` is where the next element begins, as the number of characters before it."""

    def __init__(self, held: Held, *, fast: bool) -> None:
        self.held = held
        self.fast = fast
        self.at = held.base
        self.done = False
        self.open_until = 0
        while _FIRST_KEY_CUT.match(held.text) and held.more():
            pass
        first = _FIRST_KEY.match(held.text)
        known = {'"messages"', *(first.groups() if first else ())}
        keys = "|".join(map(re.escape, sorted(known)))
        self.next_one = re.compile(rf",\s*(?=\{{\s*(?:{keys})\s*:)")
        self.between = re.compile(rf",[ \t\n\r]*(?=\{{[ \t\n\r]*(?:{keys})[ \t\n\r]*:)".encode())

    @property
    def offset(self) -> int:
        """Where the next element begins in the text that is held."""
        return self.at - self.held.base

    def items(self) -> Found:
        held = self.held
        if self.next_char(0) == "]":
            yield from self.behind_array(skip_blanks(held.text, 0) + 1)
            return
        fresh = self.fast
        while not self.done:
            while fresh:
                fresh = yield from self.certain()
            fresh = self.fast and not held.ended and len(held.text) - self.offset < _BLOCK
            if self.done or fresh:
                held.drop(self.offset)
                held.more()
            else:
                yield from self.one()

    def next_char(self, offset: int) -> str:
        """The first character from there on that is no blank; empty at the end."""
        while not (char := next_char(self.held.text, offset)) and self.held.more():
            pass
        return char

    # Many at a time

    def certain(self) -> Generator[PlainRows | Row | Problem, None, bool]:
        """The elements from here on but the last that is held, as far as each follows another.

        True if that were not all that could be read at once.
        """
        begin = self.at
        text = self.held.text[self.offset : self.offset + _MOST_AT_ONCE]
        data = text.encode("utf-8", "surrogateescape")
        ends = list(self.between.finditer(data))
        if not ends:
            return False
        pieces = self.pieces(data, ends)
        texts = [piece.text for piece in pieces]
        rows = decoded_rows(texts, quotes(data, 0, ends[-1].start()))
        index = 0
        while index < len(pieces):
            piece = pieces[index]
            if rows[index] is not None:
                index = yield from self.plain(pieces, rows, index)
                continue
            value = plain_value(piece.text)
            if value is not None:
                yield _row(piece, value)
                index += 1
                continue
            self.at = begin + _length(data[: piece.start])
            behind = pieces[index + 1].start if index + 1 < len(pieces) else ends[-1].end()
            expected = begin + _length(data[:behind])
            yield from self.one()
            index += 1
            if (
                self.done
                or _end_of_blanks(self.held.text, self.offset) + self.held.base != expected
            ):
                return False
        self.at = begin + _length(data[: ends[-1].end()])
        return len(text) == _MOST_AT_ONCE

    def pieces(self, data: bytes, ends: list[re.Match[bytes]]) -> list[_Piece]:
        blanks = len(data) - len(data.lstrip(_JSON_BLANKS))
        line = self.held.line_at(self.offset) + _line_ends(data, 0, blanks)
        pieces, start, several = [], blanks, b"\n" in data or b"\r" in data
        for end in ends:
            pieces.append(_Piece(start, line, data[start : end.start()]))
            if several:
                line += _line_ends(data, start, end.end())
            start = end.end()
        return pieces

    def plain(
        self, pieces: list[_Piece], rows: list[PlainRow | None], index: int
    ) -> Generator[PlainRows, None, int]:
        """The plain rows from this one to the next that is none; the index behind them."""
        end = len(rows)
        with suppress(ValueError):
            end = rows.index(None, index)
        run = cast(list[PlainRow], rows[index:end])
        groups, doubtful = grouped(run)
        if doubtful:
            for place in doubtful:
                rows[index + place] = None
            return index
        yield PlainRows([piece.line for piece in pieces[index:end]], run, groups)
        return end

    # One by one

    def one(self) -> Iterator[Row | Problem]:
        """The next element, whatever is wrong with it and behind it."""
        found = self.cut_short()
        quick = self.quick() if found is None else None
        if quick is not None:
            yield quick
            if self.done:
                yield from self.behind_array(self.offset)
            return
        found = found or self.scanned()
        page, offset = self.held.page, self.offset
        if found.stopped is not None:
            yield broken_row(page, offset, *found.faults)
            self.recover(found.stopped.offset)
            return
        behind = skip_blanks(page.text, found.end)
        yield scanned_row(page, offset, with_gap(page, found, behind))
        yield from self.separator(behind)

    def separator(self, offset: int) -> Iterator[Problem]:
        """Past what stands behind an element."""
        char = self.next_char(offset)
        self.at = self.held.base + offset + 1
        if char == "]":
            yield from self.behind_array(offset + 1)
        elif char == "," and self.next_char(offset + 1) == "]":
            self.done = True
            yield problem_of(
                self.held.page, Fault("json_parse", "comma", offset, "", {"close": "]"})
            )
        elif char != ",":
            yield _missing_separator(self.held.page, offset)
            self.done = char != "{"
            self.at -= 1

    def quick(self) -> Row | None:
        """The next element if neither it nor its surroundings have a fault."""
        start = _end_of_blanks(self.held.text, self.offset)
        found = plain_object(self.held.text, start)
        if found is None:
            return None
        value, end = found
        behind = _end_of_blanks(self.held.text, end)
        while behind == len(self.held.text) and self.held.more():
            behind = _end_of_blanks(self.held.text, end)
        char = self.held.text[behind : behind + 1]
        if char not in (",", "]") or (char == "," and self.next_char(behind + 1) == "]"):
            return None
        self.at, self.done = self.held.base + behind + 1, char == "]"
        page = self.held.page
        line = page.line_at(start)
        return Row(
            line, value, (), {} if page.line_at(end) == line else Places(lambda: page, start)
        )

    def cut_short(self) -> Scan | None:
        """The next element if it stands where others were never closed, and isn't either."""
        start = skip_blanks(self.held.text, self.offset)
        if self.held.base + start >= self.open_until:
            return None
        further = self.next_one.search(self.held.text, start)
        if further is None or not _is_cut(self.held.text[start : further.start()]):
            return None
        return scan(self.held.text, self.offset, further.start())

    def scanned(self) -> Scan:
        """The next element as the careful reader has it. One that is broken ends where the next
        one seems to begin: with a bracket missing it would go on to the end of the text."""
        held = self.held
        while True:
            text, offset = held.text, self.offset
            start = skip_blanks(text, offset)
            is_open = _is_cut(text[start:])
            found = None if is_open else scan(text, offset)
            if found is not None:
                is_open = found.stopped is not None and found.stopped.kind == "cut"
                seen = found.stopped.offset if found.stopped else skip_blanks(text, found.end)
                if not is_open and (held.ended or seen < len(text) - _LONGEST_TOKEN):
                    return self.as_far_as_row(found, start)
            if not held.ended and len(text) - offset < LONGEST_OPEN and held.more():
                continue
            further = self.next_one.search(text, start) if is_open else None
            if further is not None:
                self.open_until = held.base + start + LONGEST_OPEN
                return scan(text, offset, further.start())
            if held.ended or not held.more():
                return found or scan(text, offset)

    def as_far_as_row(self, found: Scan, start: int) -> Scan:
        """A broken element up to the next row, if its mistake is only behind that."""
        if found.stopped is None:
            return found
        mistake = found.stopped.offset
        further = _NEXT_ROW.search(self.held.text, start, mistake)
        if further is None:
            return found
        self.open_until = max(self.open_until, self.held.base + mistake)
        return scan(self.held.text, self.offset, further.start())

    def recover(self, offset: int) -> None:
        """To the first place behind a mistake where another element begins, if there is one."""
        held = self.held
        while (further := self.next_one.search(held.text, offset)) is None:
            # What was seen is let go, but for what might be the beginning of such a place.
            keep = len(held.text)
            for _ in range(_MOST_COMMAS):
                keep = max(held.text.rfind(",", offset, keep), 0) or keep
            held.drop(keep)
            offset = 0
            if not held.more():
                self.done = True
                return
        self.at = held.base + further.end()

    def behind_array(self, offset: int) -> Iterator[Problem]:
        self.done = True
        if self.next_char(offset):
            at = skip_blanks(self.held.text, offset)
            got: dict[str, str | int] = {"got": character(self.held.text[at])}
            yield problem_of(self.held.page, Fault("json_parse", "extra", at, "", got))


def _row(piece: _Piece, value: dict[str, Any]) -> Row:
    if b"\n" not in piece.text and b"\r" not in piece.text:
        return Row(piece.line, value)
    return Row(piece.line, value, (), Places(lambda: Page(piece.text.decode(), piece.line), 0))


def _length(data: bytes) -> int:
    return len(data.decode("utf-8", "surrogateescape"))


def _line_ends(data: bytes, start: int, end: int) -> int:
    count = data.count(b"\n", start, end)
    if data.find(b"\r", start, end) >= 0:
        count += data.count(b"\r", start, end) - data.count(b"\r\n", start, end)
    return count


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _is_cut(text: str) -> bool:
    """Whether there is nothing wrong with JSON but that it goes on behind the end."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except ValueError as error:
        return "truncated" in str(error)
    except RecursionError:
        return True
    return False


def _missing_separator(page: Page, at: int) -> Problem:
    if at >= len(page.text):
        return problem_of(page, Fault("json_parse", "cut", at, "", {}))
    params: dict[str, str | int] = {"got": character(page.text[at]), "close": "]"}
    kind = "rows" if page.text[at] == "{" else "separator"
    return problem_of(page, Fault("json_parse", kind, at, "", params))
