"""The row that begins on a line, of which there should be one; what to do where it doesn't end.

Each line is read a few times at most, whatever stands below it: an open bracket alone is no reason
to read all that follows, unless as many are closed again.
"""

from __future__ import annotations

import re

from nbfinetune.core.pages import Page, Span
from nbfinetune.core.quoting import character, quoted
from nbfinetune.core.reading.json_faults import Fault, skip_blanks
from nbfinetune.core.reading.json_scan import Scan, brackets, scan
from nbfinetune.core.reading.scanned import broken_row, scanned_row, with_gap
from nbfinetune.core.rows import Row
from nbfinetune.core.validation import is_messages

_ROW_START = re.compile(r'\s*\{\s*"messages"\s*:')
_JSON_START = re.compile(r'[{\["]|-?[0-9]|-?[A-Za-z]+\s*$')

LONGEST_OBJECT_LINES = 500
"""How far a pretty-printed object is followed."""

_NEXT_LINES = 2
"""How many lines below an open row show that a comma is missing, as a rule: it was cut off."""


def begins_row(line: str) -> bool:
    """Whether a line below a row that is open begins another one."""
    return line.startswith(("{", "[")) or _ROW_START.match(line) is not None


class LineRows:
    """The rows of a page by the line on which they begin, asked for from above to below."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._levels: dict[int, tuple[int, int]] = {}
        self._hopeless: set[int] = set()

    def row_at(self, index: int) -> tuple[Row, int, bool]:
        """The row that begins on this line, the index of the line behind it, and whether that is
        sure.

        It isn't where the row goes on to the end of the page: more lines could say otherwise.
        """
        page, line = self.page, self.page.lines[index]
        start = skip_blanks(page.text, line.start, line.end)
        if not _JSON_START.match(page.text, start, line.end):
            return _prose(page, line, start), index + 1, True
        found = scan(page.text, line.start, line.end)
        if found.stopped is not None and found.stopped.kind in ("cut", "newline"):
            return self._open_row(index, found)
        return only_row(page, found, line.start, line.end), index + 1, True

    def _open_row(self, index: int, found: Scan) -> tuple[Row, int, bool]:
        """A row that doesn't end on its line: printed over several lines, or cut off."""
        page, start = self.page, self.page.lines[index].start
        after, limit = self._behind(index), min(index + LONGEST_OBJECT_LINES, len(self.page.lines))
        near = min(after + _NEXT_LINES, limit)
        whole = self._scan(start, near)
        if whole.stopped is not None and whole.stopped.kind == "cut" and near < limit:
            whole = self._to_last_bracket(index, limit) or whole
        if whole.stopped is None:
            return self._printed_row(index, whole)
        sure = after < len(page.lines) and (
            whole.stopped.kind != "cut" or len(page.lines) - index >= LONGEST_OBJECT_LINES
        )
        # The true place of the mistake is known if the lines that follow do belong to this row.
        mistake = whole.stopped.offset
        in_text = whole.stopped.kind == "newline"
        if (in_text or page.lines[index].end < mistake) and mistake < page.lines[after - 1].end:
            return broken_row(page, start, *whole.faults), after, sure
        return broken_row(page, start, *found.faults), after, sure

    def _printed_row(self, index: int, whole: Scan) -> tuple[Row, int, bool]:
        page, line = self.page, self.page.lines[index]
        after = index + 1 + page.line_at(max(whole.end - 1, line.start)) - line.number
        code = "array_in_jsonl" if isinstance(whole.value, list) else "pretty_printed"
        params: dict[str, str | int] = {"last": page.lines[after - 1].number}
        fault = Fault(code, "", line.start, "", params)
        return broken_row(page, line.start, *whole.faults, fault), after, True

    def _scan(self, start: int, lines: int) -> Scan:
        """The value from `start` on, as far as the end of so many lines of the page."""
        found = scan(self.page.text, start, self.page.lines[lines - 1].end)
        if found.stopped is not None and found.stopped.kind != "cut":
            # The same mistake stops whatever was begun before it and is still open.
            self._hopeless.update(found.opened)
        return found

    def _to_last_bracket(self, index: int, limit: int) -> Scan | None:
        """The value to the line on which as many brackets are closed as it opened, if one is."""
        line = self.page.lines[index]
        if skip_blanks(self.page.text, line.start) in self._hopeless:
            return None
        level = self._level(index)[1]
        for below in range(index + 1, limit):
            lowest, change = self._level(below)
            if level + lowest <= 0:
                return self._scan(line.start, below + 1)
            level += change
        return None

    def _level(self, index: int) -> tuple[int, int]:
        """How far the brackets of a line go down at most, and how far in all."""
        if index not in self._levels:
            lowest = level = 0
            line = self.page.lines[index]
            for step in brackets(self.page.text, line.start, line.end):
                level += step
                lowest = min(lowest, level)
            self._levels[index] = lowest, level
        return self._levels[index]

    def _behind(self, index: int) -> int:
        """The first line below this one that can begin a row of its own."""
        lines, text = self.page.lines, self.page.text
        index += 1
        while index < len(lines) and not begins_row(text[lines[index].start : lines[index].end]):
            index += 1
        return index


def only_row(page: Page, found: Scan, start: int, end: int) -> Row:
    """The row that was found in `text[start:end]`; an array or more than a row is a problem."""
    rest = skip_blanks(page.text, found.end, end)
    if found.stopped is None and rest < end:
        got: dict[str, str | int] = {"got": character(page.text[rest])}
        return broken_row(page, start, *found.faults, Fault("json_parse", "extra", rest, "", got))
    if isinstance(found.value, list):
        kind = "messages" if is_messages(found.value) else ""
        return broken_row(page, start, *found.faults, Fault("array_in_jsonl", kind, start, "", {}))
    return scanned_row(page, start, with_gap(page, found, rest))


def _prose(page: Page, line: Span, start: int) -> Row:
    got: dict[str, str | int] = {"got": quoted(page.text[start : line.end])}
    return broken_row(page, start, Fault("json_parse", "prose", start, "", got))
