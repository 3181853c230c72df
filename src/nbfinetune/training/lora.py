"""LoRA matrices on a base model: our settings in PEFT's words, and nothing but them is trained."""

from __future__ import annotations

from typing import Any

from peft import LoraConfig, get_peft_model

from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.config import TrainConfig
from nbfinetune.training.seeds import drawing


def lora_config(config: TrainConfig) -> LoraConfig:
    """The settings of the LoRA matrices, each one explicit."""
    named = [name.strip() for name in config.target_modules.split(",")]
    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        # a text that isn't all-linear would be a pattern for whole module paths
        target_modules="all-linear" if named == ["all-linear"] else named,
        bias="none",
        task_type="CAUSAL_LM",
    )


def with_lora(base: BaseModel, config: TrainConfig) -> Any:
    """The base model with fresh LoRA matrices, in place; only they are trained.

    The matrices are float32 whatever the base is: small steps vanish in 16 bits. The seed draws
    them; the random numbers of the rest of the process go on as if nothing had been drawn.
    """
    with drawing(base.device, config.seed):
        model = get_peft_model(base.model, lora_config(config), autocast_adapter_dtype=True)
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model
