"""TRL's `SFTTrainer` with our loss: rows of a batch as a pack, for scripts of one's own.

Data, arguments, callbacks and checkpoints are TRL's; only how the loss of a batch is computed is
ours. Batches stay as TRL's collator makes them, so that accelerate may gather, scatter and count
them, and become packs where the loss is computed. What can't be packed is computed by TRL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn
from transformers.utils import logging
from trl import SFTTrainer

from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.losses import Losses

_PLAIN = {"input_ids", "attention_mask", "labels"}
_told = logging.get_logger(__name__)


class PackedSFTTrainer(SFTTrainer):
    """Takes what `trl.SFTTrainer` takes, and gives its losses and gradients (exact without dropout)
    in less time: what rows of a batch begin with alike is computed once, nothing is padded, and the
    LM head runs only where something is trained.

    `mean_token_accuracy` and `entropy` are not measured, which would take the whole vocabulary's
    logits. Where it isn't packed, a warning says why, and everything is as in `SFTTrainer`.
    """

    _rows: list[LabelledRow] | None = None
    """Those of the batch that is computed now, if it is packed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._losses: Losses | None = None
        why = self._unpacked()
        if not why:
            losses = Losses(self.model, 0, self._fused_adapter())
            why = str(losses.because or "")
            self._losses = losses if losses.is_packed else None
        if self._losses is None:
            _told.warning("%s computes as SFTTrainer: %s", type(self).__name__, why)
        else:
            _through_forward(self._base, self._losses)

    @property
    def is_packed(self) -> bool:
        return self._losses is not None

    @property
    def _base(self) -> Any:
        model: Any = self.model
        return model.get_base_model() if hasattr(model, "get_base_model") else model

    def _unpacked(self) -> str:
        """The first argument that asks for more than the loss of rows; empty if none does."""
        args, configs = self.args, getattr(self.model, "peft_config", {}).values()
        parallel = self.accelerator.parallelism_config
        asked = {
            "loss_type": args.loss_type != "nll",
            "compute_loss_func": self.compute_loss_func is not None,
            "label_smoothing_factor": args.label_smoothing_factor != 0,
            "padding_free": self.padding_free,
            "neftune_noise_alpha": bool(args.neftune_noise_alpha),
            "torch_compile": args.torch_compile,
            "activation_offloading": args.activation_offloading,
            "router_aux_loss_coef": self.aux_loss_enabled,
            "metric_for_best_model": _of_logits(args.metric_for_best_model),
            "fsdp": self.is_fsdp_enabled,
            "deepspeed": self.is_deepspeed_enabled,
            "parallelism_config": parallel is not None,
            "prompt learning": any(config.is_prompt_learning for config in configs),
            "alora": any(getattr(c, "alora_invocation_tokens", None) for c in configs),
        }
        return next((name for name, wanted in asked.items() if wanted), "")

    def _fused_adapter(self) -> str | None:
        """The one LoRA adapter that is trained, if its layers compute in the weights' own dtype."""
        active = getattr(self.model, "active_adapters", None)
        if callable(active) or not active or len(active) != 1:
            return None
        wanted = {"no": None, "bf16": torch.bfloat16, "fp16": torch.float16}
        dtype = wanted.get(self.accelerator.mixed_precision, torch.float32)
        return str(active[0]) if dtype in (None, self._base.dtype) else None

    def training_step(self, model: nn.Module, inputs: Any, *args: Any, **kwargs: Any) -> Tensor:
        with self._computing(inputs):  # around the backward pass, too: layers may be computed again
            step: Tensor = super().training_step(model, inputs, *args, **kwargs)
            return step

    def prediction_step(self, model: nn.Module, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        loss_only = args[0] if args else kwargs["prediction_loss_only"]
        with self._computing(inputs if loss_only else {}):
            return super().prediction_step(model, inputs, *args, **kwargs)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Any,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        if self._rows is None:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        loss = model(packed_rows=self._rows)
        self._count(sum(len(row.ids) for row in self._rows))
        if num_items_in_batch is None:
            return loss / max(1, sum(row.trained_tokens for row in self._rows))
        # tokens are those of all processes, between which gradients are averaged
        shared = self.accelerator.num_processes if self.args.average_tokens_across_devices else 1
        return loss * shared / torch.as_tensor(num_items_in_batch, device=loss.device)

    @contextmanager
    def _computing(self, inputs: Mapping[str, Any]) -> Iterator[None]:
        """Inside, the loss of a batch that can be a pack is that of one."""
        rows = _rows_of(inputs) if self._losses is not None else None
        if self._losses is None or not rows:
            yield
            return
        self._rows = rows
        try:
            with self._losses.computing():
                yield
        finally:
            self._rows = None

    def _count(self, tokens: int) -> None:
        """`num_tokens` of TRL's logs: what all processes have trained on so far."""
        mode = "train" if self.model.training else "eval"
        if mode == "train" and self.accelerator.num_processes > 1:
            counted = torch.tensor(tokens, device=self.accelerator.device)
            tokens = int(self.accelerator.gather(counted).sum())
        self._total_train_tokens += tokens if mode == "train" else 0
        self._metrics[mode]["num_tokens"] = [self._total_train_tokens]


def _of_logits(metric: str | None) -> bool:
    """Whether the metric by which a checkpoint is the best one takes the whole vocabulary."""
    return (metric or "").removeprefix("eval_") in ("mean_token_accuracy", "entropy")


def _rows_of(inputs: Mapping[str, Any]) -> list[LabelledRow] | None:
    """The rows of a padded batch; None where it holds more than rows."""
    if set(inputs) != _PLAIN:
        return None
    kept = inputs["attention_mask"].tolist()
    both = zip(inputs["input_ids"].tolist(), inputs["labels"].tolist(), kept, strict=True)
    return [
        LabelledRow(
            *([v for v, keep in zip(values, mask, strict=True) if keep] for values in (i, n))
        )
        for i, n, mask in both
    ]


def _through_forward(base: Any, losses: Losses) -> None:
    """Let the model's own `forward` take `packed_rows`: so they pass through whatever wraps it, as
    for several GPUs or mixed precision.
    """
    plain = base.forward

    @wraps(plain)
    def forward(*args: Any, packed_rows: list[LabelledRow] | None = None, **kwargs: Any) -> Any:
        return plain(*args, **kwargs) if packed_rows is None else losses.summed(packed_rows)

    base.forward = forward
