"""A dataset with its quality card: what a look at its quality shows."""

from __future__ import annotations

from typing import NamedTuple

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.quality.card import QualityCard, assess


class Quality(NamedTuple):
    """The card names rows of the dataset by their position, 0-based."""

    dataset: MessageDataset
    card: QualityCard


def quality_of(dataset: MessageDataset, *, seed: int = 0) -> Quality:
    """What can be measured of accuracy, style and coverage; of many rows a sample drawn by seed."""
    return Quality(dataset, assess(dataset.conversations, seed=seed))
