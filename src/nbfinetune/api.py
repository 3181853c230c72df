"""The Python twins of the magics: the same session, the same objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbfinetune.chat.compare import Comparison
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.library.source import Source
from nbfinetune.core.presets import STARTER
from nbfinetune.core.reading.checking import Profile
from nbfinetune.session import current
from nbfinetune.training.job import TrainingJob


def load_dataset(
    source: Source,
    *,
    name: str | None = None,
    system: str | None = None,
    profile: Profile = "local",
    encoding: str | None = None,
) -> MessageDataset:
    """Load and check a dataset: a `.jsonl` or `.json` file, `sample:NAME`, `hf:org/set`, a list of
    rows, a pandas frame or a `datasets.Dataset`. Rows of other formats (Alpaca, ShareGPT,
    prompt/completion …) are converted, and the dataset says so.

    `system` is given to every conversation that has no system prompt; `profile` adds the limits of
    a platform that the file will be uploaded to; `encoding` is for a file that is no UTF-8.

    Raises:
        DatasetError: It has errors; `problems` lists all of them.
    """
    return current().load_dataset(
        source, name=name, system=system, profile=profile, encoding=encoding
    )


def train(
    dataset: MessageDataset | str,
    *,
    name: str | None = None,
    base_model: str = STARTER,
    preset: str | None = None,
    validation: float | MessageDataset | str = 0.1,
    **settings: Any,
) -> TrainingJob:
    """Train a LoRA on a dataset (or the name of one) in the background; returns its handle.

    `settings` are the fields of `TrainConfig`, for example `learning_rate=1e-3`.

    Raises:
        DatasetError, ConfigError, RunError: What keeps it from starting.
    """
    return current().train(
        dataset,
        name=name,
        base_model=base_model,
        preset=preset,
        validation=validation,
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
