"""Rows of a batch as one pack: a trie of tokens, in which what several rows begin with stands once.

Fine-tuning rows nearly always share their system prompt, and the turns of one conversation their
history. A token's hidden state depends on nothing but the tokens before it in its row, so rows that
begin alike have those states in common, and one computation serves them all. Numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from nbfinetune.templates.labels import IGNORED, LabelledRow

TOKENS_AT_ONCE = 8192
"""Larger packs are no faster, and hold more at once."""

Place = int
"""Where a token stands in its pack."""


class Target(NamedTuple):
    """What is predicted at a place: the token that follows there, in `rows` of the batch's rows."""

    place: Place
    token: int
    rows: int


class Pack(NamedTuple):
    """Rows without padding. Each token sees the ones on its own path, and only them.

    `ids` and `positions` have T entries. `paths`: the places of the tokens of each row that is not
    the beginning of another one, in their order. The first `shared` places begin all of them.
    """

    ids: list[int]
    positions: list[int]
    paths: list[list[Place]]
    shared: int
    targets: list[Target]


def pack(rows: Sequence[LabelledRow]) -> Pack:
    """The pack of one row or more; its tokens stand in the order of the sorted rows."""
    # in sorted order a row has the most in common with the one before it
    ordered = sorted(rows, key=lambda row: row.ids)
    ids: list[int] = []
    paths: list[list[Place]] = []
    before: list[int] = []
    for row in ordered:
        common = _common(before, row.ids)
        added = range(len(ids), len(ids) + len(row.ids) - common)
        paths.append([*(paths[-1][:common] if paths else []), *added])
        ids.extend(row.ids[common:])
        before = row.ids
    positions = [0] * len(ids)
    for path in paths:
        for position, place in enumerate(path):
            positions[place] = position
    shared = _common(ordered[0].ids, ordered[-1].ids)
    leaves = [p for p, after in pairwise([*paths, []]) if p != after[: len(p)]]
    return Pack(ids, positions, leaves, shared, _targets(ordered, paths))


def needed(row: LabelledRow) -> LabelledRow:
    """The row without the tokens that nothing trained comes after: their states are of no use.

    Its labels go one further than its ids: the last token predicts one that isn't needed itself.
    """
    last = max((i for i, label in enumerate(row.labels) if label != IGNORED), default=1)
    end = max(last, 1)
    return LabelledRow(row.ids[:end], row.labels[: end + 1])


def _targets(rows: Sequence[LabelledRow], paths: Sequence[Sequence[Place]]) -> list[Target]:
    """What is trained, places that several rows have in common told once."""
    found: dict[tuple[Place, int], int] = {}
    for row, path in zip(rows, paths, strict=True):
        for place, label in zip(path, row.labels[1:], strict=False):
            if label != IGNORED:
                found[place, label] = found.get((place, label), 0) + 1
    return [Target(place, token, rows) for (place, token), rows in found.items()]


def computed_at_once(rows: Sequence[LabelledRow], *, packed: bool) -> int:
    """How many tokens are computed for rows that are computed together, as a pack or padded."""
    if not packed:
        return len(rows) * max(len(row.ids) for row in rows)
    ordered = sorted(row.ids for row in rows)
    return len(ordered[0]) + sum(len(b) - _common(a, b) for a, b in pairwise(ordered))


def pieces(rows: Sequence[LabelledRow], rows_at_once: int, *, packed: bool) -> Iterator[range]:
    """Where to cut a batch so that what is computed at once is not too much, as indices."""
    for start in range(0, len(rows), rows_at_once):
        yield from _halves(rows, range(start, min(start + rows_at_once, len(rows))), packed)


def _halves(rows: Sequence[LabelledRow], part: range, packed: bool) -> Iterator[range]:
    together = [rows[i] for i in part]
    if len(part) == 1 or computed_at_once(together, packed=packed) <= TOKENS_AT_ONCE:
        yield part
        return
    half = (len(part) + 1) // 2
    yield from _halves(rows, part[:half], packed)
    yield from _halves(rows, part[half:], packed)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two rows begin with alike."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return shorter
    low, high = 0, shorter  # they agree up to `low`, and not up to `high`
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle)
    return low
