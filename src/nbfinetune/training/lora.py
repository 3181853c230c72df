"""LoRA matrices on a base model: our settings in PEFT's words, and nothing but them is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from peft import LoraConfig

from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.config import TrainConfig
from nbfinetune.training.seeds import drawing
from nbfinetune.training.sft import lora_arguments

_numbers = count(1)


def with_lora(base: BaseModel, config: TrainConfig, name: str = "default") -> Any:
    """The base model with fresh LoRA matrices, in place; only they are trained.

    The matrices are float32 whatever the base is: small steps vanish in 16 bits. The seed draws
    them; the random numbers of the rest of the process go on as if nothing had been drawn.
    """
    lora = LoraConfig(**lora_arguments(config))
    with drawing(base.device, config.seed):
        return base.adapters.add(
            base.model, lora, name, gradient_checkpointing=config.gradient_checkpointing
        )


@contextmanager
def trained_on(base: BaseModel, config: TrainConfig) -> Iterator[tuple[BaseModel, Any]]:
    """The base with an adapter of its own to train, and the model to call.

    However this ends the adapter goes: the base is then what it was, for whoever else uses it.
    """
    own = replace(base, adapter=f"trained{next(_numbers)}")
    with base.turn():
        model = with_lora(base, config, own.adapter or "")
    try:
        yield own, model
    finally:
        with base.turn():
            base.adapters.remove(own.adapter or "")
