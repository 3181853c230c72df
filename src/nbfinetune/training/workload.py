"""What the steps of a run compute: how many tokens, the heaviest step, what rows share. No tensors.

Rows of a step are computed in pieces: as packs, in which what they begin with alike stands once, or
padded to the longest of them (`packed` says which).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nlargest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.packing import computed_at_once, pieces
from nbfinetune.training.schedule import schedule

STEPS_LOOKED_AT = 64
"""To sort the rows of every step of a long run would take seconds; its steps are alike."""
WORTH_SAYING = 0.5

Rows = Sequence[LabelledRow]


def rows_at_once(config: TrainConfig) -> int:
    return config.micro_batch_size or config.batch_size


def trained_share(rows: Rows, config: TrainConfig, *, packed: bool) -> float:
    """Of the rows' tokens, the share that training computes: below 1 where rows share tokens,
    above 1 where they are padded. By some steps, where a run has many.
    """
    steps = [step.rows for step in schedule(len(rows), config)]
    computed = read = 0
    for step in steps[:: 1 + len(steps) // STEPS_LOOKED_AT]:
        for piece in _pieces([rows[i] for i in step], config, packed):
            computed += computed_at_once(piece, packed=packed)
            read += sum(len(row.ids) for row in piece)
    return computed / max(1, read)


def trained_tokens(rows: Rows, config: TrainConfig, *, packed: bool) -> int:
    """How many tokens all steps of a run compute."""
    lengths = [len(row.ids) for row in rows]
    read = sum(lengths[i] for step in schedule(len(rows), config) for i in step.rows)
    return round(read * trained_share(rows, config, packed=packed))


def measured_tokens(rows: Rows, config: TrainConfig, *, packed: bool) -> int:
    """How many tokens one measurement on held-out rows computes: like rows stand together there."""
    ordered = sorted(rows, key=lambda row: row.ids if packed else len(row.ids))
    return sum(computed_at_once(p, packed=packed) for p in _pieces(ordered, config, packed))


def heaviest(rows: Rows, config: TrainConfig, *, packed: bool) -> Rows:
    """The rows that are computed at once where a run computes the most tokens at once."""
    lengths = [len(row.ids) for row in rows]
    steps = nlargest(
        STEPS_LOOKED_AT,
        (step.rows for step in schedule(len(rows), config)),
        key=lambda step: sum(lengths[i] for i in step),
    )
    found = (p for step in steps for p in _pieces([rows[i] for i in step], config, packed))
    return max(found, key=lambda piece: computed_at_once(piece, packed=packed))


def sharing_notices(rows: Rows, config: TrainConfig, because: Notice | None) -> list[Notice]:
    """What is said of rows that begin alike: how much that saves, if it is much.

    `because`: what is said where this model's rows are padded.
    """
    if because is not None:
        return [because]
    share = trained_share(rows, config, packed=True)
    if share > WORTH_SAYING:
        return []
    tokens = sum(len(row.ids) for row in rows)
    return [
        Notice("rows_share", {"computed": f"{round(tokens * share):,}", "tokens": f"{tokens:,}"})
    ]


def _pieces(rows: Rows, config: TrainConfig, packed: bool) -> Iterator[Rows]:
    for part in pieces(rows, rows_at_once(config), packed=packed):
        yield [rows[i] for i in part]
