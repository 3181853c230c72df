"""What a fix changes: single characters of a row, a row step by step, a piece of the text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """`text[start:end]` becomes `new`, for the sake of one fix."""

    fix: str
    start: int
    end: int
    new: str


class Step(NamedTuple):
    """What one fix made of a row, or of text beside it; `at`: where in its piece that begins."""

    fix: str
    before: str
    after: str
    at: int = 0


class Refusal(NamedTuple):
    """A place that a fix left as it is, because what was meant is not certain.

    `line` is a line of the new text; `reason` is a key of the catalogue's `fix_refused/…`.
    """

    fix: str
    line: int
    reason: str


class Piece(NamedTuple):
    """`text[start:end]`, changed by one step after another."""

    start: int
    end: int
    steps: tuple[Step, ...]


def edited(text: str, edits: Iterable[Edit], offset: int = 0) -> str:
    """`text` with all edits made; they don't overlap. Their offsets begin at `offset`."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += (text[at : edit.start - offset], edit.new)
        at = edit.end - offset
    return "".join([*parts, text[at:]])
