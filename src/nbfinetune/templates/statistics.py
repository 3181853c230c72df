"""What only the tokenizer knows of a dataset: lengths, trained tokens, who owns the loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation
from nbfinetune.templates.labels import IGNORED
from nbfinetune.templates.xray import count_roles, token_kinds

if TYPE_CHECKING:
    from nbfinetune.templates.render import ChatTemplate

TOP = 10
BINS = 12
TOLD_EVERY = 100
"""Rows between two calls of `progress` and `should_stop`."""


@dataclass(frozen=True)
class RowTokens:
    """One row. `tokens`: before it is cut; `trained_tokens`: after. `row`: its index."""

    row: int
    line: int | None
    tokens: int
    trained_tokens: int
    is_cut: bool


@dataclass(frozen=True)
class LossShare:
    """What a row, or one turn of it, owns of all trained tokens. `turn`: index of the answer."""

    row: int
    line: int | None
    turn: int | None
    trained_tokens: int
    share: float


@dataclass(frozen=True)
class Bin:
    """Rows of `low` to `high` tokens, both included."""

    low: int
    high: int
    rows: int


@dataclass(frozen=True)
class TokenStatistics:
    """The figures of all rows that were counted.

    `roles`: the tokens that are read, per role (`template`: what no message says). `refused`:
    rows that the template can't render or prove, with the reason. `stopped`: not all were counted.
    """

    rows: tuple[RowTokens, ...]
    roles: dict[str, int]
    top_rows: tuple[LossShare, ...]
    top_turns: tuple[LossShare, ...]
    histogram: tuple[Bin, ...]
    refused: tuple[tuple[int, ModelError], ...]
    stopped: bool
    max_length: int | None

    @property
    def tokens(self) -> int:
        """Those that are read."""
        return sum(self.roles.values())

    @property
    def trained_tokens(self) -> int:
        return sum(row.trained_tokens for row in self.rows)

    @property
    def share(self) -> float:
        """The trained part of the tokens that are read, 0 to 1."""
        return self.trained_tokens / max(self.tokens, 1)


def token_statistics(
    template: ChatTemplate,
    rows: Sequence[Conversation],
    max_length: int | None = None,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TokenStatistics:
    """Count the tokens of all rows, cut at `max_length` (None or 0: not at all).

    `progress(done, total)` is called every 100 rows and at the end; where `should_stop()` is true
    there, the figures of the rows so far are returned.
    """
    counted: list[RowTokens] = []
    turns: list[tuple[int, int | None, int, int]] = []
    roles = dict.fromkeys(("system", "user", "assistant", "template"), 0)
    refused: list[tuple[int, ModelError]] = []
    stopped = False
    for index, row in enumerate(rows):
        if index % TOLD_EVERY == 0:
            progress(index, len(rows))
            if should_stop():
                stopped = True
                break
        try:
            rendered, kinds = token_kinds(template, row)
        except ModelError as error:
            refused.append((index, error))
            continue
        kept = max_length or len(kinds)
        for role, count in count_roles(kinds[:kept]).items():
            roles[role] += count
        trained = rendered.row.cut(kept).trained_tokens
        counted.append(RowTokens(index, row.line, len(kinds), trained, len(kinds) > kept))
        answers = [i for i, m in enumerate(row.messages) if m.role == "assistant"]
        for turn, (first, after) in zip(answers, rendered.turns, strict=True):
            # as in the loss: the first token of all is never predicted
            inside = rendered.row.labels[max(first, 1) : min(after, kept)]
            turns.append((index, row.line, turn, len(inside) - inside.count(IGNORED)))
    else:
        progress(len(rows), len(rows))
    total = max(sum(row.trained_tokens for row in counted), 1)
    return TokenStatistics(
        tuple(counted),
        roles,
        _top([(r.row, r.line, None, r.trained_tokens) for r in counted], total),
        _top(turns, total),
        histogram([row.tokens for row in counted]),
        tuple(refused),
        stopped,
        max_length or None,
    )


def _top(
    owners: Sequence[tuple[int, int | None, int | None, int]], total: int
) -> tuple[LossShare, ...]:
    """The owners of the most trained tokens, the first of equals first."""
    ordered = sorted(owners, key=lambda owner: -owner[3])[:TOP]
    return tuple(LossShare(*owner, owner[3] / total) for owner in ordered if owner[3])


def histogram(lengths: Sequence[int]) -> tuple[Bin, ...]:
    """At most 12 bins of one width (1, 2 or 5 times a power of ten) from 1 to the longest."""
    if not lengths:
        return ()
    width = next(
        factor * 10**power
        for power in range(20)
        for factor in (1, 2, 5)
        if factor * 10**power * BINS >= max(lengths)
    )
    count = -(-max(lengths) // width)
    bins = [0] * max(count, 1)
    for length in lengths:
        bins[max(length - 1, 0) // width] += 1
    edges = pairwise(range(0, (len(bins) + 1) * width, width))
    return tuple(Bin(low + 1, high, rows) for (low, high), rows in zip(edges, bins, strict=True))
