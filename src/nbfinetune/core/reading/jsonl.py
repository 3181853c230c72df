"""JSON Lines and JSON arrays to rows, each with its line; what stands between the rows as problems.

One pass, row by row. Knows nothing of messages, except that a row usually begins with that key:
so it finds its way back after a row that is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from nbfinetune.core.pages import Page, Span
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import character, quoted
from nbfinetune.core.reading.fast_rows import plain_object
from nbfinetune.core.reading.json_faults import Fault, exotic_blank, skip_blanks
from nbfinetune.core.reading.json_scan import Scan, scan
from nbfinetune.core.rows import BROKEN, Row
from nbfinetune.core.validation import is_messages

_BLANKS = re.compile(r"[ \t\n\r]*")
_ROW_START = re.compile(r'\s*\{\s*"messages"\s*:')
_FIRST_KEY = re.compile(r'\s*\{\s*("[^"\\]{1,64}")\s*:')
_JSON_START = re.compile(r'[{\["]|-?[0-9]|-?[A-Za-z]+\s*$')
LONGEST_OBJECT_LINES = 500
"""How far a pretty-printed object is followed: bounds the work on a file full of open brackets."""


def read_jsonl(text: str, first_line: int = 1) -> Iterator[Row | Problem]:
    """The rows of JSON Lines text, and the problems that belong to no row."""
    page = Page(text, first_line)
    if _is_one_array(page):
        yield Problem(code="array_in_jsonl", severity="error", line=_first_line(page))
        yield from _elements(page, skip_blanks(text, 0))
        return
    blank: list[int] = []
    index = 0
    while index < len(page.lines):
        line = page.lines[index]
        if page.is_blank(line):
            blank.append(line.number)
            index += 1
            continue
        row, index, _ = row_at(page, index)
        yield row
    if blank and len(blank) < len(page.lines):
        params: dict[str, str | int] = {"count": len(blank)}
        yield Problem(code="blank_line", severity="warning", line=blank[0], params=params)


def read_json(text: str, first_line: int = 1) -> Iterator[Row | Problem]:
    """The rows of a JSON document: an array of objects, or one object."""
    page = Page(text, first_line)
    start = skip_blanks(text, 0)
    if start == len(text):
        return
    if text[start] == "[":
        yield from _elements(page, start)
    elif _is_jsonl(page):
        yield Problem(code="jsonl_in_json", severity="error", line=_first_line(page))
        yield from read_jsonl(text, first_line)
    elif _several_objects(text, start):
        yield Problem(code="jsonl_in_json", severity="error", line=_first_line(page))
        yield from _objects(page, start)
    else:
        yield _only_row(page, start, len(text))


def is_json_document(text: str) -> bool:
    """Whether text that begins with a bracket is one array or object, not one object per line."""
    page = Page(text)
    start = skip_blanks(text, 0)
    if text[start] == "[":
        return _is_one_array(page)
    found = scan(text, start)
    return found.stopped is None and skip_blanks(text, found.end) == len(text)


def row_at(page: Page, index: int) -> tuple[Row, int, bool]:
    """The row that begins on this line, the index of the line behind it, and whether that is sure.

    It isn't where the row goes on to the end of the page: more lines could say otherwise.
    """
    line = page.lines[index]
    start = skip_blanks(page.text, line.start, line.end)
    if not _JSON_START.match(page.text, start, line.end):
        return _prose(page, line, start), index + 1, True
    found = scan(page.text, line.start, line.end)
    if found.stopped is not None and found.stopped.kind in ("cut", "newline"):
        return _open_row(page, index, found)
    return _only_row(page, line.start, line.end), index + 1, True


def _prose(page: Page, line: Span, start: int) -> Row:
    got: dict[str, str | int] = {"got": quoted(page.text[start : line.end])}
    return _broken(page, start, Fault("json_parse", "prose", start, "", got))


def _only_row(page: Page, start: int, end: int) -> Row:
    """The row that fills `text[start:end]`; an array or anything behind the row is a problem."""
    found = scan(page.text, start, end)
    rest = skip_blanks(page.text, found.end, end)
    if found.stopped is None and rest < end:
        got: dict[str, str | int] = {"got": character(page.text[rest])}
        return _broken(page, start, *found.faults, Fault("json_parse", "extra", rest, "", got))
    if isinstance(found.value, list):
        kind = "messages" if is_messages(found.value) else ""
        return _broken(page, start, *found.faults, Fault("array_in_jsonl", kind, start, "", {}))
    return _scanned(page, start, _with_gap(page, found, rest))


def _with_gap(page: Page, found: Scan, behind: int) -> Scan:
    """The scan with the fault of the exotic blanks between its end and `behind`, if there are."""
    fault = exotic_blank(page.text, found.end, behind) if found.stopped is None else None
    return found._replace(faults=(*found.faults, fault)) if fault else found


def _open_row(page: Page, index: int, found: Scan) -> tuple[Row, int, bool]:
    """A row that doesn't end on its line: printed over several lines, or cut off."""
    start = page.lines[index].start
    window = page.lines[min(index + LONGEST_OBJECT_LINES, len(page.lines)) - 1].end
    whole = scan(page.text, start, window)
    if whole.stopped is None:
        after = index + 1 + page.line_at(max(whole.end - 1, start)) - page.lines[index].number
        code = "array_in_jsonl" if isinstance(whole.value, list) else "pretty_printed"
        params: dict[str, str | int] = {"last": page.lines[after - 1].number}
        return _broken(page, start, *whole.faults, Fault(code, "", start, "", params)), after, True
    after = _behind_continuation(page, index + 1)
    sure = after < len(page.lines) and (
        whole.stopped.kind != "cut" or len(page.lines) - index >= LONGEST_OBJECT_LINES
    )
    # The true place of the mistake is known if the lines that follow do belong to this row.
    mistake = whole.stopped.offset
    in_text = whole.stopped.kind == "newline"
    if in_text or page.lines[index].end < mistake < page.lines[after - 1].end:
        return _broken(page, start, *whole.faults), after, sure
    return _broken(page, start, *found.faults), after, sure


