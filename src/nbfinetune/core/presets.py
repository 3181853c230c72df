"""Named sets of values for the training settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbfinetune.core.config import TrainConfig, make_config
from nbfinetune.core.errors import ConfigError

STARTER = "starter"
"""The name of the built-in model, and of the preset that is made for it."""

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "standard": {
        "learning_rate": 1e-4,
        "epochs": 3,
        "batch_size": 8,
        "lora_rank": 8,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
    },
    "quality": {
        "learning_rate": 1e-4,
        "epochs": 5,
        "batch_size": 16,
        "lora_rank": 16,
        "lora_alpha": 64,
        "lora_dropout": 0.1,
    },
    "fast": {
        "learning_rate": 1e-4,
        "epochs": 2,
        "batch_size": 8,
        "lora_rank": 4,
        "lora_alpha": 16,
        "lora_dropout": 0.05,
    },
    # The three above are made for models of billions of parameters; on five million they change
    # no answer at all.
    STARTER: {
        "learning_rate": 2e-3,
        "epochs": 8,
        "batch_size": 4,  # with 50 rows, 8 makes too few steps: one task of eight failed
        "lora_rank": 8,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
    },
}


def preset_for(base_model: str) -> str:
    """The preset that is used where none is named."""
    return STARTER if base_model == STARTER else "standard"


def resolve_config(base_model: str, preset: str | None, values: Mapping[str, Any]) -> TrainConfig:
    """The preset's values, then the ones that were named.

    Raises:
        ConfigError: An unknown preset, or a setting that can't have its value.
    """
    name = preset or preset_for(base_model)
    if name not in PRESETS:
        raise ConfigError(
            "setting_wrong_type",
            field="preset",
            value=name,
            allowed="one of " + ", ".join(PRESETS),
        )
    return make_config({**PRESETS[name], **values})
