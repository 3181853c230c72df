"""What shows only across rows: repetition, contradiction, habits that a reader should know of.

Sees every row once, keeps hashes and counts: few bytes for a row, however long it is. Everything
it finds is a warning or advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted
from nbfinetune.core.reading.fast_rows import PlainRow
from nbfinetune.core.reading.repeats import Repeats, text_of
from nbfinetune.core.rows import Row, child
from nbfinetune.core.validation import ROLES, is_blank

K = TypeVar("K")

FEW_ROWS = 10
MANY_ROWS = 1000
MOST_COUNTED = 1000
"""How many different keys, and different system prompts, are told apart."""


@dataclass
class _Habit:
    """Something that is reported once with a count: where it was first seen, and how often."""

    line: int
    path: str
    count: int = 0


@dataclass
class Survey:
    """Fed with every row in order: `see` it, `keep` it if it is valid; `see_plain` does both."""

    rows: int = 0
    _extra: dict[tuple[str, str], _Habit] = field(default_factory=dict)
    _outer: dict[str, _Habit] = field(default_factory=dict)
    _systems: dict[int | None, int] = field(default_factory=dict)

    @cached_property
    def _repeats(self) -> Repeats:
        return Repeats()

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

    def keep(self, conversation: Conversation) -> None:
        """Remember a valid row."""
        line = conversation.line or 0
        self._note_systems([conversation.system], [line])
        self._repeats.add([line], [[text_of(m.content)] for m in conversation.messages])

    def see_plain(self, line: int, rows: Sequence[PlainRow], system: str | None = None) -> None:
        """Count and remember rows on consecutive lines; `system` is for those that have none."""
        self.rows += len(rows)
        lengths: dict[int, list[int]] = {len(rows[0]): []}
        if len(set(map(len, rows))) == 1:
            self._keep_plain(range(line, line + len(rows)), rows, system)
            return
        for index, row in enumerate(rows):
            lengths.setdefault(len(row), []).append(index)
        for places in lengths.values():
            lines = [line + index for index in places]
            self._keep_plain(lines, [rows[index] for index in places], system)

    def _keep_plain(
        self, lines: Sequence[int], rows: Sequence[PlainRow], system: str | None
    ) -> None:
        """The same for rows of one length, message by message."""
        columns = [[message.content for message in column] for column in zip(*rows, strict=True)]
        if columns[0].count(columns[0][0]) == len(lines):
            # One system prompt in all rows: one text is hashed once.
            columns[0] = [columns[0][0]] * len(lines)
        texts = [list(map(str.strip, column)) for column in columns]
        for index, (column, stripped) in enumerate(zip(columns, texts, strict=True)):
            if stripped != column:
                self._note_outer(lines, index, rows[0][index].role, column)
            if not all(map(str.isascii, stripped)):
                texts[index] = [text if text.isascii() else text_of(text) for text in stripped]
        if rows[0][0].role == "system":
            self._note_systems(columns[0], lines)
        else:
            self._note_systems([system or None], lines)
            texts = [[text_of(system)] * len(lines), *texts] if system else texts
        self._repeats.add(lines, texts)

    def repeats(self) -> Iterator[Problem]:
        """The duplicates and contradictions, by line."""
        if "_repeats" in self.__dict__:
            for repeat in self._repeats.found():
                code = "duplicate_row" if repeat.same else "conflicting_answers"
                yield _warning(code, repeat.line, other=repeat.other)

    def summary(self) -> Iterator[Problem]:
        """The problems of all rows together, one for each habit of theirs."""
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
        kind = "partly" if prompts == 1 else "many" if len(self._systems) == MOST_COUNTED else ""
        return _warning("system_prompt_varies", second, "", kind, count=prompts)

    def _note_systems(self, prompts: Sequence[str | None], lines: Sequence[int]) -> None:
        for prompt in dict.fromkeys(prompts):
            key = None if prompt is None else hash(prompt)
            if len(self._systems) < MOST_COUNTED or key in self._systems:
                line = lines[prompts.index(prompt)]
                self._systems[key] = min(line, self._systems.get(key, line))

    def _note_outer(
        self, lines: Sequence[int], index: int, role: str, column: Sequence[str]
    ) -> None:
        found = [line for line, text in zip(lines, column, strict=True) if text != text.strip()]
        habit = _Habit(found[0], f"$.messages[{index}].content", len(found))
        known = self._outer.setdefault(role, habit)
        if known is not habit:
            known.count += habit.count
            if habit.line < known.line:
                known.line, known.path = habit.line, habit.path

    def _note_keys(
        self, row: Row, value: dict[str, Any], path: str, known: tuple[str, ...]
    ) -> None:
        for key in value:
            if key not in known:
                habit = ("row" if path == "$" else "message", key)
                if len(self._extra) >= MOST_COUNTED and habit not in self._extra:
                    habit = ("more", "")
                _count(self._extra, habit, row, child(path, key))

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
