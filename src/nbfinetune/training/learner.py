"""The training step: rows in, one AdamW update of the LoRA matrices out.

The loss is the mean over all trained tokens of the batch, however it is cut into micro-batches, so
that 8×1, 1×8 and 2×4 are the same step. Knows no run, no schedule and no files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from nbfinetune.chat.devices import is_out_of_memory
from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import RunError
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.batches import pad_id
from nbfinetune.training.losses import TRIED_TOKENS, Losses
from nbfinetune.training.seeds import drawing

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")
_MOST_SKIPPED = 50

T = TypeVar("T")


class Learned(NamedTuple):
    """What one step did. `loss`: nats per trained token before the update; `grad_norm` before it
    was clipped. Where one of them is not a finite number, the weights were left as they are.
    """

    loss: float
    grad_norm: float
    tokens: int
    trained_tokens: int
    skipped: bool = False
    """In float16 the gradients overflowed: the loss scale was halved, and nothing else happened."""

    @property
    def finite(self) -> bool:
        return math.isfinite(self.loss) and math.isfinite(self.grad_norm)


class Learner:
    """Trains those parameters of `model` that require gradients.

    `micro_batch_size`: rows computed at once. It shrinks where memory is too small for it.
    """

    def __init__(
        self, base: BaseModel, model: Any, config: TrainConfig, adapter: str = "default"
    ) -> None:
        self.model = model
        self.micro_batch_size = config.micro_batch_size or config.batch_size
        self._base, self._config = base, config
        self.losses = _losses(model, pad_id(base.tokenizer), adapter)
        # without the adapter's name, as PEFT writes them
        self._trained = {
            name.removesuffix(f".{adapter}.weight") + ".weight": parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }
        self._optimizer = torch.optim.AdamW(
            self._trained.values(), lr=0.0, weight_decay=config.weight_decay
        )
        self._scaler = torch.amp.GradScaler(
            base.device.type, enabled=base.dtype is torch.float16 and base.device.type != "cpu"
        )
        self._skipped = 0

    def step(self, rows: Sequence[LabelledRow], *, number: int, learning_rate: float) -> Learned:
        """Learn from `rows` once, as step `number` of the run.

        Where memory runs out the micro-batch is halved and the whole step done again: the update
        comes last, so nothing is learned twice.

        Raises:
            RunError: A single row does not fit into memory.
        """
        return self._with_room(lambda: self._step(rows, number, learning_rate), rows, number)

    def measure(self, rows: Sequence[LabelledRow], *, number: int) -> float | None:
        """`Losses.mean` of rows that are not learned; finds its room as `step` does."""
        return self._with_room(lambda: self.losses.mean(rows, self.micro_batch_size), rows, number)

    def _with_room(self, compute: Callable[[], T], rows: Sequence[LabelledRow], number: int) -> T:
        while True:
            try:
                return compute()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # here, not in the handler: the error's frames hold the tensors that didn't fit
            self._forget_gradients()
            if self.micro_batch_size == 1:
                longest = max(len(row.ids) for row in rows)
                raise RunError("out_of_memory", step=number, tokens=longest)
            self.micro_batch_size = math.ceil(self.micro_batch_size / 2)

    def _step(self, rows: Sequence[LabelledRow], number: int, learning_rate: float) -> Learned:
        self.model.train()
        self._optimizer.zero_grad()
        trained = sum(row.trained_tokens for row in rows)
        total = torch.zeros((), device=self._base.device)
        for part in self.losses.pieces(rows, self.micro_batch_size):
            device, seed = self._base.device, self._config.seed
            with self.losses.computing(), drawing(device, seed, number, part.start):
                loss = self.losses.summed([rows[i] for i in part]) / trained
                self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        norm = self._clipped()
        learned = Learned(total.item(), norm, sum(len(row.ids) for row in rows), trained)
        if learned.finite:
            for group in self._optimizer.param_groups:
                group["lr"] = learning_rate
            self._scaler.step(self._optimizer)
        return self._scaled_on(learned)

    def _clipped(self) -> float:
        """Clip the gradients; their norm before that. A limit of 0 clips nothing."""
        self._scaler.unscale_(self._optimizer)
        limit = self._config.max_grad_norm or math.inf
        return float(torch.nn.utils.clip_grad_norm_(self._trained.values(), limit))

    def _scaled_on(self, learned: Learned) -> Learned:
        """The next loss scale; in float16 an overflow is ordinary, unless it does not end."""
        if not self._scaler.is_enabled():
            return learned
        self._scaler.update()
        overflowed = math.isfinite(learned.loss) and not learned.finite
        self._skipped = self._skipped + 1 if overflowed else 0
        return learned._replace(skipped=overflowed and self._skipped <= _MOST_SKIPPED)

    def _forget_gradients(self) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        if self._base.device.type == "cuda":
            torch.cuda.empty_cache()

    def state(self) -> dict[str, Tensor]:
        """What the next step needs beside the weights: moments of each matrix, the loss scale."""
        found = {"scale": torch.tensor(self._scaler.get_scale())}
        for name, parameter in self._trained.items():
            for moment, value in self._optimizer.state.get(parameter, {}).items():
                found[f"{name}.{moment}"] = value
        return found

    def restore(self, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
        """Go on from what `weights` and `state` gave, in the same or another process.

        Raises:
            RunError: They belong to other matrices.
        """
        names = {f"{name}.{moment}" for name in self._trained for moment in _MOMENTS}
        if set(weights) != set(self._trained) or not names | {"scale"} >= state.keys():
            raise RunError("checkpoint_other_matrices")
        for name, parameter in self._trained.items():
            if weights[name].shape != parameter.shape:
                raise RunError("checkpoint_other_matrices")
            with torch.no_grad():
                parameter.copy_(weights[name])
            # none for a matrix that no gradient has reached yet: images, first overflows in float16
            moments = {m: state[f"{name}.{m}"] for m in _MOMENTS if f"{name}.{m}" in state}
            if not moments:
                continue
            if len(moments) < len(_MOMENTS):
                raise RunError("checkpoint_other_matrices")
            self._optimizer.state[parameter] = {
                m: value if m == "step" else value.to(parameter.device)
                for m, value in moments.items()
            }
        if self._scaler.is_enabled():
            self._scaler.load_state_dict(
                {**self._scaler.state_dict(), "scale": float(state["scale"])}
            )

    def weights(self) -> dict[str, Tensor]:
        """The trained matrices by name."""
        return {name: p.detach() for name, p in self._trained.items()}


def _losses(model: Any, pad_id: int, adapter: str) -> Losses:
    """The losses of a model, for which a few tokens are tried.

    Raises:
        RunError: They don't fit into memory.
    """
    try:
        return Losses(model, pad_id, adapter)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    raise RunError("out_of_memory", step=0, tokens=TRIED_TOKENS)
