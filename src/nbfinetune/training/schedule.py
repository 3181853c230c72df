"""Which rows each optimizer step learns from, and how fast: a function of the settings alone.

So a run that is resumed, or trained by another engine, sees the same rows in the same steps. Knows
no tensors.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from nbfinetune.core.config import TrainConfig


class Step(NamedTuple):
    """One optimizer step. `number` counts from 1, `rows` are positions in the training rows.

    `epoch`: how many epochs are done after it.
    """

    number: int
    epoch: float
    rows: tuple[int, ...]
    ends_epoch: bool


def optimizer_steps(rows: int, config: TrainConfig) -> int:
    """Steps of the whole run: a last, smaller batch of an epoch counts as a step."""
    steps = math.ceil(rows / config.batch_size) * config.epochs
    return min(steps, config.max_steps) if config.max_steps else steps


def schedule(rows: int, config: TrainConfig) -> Iterator[Step]:
    """Every step of a run over `rows` rows: each epoch in an order of its own, by the seed."""
    per_epoch = math.ceil(rows / config.batch_size)
    total = optimizer_steps(rows, config)
    for number in range(1, total + 1):
        epoch, batch = divmod(number - 1, per_epoch)
        if batch == 0:
            order = list(range(rows))
            random.Random(f"{config.seed}/{epoch}").shuffle(order)
        start = batch * config.batch_size
        yield Step(
            number,
            round(epoch + (batch + 1) / per_epoch, 4),
            tuple(order[start : start + config.batch_size]),
            ends_epoch=batch + 1 == per_epoch,
        )


def learning_rate(number: int, total: int, config: TrainConfig) -> float:
    """The learning rate of step `number` (from 1) of `total`: a linear warm-up, then the schedule.

    As in transformers' `get_scheduler`, the first step of a warm-up has a rate of 0.
    """
    done, warm = number - 1, warmup_steps(total, config)
    if done < warm:
        return config.learning_rate * done / warm
    share = (done - warm) / max(1, total - warm)
    match config.lr_scheduler:
        case "constant":
            return config.learning_rate
        case "linear":
            return config.learning_rate * (1 - share)
        case "cosine":
            return config.learning_rate * 0.5 * (1 + math.cos(math.pi * share))


def warmup_steps(total: int, config: TrainConfig) -> int:
    """The steps in which the learning rate rises."""
    return min(total, math.ceil(total * config.warmup_ratio))
