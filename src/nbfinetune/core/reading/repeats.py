"""Which rows ask the same, and whether they answer the same: duplicates and contradictions.

Keeps 20 bytes for each row: the hashes of its question and of its answer, and its line; and a
table of which questions might have come before, of four bytes for each row.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count
from typing import NamedTuple

_SLOTS = 1 << 21
"""The size of the table at first; twice as many for more rows than a quarter of it."""

_AT_ONCE = 1 << 20
"""How many questions that might have come before are held at once."""


class Repeat(NamedTuple):
    """A row whose question was asked on line `other` before; `same`: with the same answer, too."""

    line: int
    other: int
    same: bool


def text_of(content: str) -> str:
    """Equal for contents that are the same after NFC and strip."""
    text = content.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text).strip()


def hashes_of(columns: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """The hash of each question and of each answer of rows of one length.

    `columns` has the texts (`text_of`) of all rows, message by message.
    """
    questions = list(map(hash, zip(*columns[:-1], strict=True)))
    return questions, list(map(hash, columns[-1]))


class Repeats:
    """Fed with every valid row, in order."""

    def __init__(self) -> None:
        self._questions = array("q")
        self._answers = array("q")
        self._lines = array("I")
        self._known = bytearray(_SLOTS)
        self._again = array("q")

    def add(self, lines: Iterable[int], questions: list[int], answers: list[int]) -> None:
        """Remember rows by the hashes of their questions and answers."""
        self._lines.extend(lines)
        self._questions.extend(array("q", questions))
        self._answers.extend(array("q", answers))
        if len(self._questions) * 4 > len(self._known):
            self._known = bytearray(2 * len(self._known))
            self._again = array("q")
            self._note(self._questions)
        else:
            self._note(questions)

    def _note(self, questions: Iterable[int]) -> None:
        """Find the questions whose place in the table is taken: few by chance, all that repeat."""
        known, mask = self._known, len(self._known) - 1
        for question in questions:
            slot = question & mask
            if known[slot]:
                self._again.append(question)
            else:
                known[slot] = 1

    def found(self) -> Iterator[Repeat]:
        """Each row that repeats or contradicts another one, in the order in which they came."""
        parts = len(self._again) // _AT_ONCE + 1
        if parts == 1:
            yield from self._found(set(self._again))
            return
        repeats = array("Q")
        for part in range(parts):
            some = {question for question in self._again if question % parts == part}
            repeats.extend(r.line << 32 | r.other << 1 | r.same for r in self._found(some))
        for number in sorted(repeats):
            yield Repeat(number >> 32, number >> 1 & 0x7FFFFFFF, bool(number & 1))

    def _found(self, questions: set[int]) -> Iterator[Repeat]:
        first: dict[int, dict[int, int]] = {}
        for index in compress(count(), map(questions.__contains__, self._questions)):
            line, answer = self._lines[index], self._answers[index]
            answers = first.setdefault(self._questions[index], {})
            if answers:
                same = answer in answers
                yield Repeat(line, answers[answer] if same else next(iter(answers.values())), same)
            answers.setdefault(answer, line)
