"""One row through the fixes that it needs, step by step, in a fixed order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from nbfinetune.core.fixes.edits import Edit, Step, edited
from nbfinetune.core.fixes.loose_json import Loose, blank_edit, read_loosely
from nbfinetune.core.fixes.messages import MESSAGE_FIXES, Refused, has_errors, written_row
from nbfinetune.core.reading.json_faults import is_exotic
from nbfinetune.core.validation import are_rows

SPELLING_FIXES = (
    "exotic_blanks",
    "smart_quotes",
    "full_width",
    "python_literals",
    "trailing_commas",
    "raw_tabs",
    "line_breaks",
)
"""Those that make JSON of a row, in the order in which they are applied."""

_ROUNDS = 4
_OUTSIDE_STRINGS = re.compile(r'("(?:[^"\\]|\\.)*+")|(?<![ \t])[ \t]*+[\n\r][ \t\n\r]*')


def repaired(text: str, names: Collection[str]) -> Iterator[Step | tuple[str, str]]:
    """The steps that repair a row and the blanks beside it; (fix, reason) of what was refused."""
    for _ in range(_ROUNDS):
        before = text
        for step in _round(text, names):
            yield step
            if isinstance(step, Step):
                text = step.after
        if text == before:
            return


def _round(text: str, names: Collection[str]) -> Iterator[Step | tuple[str, str]]:
    found = read_loosely(text, 0, len(text), across_lines=True)
    for fix in SPELLING_FIXES:
        if fix in names and isinstance(found, Loose):
            after = edited(text, (edit for edit in _spelling(text, found) if edit.fix == fix))
            if after != text:
                yield Step(fix, text, after)
                text, found = after, read_loosely(after, 0, len(after), across_lines=True)
    row = written_row(text, found)
    for fix, apply in MESSAGE_FIXES.items():
        if row is None or not has_errors(row.value):
            return
        if fix not in names:
            continue
        try:
            after = apply(row)
        except Refused as refused:
            yield fix, refused.reason
            continue
        if after != text:
            yield Step(fix, text, after)
            text, row = after, written_row(after)


def _spelling(text: str, found: Loose) -> Iterator[Edit]:
    """The edits of a row and of the blanks behind it."""
    yield from found.edits
    for at in range(found.node.end, len(text)):
        if is_exotic(text, at):
            yield blank_edit(text, at)


def unwrapped(text: str) -> str:
    """The array of rows in a row that holds nothing else; the row itself where there is none.

    Raises:
        Refused: Other keys stand beside the array and would be lost.
    """
    row = written_row(text)
    if row is None or not isinstance(row.value, dict) or "messages" in row.value:
        return text
    arrays = [key for key, value in row.value.items() if are_rows(value)]
    if len(arrays) != 1:
        return text
    place = row.member(row.root, arrays[0])
    if len(row.value) > 1 or place is None:
        raise Refused("other_keys")
    return row.written(place)


def on_one_line(text: str) -> str:
    """A row of JSON without line ends between its tokens; as it is where it is no JSON yet."""
    if "\n" not in text and "\r" not in text:
        return text
    found = read_loosely(text, 0, len(text))
    if not isinstance(found, Loose) or found.edits:
        return text
    return _OUTSIDE_STRINGS.sub(lambda m: m.group(1) or _between(text, m.start()), text)


def _between(text: str, at: int) -> str:
    return " " if text[at - 1] in ",:" else ""
