"""What is in a dataset, in figures: sizes, scripts, system prompts, repetition, contradiction.

Knows conversations, no tokenizer; figures in tokens (`TokenFigures`) are made where one is loaded.
Rows are named by their position, 0-based: `Conversation.line` says where they stand in a source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations, count
from statistics import median
from typing import Literal

import msgspec

from nbfinetune.core.dataset import duplicate_key
from nbfinetune.core.messages import Conversation, Role
from nbfinetune.core.quality.similar import differ_little, near_groups, near_pairs

Script = Literal["latin", "chinese", "mixed", "other", "none"]
"""The letters of a text: Latin (English and others), Chinese, both, any others, none at all."""

Group = tuple[int, ...]
"""Rows that have something in common, in order."""

_BINS = 12
_COMPARED = 60  # system prompts that are searched for slips; a dataset with more has one per row
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")


class Bin(msgspec.Struct, frozen=True):
    """How many values are at least `low` and below `high` (None: no end)."""

    low: int
    high: int | None
    count: int


class Lengths(msgspec.Struct, frozen=True):
    """Lengths of one kind, in one unit; all 0 where there are none."""

    shortest: int = 0
    median: float = 0
    longest: int = 0
    bins: tuple[Bin, ...] = ()


class RoleFigures(msgspec.Struct, frozen=True):
    """The messages of one role, and their characters."""

    role: Role
    messages: int
    characters: int


class SystemUse(msgspec.Struct, frozen=True):
    """One system prompt (None: rows without), how many rows have it, the first of them."""

    text: str | None
    rows: int
    first: int


class Drift(msgspec.Struct, frozen=True):
    """A system prompt that looks like a slip of a more frequent one: positions in `systems`."""

    usual: int
    slip: int


class TokenFigures(msgspec.Struct, frozen=True):
    """The same in the tokens of one model, for the report.

    `trained` of `total` tokens are learned from; `owners` are the rows with the most of them, each
    with its trained tokens; `cut` the rows that `max_length` would cut.
    """

    model: str
    total: int
    trained: int
    by_role: dict[str, int] = {}
    lengths: Lengths = Lengths()
    owners: tuple[tuple[int, int], ...] = ()
    max_length: int | None = None
    cut: Group = ()


class Statistics(msgspec.Struct, frozen=True):
    """Figures of a dataset. `lengths` are the characters of whole rows.

    `duplicates`: rows with the same messages after NFC and strip. `near_duplicates`: different rows
    that are nearly the same, the system prompt left out. `conflicts`: rows with the same question
    (all that comes before the last answer) and different answers. `drifts` are looked for among
    the 60 most frequent system prompts. `near_known` is false where nearly equal rows were not
    looked for.
    """

    rows: int
    answers: int
    multi_turn: int
    roles: tuple[RoleFigures, ...]
    lengths: Lengths
    scripts: tuple[tuple[Script, int], ...]
    systems: tuple[SystemUse, ...]
    drifts: tuple[Drift, ...]
    duplicates: tuple[Group, ...]
    near_duplicates: tuple[Group, ...]
    conflicts: tuple[Group, ...]
    near_known: bool = True


class Leakage(msgspec.Struct, frozen=True):
    """What validation has in common with training, as (validation row, training row).

    `same`: the same messages; `question`: the same question, answered otherwise; `near`: nearly
    the same row. A validation row is in one of them at most.
    """

    same: tuple[tuple[int, int], ...] = ()
    question: tuple[tuple[int, int], ...] = ()
    near: tuple[tuple[int, int], ...] = ()


def describe(rows: Sequence[Conversation], *, near: bool = True) -> Statistics:
    """The figures of some rows. `near`: look for nearly equal ones, seconds for 10,000 rows."""
    keys = [duplicate_key(row.messages) for row in rows]
    answered = [sum(m.role == "assistant" for m in row.messages) for row in rows]
    systems = _systems(rows)
    return Statistics(
        rows=len(rows),
        answers=sum(answered),
        multi_turn=sum(turns > 1 for turns in answered),
        roles=_roles(rows),
        lengths=lengths([sum(len(m.content) for m in row.messages) for row in rows]),
        scripts=tuple(Counter(script_of(spoken(row)) for row in rows).most_common()),
        systems=systems,
        drifts=_drifts(systems),
        duplicates=tuple(group for group in _groups(keys) if len(group) > 1),
        near_duplicates=_near_duplicates(rows, keys) if near else (),
        conflicts=_conflicts(rows, keys),
        near_known=near,
    )


def leakage(train: Sequence[Conversation], validation: Sequence[Conversation]) -> Leakage:
    """Rows of `validation` that the model meets, or nearly meets, while it trains."""
    rows = {duplicate_key(row.messages): i for i, row in reversed(list(enumerate(train)))}
    asked = {duplicate_key(row.prompt): i for i, row in reversed(list(enumerate(train)))}
    same, question, rest = [], [], []
    for i, row in enumerate(validation):
        if (twin := rows.get(duplicate_key(row.messages))) is not None:
            same.append((i, twin))
        elif (twin := asked.get(duplicate_key(row.prompt))) is not None:
            question.append((i, twin))
        else:
            rest.append(i)
    near = near_pairs([spoken(validation[i]) for i in rest], [spoken(row) for row in train])
    return Leakage(tuple(same), tuple(question), tuple((rest[i], twin) for i, twin in near))


def spoken(row: Conversation) -> str:
    """What user and assistant say, without the system prompt that rows share."""
    return "\n".join(m.content for m in row.messages if m.role != "system")


def lengths(values: Iterable[int]) -> Lengths:
    """Lengths in about a dozen bins with round borders; the last takes all that is far out."""
    ordered = sorted(values)
    if not ordered:
        return Lengths()
    # one giant row shall not flatten the rest
    usual = min(ordered[-1], 3 * ordered[len(ordered) * 9 // 10])
    step = _round_step(ordered[0], usual)
    low = ordered[0] // step * step
    counts = Counter(min((value - low) // step, _BINS) for value in ordered)
    last = max(counts)
    bins = [Bin(low + i * step, low + (i + 1) * step, counts[i]) for i in range(last + 1)]
    if ordered[-1] >= low + (last + 1) * step:
        bins[-1] = msgspec.structs.replace(bins[-1], high=None)
    return Lengths(ordered[0], median(ordered), ordered[-1], tuple(bins))


def _round_step(shortest: int, longest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 … that needs no more bins than there are."""
    steps: Iterator[int] = (digit * 10**power for power in count() for digit in (1, 2, 5))
    return next(step for step in steps if longest // step - shortest // step < _BINS)


def script_of(text: str) -> Script:
    """The script of a text. Two Latin letters weigh as much as a Chinese character: about a word's
    share of either. A script below a fifth is a name or a term, and doesn't count."""
    chinese, latin = 2 * len(_CHINESE.findall(text)), len(_LATIN.findall(text))
    letters = len(_LETTER.findall(text)) + chinese // 2
    if not letters:
        return "none"
    shares = chinese / letters, latin / letters
    if sum(shares) < 0.5:
        return "other"
    if min(shares) >= 0.2:
        return "mixed"
    return "chinese" if shares[0] > shares[1] else "latin"


def _roles(rows: Sequence[Conversation]) -> tuple[RoleFigures, ...]:
    messages: Counter[Role] = Counter()
    characters: Counter[Role] = Counter()
    for row in rows:
        for message in row.messages:
            messages[message.role] += 1
            characters[message.role] += len(message.content)
    roles: tuple[Role, ...] = ("system", "user", "assistant")
    return tuple(RoleFigures(r, messages[r], characters[r]) for r in roles if messages[r])


def _systems(rows: Sequence[Conversation]) -> tuple[SystemUse, ...]:
    """Most frequent first; of equally frequent ones the one that comes first."""
    uses: dict[str | None, list[int]] = {}
    for position, row in enumerate(rows):
        uses.setdefault(row.system, []).append(position)
    ordered = sorted(uses.items(), key=lambda use: -len(use[1]))
    return tuple(SystemUse(text, len(found), found[0]) for text, found in ordered)


def _drifts(systems: Sequence[SystemUse]) -> tuple[Drift, ...]:
    found: dict[int, Drift] = {}
    for (usual, a), (slip, b) in combinations(enumerate(systems[:_COMPARED]), 2):
        if a.text and b.text and slip not in found and differ_little(a.text, b.text):
            found[slip] = Drift(usual, slip)
    return tuple(found.values())


def _groups(keys: Iterable[Hashable]) -> list[Group]:
    """The positions of equal keys, each group in order."""
    groups: dict[Hashable, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key, []).append(position)
    return [tuple(group) for group in groups.values()]


def _near_duplicates(rows: Sequence[Conversation], keys: Sequence[bytes]) -> tuple[Group, ...]:
    """Of rows that are the same, only the first is compared."""
    different = [group[0] for group in _groups(keys)]
    groups = near_groups([spoken(rows[i]) for i in different])
    return tuple(tuple(different[i] for i in group) for group in groups)


def _conflicts(rows: Sequence[Conversation], keys: Sequence[bytes]) -> tuple[Group, ...]:
    asked = _groups(duplicate_key(row.prompt) for row in rows)
    return tuple(group for group in asked if len({keys[i] for i in group}) > 1)
