"""A draft as its page gets it: counts, rows as one line each, and one row in full. Pure JSON.

Every text in it came from data: the page shows it as text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbfinetune.core import text
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.draft.rows import DraftRow, is_chat
from nbfinetune.core.problems import Problem

PREVIEW_CHARS = 160
MOST_NOTES = 5
MOST_CHARS = 200_000
"""A row that is longer is shown cut, and can't be edited in a page."""


class Saved(NamedTuple):
    """The last version that was kept of a draft, and the draft's revision then."""

    name: str
    revision: int


def head(draft: Draft, saved: Saved | None = None) -> dict[str, Any]:
    """What stands above the rows."""
    totals = draft.totals()
    kept = {"name": saved.name, "now": saved.revision == draft.revision} if saved else None
    return {
        "name": draft.name,
        "origin": draft.origin.label if draft.origin.kind == "file" else "",
        "unit": draft.unit,
        "rows": totals.rows,
        "valid": totals.valid,
        "errors": totals.errors,
        "warnings": totals.warnings,
        "changed": totals.changed,
        "problems": [list(problem) for problem in totals.problems],
        "notes": _notes(draft),
        "undo": draft.can_undo,
        "redo": draft.can_redo,
        "saved": kept,
    }


def _notes(draft: Draft) -> list[str]:
    more = len(draft.notes) - MOST_NOTES
    said = [str(note) for note in draft.notes[:MOST_NOTES]]
    return said + ([text.message("more_problems", {"count": more})] if more > 0 else [])


def line(draft: Draft, row_id: int) -> dict[str, Any]:
    """A row as one line of the list: the first words of the first question and answer."""
    row = draft[row_id]
    problems = {(problem.severity, problem.code): None for problem in draft.problems(row_id)}
    shown: dict[str, Any] = {
        "id": row_id,
        "version": row.version,
        "line": row.line,
        "changed": draft.is_changed(row_id),
        "problems": [list(problem) for problem in problems],
    }
    messages = _messages(row)
    if messages is None:
        return {**shown, "text": _first_words(_text(row))}
    asked, answer = _first_turns(messages)
    return {
        **shown,
        "asked": _first_words(asked),
        "answer": _first_words(answer),
        "system": any(message.get("role") == "system" for message in messages),
        "turns": len(messages),
    }


def _first_turns(messages: list[dict[str, Any]]) -> tuple[str, str]:
    """What is asked and answered first, also where the roles have other names."""
    turns = [message for message in messages if message.get("role") != "system"]
    texts = [message.get("content") or "" for message in turns[:2]]
    if turns and turns[0].get("role") == "assistant":
        texts.insert(0, "")
    asked, answer, *_rest = [*texts, "", ""]
    return asked, answer


def whole(draft: Draft, row_id: int) -> dict[str, Any]:
    """A row in full, as it is read and edited: `turns` where it has messages, and its `text`."""
    row = draft[row_id]
    messages = _messages(row)
    written = _text(row)
    shown: dict[str, Any] = {
        "id": row_id,
        "version": row.version,
        "line": row.line,
        "text": written[:MOST_CHARS],
        "characters": len(written),
        "editable": len(written) <= MOST_CHARS,
        "problems": [_problem(draft, problem) for problem in draft.problems(row_id)],
    }
    if messages is None or not shown["editable"]:
        return {**shown, "turns": None}
    rest = {key: inner for key, inner in row.row.value.items() if key != "messages"}  # type: ignore[attr-defined]
    return {**shown, "turns": [_turn(message) for message in messages], "extra": _extra(rest)}


def _messages(row: DraftRow) -> list[dict[str, Any]] | None:
    """The messages of a row that can be shown as such."""
    value: Any = row.row.value
    return value["messages"] if row.text is None and is_chat(value) else None


def _text(row: DraftRow) -> str:
    if row.text is not None:
        return row.text
    return json.dumps(row.row.value, ensure_ascii=False, indent=1, default=str)


def _turn(message: Mapping[str, Any]) -> dict[str, Any]:
    """`role` and `content` are None where they are missing."""
    rest = {key: inner for key, inner in message.items() if key not in ("role", "content")}
    extra = {"extra": _extra(rest)} if rest else {}
    return {"role": message.get("role"), "content": message.get("content"), **extra}


def _extra(rest: Mapping[str, Any]) -> str:
    return json.dumps(rest, ensure_ascii=False, default=str)[:1000] if rest else ""


def _problem(draft: Draft, problem: Problem) -> dict[str, Any]:
    other = problem.params.get("other")
    return {
        "severity": problem.severity,
        "code": problem.code,
        "path": problem.path,
        "message": problem.message,
        "way_out": problem.way_out,
        "other": draft.at_line(other) if isinstance(other, int) else None,
    }


def _first_words(written: str) -> str:
    """On one line, cut; a whole text of 50 MB is not walked through."""
    words = " ".join(written[: PREVIEW_CHARS * 4].split())
    return words if len(words) <= PREVIEW_CHARS else words[: PREVIEW_CHARS - 1] + "…"
