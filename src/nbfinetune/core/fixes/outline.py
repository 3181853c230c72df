"""What stands in a text of rows: rows, what can't be read as one, brackets, commas, fences, talk.

Finds where each begins and ends, on one line or on many, in an array or not. Changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Literal, NamedTuple

from nbfinetune.core.fixes.loose_json import OPEN_ARRAY, OPEN_OBJECT, Lost, read_loosely
from nbfinetune.core.fixes.messages import has_errors
from nbfinetune.core.pages import Page
from nbfinetune.core.reading.chatform import is_chat
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.validation import is_message, meant_role

OPENERS = OPEN_OBJECT + OPEN_ARRAY
COMMAS = ",，"

_CLOSE_ARRAY = "]］】"
_ROW_START = re.compile(rf'\s*[{OPEN_OBJECT}]\s*["“\']messages?["”\']\s*[:：]')
_NEXT_ELEMENT = re.compile(rf'[{COMMAS}]\s*(?=[{OPEN_OBJECT}]\s*["“\']messages?["”\']\s*[:：])')
_OF_A_MESSAGE = re.compile(rf'[{OPEN_OBJECT}]\s*["“\'](?:role|content)["”\']')
_FENCE = re.compile(r"(?:`{3,}|~{3,})[ \t]*[\w.+#-]*")
_MARKER = re.compile(r"\W*(\w+)\W*?[:：]")
_RULE = re.compile(r"[-*_=#~]{2,}")
_LONGEST_ROW_LINES = 500
_LONGEST_TALK = 500

_decoder = JSONDecoder()


class Item(NamedTuple):
    """One of the things in `text[start:end]`; of lines (`fence`, `talk`) the line end is a part.

    `fine`: a row without errors. `inside`: in an array. `reason`: why it can't be read, if known.
    """

    kind: Literal["row", "broken", "open", "close", "comma", "fence", "talk"]
    start: int
    end: int
    fine: bool = False
    inside: bool = False
    reason: str = ""

    @property
    def is_row(self) -> bool:
        return self.kind in ("row", "broken")


def outline(text: str) -> Iterator[Item]:
    """Everything in the text but blanks, in order."""
    page = Page(text)
    at, inside = skip_blanks(text, 0), False
    before: Item | None = None
    while at < len(text):
        item = _element(page, at) if inside else _item(page, at, before)
        yield item
        inside = item.kind != "close" and (inside or item.kind == "open")
        before, at = item, skip_blanks(text, item.end)


def _item(page: Page, at: int, before: Item | None) -> Item:
    """What begins at `at`, outside of arrays."""
    char = page.text[at]
    if char in OPEN_ARRAY and _is_array_of_rows(page.text, at):
        return Item("open", at, at + 1)
    if char in OPENERS:
        return _row(page, at)
    if char in COMMAS and before is not None and before.kind in ("row", "close"):
        return Item("comma", at, at + 1)
    line = page.lines[page.line_at(at) - 1]
    if before is None or before.end <= line.start:
        return _words(page, at)
    return Item("broken", at, line.end)


def _element(page: Page, at: int) -> Item:
    """What begins at `at`, in an array."""
    char = page.text[at]
    if char in COMMAS:
        return Item("comma", at, at + 1, inside=True)
    if char in _CLOSE_ARRAY:
        return Item("close", at, at + 1, inside=True)
    found = _read(page.text, at, len(page.text))
    if isinstance(found, Lost):
        further = _NEXT_ELEMENT.search(page.text, at)
        stop = len(page.text) if further is None else further.start()
        again = _read(page.text, at, stop, across_lines=True)
        if isinstance(again, Lost):
            return Item("broken", at, max(stop, at + 1), inside=True, reason=found.reason)
        found = again
    return found._replace(inside=True)


def _row(page: Page, at: int) -> Item:
    """A row on its line, over several lines, or with line ends in its texts."""
    index = page.line_at(at) - 1
    far = min(index + _LONGEST_ROW_LINES, len(page.lines))
    found = _read(page.text, at, page.lines[index].end)
    if isinstance(found, Lost):
        reason = found.reason
        found = _read(page.text, at, page.lines[far - 1].end)
        if isinstance(found, Lost):
            stop = _behind_continuation(page, index + 1, far)
            found = _read(page.text, at, stop, across_lines=True)
        if isinstance(found, Lost):
            stop = _behind_continuation(page, index + 1, len(page.lines))
            return Item("broken", at, stop, reason=reason or found.reason)
    return found


def _read(text: str, at: int, stop: int, *, across_lines: bool = False) -> Item | Lost:
    """The row that begins at `at` and ends before `stop`."""
    # A slice: on an error, the decoder counts all lines before it.
    part, offset = (text, 0) if stop == len(text) else (text[at:stop], at)
    plain = _decoded(part, at - offset)
    if plain is not None:
        return Item("row", at, plain[1] + offset, fine=not has_errors(plain[0]))
    loose = read_loosely(text, at, stop, across_lines=across_lines)
    return loose if isinstance(loose, Lost) else Item("row", at, loose.node.end)


def _decoded(text: str, at: int) -> tuple[object, int] | None:
    """A value of plain JSON and its end."""
    try:
        return _decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None


def _behind_continuation(page: Page, index: int, last: int) -> int:
    """The offset of the first line from `index` to `last` that can begin a row of its own."""
    while index < last:
        line = page.lines[index]
        first = page.text[line.start : line.start + 1]
        if (first and first in OPENERS) or _ROW_START.match(page.text, line.start, line.end):
            break
        index += 1
    return page.lines[index].start if index < len(page.lines) else len(page.text)


def _is_array_of_rows(text: str, at: int) -> bool:
    """Whether the array holds rows, not the messages of one conversation, and nothing else."""
    first = skip_blanks(text, at + 1)
    if first == len(text) or text[first] not in OPENERS + _CLOSE_ARRAY:
        return False
    found = _decoded(text, first)
    return not (is_message(found[0]) if found else _OF_A_MESSAGE.match(text, first))


def _words(page: Page, at: int) -> Item:
    """A line that begins no row: a code fence, talk around the rows, or something else."""
    number = page.line_at(at)
    line = page.lines[number - 1]
    behind = page.lines[number].start if number < len(page.lines) else len(page.text)
    words = page.text[at : line.end].strip()
    if is_fence(words):
        return Item("fence", line.start, behind)
    if is_talk(words):
        return Item("talk", line.start, behind)
    return Item("broken", at, line.end, reason="may_be_data")


def is_fence(words: str) -> bool:
    """Whether a line begins or ends a block of code."""
    return _FENCE.fullmatch(words) is not None


def is_talk(words: str) -> bool:
    """Whether a line is what a language model says around the rows, and can't be data."""
    if len(words) > _LONGEST_TALK or re.search(r'[{}\[\]｛｝\t]|"\s*:|^["“\']|["”\']$', words):
        return False
    if words in ("true", "false", "null", "NaN", "Infinity", "-Infinity") or is_chat(words):
        return False
    marker = _MARKER.match(words)
    if marker is not None and meant_role(marker.group(1)) is not None:
        return False
    return any(char.isalpha() for char in words) or _RULE.fullmatch(words) is not None
