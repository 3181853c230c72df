"""Which rows ask the same, and whether they answer the same: duplicates and contradictions.

Keeps 20 bytes for each row: the hashes of its question and of its answer, and its line.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_BUCKETS = 256


class Repeat(NamedTuple):
    """A row whose question was asked on line `other` before; `same`: with the same answer, too."""

    line: int
    other: int
    same: bool


def text_of(content: str) -> str:
    """Equal for contents that are the same after NFC and strip."""
    text = content.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text).strip()


class Repeats:
    """Fed with every valid row, in order. Rows of one question share a bucket."""

    def __init__(self) -> None:
        self._buckets = [_Bucket() for _ in range(_BUCKETS)]
        self._adders = [
            (bucket.questions.append, bucket.answers.append, bucket.lines.append)
            for bucket in self._buckets
        ]

    def add(self, lines: Iterable[int], columns: Sequence[Sequence[str]]) -> None:
        """Remember rows of one length: `columns` has the texts (`text_of`) of each message."""
        adders = self._adders
        questions = map(hash, zip(*columns[:-1], strict=True))
        for line, question, answer in zip(lines, questions, map(hash, columns[-1]), strict=True):
            add_question, add_answer, add_line = adders[question % _BUCKETS]
            add_question(question)
            add_answer(answer)
            add_line(line)

    def found(self) -> Iterator[Repeat]:
        """Each row that repeats or contradicts another one, by line."""
        # Packed into one number each: a file may have nothing but duplicates.
        packed = [number for bucket in self._buckets for number in bucket.repeats()]
        packed.sort()
        for number in packed:
            yield Repeat(number >> 33, number >> 1 & 0xFFFFFFFF, bool(number & 1))


class _Bucket:
    __slots__ = ("answers", "lines", "questions")

    def __init__(self) -> None:
        self.questions = array("q")
        self.answers = array("q")
        self.lines = array("I")

    def repeats(self) -> Iterator[int]:
        """The line, the other line and whether the answer is the same, as one number."""
        if len(set(self.questions)) == len(self.questions):
            return
        first: dict[int, dict[int, int]] = {}
        rows = zip(self.questions, self.answers, self.lines, strict=True)
        for question, answer, line in rows:
            answers = first.setdefault(question, {})
            if answers:
                same = answer in answers
                other = answers[answer] if same else next(iter(answers.values()))
                yield line << 33 | other << 1 | same
            answers.setdefault(answer, line)
