"""LoRA matrices on a base model: our settings in PEFT's words, and nothing but them is trained."""

from __future__ import annotations

from typing import Any

from peft import LoraConfig, get_peft_model

from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.config import TrainConfig
from nbfinetune.training.seeds import drawing
from nbfinetune.training.sft import lora_arguments


def with_lora(base: BaseModel, config: TrainConfig) -> Any:
    """The base model with fresh LoRA matrices, in place; only they are trained.

    The matrices are float32 whatever the base is: small steps vanish in 16 bits. The seed draws
    them; the random numbers of the rest of the process go on as if nothing had been drawn.
    """
    with drawing(base.device, config.seed):
        model = get_peft_model(
            base.model, LoraConfig(**lora_arguments(config)), autocast_adapter_dtype=True
        )
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model
