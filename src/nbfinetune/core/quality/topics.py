"""What texts are about: groups named by their commonest words.

Words are weighed by how rare they are (TF-IDF), groups are found by k-means on the sphere. Simple,
the same each time, no model: it tells what a data set covers, not what it means.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from nbfinetune.core.quality.similar import tokens

SAMPLED = 2000
"""Of more texts, so many are drawn."""

_FEWEST = 12  # texts to group at all
_MOST_TOPICS = 12
_ALIKE = 0.12  # a text less like its group than this (cosine) belongs to none
_SHARED = 0.9  # a word that more of the texts have is part of their form
_ROUNDS = 12
_CENTRE_WORDS = 40
_COMMON = (
    "a about after all also an and any are as at be because been before but by can could did do "
    "does for from get give had has have he her him his how i if in into is it its just know like "
    "made make many me more most much must my no not of on one only or other our out please say "
    "she should so some such tell than that the their them then there these they this those to "
    "too up us use used very was we were what when where which who whose why will with would you "
    "your"
)
_STOP_WORDS = frozenset(_COMMON.split())
_STOP_CHARACTERS = frozenset(
    "的了是在我你您他她它们这那有和与及或就都也很吗呢吧啊么什怎哪谁请把被为对从到不一个"
)


class Topic(msgspec.Struct, frozen=True):
    """Some texts (their positions, in order) and the words that most of them share."""

    words: tuple[str, ...]
    rows: tuple[int, ...]


class Topics(msgspec.Struct, frozen=True):
    """Largest topic first. `looked_at`: how many texts; `alone`: those like no others."""

    looked_at: int
    topics: tuple[Topic, ...] = ()
    alone: tuple[int, ...] = ()


Vector = Mapping[str, float]


def topics_of(texts: Sequence[str], seed: int = 0) -> Topics:
    """The topics of some texts; of more than `SAMPLED`, of a sample drawn by `seed`."""
    chosen = list(range(len(texts)))
    if len(chosen) > SAMPLED:
        chosen = sorted(random.Random(seed).sample(chosen, SAMPLED))
    if len(chosen) < _FEWEST:
        return Topics(len(chosen))
    counted = [Counter(_words(texts[i])) for i in chosen]
    weights = _rarity(counted)
    vectors = [_unit({w: weights[w] * (1 + math.log(n)) for w, n in c.items() if w in weights})
               for c in counted]  # fmt: skip
    topics, placed = [], set()
    for members in _clusters(vectors):
        if len(members) > 1:
            placed.update(members)
            words = _name([counted[i] for i in members], weights)
            topics.append(Topic(words, tuple(chosen[i] for i in members)))
    topics.sort(key=lambda topic: (-len(topic.rows), topic.rows))
    alone = tuple(i for n, i in enumerate(chosen) if n not in placed)
    return Topics(len(chosen), tuple(topics), alone)


def _words(text: str) -> Iterator[str]:
    """Words that say something; of Chinese, neighbouring characters."""
    found = tokens(text)
    for word in found:
        if len(word) > 2 and word.isalpha() and word not in _STOP_WORDS:
            yield word
    for a, b in pairwise(found):
        if len(a) == len(b) == 1 and not {a, b} & _STOP_CHARACTERS and not (a + b).isascii():
            yield a + b


def _rarity(counted: Sequence[Counter[str]]) -> dict[str, float]:
    """The weight of each word; without those of one text only and those of nearly all."""
    texts = len(counted)
    having = Counter(word for words in counted for word in words)
    return {w: math.log(texts / n) for w, n in having.items() if 2 <= n <= _SHARED * texts}


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {word: value / length for word, value in vector.items()} if length else {}


def _likeness(vector: Vector, centre: Vector) -> float:
    return sum(value * centre.get(word, 0) for word, value in vector.items())


def _centre(vectors: Sequence[Vector]) -> Vector:
    total = _mean(vectors).items()
    heaviest = sorted(total, key=lambda item: (-item[1], item[0]))[:_CENTRE_WORDS]
    return _unit(dict(heaviest))


def _clusters(vectors: Sequence[Vector]) -> list[list[int]]:
    """Positions of like vectors; those that are like none are left out."""
    wordy = [i for i, vector in enumerate(vectors) if vector]
    count = max(2, min(_MOST_TOPICS, round(math.sqrt(len(wordy) / 2))))
    if len(wordy) < _FEWEST:
        return []
    centres = _first_centres([vectors[i] for i in wordy], count)
    before: list[list[int]] = []
    for _ in range(_ROUNDS):
        clusters: list[list[int]] = [[] for _ in centres]
        for i in wordy:
            likes = [_likeness(vectors[i], centre) for centre in centres]
            best = max(range(len(likes)), key=likes.__getitem__)
            if likes[best] >= _ALIKE:
                clusters[best].append(i)
        clusters = [members for members in clusters if members]
        if clusters == before:
            break
        before = clusters
        centres = [_centre([vectors[i] for i in members]) for members in clusters]
    return before


def _first_centres(vectors: Sequence[Vector], count: int) -> list[Vector]:
    """Vectors that are like many others and unlike the centres before."""
    middle = _mean(vectors)
    crowd = [_likeness(vector, middle) for vector in vectors]
    nearest = [0.0] * len(vectors)
    centres: list[Vector] = []
    for _ in range(count):
        scores = [c * (1 - min(n, 1)) for c, n in zip(crowd, nearest, strict=True)]
        centres.append(vectors[max(range(len(scores)), key=scores.__getitem__)])
        nearest = [max(n, _likeness(v, centres[-1]))
                   for n, v in zip(nearest, vectors, strict=True)]  # fmt: skip
    return centres


def _mean(vectors: Sequence[Vector]) -> Vector:
    total: dict[str, float] = {}
    for vector in vectors:
        for word, value in vector.items():
            total[word] = total.get(word, 0) + value / len(vectors)
    return total


def _name(counted: Sequence[Counter[str]], weights: Mapping[str, float]) -> tuple[str, ...]:
    """Up to three words that many of the texts have, weighed by how rare they are elsewhere."""
    having = Counter(word for words in counted for word in words if word in weights)
    ordered = sorted(having, key=lambda w: (-having[w] * weights[w], w))
    shared = max(2, len(counted) / 5)
    return tuple([word for word in ordered if having[word] >= shared][:3] or ordered[:1])
