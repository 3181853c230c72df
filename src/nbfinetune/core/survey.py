"""What shows only across rows: repetition, contradiction, habits that a reader should know of.

Sees every row once, keeps hashes and counts. Everything it finds is a warning or advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nbfinetune.core.dataset import duplicate_key
from nbfinetune.core.json_faults import child
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted
from nbfinetune.core.rows import Row
from nbfinetune.core.validation import ROLES, is_blank

K = TypeVar("K")

FEW_ROWS = 10
MANY_ROWS = 1000


@dataclass
class _Habit:
    """Something that is reported once with a count: where it was first seen, and how often."""

    line: int
    path: str
    count: int = 0


@dataclass
class Survey:
    """Fed with every row (`see`) and every valid conversation (`keep`), in order."""

    rows: int = 0
    _extra: dict[tuple[str, str], _Habit] = field(default_factory=dict)
    _outer: dict[str, _Habit] = field(default_factory=dict)
    _systems: dict[str | None, int] = field(default_factory=dict)
    _answers: dict[bytes, dict[bytes, int]] = field(default_factory=dict)

    def see(self, row: Row) -> None:
        """Count a row, valid or not, with its extra keys and outer blanks."""
        self.rows += 1
        if not isinstance(row.value, dict) or "messages" not in row.value:
            return
        self._note_keys(row, row.value, "$", ("messages",))
        messages = row.value.get("messages")
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict):
                path = f"$.messages[{index}]"
                self._note_keys(row, message, path, ("role", "content"))
                self._note_blanks(row, message, path)

    def keep(self, conversation: Conversation) -> Iterator[Problem]:
        """Remember a valid row; a problem if an earlier one has the same question."""
        line = conversation.line or 0
        self._systems.setdefault(conversation.system, line)
        answers = self._answers.setdefault(duplicate_key(conversation.prompt), {})
        answer = duplicate_key(conversation.messages[-1:])
        if answer in answers:
            yield _warning("duplicate_row", line, other=answers[answer])
        else:
            if answers:
                yield _warning("conflicting_answers", line, other=min(answers.values()))
            answers[answer] = line

    def summary(self) -> Iterator[Problem]:
        """The problems of the whole: one for each extra key, one for each role's outer blanks."""
        for (where, key), habit in self._extra.items():
            yield _warning(
                "extra_key", habit.line, habit.path, where, key=quoted(key), count=habit.count
            )
        for role, habit in self._outer.items():
            yield _warning(
                "outer_whitespace", habit.line, habit.path, role=quoted(role), count=habit.count
            )
        if len(self._systems) > 1:
            yield self._varying_systems()
        if 0 < self.rows < FEW_ROWS:
            yield _warning("few_rows", None, rows=self.rows, limit=FEW_ROWS)
        if self.rows > MANY_ROWS:
            params: dict[str, str | int] = {"rows": self.rows, "limit": MANY_ROWS}
            yield Problem(code="many_rows", severity="advice", params=params)

    def _varying_systems(self) -> Problem:
        second = sorted(self._systems.values())[1]
        prompts = len(self._systems) - (None in self._systems)
        kind = "partly" if prompts == 1 else ""
        return _warning("system_prompt_varies", second, "", kind, count=prompts)

    def _note_keys(
        self, row: Row, value: dict[str, Any], path: str, known: tuple[str, ...]
    ) -> None:
        for key in value:
            if key not in known:
                where = "row" if path == "$" else "message"
                _count(self._extra, (where, key), row, child(path, key))

    def _note_blanks(self, row: Row, message: dict[str, Any], path: str) -> None:
        role, content = message.get("role"), message.get("content")
        if role not in ROLES or not isinstance(content, str) or is_blank(content):
            return
        if content != content.strip():
            _count(self._outer, role, row, f"{path}.content")


def _count(habits: dict[K, _Habit], key: K, row: Row, path: str) -> None:
    if key not in habits:
        path = row.source_path(path)
        habits[key] = _Habit(row.line_of(path), path)
    habits[key].count += 1


def _warning(
    code: str, line: int | None, path: str = "", kind: str = "", **params: str | int
) -> Problem:
    return Problem(code=code, kind=kind, severity="warning", line=line, path=path, params=params)