def _behind_continuation(page: Page, index: int) -> int:
    """The first line from `index` on that can begin a row of its own."""
    while index < len(page.lines):
        line = page.lines[index]
        if begins_row(page.text[line.start : line.end]):
            break
        index += 1
    return index


def begins_row(line: str) -> bool:
    """Whether a line below a row that is open begins another one."""
    return line.startswith(("{", "[")) or _ROW_START.match(line) is not None


def _element_start(text: str, at: int) -> re.Pattern[str]:
    """Where the next element of an array begins: with the key that its first one begins with."""
    first = _FIRST_KEY.match(text, at)
    keys = {'"messages"', first[1]} if first else {'"messages"'}
    return re.compile(rf",\s*(?=\{{\s*(?:{'|'.join(map(re.escape, sorted(keys)))})\s*:)")


def _elements(page: Page, bracket: int) -> Iterator[Row | Problem]:
    """The elements of the array that begins at `bracket`, and what is wrong between them."""
    text = page.text
    at = bracket + 1
    next_element = _element_start(text, at)
    if _next_char(text, at) == "]":
        yield from _behind_array(page, skip_blanks(text, at) + 1)
        return
    while True:
        quick = _plain_element(page, at)
        if quick is not None:
            row, at, closed = quick
            yield row
            if closed:
                yield from _behind_array(page, at)
                return
            continue
        found = scan(text, at)
        behind = skip_blanks(text, found.end)
        yield _scanned(page, at, _with_gap(page, found, behind))
        if found.stopped is not None:
            further = next_element.search(text, found.stopped.offset)
            if further is None:
                return
            at = further.end()
            continue
        char = text[behind : behind + 1]
        at = behind + 1
        if char == "]":
            yield from _behind_array(page, at)
            return
        if char == "," and _next_char(text, at) == "]":
            yield _problem(page, Fault("json_parse", "comma", behind, "", {"close": "]"}))
            return
        if char != ",":
            yield _missing_separator(page, behind)
            if char != "{":
                return
            at = behind


def _plain_element(page: Page, at: int) -> tuple[Row, int, bool] | None:
    """The element at `at` if neither it nor its surroundings have a fault; the offset behind its
    comma, or behind the bracket that closes the array (True)."""
    start = _end_of_blanks(page.text, at)
    found = plain_object(page.text, start)
    if found is None:
        return None
    value, end = found
    behind = _end_of_blanks(page.text, end)
    char = page.text[behind : behind + 1]
    if char not in (",", "]") or (char == "," and _next_char(page.text, behind + 1) == "]"):
        return None
    line = page.line_at(start)
    places = {} if page.line_at(end) == line else _Places(page, start)
    return Row(line, value, (), places), behind + 1, char == "]"


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


