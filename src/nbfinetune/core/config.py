"""The training settings: name, label, unit, default, range and help, written here and nowhere else.

Magic options, panel fields, error texts and the README's table are made from `SETTINGS`. How a
setting is called in TRL and PEFT is known to `training/sft.py` alone.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from nbfinetune.core.errors import ConfigError


@dataclass(frozen=True)
class Setting:
    """What people read about one field, and the values it takes.

    `low` and `high` are inclusive. `also_known_as` are names that other tools use for it.
    """

    label: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    advanced: bool = False
    also_known_as: tuple[str, ...] = ()


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides what a training run computes, beside the data and the base model."""

    learning_rate: Annotated[
        float,
        Setting(
            "Learning rate",
            "How far each step moves the weights; too high diverges, too low learns nothing.",
            low=0.0,
            high=0.1,
            also_known_as=("lr",),
        ),
    ] = 1e-4
    epochs: Annotated[
        int,
        Setting(
            "Epochs",
            "How often every training row is seen.",
            low=1,
            high=10,
            also_known_as=("num_train_epochs", "num_epochs", "n_epochs"),
        ),
    ] = 3
    batch_size: Annotated[
        int,
        Setting(
            "Batch size",
            "Rows that one optimizer step learns from.",
            unit="rows",
            low=1,
            high=32,
            also_known_as=("train_batch_size", "global_batch_size"),
        ),
    ] = 8
    max_length: Annotated[
        int,
        Setting(
            "Max tokens",
            "Longer conversations are cut here; 0 means the model's own limit.",
            unit="tokens",
            low=0,
            high=4096,
            also_known_as=("max_seq_length", "max_seq_len", "cutoff_len", "sequence_len"),
        ),
    ] = 4096
    lora_rank: Annotated[
        int,
        Setting(
            "LoRA rank",
            "Size of the added matrices: more can learn more and costs more memory.",
            low=1,
            high=64,
            also_known_as=("r", "rank", "lora_r"),
        ),
    ] = 8
    lora_alpha: Annotated[
        int,
        Setting(
            "LoRA alpha",
            "Weight of what was learned: the update is scaled by alpha / rank.",
            low=1,
            high=128,
            also_known_as=("alpha",),
        ),
    ] = 32
    lora_dropout: Annotated[
        float,
        Setting(
            "LoRA dropout",
            "Share of inputs dropped while training, against learning by heart.",
            low=0.0,
            high=1.0,
            also_known_as=("dropout",),
        ),
    ] = 0.05
    micro_batch_size: Annotated[
        int,
        Setting(
            "Micro-batch size",
            "Rows computed at once; batch size / micro-batch size are accumulated. "
            "0 means the whole batch at once.",
            unit="rows",
            low=0,
            high=32,
            advanced=True,
            also_known_as=("per_device_train_batch_size", "device_batch_size"),
        ),
    ] = 0
    max_steps: Annotated[
        int,
        Setting(
            "Max steps",
            "End after so many optimizer steps; 0 means after the last epoch.",
            unit="steps",
            low=0,
            advanced=True,
        ),
    ] = 0
    eval_every: Annotated[
        int,
        Setting(
            "Measure every",
            "Measure the validation loss after so many steps; 0 means at checkpoints only.",
            unit="steps",
            low=0,
            advanced=True,
            also_known_as=("eval_steps",),
        ),
    ] = 0
    save_every: Annotated[
        int,
        Setting(
            "Checkpoint every",
            "Keep a checkpoint after so many steps, beside the one of each epoch.",
            unit="steps",
            low=0,
            advanced=True,
            also_known_as=("save_steps",),
        ),
    ] = 0
    keep_checkpoints: Annotated[
        int,
        Setting(
            "Checkpoints kept",
            "The newest ones that stay, beside the best one.",
            low=2,
            high=1000,
            advanced=True,
            also_known_as=("save_total_limit",),
        ),
    ] = 10
    early_stop_patience: Annotated[
        int,
        Setting(
            "Early stop",
            "End after so many measurements without a lower validation loss; 0 means never.",
            low=0,
            high=100,
            advanced=True,
            also_known_as=("early_stopping_patience", "patience"),
        ),
    ] = 0
    warmup_ratio: Annotated[
        float,
        Setting(
            "Warm-up ratio",
            "Share of the steps in which the learning rate rises from 0.",
            low=0.0,
            high=1.0,
            advanced=True,
            also_known_as=("warmup",),
        ),
    ] = 0.05
    lr_scheduler: Annotated[
        Literal["linear", "cosine", "constant"],
        Setting(
            "Schedule",
            "How the learning rate falls after the warm-up.",
            advanced=True,
            also_known_as=("lr_scheduler_type", "scheduler"),
        ),
    ] = "cosine"
    weight_decay: Annotated[
        float,
        Setting(
            "Weight decay",
            "Pull of the added weights towards zero (AdamW).",
            low=0.0,
            high=1.0,
            advanced=True,
        ),
    ] = 0.0
    max_grad_norm: Annotated[
        float,
        Setting(
            "Gradient clip",
            "Longest gradient that a step may take; longer ones are scaled down.",
            low=0.0,
            high=100.0,
            advanced=True,
            also_known_as=("gradient_clipping", "max_gradient_norm"),
        ),
    ] = 1.0
    target_modules: Annotated[
        str,
        Setting(
            "Target modules",
            "Which layers get LoRA matrices: all-linear, or names separated by commas.",
            advanced=True,
            also_known_as=("lora_target", "lora_target_modules"),
        ),
    ] = "all-linear"
    gradient_checkpointing: Annotated[
        bool,
        Setting(
            "Gradient checkpointing",
            "Compute activations twice instead of keeping them: slower, less memory.",
            advanced=True,
        ),
    ] = False
    allow_special_tokens: Annotated[
        bool,
        Setting(
            "Special tokens in contents",
            "Train rows whose texts hold the model's own turn tokens, which break out of a turn.",
            advanced=True,
        ),
    ] = False
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        Setting(
            "Precision",
            "Number format of the base model; auto takes the best that the device has.",
            advanced=True,
            also_known_as=("torch_dtype", "precision"),
        ),
    ] = "auto"
    device: Annotated[
        str,
        Setting(
            "Device",
            "auto, cpu, mps, cuda or cuda:N.",
            advanced=True,
            also_known_as=("device_map",),
        ),
    ] = "auto"
    load_in_4bit: Annotated[
        bool,
        Setting(
            "4-bit base",
            "Hold the base model's weights in 4 bits (QLoRA): a third of the memory, somewhat "
            "slower. Needs an NVIDIA GPU and bitsandbytes.",
            advanced=True,
            also_known_as=("qlora", "quantization_bit"),
        ),
    ] = False
    report_to: Annotated[
        Literal["none", "tensorboard"],
        Setting(
            "Report to",
            "Write the curves for TensorBoard, too: into the folder tensorboard of the run.",
            advanced=True,
        ),
    ] = "none"
    seed: Annotated[
        int,
        Setting("Seed", "Order of the rows and start of the LoRA matrices.", low=0, advanced=True),
    ] = 0


