"""A training step without numbers: what it would hold in memory, before any weight is loaded.

The step is computed on fake tensors, which have shapes and no content, by the code that a run
really runs; every storage that comes and goes is counted. So it knows any architecture, packs,
dropout and gradient checkpointing, and needs no formula. A second or two for a model of billions of
weights.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
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
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.losses import Losses
from nbfinetune.training.sft import lora_arguments
from nbfinetune.training.workload import Rows, heaviest

Step = Callable[[Rows], int]
"""Bytes that a step holds at most beside weights and optimizer, for rows computed at once."""

_SHAPING = (
    "lora_rank", "lora_alpha", "lora_dropout", "target_modules", "gradient_checkpointing",
    "load_in_4bit",
)  # fmt: skip
"""The settings that decide what a step holds; rows are asked for."""
_FEW = [LabelledRow([0] * 8, [0] * 8)]
_REMEMBERED = 16


class Simulated(NamedTuple):
    """A model to be trained. `linear`: those weights that 4 bits are enough for, where wanted.

    `because`: why its rows are padded, as far as that can be told without numbers.
    """

    parameters: int
    trained: int
    linear: int
    context_length: int
    because: Notice | None
    step: Step

    @property
    def packed(self) -> bool:
        return self.because is None


def simulate(folder: Path, config: TrainConfig, dtype: str, rows: Rows = _FEW) -> Simulated | None:
    """The model in `folder` (its `config.json` is enough) with the LoRA matrices of `config`.

    None where it can't be computed without numbers: some architectures look at values. That is
    found out with a step on the heaviest of `rows`. What was computed is remembered.
    """
    shaping = TrainConfig(**{name: getattr(config, name) for name in _SHAPING})
    try:
        changed = (folder / "config.json").stat().st_mtime_ns
        found = _simulated(folder, changed, shaping, dtype)
        # fails here, where it fails
        found.step(heaviest(rows, config, packed=found.packed))
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
    # layers of quantized weights are computed by PEFT
    adapter = None if config.load_in_4bit else "default"
    shapes = FakeTensorMode()
    with shapes, _materialized(model):
        losses = Losses(model, 0, adapter)
    step = _step(model, losses, shapes)
    return Simulated(total, trained, linear - trained, int(context), losses.because, step)


def _step(model: Any, losses: Losses, shapes: FakeTensorMode) -> Step:
    lock = Lock()  # a step changes the model while it is computed
    known: dict[object, int] = {}

    def step(rows: Rows) -> int:
        key = tuple((tuple(row.ids), tuple(row.labels)) for row in rows)
        with lock:
            if key not in known:
                with shapes:
                    known[key] = _peak(model, losses, rows)
            while len(known) > _REMEMBERED:
                del known[next(iter(known))]
            return known[key]

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


def _peak(model: Any, losses: Losses, rows: Rows) -> int:
    """To be called among fake tensors."""
    with _materialized(model) as held, losses.computing():
        counter = _Counter(held)
        with counter:
            losses.summed(rows).backward()  # type: ignore[no-untyped-call]
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