class _Places(Mapping[str, int]):
    """The lines of the values of a row, found when the first is asked for: mostly none is."""

    def __init__(self, page: Page, start: int) -> None:
        self._page = page
        self._start = start

    @cached_property
    def _lines(self) -> dict[str, int]:
        offsets = scan(self._page.text, self._start).offsets
        return {path: self._page.line_at(offset) for path, offset in offsets.items()}

    def __getitem__(self, path: str) -> int:
        return self._lines[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _several_objects(text: str, start: int) -> bool:
    """Whether another object follows the first, with or without a comma between them."""
    found = scan(text, start)
    behind = skip_blanks(text, found.end)
    after_comma = behind + text.startswith(",", behind)
    return found.stopped is None and _next_char(text, after_comma) == "{"


def _objects(page: Page, at: int) -> Iterator[Row]:
    """The objects that stand one after another, over any number of lines."""
    while at < len(page.text):
        found = scan(page.text, at)
        yield _scanned(page, at, found)
        if found.stopped is not None:
            return
        at = skip_blanks(page.text, found.end)
        at = skip_blanks(page.text, at + page.text.startswith(",", at))


def _missing_separator(page: Page, at: int) -> Problem:
    if at >= len(page.text):
        return _problem(page, Fault("json_parse", "cut", at, "", {}))
    params: dict[str, str | int] = {"got": character(page.text[at]), "close": "]"}
    kind = "rows" if page.text[at] == "{" else "separator"
    return _problem(page, Fault("json_parse", kind, at, "", params))


def _behind_array(page: Page, at: int) -> Iterator[Problem]:
    at = skip_blanks(page.text, at)
    if at < len(page.text):
        got: dict[str, str | int] = {"got": character(page.text[at])}
        yield _problem(page, Fault("json_parse", "extra", at, "", got))


def _is_one_array(page: Page) -> bool:
    """Whether the text is one array: it opens on a line of its own or is all there is."""
    start = skip_blanks(page.text, 0)
    if _next_char(page.text, 0) != "[":
        return False
    line = page.lines[page.line_at(start) - page.first_line]
    found = scan(page.text, start, line.end)
    if found.stopped is not None:
        return True
    return skip_blanks(page.text, found.end) == len(page.text)


def _is_jsonl(page: Page) -> bool:
    """Whether one of the first lines, of two or more, is a complete object with messages."""
    lines = [line for line in page.lines if not page.is_blank(line)]
    return len(lines) > 1 and any(_is_row(page, line) for line in lines[:10])


def _is_row(page: Page, line: Span) -> bool:
    found = scan(page.text, line.start, line.end)
    complete = skip_blanks(page.text, found.end, line.end) == line.end
    return complete and isinstance(found.value, dict) and "messages" in found.value


def _next_char(text: str, at: int) -> str:
    """The first character from `at` on that is no blank; empty at the end."""
    at = skip_blanks(text, at)
    return text[at : at + 1]


def _first_line(page: Page) -> int:
    return page.line_at(skip_blanks(page.text, 0))


def _scanned(page: Page, start: int, found: Scan) -> Row:
    line = page.line_at(skip_blanks(page.text, start))
    problems = tuple(_problem(page, fault) for fault in found.faults)
    if page.line_at(found.end) == line:
        return Row(line, found.value, problems)
    places = {path: page.line_at(offset) for path, offset in found.offsets.items()}
    return Row(line, found.value, problems, places)


def _broken(page: Page, start: int, *faults: Fault) -> Row:
    """A row of which only the faults are known."""
    line = page.line_at(skip_blanks(page.text, start))
    return Row(line, BROKEN, tuple(_problem(page, fault) for fault in faults))


def _problem(page: Page, fault: Fault) -> Problem:
    params = {**fault.params, "column": page.column_at(fault.offset)}
    return Problem(
        code=fault.code,
        kind=fault.kind,
        severity="error",
        line=page.line_at(fault.offset),
        path=fault.path,
        params=params,
    )