def _read_settings() -> Mapping[str, Setting]:
    hints = typing.get_type_hints(TrainConfig, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in TrainConfig.__struct_fields__}


SETTINGS: Mapping[str, Setting] = _read_settings()
TYPES: Mapping[str, Any] = typing.get_type_hints(TrainConfig)
DEFAULTS: Mapping[str, Any] = dict(
    zip(TrainConfig.__struct_fields__, TrainConfig.__struct_defaults__, strict=True)
)


def make_config(values: Mapping[str, Any], base: TrainConfig | None = None) -> TrainConfig:
    """`base` (or the defaults) with `values` put in; text is read as the field's type.

    Raises:
        ConfigError: An unknown name, a wrong type or a value out of range.
    """
    for name in values:
        if name not in SETTINGS:
            raise unknown_setting(name)
    checked = {name: _check(name, value) for name, value in values.items()}
    config = msgspec.structs.replace(base or TrainConfig(), **checked)
    micro = config.micro_batch_size
    if micro and config.batch_size % micro:
        raise ConfigError(
            "setting_batch", field="micro_batch_size", value=micro, batch_size=config.batch_size
        )
    return config


def unknown_setting(name: str, others: tuple[str, ...] = ()) -> ConfigError:
    """The error for an unknown option: with our name for it, or the nearest one, where there is."""
    field = name.lstrip("-").replace("-", "_")
    match = _our_name(field) or next(
        iter(difflib.get_close_matches(field, [*SETTINGS, *others], n=1)), None
    )
    suggestion = f". Did you mean --{match.replace('_', '-')}?" if match else ""
    return ConfigError("setting_unknown", field=field, suggestion=suggestion)


def _our_name(field: str) -> str | None:
    return next((n for n, s in SETTINGS.items() if field in s.also_known_as), None)


def allowed_values(name: str) -> str:
    """The values that a setting takes, in words: `between 1 and 64`, `one of linear, cosine`."""
    setting, kind = SETTINGS[name], TYPES[name]
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(typing.get_args(kind))
    if setting.high is not None:
        return f"between {setting.low:g} and {setting.high:g}"
    if setting.low is not None:
        return f"{setting.low:g} or more"
    return {bool: "true or false", str: "text"}[kind]


def _check(name: str, value: Any) -> Any:
    setting, kind = SETTINGS[name], TYPES[name]
    try:
        # lax reads "0.5", "8" and "true", as they arrive from a magic line
        read = msgspec.convert(value, kind, strict=not isinstance(value, str))
    except msgspec.ValidationError:
        words = {int: "a whole number ", float: "a number "}.get(kind, "")
        raise ConfigError(
            "setting_wrong_type", field=name, value=value, allowed=words + allowed_values(name)
        ) from None
    if isinstance(read, (int, float)) and not isinstance(read, bool):
        low, high = setting.low, setting.high
        # written so that NaN is out of range, too
        if not ((low is None or read >= low) and (high is None or read <= high)):
            raise ConfigError(
                "setting_out_of_range", field=name, value=value, allowed=allowed_values(name)
            )
    return read
