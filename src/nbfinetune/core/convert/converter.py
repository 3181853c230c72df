"""Rows of other formats to rows of messages, in a stream; what was found is said at the end.

Knows counts and lines over all rows. What each format looks like: `core.convert.formats`.
Rows with `messages` pass as they are: whatever stands beside is an extra key, as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from nbfinetune.core import text
from nbfinetune.core.convert.formats import FORMATS, as_messages, format_of
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted
from nbfinetune.core.rows import BROKEN, Row, child
from nbfinetune.core.validation import is_blank

LISTED_LINES = 100
"""How many lines a note names; its count is that of all."""


class Note(msgspec.Struct, frozen=True):
    """Something that has no place in messages and was left out: how often, and in which rows.

    `what` is the word that the rows use for it (`observation`); `lines` are the first ones.
    """

    what: str
    count: int
    rows: int
    lines: tuple[int, ...]

    @property
    def message(self) -> str:
        shown = ", ".join(map(str, self.lines[:10])) + ", …" * (self.rows > 10)
        params = {"what": quoted(self.what), "count": self.count, "lines": shown}
        return text.message("conversion_left_out", params)


class Conversion(msgspec.Struct, frozen=True):
    """Rows of one format that were read as messages. A file of several formats has several."""

    format: str
    rows: int
    notes: tuple[Note, ...] = ()

    @property
    def label(self) -> str:
        """The name of the format for a reader."""
        return text.message(f"format_{self.format}", {})

    @property
    def message(self) -> str:
        return text.message("conversion", {"rows": self.rows, "format": self.label})


class Converter:
    """Fed with every row in order; gives rows of messages. Keeps counts, never rows.

    `system_key`: a system prompt that stands beside `messages` under this key becomes the first
    message of rows that have none. Nothing is lifted unless asked for: an extra key has no effect.
    """

    def __init__(self, *, system_key: str | None = None) -> None:
        self._system_key = system_key
        self._rows: dict[str, int] = {}
        self._left_out: dict[tuple[str, str], tuple[int, int, list[int]]] = {}

    def convert(self, row: Row) -> Row:
        """The row as messages; the same one where it has messages already or is of no format."""
        value: Any = row.value
        name = format_of(value)
        if name is None:
            return row if self._system_key is None else self._lifted(row, self._system_key)
        converted, used = as_messages(name, value)
        self._count(name, row.line, converted.left_out)
        others = {key: inner for key, inner in value.items() if key not in used}
        value = {"messages": converted.messages, **others}
        return Row(row.line, value, row.problems, row.places, converted)

    def stream(self, items: Iterable[Row | Problem]) -> Iterator[Row | Problem]:
        """As `convert`, for what a reader yields: problems pass."""
        return (self.convert(item) if isinstance(item, Row) else item for item in items)

    def conversions(self) -> tuple[Conversion, ...]:
        """What was converted so far, one for each format, those with most rows first."""
        return tuple(
            Conversion(name, rows, self._notes(name))
            for name, rows in sorted(
                self._rows.items(), key=lambda item: (-item[1], FORMATS.index(item[0]))
            )
        )

    def _lifted(self, row: Row, key: str) -> Row:
        value: Any = row.value
        if not _has_system_beside(value, key):
            return row
        self._count("top_level_system", row.line, [])
        count = len(value["messages"])
        moved = {f"$.messages[{i + 1}]": f"$.messages[{i}]" for i in range(count)}
        moved |= {f"$.messages[0]{part}": child("$", key) for part in ("", ".role", ".content")}
        messages = [{"role": "system", "content": value[key]}, *value["messages"]]
        others = {k: v for k, v in value.items() if k not in (key, "messages")}
        return replace(row, value={"messages": messages, **others}, moved=moved)

    def _count(self, name: str, line: int, left_out: list[str]) -> None:
        self._rows[name] = self._rows.get(name, 0) + 1
        for what in dict.fromkeys(left_out):
            count, rows, lines = self._left_out.get((name, what), (0, 0, []))
            if rows < LISTED_LINES:
                lines.append(line)
            self._left_out[name, what] = (count + left_out.count(what), rows + 1, lines)

    def _notes(self, name: str) -> tuple[Note, ...]:
        return tuple(
            Note(what, count, rows, tuple(lines))
            for (of, what), (count, rows, lines) in self._left_out.items()
            if of == name
        )


def _has_system_beside(value: Any, key: str) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return False
    system, messages = value.get(key), value["messages"]
    if not isinstance(system, str) or is_blank(system) or BROKEN in messages:
        return False
    return not any(isinstance(m, dict) and m.get("role") == "system" for m in messages)
