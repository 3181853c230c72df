"""A training step without numbers: what it would hold in memory, before any weight is loaded.

The step is computed on fake tensors, which have shapes and no content, by the code that the model
really runs; every storage that comes and goes is counted. So it knows any architecture, dropout and
gradient checkpointing, and needs no formula. A second or two for a model of billions of weights.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from transformers import AutoConfig, AutoModelForCausalLM

from nbfinetune.core.config import TrainConfig
from nbfinetune.training.batches import summed_loss
from nbfinetune.training.sft import lora_arguments

Step = Callable[[int, int], int]
"""Bytes that a step holds at most beside weights and optimizer, for rows and tokens per row."""

_SHAPING = (
    "lora_rank", "lora_alpha", "lora_dropout", "target_modules", "gradient_checkpointing"
)  # fmt: skip
"""The settings that decide what a step holds; rows and tokens are asked for."""


class Simulated(NamedTuple):
    """A model to be trained. `linear`: those weights that 4 bits are enough for, where wanted."""

    parameters: int
    trained: int
    linear: int
    context_length: int
    step: Step


def simulate(
    folder: Path, config: TrainConfig, dtype: str, tried: tuple[int, int] = (1, 8)
) -> Simulated | None:
    """The model in `folder` (its `config.json` is enough) with the LoRA matrices of `config`.

    None where it can't be computed without numbers: some architectures look at values. That is
    found out with `tried` rows of so many tokens. What was computed is remembered.
    """
    shaping = TrainConfig(**{name: getattr(config, name) for name in _SHAPING})
    try:
        changed = (folder / "config.json").stat().st_mtime_ns
        found = _simulated(folder, changed, shaping, dtype)
        found.step(*tried)  # fails here, where it fails
    except Exception:  # whatever a library makes of fake tensors: then there is no estimate
        return None
    return found


@lru_cache(maxsize=2)
def _simulated(folder: Path, _changed: int, config: TrainConfig, dtype: str) -> Simulated:
    model = _model(folder, config, getattr(torch, dtype))
    parameters = [p for p in model.parameters() if not p.requires_grad]
    heads = model.get_output_embeddings()
    linear = sum(
        m.weight.numel() for m in model.modules() if isinstance(m, nn.Linear) and m is not heads
    )
    context = model.config.get_text_config().max_position_embeddings
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    total = sum(p.numel() for p in parameters)
    return Simulated(total, trained, linear - trained, int(context), _step(model))


def _step(model: Any) -> Step:
    lock = Lock()  # a step changes the model while it is computed

    @cache
    def step(rows: int, length: int) -> int:
        with lock:
            return _peak(model, rows, length)

    return step


def _model(folder: Path, config: TrainConfig, dtype: torch.dtype) -> Any:
    """The model with LoRA matrices on no device at all."""
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        known = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForCausalLM.from_config(
            known, dtype=dtype, attn_implementation="sdpa", trust_remote_code=False
        ).requires_grad_(False)
        model = get_peft_model(model, LoraConfig(**lora_arguments(config)))
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
    model.config.use_cache = False
    return model.train()


def _peak(model: Any, rows: int, length: int) -> int:
    with FakeTensorMode(), _materialized(model) as held:
        counter = _Counter(held)
        ids = torch.zeros((rows, length), dtype=torch.long)
        batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids}
        with counter:
            summed_loss(model, batch).backward()  # type: ignore[no-untyped-call]
        return counter.peak


@contextmanager
def _materialized(model: Any) -> Iterator[list[Tensor]]:
    """Inside, its weights are fake tensors of a CPU: on none, attention would take another way."""
    kept = [(m, dict(m._parameters), dict(m._buffers)) for m in model.modules()]
    fakes: dict[int, Tensor] = {}  # tied weights are one
    for module, parameters, buffers in kept:
        for own, tensors in ((module._parameters, parameters), (module._buffers, buffers)):
            for name, tensor in tensors.items():
                if tensor is not None:
                    own[name] = fakes.setdefault(id(tensor), _fake(tensor))
    try:
        yield list(fakes.values())
    finally:
        for module, parameters, buffers in kept:
            module._parameters.update(parameters)
            module._buffers.update(buffers)


def _fake(tensor: Tensor) -> Tensor:
    made = torch.empty(tensor.shape, dtype=tensor.dtype)
    return nn.Parameter(made, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all storages that are made inside, while they live."""

    def __init__(self, apart: list[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = self._live = 0
        self._sizes = {tensor.untyped_storage()._cdata: 0 for tensor in apart}
        self._references: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_iter(made):
            if isinstance(tensor, Tensor):
                self._hold(tensor.untyped_storage())
        return made

    def _hold(self, storage: Any) -> None:
        key = storage._cdata
        if key in self._sizes:
            return
        self._sizes[key] = size = storage.nbytes()
        self._references[key] = weakref.ref(storage, lambda _: self._let_go(key))
        self._live += size
        self.peak = max(self.peak, self._live)

    def _let_go(self, key: int) -> None:
        self._live -= self._sizes.pop(key, 0)
        self._references.pop(key, None)
