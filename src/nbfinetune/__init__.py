"""Fine-tune a chat model with LoRA, entirely inside a notebook.

    %load_ext nbfinetune        # the magics
    import nbfinetune as ft     # the same in Python

Importing costs milliseconds: torch and its friends load when something trains or answers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbfinetune.api.datasets import (
        datasets,
        delete_dataset,
        diff,
        load_dataset,
        open_dataset,
        rename_dataset,
        rule,
        validate,
        versions,
    )
    from nbfinetune.api.looks import edit, fix, quality, review, xray
    from nbfinetune.api.machine import doctor, models, unload
    from nbfinetune.api.models import compare, train
    from nbfinetune.api.runs import (
        delete_run,
        note_run,
        pause,
        rename_run,
        resume,
        run,
        runs,
        stop,
    )
    from nbfinetune.chat.compare import Comparison
    from nbfinetune.chat.model import SamplingParams
    from nbfinetune.core.config import TrainConfig
    from nbfinetune.core.dataset import MessageDataset
    from nbfinetune.core.errors import NbFinetuneError
    from nbfinetune.core.text import set_language
    from nbfinetune.training.job import TrainingJob
    from nbfinetune.training.trainer import PackedSFTTrainer

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "MessageDataset",
    "NbFinetuneError",
    "PackedSFTTrainer",
    "SamplingParams",
    "TrainConfig",
    "TrainingJob",
    "compare",
    "datasets",
    "delete_dataset",
    "delete_run",
    "diff",
    "doctor",
    "edit",
    "fix",
    "load_dataset",
    "models",
    "note_run",
    "open_dataset",
    "pause",
    "quality",
    "rename_dataset",
    "rename_run",
    "resume",
    "review",
    "rule",
    "run",
    "runs",
    "set_language",
    "stop",
    "train",
    "unload",
    "validate",
    "versions",
    "xray",
]

_HOMES = {
    "Comparison": "nbfinetune.chat.compare",
    "MessageDataset": "nbfinetune.core.dataset",
    "NbFinetuneError": "nbfinetune.core.errors",
    "PackedSFTTrainer": "nbfinetune.training.trainer",
    "SamplingParams": "nbfinetune.chat.model",
    "TrainConfig": "nbfinetune.core.config",
    "TrainingJob": "nbfinetune.training.job",
    "compare": "nbfinetune.api.models",
    "datasets": "nbfinetune.api.datasets",
    "delete_dataset": "nbfinetune.api.datasets",
    "delete_run": "nbfinetune.api.runs",
    "diff": "nbfinetune.api.datasets",
    "doctor": "nbfinetune.api.machine",
    "edit": "nbfinetune.api.looks",
    "fix": "nbfinetune.api.looks",
    "load_dataset": "nbfinetune.api.datasets",
    "models": "nbfinetune.api.machine",
    "note_run": "nbfinetune.api.runs",
    "open_dataset": "nbfinetune.api.datasets",
    "pause": "nbfinetune.api.runs",
    "quality": "nbfinetune.api.looks",
    "rename_dataset": "nbfinetune.api.datasets",
    "rename_run": "nbfinetune.api.runs",
    "resume": "nbfinetune.api.runs",
    "review": "nbfinetune.api.looks",
    "rule": "nbfinetune.api.datasets",
    "run": "nbfinetune.api.runs",
    "runs": "nbfinetune.api.runs",
    "set_language": "nbfinetune.core.text",
    "stop": "nbfinetune.api.runs",
    "train": "nbfinetune.api.models",
    "unload": "nbfinetune.api.machine",
    "validate": "nbfinetune.api.datasets",
    "versions": "nbfinetune.api.datasets",
    "xray": "nbfinetune.api.looks",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """What completion offers: also what is not loaded yet."""
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext nbfinetune`: register the magics and how our objects are shown."""
    from nbfinetune.magics import register

    register(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext nbfinetune`: take the magics away again."""
    from nbfinetune.magics import unregister

    unregister(shell)
