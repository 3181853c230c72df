"""JSON Lines and JSON arrays to rows, each with its line; what stands between the rows as problems.

One pass, row by row. Knows nothing of messages, except that a row usually begins with that key:
so it finds its way back after a row that is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbfinetune.core.pages import Page, Span
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import character
from nbfinetune.core.reading.fast_rows import plain_object
from nbfinetune.core.reading.json_faults import Fault, skip_blanks
from nbfinetune.core.reading.json_scan import scan
from nbfinetune.core.reading.line_rows import LineRows, only_row
from nbfinetune.core.reading.scanned import Places, next_char, problem_of, scanned_row, with_gap
from nbfinetune.core.rows import Row

_BLANKS = re.compile(r"[ \t\n\r]*")
_FIRST_KEY = re.compile(r'\s*\{\s*("[^"\\]{1,64}")\s*:')


def read_jsonl(text: str, first_line: int = 1) -> Iterator[Row | Problem]:
    """The rows of JSON Lines text, and the problems that belong to no row."""
    page = Page(text, first_line)
    if _is_one_array(page):
        yield Problem(code="array_in_jsonl", severity="error", line=_first_line(page))
        yield from _elements(page, skip_blanks(text, 0))
        return
    rows = LineRows(page)
    blank: list[int] = []
    index = 0
    while index < len(page.lines):
        line = page.lines[index]
        if page.is_blank(line):
            blank.append(line.number)
            index += 1
            continue
        row, index, _ = rows.row_at(index)
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
        yield only_row(page, scan(text, start), start, len(text))


def is_json_document(text: str) -> bool:
    """Whether text that begins with a bracket is one array or object, not one object per line."""
    page = Page(text)
    start = skip_blanks(text, 0)
    if text[start] == "[":
        return _is_one_array(page)
    found = scan(text, start)
    return found.stopped is None and skip_blanks(text, found.end) == len(text)


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
    if next_char(text, at) == "]":
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
        yield scanned_row(page, at, with_gap(page, found, behind))
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
        if char == "," and next_char(text, at) == "]":
            yield problem_of(page, Fault("json_parse", "comma", behind, "", {"close": "]"}))
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
    if char not in (",", "]") or (char == "," and next_char(page.text, behind + 1) == "]"):
        return None
    line = page.line_at(start)
    places = {} if page.line_at(end) == line else Places(page, start)
    return Row(line, value, (), places), behind + 1, char == "]"


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _several_objects(text: str, start: int) -> bool:
    """Whether another object follows the first, with or without a comma between them."""
    found = scan(text, start)
    behind = skip_blanks(text, found.end)
    after_comma = behind + text.startswith(",", behind)
    return found.stopped is None and next_char(text, after_comma) == "{"


def _objects(page: Page, at: int) -> Iterator[Row]:
    """The objects that stand one after another, over any number of lines."""
    while at < len(page.text):
        found = scan(page.text, at)
        yield scanned_row(page, at, found)
        if found.stopped is not None:
            return
        at = skip_blanks(page.text, found.end)
        at = skip_blanks(page.text, at + page.text.startswith(",", at))


def _missing_separator(page: Page, at: int) -> Problem:
    if at >= len(page.text):
        return problem_of(page, Fault("json_parse", "cut", at, "", {}))
    params: dict[str, str | int] = {"got": character(page.text[at]), "close": "]"}
    kind = "rows" if page.text[at] == "{" else "separator"
    return problem_of(page, Fault("json_parse", kind, at, "", params))


def _behind_array(page: Page, at: int) -> Iterator[Problem]:
    at = skip_blanks(page.text, at)
    if at < len(page.text):
        got: dict[str, str | int] = {"got": character(page.text[at])}
        yield problem_of(page, Fault("json_parse", "extra", at, "", got))


def _is_one_array(page: Page) -> bool:
    """Whether the text is one array: it opens on a line of its own or is all there is."""
    start = skip_blanks(page.text, 0)
    if next_char(page.text, 0) != "[":
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


def _first_line(page: Page) -> int:
    return page.line_at(skip_blanks(page.text, 0))
