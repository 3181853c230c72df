"""One row of a draft: its value (its text, where it could not be read) and what is wrong with it.

Knows the rules of one row. What shows only beside other rows: `core.draft.repeats`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec

from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.messages import Conversation
from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.jsonl import read_json
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.core.reading.survey import Survey
from nbfinetune.core.rows import BROKEN, Row
from nbfinetune.core.validation import check_row, conversation_of

HABITS = ("extra_key", "outer_whitespace")
"""What a report counts over all rows; here each row says it of itself."""


@dataclass(frozen=True)
class DraftRow:
    """A row as it stands after the last change.

    `text` is what is edited where the value can't be trusted; else None. `version` is the draft's
    revision that made it. `conversation` is None where the row has errors.
    """

    id: int
    version: int
    row: Row
    text: str | None
    problems: tuple[Problem, ...]
    conversation: Conversation | None

    @property
    def line(self) -> int:
        return self.row.line

    @cached_property
    def searched(self) -> str:
        """What a search looks in: all that was written, in NFC and without upper case."""
        texts = [self.text] if self.text is not None else texts_of(self.row.value)
        return plain("\n".join(texts))


def plain(text: str) -> str:
    """Equal for texts that a reader takes for the same, in any case."""
    return unicodedata.normalize("NFC", text).casefold()


def draft_row(
    row_id: int, version: int, row: Row, text: str = "", system: str | None = None
) -> DraftRow:
    """The row with everything that is wrong with it; `text` counts only where it isn't readable.

    `system` becomes its first message where it has no system prompt.
    """
    # a row of another format is edited as what it becomes: its paths are those of its messages
    row = replace(Converter().convert(row), moved={})
    row = _with_system(row, system) if system else row
    problems = (*check_row(row), *_habits(row))
    errors = any(problem.severity == "error" for problem in problems)
    damaged = any(problem.severity == "error" for problem in row.problems)
    return DraftRow(
        row_id,
        version,
        row,
        (text or _as_text(row.value)) if damaged else None,
        problems,
        None if errors else conversation_of(row),
    )


def _with_system(row: Row, system: str) -> Row:
    value: Any = row.value
    if row.problems or not is_chat(value):
        return row
    if any(message.get("role") == "system" for message in value["messages"]):
        return row
    messages = [{"role": "system", "content": system}, *value["messages"]]
    return replace(row, value={**value, "messages": messages}, places={})


def row_of(value: object, line: int) -> Row:
    """The row of a value from Python or a page, with the faults that JSON text would have."""
    (row,) = read_rows([value])
    return _at(row, line)


def row_of_text(text: str, line: int) -> Row:
    """The row written in a text, over one line or several; anything but one row is a problem."""
    items = list(read_json(text))
    rows = [item for item in items if isinstance(item, Row)]
    found = [item for item in items if isinstance(item, Problem)]
    if len(rows) == 1 and not found:
        return _at(rows[0], line)
    if len(rows) != 1:
        params: dict[str, str | int] = {"count": len(rows)}
        found = [Problem(code="one_row_expected", severity="error", params=params)]
    return _at(Row(line, BROKEN, tuple(found)), line)


def _at(row: Row, line: int) -> Row:
    """The row as the one of this line: it has no other place."""
    problems = tuple(msgspec.structs.replace(problem, line=line) for problem in row.problems)
    return Row(line, row.value, problems)


def with_turns(value: Mapping[str, Any], turns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The row with other messages: each is an old one (`was`: its index) or new.

    `role` and `content` replace what was there; what a turn doesn't name stays, as do extra keys
    and their order.
    """
    old = value["messages"]
    messages = []
    for turn in turns:
        was = turn.get("was")
        message = dict(old[was]) if was is not None and was in range(len(old)) else {}
        message.update({key: turn[key] for key in ("role", "content") if key in turn})
        messages.append(message)
    return {**value, "messages": messages}


def is_chat(value: object) -> bool:
    """Whether a row can be shown as messages: objects whose role and content, if any, are texts."""
    messages = value.get("messages") if isinstance(value, dict) else None
    return isinstance(messages, list) and all(
        isinstance(message, dict)
        and isinstance(message.get("role", ""), str)
        and isinstance(message.get("content", ""), (str, type(None)))
        for message in messages
    )


def source_texts(text: str, rows: Sequence[Row], first_line: int = 1) -> Iterator[str]:
    """The lines of each row in the text that the rows were read from."""
    page = Page(text, first_line)
    starts = [row.line - first_line for row in rows]
    for index, start in enumerate(starts):
        after = next((s for s in starts[index + 1 : index + 2] if s > start), None)
        lines = page.lines[start : after or (start + 1 if index + 1 < len(starts) else None)]
        # a byte that is no UTF-8 is half a character here, which no page can show
        cut = text[lines[0].start : lines[-1].end] if lines else ""
        yield cut.encode("utf-8", "replace").decode().strip()


def texts_of(value: object) -> list[str]:
    """Every text in a JSON value, and the other scalars as they are written; no key of ours."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        ours = ("messages", "role", "content")
        keys = [str(key) for key in value if key not in ours]
        return keys + _all_texts(value.values())
    if isinstance(value, (list, tuple)):
        return _all_texts(value)
    return [] if value is None or value is BROKEN else [str(value)]


def _all_texts(values: Iterable[object]) -> list[str]:
    return [text for value in values for text in texts_of(value)]


def _as_text(value: object) -> str:
    """The row as JSON where its source is gone; what could not be read is null."""
    return "" if value is BROKEN else json.dumps(value, ensure_ascii=False, default=_null)


def _null(value: object) -> object:
    return None if value is BROKEN else str(value)


def _habits(row: Row) -> Iterator[Problem]:
    survey = Survey()
    survey.see(row)
    for problem in survey.summary():
        if problem.code in HABITS:
            once = problem.params.get("count") == 1
            yield msgspec.structs.replace(problem, kind="here") if once else problem
