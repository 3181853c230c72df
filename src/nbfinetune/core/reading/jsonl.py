"""JSON Lines and JSON arrays to rows, each with its line; what stands between the rows as problems.

One pass, row by row. Knows nothing of messages, except that a row usually begins with that key:
so it finds its way back after a row that is broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from nbfinetune.core.pages import Page, Span
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.elements import elements
from nbfinetune.core.reading.held import Held
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.reading.json_scan import scan
from nbfinetune.core.reading.line_rows import LineRows, only_row
from nbfinetune.core.reading.scanned import next_char, scanned_row
from nbfinetune.core.rows import Row


def read_jsonl(text: str, first_line: int = 1) -> Iterator[Row | Problem]:
    """The rows of JSON Lines text, and the problems that belong to no row."""
    page = Page(text, first_line)
    if _is_one_array(page):
        yield Problem(code="array_in_jsonl", severity="error", line=_first_line(page))
        yield from _elements(text, first_line)
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
        yield from _elements(text, first_line)
    elif is_jsonl(page):
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


def _elements(text: str, first_line: int) -> Iterator[Row | Problem]:
    held = Held.of_text(text, first_line)
    held.drop(skip_blanks(text, 0) + 1)
    return cast(Iterator[Row | Problem], elements(held, fast=False))


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


def is_jsonl(page: Page) -> bool:
    """Whether one of the first lines, of two or more, is a complete object with messages."""
    lines = [line for line in page.lines if not page.is_blank(line)]
    return len(lines) > 1 and any(_is_row(page, line) for line in lines[:10])


def _is_row(page: Page, line: Span) -> bool:
    found = scan(page.text, line.start, line.end)
    complete = skip_blanks(page.text, found.end, line.end) == line.end
    return complete and isinstance(found.value, dict) and "messages" in found.value


def _first_line(page: Page) -> int:
    return page.line_at(skip_blanks(page.text, 0))
