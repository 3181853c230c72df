"""Training and comparing models from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbfinetune.chat.compare import Comparison
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.session import current
from nbfinetune.training.estimate import Forecast
from nbfinetune.training.job import TrainingJob
from nbfinetune.training.settings_file import Validation


def train(
    dataset: MessageDataset | str | None = None,
    *,
    name: str | None = None,
    base_model: str | None = None,
    preset: str | None = None,
    validation: Validation | None = None,
    like: str | None = None,
    config: str | Path | None = None,
    engine: str = "thread",
    dry_run: bool = False,
    **settings: Any,
) -> TrainingJob | Forecast:
    """Train a LoRA on a dataset (or the name of one) in the background; returns its handle.

    `settings` are the fields of `TrainConfig`, for example `learning_rate=1e-3`; what is not named
    comes from the file `config`, then from the run that this one is to be `like`, whose rows are
    taken where no dataset is named, then from the preset. `engine`: `thread` or `process`. With
    `dry_run` nothing starts, and what the run would do and take is returned.

    Raises:
        DatasetError, ConfigError, RunError: What keeps it from starting.
    """
    start = current().dry_run if dry_run else current().train
    return start(
        dataset,
        name=name,
        base_model=base_model,
        preset=preset,
        validation=validation,
        like=like,
        config=config,
        engine=engine,
        **settings,
    )


def compare(
    columns: Sequence[str], prompts: Sequence[str], params: SamplingParams | None = None
) -> Comparison:
    """Ask several models the same prompts, for example `["base", "first-try@last"]`.

    A tuned model gets the system prompt that it was trained with; `"base=You are …"` gives one.

    Raises:
        RunError, ModelError: A name that stands for nothing here.
    """
    return current().compare(columns, prompts, params)
