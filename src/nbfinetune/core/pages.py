"""Text and its physical lines: LF, CRLF and CR end a line; U+2028 and the like don't."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")


class Span(NamedTuple):
    """One physical line without its line end: `text[start:end]`."""

    number: int
    start: int
    end: int


class Page:
    """A text with the number of its first line; answers on which line and column an offset is.

    `before` is how many characters stand before it on that line.
    """

    def __init__(self, text: str, first_line: int = 1, before: int = 0) -> None:
        self.text = text
        self.first_line = first_line
        self.lines = _spans(text, first_line)
        self._starts = [line.start for line in self.lines]
        self._before = before

    def line_at(self, offset: int) -> int:
        return self.first_line + self._index(offset)

    def column_at(self, offset: int) -> int:
        """1-based, in characters."""
        index = self._index(offset)
        return offset - self._starts[index] + 1 + (0 if index else self._before)

    def is_blank(self, line: Span) -> bool:
        return not self.text[line.start : line.end].strip()

    def _index(self, offset: int) -> int:
        return max(bisect_right(self._starts, offset) - 1, 0)


def _spans(text: str, number: int) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for end in _LINE_END.finditer(text):
        spans.append(Span(number + len(spans), start, end.start()))
        start = end.end()
    if start < len(text) or not spans:
        spans.append(Span(number + len(spans), start, len(text)))
    return spans
