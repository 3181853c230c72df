"""Texts that are nearly the same: words in pairs, compared as sets.

Knows text only. A small sketch of each text (its lowest hashes, so that like texts have like
sketches) finds the few worth comparing, then the whole sets decide: what is named as nearly the
same is so, by `NEAR`. Of long texts one that is barely `NEAR` can be missed (fewer than 1 in
1,000), as can one among very many that share a template. Equal texts in equal order give equal
groups.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

NEAR = 0.8
"""Shared pairs of words among all pairs of two texts, from which on they count as nearly the same:
one changed word in twenty."""

_SKETCH = 48
_PLACES = 32  # remembered of one pair of words: where more texts share it, it tells nothing apart
_SHARED = 0.6  # of two sketches; texts that are NEAR share 0.8 of them, give or take 0.06
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+")


def tokens(text: str) -> list[str]:
    """Words in lower case; of Chinese and Japanese the single characters. No punctuation."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles(text: str) -> frozenset[int]:
    """A hash of each pair of neighbouring tokens; of the text itself where there is no pair."""
    codes = [_hash(token) for token in tokens(text)]
    if len(codes) < 2:
        return frozenset(codes or [_hash(text.strip())])
    return frozenset((a * 0x9E3779B1 + b) & 0xFFFFFFFF for a, b in pairwise(codes))


def likeness(a: frozenset[int], b: frozenset[int]) -> float:
    """The share of what both have in what either has (Jaccard), 0 to 1."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def near_groups(texts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Groups of nearly equal texts, as positions in order; texts without a like are in none.

    Every member is near the first of its group, so that no chain of small steps joins strangers.
    """
    sketches = [_sketch(text) for text in texts]
    index = _Index(texts, sketches)
    groups: dict[int, list[int]] = {}
    for position, text in enumerate(texts):
        first = index.find(text, sketches[position])
        if first is None:
            index.add(position)
        else:
            groups.setdefault(first, [first]).append(position)
    return tuple(tuple(groups[first]) for first in sorted(groups))


def near_pairs(texts: Sequence[str], others: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """For each of `texts` that is near one of `others`: its position, and that of the first."""
    index = _Index(others, [_sketch(text) for text in others])
    for position in range(len(others)):
        index.add(position)
    found = ((i, index.find(text, _sketch(text))) for i, text in enumerate(texts))
    return tuple((i, other) for i, other in found if other is not None)


class _Index:
    """Searches texts by the rarest part of their sketches.

    Two sets that share at least the part p of each have a member in common among any 1 - p of
    each in one agreed order. Rarest first keeps words that all texts share out of it.
    """

    def __init__(self, texts: Sequence[str], sketches: Sequence[frozenset[int]]) -> None:
        self._texts = texts
        self._sketches = sketches
        self._frequency: Counter[int] = Counter()
        for sketch in sketches:
            self._frequency.update(sketch)
        self._places: dict[int, list[int]] = {}

    def add(self, position: int) -> None:
        for shingle in self._rarest(self._sketches[position]):
            places = self._places.setdefault(shingle, [])
            if len(places) < _PLACES:
                places.append(position)

    def find(self, text: str, sketch: frozenset[int]) -> int | None:
        """The position of the first text added that is near this one."""
        own = _cached_shingles(text)
        for position in self._candidates(sketch):
            if likeness(own, _cached_shingles(self._texts[position])) >= NEAR:
                return position
        return None

    def _candidates(self, sketch: frozenset[int]) -> Iterator[int]:
        places = (self._places.get(shingle, ()) for shingle in self._rarest(sketch))
        for position in sorted({p for found in places for p in found}):
            other = self._sketches[position]
            if len(sketch & other) >= _SHARED * max(len(sketch), len(other)):
                yield position

    def _rarest(self, sketch: frozenset[int]) -> list[int]:
        count = len(sketch) - math.ceil(_SHARED * len(sketch)) + 1
        return sorted(sorted(sketch), key=self._frequency.__getitem__)[:count]


def differ_little(a: str, b: str) -> bool:
    """Whether two different texts look like one with a slip of the pen.

    True where they differ in blanks, letter case or punctuation only, or by so few characters
    inserted, deleted or replaced: 1 in a text of up to 19, 2 up to 29, then 3.
    """
    if a == b:
        return False
    if tokens(a) == tokens(b):
        return True
    limit = max(1, min(3, min(len(a), len(b)) // 10))
    return _within(a, b, limit) and min(len(a), len(b)) > 2 * limit


def _within(a: str, b: str, limit: int) -> bool:
    """Whether `a` becomes `b` by at most `limit` edits, by the middle of the usual table."""
    if abs(len(a) - len(b)) > limit:
        return False
    row = {j: j for j in range(min(limit, len(b)) + 1)}
    for i, char in enumerate(a, start=1):
        low, high = max(0, i - limit), min(len(b), i + limit)
        new: dict[int, int] = {}
        for j in range(low, high + 1):
            best = row.get(j, limit + 1) + 1
            if j:
                best = min(best, new.get(j - 1, limit + 1) + 1)
                best = min(best, row.get(j - 1, limit + 1) + (char != b[j - 1]))
            new[j] = best
        if min(new.values()) > limit:
            return False
        row = new
    return row[len(b)] <= limit


def _sketch(text: str) -> frozenset[int]:
    found = shingles(text)
    return frozenset(heapq.nsmallest(_SKETCH, found)) if len(found) > _SKETCH else found


@lru_cache(maxsize=1 << 16)
def _hash(token: str) -> int:
    # not hash(): that of a text differs from process to process, and so would the sketches
    return crc32(token.encode("utf-8", "surrogatepass"))


_cached_shingles = lru_cache(maxsize=1 << 10)(shingles)
