"""Text to ids and places, where what many texts begin with is encoded once: a long system prompt.

A tokenizer cuts a text at its special tokens before it does anything else, so that the ids before
one of them don't depend on what follows. Not every tokenizer keeps to that (some give blanks before
a token to it, some mark what begins a text): a head is used once a text was the same both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

Range = tuple[int, int]

SHORTEST = 256
"""Characters of a head that is worth the while."""

MOST = 16
"""So many heads are known, the newest ones."""


class Head(NamedTuple):
    """The ids of a text up to a special token; their places, without holes between them."""

    ids: list[int]
    ranges: list[Range]


class Encoder:
    """Encodes texts with one tokenizer. Safe from several threads."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._borders = _borders(list(tokenizer.added_tokens_decoder.values()))
        self._heads: dict[str, Head | None] = {}
        """By the text through the special token behind it; None until it was tried."""
        self._lock = Lock()

    def tokens(self, text: str, alike: int = 0) -> tuple[list[int], list[Range]]:
        """Ids and the `[start, end)` of each in the text, without holes between them.

        `alike`: up to this place other texts may well say the same; it only saves time.
        """
        border = self._border(text, alike)
        if border is None:
            return self._encoded(text, 0, 0)
        cut, key = border
        with self._lock:
            known, head = key in self._heads, self._heads.get(key)
            if not known:
                self._remember(key, None)
        if head is not None:
            ids, ranges = self._encoded(text, cut, _end(head.ranges))
            return head.ids + ids, head.ranges + ranges
        ids, ranges = self._encoded(text, 0, 0)
        if known:  # for the second time: worth to be tried
            self._try(key, text, cut, ids, ranges)
        return ids, ranges

    def _try(self, key: str, text: str, cut: int, ids: list[int], ranges: list[Range]) -> None:
        head = Head(*self._encoded(text[:cut], 0, 0))
        rest, places = self._encoded(text, cut, _end(head.ranges))
        with self._lock:
            if (head.ids + rest, head.ranges + places) == (ids, ranges):
                self._remember(key, head)
            else:
                self._borders = ()  # a tokenizer of another kind

    def _remember(self, key: str, head: Head | None) -> None:
        self._heads[key] = head
        for oldest in list(islice(self._heads, max(0, len(self._heads) - MOST))):
            del self._heads[oldest]

    def _border(self, text: str, alike: int) -> tuple[int, str] | None:
        """Where the head ends, and the text through the special token there."""
        found = [(text.rfind(token, 0, alike), token) for token in self._borders]
        cut, token = max(found, default=(0, ""))
        return (cut, text[: cut + len(token)]) if cut >= SHORTEST else None

    def _encoded(self, text: str, start: int, reached: int) -> tuple[list[int], list[Range]]:
        """The text from `start` on; before that, tokens reach up to `reached`.

        Some tokenizers leave blanks out of their ranges: an inner blank would not be trained then.
        """
        piece = text[start:] if start else text
        found = self.tokenizer(piece, add_special_tokens=False, return_offsets_mapping=True)
        ranges: list[Range] = []
        for first, end in found["offset_mapping"]:
            first, end = first + start, end + start
            end = end if end > reached else reached
            ranges.append((first if first < reached else reached, end))
            reached = end
        return found["input_ids"], ranges


def _borders(added: Sequence[Any]) -> tuple[str, ...]:
    """The tokens that are found wherever they stand, whatever stands beside them."""
    texts = [str(token) for token in added]
    return tuple(
        text
        for text, token in zip(texts, added, strict=True)
        if token.special
        and not (token.normalized or token.lstrip or token.single_word)
        and not any(text in other and text != other for other in texts)
    )


def _end(ranges: Sequence[Range]) -> int:
    return ranges[-1][1] if ranges else 0
