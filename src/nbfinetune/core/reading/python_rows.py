"""Rows of Python objects (lists, pandas frames, datasets) to rows like those of a file.

Knows the shapes of these objects without importing their packages. Knows no rules.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbfinetune.core.convert.formats import format_of
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.json_scan import MAX_DEPTH
from nbfinetune.core.rows import BROKEN, Row, child, shallow

_HALF = re.compile("[\ud800-\udfff]")
"""Half a character: what is left of an emoji that was cut in two."""


def read_rows(rows: Any) -> Iterator[Row]:
    """The rows of a list, frame or dataset; `line` is the number of the row, from 1.

    Raises:
        DatasetError: `rows` is no collection of rows.
    """
    return (row for _, row in given_rows(rows))


def given_rows(rows: Any) -> Iterator[tuple[Any, Row]]:
    """Each row as it was given, and as `read_rows` reads it.

    Raises:
        DatasetError: As above.
    """
    table = hasattr(rows, "columns") or hasattr(rows, "column_names")
    for number, row in enumerate(_records(rows), start=1):
        reader = _Reader(number, table=table)
        value = reader.plain(row.as_dict() if isinstance(row, Conversation) else row, "$", 1)
        yield row, Row(number, value, tuple(reader.problems))


def _records(rows: Any) -> Iterable[Any]:
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        records: Iterable[Any] = rows.to_dict("records")
        return records
    if isinstance(rows, Mapping) and ("messages" in rows or format_of(rows) is not None):
        return [rows]
    if isinstance(rows, MessageDataset):
        return rows.conversations
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise DatasetError("not_rows", got=type(rows).__name__)
    return rows


class _Reader:
    """One row to plain dicts, lists and scalars; faults that JSON text would have are problems."""

    def __init__(self, line: int, *, table: bool) -> None:
        self.line = line
        self.table = table
        self.problems: list[Problem] = []

    def plain(self, value: Any, path: str, depth: int) -> Any:
        if hasattr(value, "tolist"):
            # numpy arrays and scalars: what a pandas frame holds that came from Parquet.
            value = value.tolist()
        if _is_gap(value):
            return None
        if isinstance(value, (Mapping, list, tuple)) and depth > MAX_DEPTH:
            return self.problem("too_deep", shallow(path), limit=MAX_DEPTH)
        if isinstance(value, Mapping):
            return {
                self.text(str(key), path): self.plain(inner, child(path, str(key)), depth + 1)
                for key, inner in value.items()
                if not self.is_padding(str(key), inner)
            }
        if isinstance(value, (list, tuple)):
            return [self.plain(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            return self.problem("json_parse", path, "constant", got=str(value))
        if isinstance(value, str):
            return self.text(value, path)
        return value

    def is_padding(self, key: str, value: object) -> bool:
        """Whether a table filled the cell only because other rows have the key."""
        if not self.table or key in ("messages", "role", "content"):
            return False
        missing = value is None or _is_gap(value)
        return missing or (isinstance(value, float) and math.isnan(value))

    def text(self, value: str, path: str) -> str:
        half = _HALF.search(value)
        if half is None:
            return value
        self.problem("lone_surrogate", path, got=f"\\u{ord(half[0]):04x}")
        return _HALF.sub("\ufffd", value)

    def problem(self, code: str, path: str, kind: str = "", **params: str | int) -> object:
        found = Problem(
            code=code, kind=kind, severity="error", line=self.line, path=path, params=params
        )
        if found not in self.problems:
            self.problems.append(found)
        return BROKEN


def _is_gap(value: object) -> bool:
    """Whether it is what pandas writes for null; it can't be compared with anything."""
    return type(value).__name__ in ("NAType", "NaTType")
