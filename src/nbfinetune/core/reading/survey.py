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
from nbfinetune.core.reading.fast_rows import Group, PlainRows
from nbfinetune.core.reading.repeats import Repeats, hashes_of, text_of
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
        texts = [[text_of(message.content)] for message in conversation.messages]
        self._repeats.add([line], *hashes_of(texts))

    def see_plain(self, plain: PlainRows, system: str | None = None) -> None:
        """Count and remember plain rows; `system` is for those that have no system prompt."""
        self.rows += len(plain.rows)
        if len(plain.groups) == 1:
            self._repeats.add(plain.lines, *self._hashes(plain.groups[0], plain.lines, system))
            return
        questions, answers = [0] * len(plain.rows), [0] * len(plain.rows)
        for group in plain.groups:
            lines = [plain.lines[place] for place in group.places]
            hashes = self._hashes(group, lines, system)
            for place, question, answer in zip(group.places, *hashes, strict=True):
                questions[place], answers[place] = question, answer
        self._repeats.add(plain.lines, questions, answers)

    def _hashes(
        self, group: Group, lines: Sequence[int], system: str | None
    ) -> tuple[list[int], list[int]]:
        """Of the questions and of the answers; what else there is to see in the rows is noted."""
        count, texts = len(group.roles), group.texts
        if texts != group.keys:
            for index, role in enumerate(group.roles):
                self._note_outer(lines, index, role, texts[index::count])
        keys = [group.keys[index::count] for index in range(count)]
        if group.roles[0] != "system":
            self._note_systems([system or None], lines)
            keys = [[text_of(system)] * len(lines), *keys] if system else keys
        elif texts[::count].count(texts[0]) == len(lines):
            # One system prompt in all rows: one text is hashed once.
            self._note_systems(texts[:1], lines)
            keys[0] = keys[0][:1] * len(lines)
        else:
            self._note_systems(texts[::count], lines)
        return hashes_of(keys)

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
        if not found:
            return
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
