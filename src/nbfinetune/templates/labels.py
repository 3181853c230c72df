"""A conversation as a model trains on it: its text, its token ids, and which of them are learned.

Values only: how they are found is in `render`, `places` and `encoding`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

IGNORED = -100
"""The label of a token that is not trained (the convention of PyTorch's cross entropy)."""


Turn = tuple[int, int]
"""The tokens `[first, after)` of an answer."""


class Answer(NamedTuple):
    """Where an answer stands in the rendered text.

    `[start, content_end)` is what the assistant says, `[content_end, end)` its end-of-turn token.
    """

    start: int
    content_end: int
    end: int


@dataclass(frozen=True)
class LabelledRow:
    """Token ids of a conversation and, for each, itself where it is trained, else `IGNORED`."""

    ids: list[int]
    labels: list[int]

    @property
    def trained_tokens(self) -> int:
        """The labels that count in the loss: the first token is never predicted."""
        first = self.labels[:1]
        return (len(self.labels) - self.labels.count(IGNORED)) - (len(first) - first.count(IGNORED))

    def cut(self, max_length: int) -> LabelledRow:
        if len(self.ids) <= max_length:
            return self
        return LabelledRow(self.ids[:max_length], self.labels[:max_length])


def labelled(ids: list[int], turns: Iterable[Turn]) -> LabelledRow:
    """The row with these ids, of which those of the answers are trained."""
    labels = [IGNORED] * len(ids)
    for first, after in turns:
        labels[first:after] = ids[first:after]
    return LabelledRow(ids, labels)


@dataclass(frozen=True)
class RenderedRow:
    """A labelled row with the text that it encodes.

    `ranges[i]`: the `[start, end)` of token `i` in the text. `answers`: their places there;
    `turns`: the tokens `[first, after)` of each. `contents`: where each message, by its number,
    says what it says: once, several times, or nowhere if the template drops it; only answers
    where the places of questions can't be told.
    """

    text: str
    row: LabelledRow
    ranges: list[tuple[int, int]]
    answers: tuple[Answer, ...]
    turns: tuple[Turn, ...]
    contents: dict[int, list[tuple[int, int]]]

    @cached_property
    def ends(self) -> list[int]:
        """Where the text of each token ends; it begins where that of the token before ends.

        A character that several tokens share belongs to the last of them, and so does a blank
        that the tokenizer gave to none.
        """
        ends: list[int] = []
        reached, length = 0, len(self.text)
        followers = [start for start, _ in self.ranges[1:]]
        for (_, end), following in zip(self.ranges, [*followers, length], strict=True):
            end = end if end < following else following
            reached = end if end > reached else reached  # min and max take twice the time
            ends.append(reached)
        return [*ends[:-1], length] if ends else []
