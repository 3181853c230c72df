"""What a checkpoint of a run holds: LoRA weights, optimizer state, the spec that made them.

Safetensors and JSON only: nothing that is read here can run code. That files are whole is known to
`core.runs.checkpoints`, which commits and verifies them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from nbfinetune.chat.adapters import check_adapter
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.store import SPEC, Run
from nbfinetune.training.learner import Learner

WEIGHTS, OPTIMIZER = "adapter_model.safetensors", "optimizer.safetensors"
OTHER_BYTES = 64 * 1024
"""Beside the tensors: their headers, the settings, the commit record."""


def write_files(folder: Path, run: Run, learner: Learner, lora: Any) -> None:
    """Everything that it takes to go on, or to talk to the model: into an empty folder.

    The first two files are an adapter as PEFT knows it. `lora`: its `LoraConfig`.
    """
    save_file(learner.weights(), folder / WEIGHTS, {"format": "pt"})
    lora.save_pretrained(folder)
    save_file(learner.state(), folder / OPTIMIZER)
    (folder / SPEC).write_bytes(run.spec.as_json())


def size_bytes(learner: Learner) -> int:
    """About what `write_files` writes."""
    tensors = [*learner.weights().values(), *learner.state().values()]
    return sum(tensor.nbytes for tensor in tensors) + OTHER_BYTES


def restore(checkpoint: Path, learner: Learner) -> None:
    """Put the weights and the optimizer of a committed checkpoint into `learner`.

    Raises:
        RunError: A file is missing, has changed, holds no finite numbers or other matrices.
    """
    check_adapter(checkpoint)
    learner.restore(_tensors(checkpoint, WEIGHTS), _tensors(checkpoint, OPTIMIZER))


def _tensors(checkpoint: Path, name: str) -> dict[str, Tensor]:
    """What is in one of its files. A commit record tells that it is as it was written, not more."""
    try:
        found: dict[str, Tensor] = load_file(checkpoint / name)
    except (OSError, SafetensorError) as error:
        raise RunError("checkpoint_damaged", path=checkpoint, reason=f"{name}: {error}") from None
    if not all(bool(tensor.isfinite().all()) for tensor in found.values()):
        reason = f"{name} holds numbers that are not finite"
        raise RunError("checkpoint_damaged", path=checkpoint, reason=reason)
    return found
