"""Duplicates and conflicting answers while rows change: only the rows of one question are compared.

The rule is `core.reading.survey`'s: a row repeats, or contradicts, the first one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from nbfinetune.core.dataset import duplicate_key
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem

Unit = Literal["line", "row"]
"""What the numbers of rows count."""


class Repeats:
    """The valid rows by question and answer. `problems` is right after `compare`."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.problems: dict[int, Problem] = {}
        self._question: dict[int, bytes] = {}
        self._rows: dict[bytes, dict[int, bytes]] = {}
        self._touched: set[bytes] = set()

    def put(self, row_id: int, conversation: Conversation | None) -> None:
        """The row is this conversation from now on; None: it has errors, or is gone."""
        old = self._question.pop(row_id, None)
        if old is not None:
            del self._rows[old][row_id]
            self._touched.add(old)
        if conversation is not None:
            question = duplicate_key(conversation.prompt)
            answer = duplicate_key(conversation.messages[-1:])
            self._question[row_id] = question
            self._rows.setdefault(question, {})[row_id] = answer
            self._touched.add(question)

    def compare(self, places: Mapping[int, int], lines: Mapping[int, int]) -> set[int]:
        """Renew `problems` where rows were put; the ids of the rows whose problem is another now.

        `places`: where each row stands among all; `lines`: what a problem calls it.
        """
        changed: set[int] = set()
        known = self._question.keys()
        for gone in [row_id for row_id in self.problems if row_id not in known]:
            del self.problems[gone]
        for question in self._touched:
            rows = self._rows.get(question, {})
            ordered = sorted(rows, key=places.__getitem__)
            found = dict(self._found([(row_id, rows[row_id]) for row_id in ordered], lines))
            for row_id in ordered:
                if found.get(row_id) != self.problems.pop(row_id, None):
                    changed.add(row_id)
            self.problems.update(found)
            if not rows:
                self._rows.pop(question, None)
        self._touched.clear()
        return changed

    def _found(
        self, rows: Iterable[tuple[int, bytes]], lines: Mapping[int, int]
    ) -> Iterator[tuple[int, Problem]]:
        first: dict[bytes, int] = {}
        for row_id, answer in rows:
            if answer in first:
                yield row_id, self._warning("duplicate_row", lines[row_id], first[answer])
                continue
            if first:
                other = next(iter(first.values()))
                yield row_id, self._warning("conflicting_answers", lines[row_id], other)
            first[answer] = lines[row_id]

    def _warning(self, code: str, line: int, other: int) -> Problem:
        return Problem(
            code=code, severity="warning", line=line, unit=self._unit, params={"other": other}
        )
