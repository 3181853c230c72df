"""A JSON file to rows as it is read, and a `.jsonl` that holds an array instead.

Of an array one block or one row is held. Anything else that a `.json` may hold is one row, or
rows line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.elements import elements
from nbfinetune.core.reading.fast_rows import PlainRows
from nbfinetune.core.reading.held import Held
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.reading.json_scan import scan
from nbfinetune.core.reading.jsonl import is_jsonl, read_json
from nbfinetune.core.reading.scanned import next_char
from nbfinetune.core.reading.stream import stream_jsonl
from nbfinetune.core.rows import Row

_LINES = 10
"""By how many lines it is judged whether there is a row on each."""

_MOST = 4_000_000
"""How many characters are held for that, at most."""

_LINE_END = re.compile(r"[\r\n]")


def stream_json(blocks: Iterable[bytes]) -> Iterator[PlainRows | Row | Problem]:
    """What `read_json` gives for the same text, in the same order; UTF-8, as `decode` makes it."""
    held = Held(blocks)
    start = _first_character(held)
    if held.text[start : start + 1] == "[":
        held.drop(start + 1)
        yield from elements(held, fast=True)
    elif _is_jsonl(held):
        yield Problem(code="jsonl_in_json", severity="error", line=held.page.line_at(start))
        yield from stream_jsonl(held.rest())
    else:
        while held.more():
            pass
        yield from read_json(held.text)


def stream_array(blocks: Iterable[bytes]) -> Iterator[PlainRows | Row | Problem]:
    """What `read_jsonl` gives for text that begins with a bracket."""
    held = Held(blocks)
    start = _first_character(held)
    if not _is_one_array(held, start):
        yield from stream_jsonl(held.rest())
        return
    yield Problem(code="array_in_jsonl", severity="error", line=held.page.line_at(start))
    held = Held(held.rest())
    held.more()
    held.drop(_first_character(held) + 1)
    yield from elements(held, fast=True)


def _first_character(held: Held) -> int:
    """Where the first one is that is no blank."""
    while (start := skip_blanks(held.text, 0)) == len(held.text) and held.more():
        pass
    return start


def _is_jsonl(held: Held) -> bool:
    """Whether there are rows line by line, as far as the first lines tell."""
    while len(held.text) < _MOST and _full_lines(held.text) <= _LINES and held.more():
        pass
    whole = len(held.text) if held.ended else held.text.rfind("\n") + 1
    return is_jsonl(Page(held.text[:whole]))


def _full_lines(text: str) -> int:
    return sum(1 for line in text.splitlines()[:-1] if line.strip())


def _is_one_array(held: Held, start: int) -> bool:
    """Whether the array opens on a line of its own or is all there is."""
    while (end := _LINE_END.search(held.text, start)) is None and held.more():
        pass
    last = end.start() if end else len(held.text)
    try:
        msgspec.json.decode(held.text[start:last], type=msgspec.Raw)
    except ValueError:
        found = scan(held.text, start, last)
        if found.stopped is not None:
            return True
        last = found.end
    while not next_char(held.text, last) and held.more():
        pass
    return not next_char(held.text, last)
