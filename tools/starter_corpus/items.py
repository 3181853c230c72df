"""What one piece of knowledge looks like: a question, its answer, and short or translated forms.

Everything the model learns is made of `Item`s. A `Relation` writes many of them: every phrasing of
a question times every entity. A tenth of those combinations never enters the corpus, so that the
scores measure composing and not remembering.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

HOLD_OUT_EVERY = 10


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its only right answer.

    `short` is the answer in a word or a few, `other` the full answer in the other language
    (empty where it makes no sense), `kind` what sort of message the question is.
    """

    family: str
    lang: str
    question: str
    answer: str
    short: str = ""
    other: str = ""
    kind: str = "question"
    composed: bool = True


@dataclass(frozen=True, slots=True)
class Relation:
    """Phrasings and entities of one kind of fact, in both languages.

    `rows` hold English and Chinese in turn: x, x in Chinese, y, y in Chinese. The templates name
    them `{x}` and `{y}`.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    en_questions: tuple[str, ...]
    en_answer: str
    zh_questions: tuple[str, ...]
    zh_answer: str
    en_short: str = "{y}"
    zh_short: str = "{y}"
    kind: str = "question"

    def items(self) -> Iterator[Item]:
        """Every phrasing times every entity."""
        for x_en, x_zh, y_en, y_zh in self.rows:
            en, zh = {"x": x_en, "y": y_en}, {"x": x_zh, "y": y_zh}
            en_answer = tidy(self.en_answer.format(**en))
            zh_answer = self.zh_answer.format(**zh)
            en_other, zh_other = (zh_answer, en_answer) if self.two_languages() else ("", "")
            for text in self.en_questions:
                question = tidy(text.format(**en))
                short = self.en_short.format(**en)
                yield Item(self.name, "en", question, en_answer, short, en_other, self.kind)
            for text in self.zh_questions:
                question = text.format(**zh)
                short = self.zh_short.format(**zh)
                yield Item(self.name, "zh", question, zh_answer, short, zh_other, self.kind)

    def two_languages(self) -> bool:
        """Whether the answer can be given in the other language too."""
        return bool(self.en_questions and self.zh_questions)


def tidy(text: str) -> str:
    """`a` before a vowel becomes `an`, and the first letter of the text a capital."""
    words = text.split(" ")
    for place, (word, follower) in enumerate(pairwise(words)):
        if word in ("a", "A") and follower.lstrip("\"'")[:1].lower() in tuple("aeiou"):
            words[place] = word + "n"
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def table(text: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a table written as text: one row per line, cells parted by `|`."""
    return tuple(
        tuple(cell.strip() for cell in line.split("|"))
        for line in text.strip().splitlines()
        if line.strip()
    )


def columns(rows: tuple[tuple[str, ...], ...], *places: int) -> tuple[tuple[str, ...], ...]:
    """The named columns of a table, without rows that repeat."""
    return tuple(dict.fromkeys(tuple(row[place] for place in places) for row in rows))


def normalise(prompt: str) -> str:
    """A prompt as it is compared: NFKC, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", prompt).lower().split())


def fingerprint(prompt: str) -> str:
    """The SHA-256 of the normalised prompt."""
    return hashlib.sha256(normalise(prompt).encode()).hexdigest()


def is_held_out(item: Item) -> bool:
    """Whether the question is kept out of the corpus, decided by its own hash alone."""
    return item.composed and int(fingerprint(item.question)[:8], 16) % HOLD_OUT_EVERY == 0
