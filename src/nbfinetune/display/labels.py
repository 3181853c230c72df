"""Small words of reports: labels of the catalogue, numbers of rows, beginnings of texts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from nbfinetune.core import text
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quoting import visible
from nbfinetune.display.html import esc


def label(code: str, **params: object) -> str:
    """Words of the catalogue in the user's language; not yet escaped."""
    return text.message(code, params)


def heading(code: str, **params: object) -> str:
    return f"<h5>{esc(label(code, **params))}</h5>"


def line_of(rows: Sequence[Conversation], row: int) -> int:
    """The line that a row begins on in its source; its number where it has none."""
    line = rows[row].line
    return row + 1 if line is None else line


def row_numbers(rows: Sequence[Conversation], found: Sequence[int], shown: int = 8) -> str:
    """`line 3 · line 7 · … and 12 more`."""
    named = [label("at_line", line=line_of(rows, i)) for i in found[:shown]]
    more = [label("report_more", count=len(found) - shown)] if len(found) > shown else []
    return " · ".join([*named, *more])


def one_line(words: str, longest: int) -> str:
    """The beginning of a text, its lines joined; not yet escaped."""
    return visible(" ".join(words[: longest * 2].split()), longest)
