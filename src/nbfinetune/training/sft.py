"""Our settings in the words of PEFT and TRL: the one place that knows both. All values explicit."""

from __future__ import annotations

from typing import Any

from nbfinetune.core.config import TrainConfig

_SCHEDULERS = {"constant": "constant_with_warmup"}


def lora_arguments(config: TrainConfig) -> dict[str, Any]:
    """The arguments of `peft.LoraConfig`."""
    named = [name.strip() for name in config.target_modules.split(",")]
    return {
        "r": config.lora_rank,
        "lora_alpha": config.lora_alpha,
        "lora_dropout": config.lora_dropout,
        # a text that isn't all-linear would be a pattern for whole module paths
        "target_modules": "all-linear" if named == ["all-linear"] else named,
        "bias": "none",
        "task_type": "CAUSAL_LM",
    }


def trl_arguments(config: TrainConfig) -> dict[str, Any]:
    """The arguments of `trl.SFTConfig`, whose own defaults differ in nearly every line."""
    micro = config.micro_batch_size or config.batch_size
    return {
        "learning_rate": config.learning_rate,
        "num_train_epochs": config.epochs,
        "max_steps": config.max_steps or -1,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": config.batch_size // micro,
        "warmup_steps": min(config.warmup_ratio, 1 - 1e-9),  # below 1 it is read as a ratio
        "lr_scheduler_type": _SCHEDULERS.get(config.lr_scheduler, config.lr_scheduler),
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "optim": "adamw_torch",
        "seed": config.seed,
        "gradient_checkpointing": config.gradient_checkpointing,
        "bf16": False,  # the base has its dtype already, the LoRA matrices stay float32
        "fp16": config.dtype == "float16",
        "loss_type": "nll",
        "max_length": None,  # rows are cut, and reported, before
        "packing": False,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a diverged run must not be drawn as loss 0
        "save_strategy": "no",
        "report_to": [],
    }
