"""The training settings: ranges, defaults, names, the text of every refusal."""

from __future__ import annotations

import msgspec
import pytest

from nbfinetune.core.config import (
    DEFAULTS,
    SETTINGS,
    TYPES,
    TrainConfig,
    allowed_values,
    make_config,
    unknown_setting,
)
from nbfinetune.core.errors import ConfigError


def refusal(**values: object) -> str:
    with pytest.raises(ConfigError) as error:
        make_config(values)
    return str(error.value)


def test_the_defaults_are_those_of_the_requirements():
    assert msgspec.to_builtins(TrainConfig()) == {
        "learning_rate": 1e-4,
        "epochs": 3,
        "batch_size": 8,
        "max_length": 4096,
        "lora_rank": 8,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
        "micro_batch_size": 0,
        "max_steps": 0,
        "eval_every": 0,
        "save_every": 0,
        "keep_checkpoints": 10,
        "early_stop_patience": 0,
        "warmup_ratio": 0.05,
        "lr_scheduler": "cosine",
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "target_modules": "all-linear",
        "gradient_checkpointing": False,
        "load_in_4bit": False,
        "allow_special_tokens": False,
        "dtype": "auto",
        "device": "auto",
        "report_to": "none",
        "seed": 0,
    }
    assert msgspec.to_builtins(TrainConfig()) == dict(DEFAULTS)
    assert make_config({}) == TrainConfig()


# name, lowest, highest, just below, just above, the range in words
RANGES = [
    ("learning_rate", 0.0, 0.1, -1e-9, 0.1000001, "between 0 and 0.1"),
    ("epochs", 1, 10, 0, 11, "between 1 and 10"),
    ("batch_size", 1, 32, 0, 33, "between 1 and 32"),
    ("max_length", 0, 4096, -1, 4097, "between 0 and 4096"),
    ("lora_rank", 1, 64, 0, 65, "between 1 and 64"),
    ("lora_alpha", 1, 128, 0, 129, "between 1 and 128"),
    ("lora_dropout", 0.0, 1.0, -0.01, 1.01, "between 0 and 1"),
    ("keep_checkpoints", 2, 1000, 1, 1001, "between 2 and 1000"),
    ("early_stop_patience", 0, 100, -1, 101, "between 0 and 100"),
    ("warmup_ratio", 0.0, 1.0, -0.01, 1.01, "between 0 and 1"),
    ("weight_decay", 0.0, 1.0, -0.01, 1.01, "between 0 and 1"),
    ("max_grad_norm", 0.0, 100.0, -0.01, 100.5, "between 0 and 100"),
]


@pytest.mark.parametrize(("name", "lowest", "highest"), [row[:3] for row in RANGES])
def test_both_ends_of_a_range_are_allowed(name, lowest, highest):
    assert getattr(make_config({name: lowest}), name) == lowest
    assert getattr(make_config({name: highest}), name) == highest


@pytest.mark.parametrize(("name", "below", "above", "words"), [(r[0], *r[3:]) for r in RANGES])
def test_a_value_beyond_a_range_is_refused_with_the_range(name, below, above, words):
    option = "--" + name.replace("_", "-")
    for value in (below, above, str(below), str(above)):
        assert refusal(**{name: value}) == f"{name} must be {words}, got {value}  ({option})"


def test_the_ranges_of_the_table_above_are_all_there_are():
    limited = {n for n, s in SETTINGS.items() if s.low is not None and s.high is not None}
    assert limited == {row[0] for row in RANGES} | {"micro_batch_size"}


@pytest.mark.parametrize("name", ["max_steps", "seed"])
def test_settings_without_an_upper_end(name):
    assert getattr(make_config({name: 10**9}), name) == 10**9
    option = "--" + name.replace("_", "-")
    assert refusal(**{name: -1}) == f"{name} must be 0 or more, got -1  ({option})"


@pytest.mark.parametrize("name", [row[0] for row in RANGES if isinstance(row[1], float)])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan", "-inf"])
def test_what_is_no_finite_number_is_out_of_range(name, value):
    assert f"{name} must be {allowed_values(name)}, got {value}" in refusal(**{name: value})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"learning_rate": "2e-4"}, {"learning_rate": 2e-4}),
        ({"learning_rate": 0}, {"learning_rate": 0.0}),
        ({"epochs": "5"}, {"epochs": 5}),
        ({"gradient_checkpointing": "true"}, {"gradient_checkpointing": True}),
        ({"gradient_checkpointing": "false"}, {"gradient_checkpointing": False}),
        ({"lr_scheduler": "linear"}, {"lr_scheduler": "linear"}),
        ({"device": "cuda:1"}, {"device": "cuda:1"}),
        ({"target_modules": "q_proj,v_proj"}, {"target_modules": "q_proj,v_proj"}),
    ],
)
def test_text_is_read_as_the_type_of_its_field(given, read):
    expected = {**DEFAULTS, **read}
    config = msgspec.to_builtins(make_config(given))
    assert config == expected
    assert {n: type(v) for n, v in config.items()} == {n: type(v) for n, v in expected.items()}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": "three"}, "epochs must be a whole number between 1 and 10, got 'three'  "
                              "(--epochs)"),
        ({"epochs": 2.5}, "epochs must be a whole number between 1 and 10, got 2.5  (--epochs)"),
        ({"epochs": True}, "epochs must be a whole number between 1 and 10, got True  (--epochs)"),
        ({"epochs": None}, "epochs must be a whole number between 1 and 10, got None  (--epochs)"),
        ({"learning_rate": ""}, "learning_rate must be a number between 0 and 0.1, got ''  "
                                "(--learning-rate)"),
        ({"learning_rate": "1e-4x"}, "learning_rate must be a number between 0 and 0.1, "
                                     "got '1e-4x'  (--learning-rate)"),
        ({"seed": "x"}, "seed must be a whole number 0 or more, got 'x'  (--seed)"),
        ({"lr_scheduler": "step"}, "lr_scheduler must be one of linear, cosine, constant, "
                                   "got 'step'  (--lr-scheduler)"),
        ({"dtype": "int8"}, "dtype must be one of auto, float32, bfloat16, float16, got 'int8'  "
                            "(--dtype)"),
        ({"gradient_checkpointing": "maybe"}, "gradient_checkpointing must be true or false, "
                                              "got 'maybe'  (--gradient-checkpointing)"),
        ({"device": 0}, "device must be text, got 0  (--device)"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_with_what_is_allowed(values, message):
    assert refusal(**values) == message


def test_the_error_carries_field_value_and_range():
    with pytest.raises(ConfigError) as error:
        make_config({"lora_rank": 0})
    assert (error.value.field, error.value.value, error.value.allowed) == (
        "lora_rank",
        0,
        "between 1 and 64",
    )
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("micro", [0, 1, 2, 4, 8])
def test_a_micro_batch_that_divides_the_batch_is_allowed(micro):
    assert make_config({"micro_batch_size": micro}).micro_batch_size == micro


@pytest.mark.parametrize("micro", [3, 5, 16, 32])
def test_a_micro_batch_must_divide_the_batch(micro):
    assert refusal(micro_batch_size=micro) == (
        f"micro_batch_size must divide batch_size (8), got {micro}  (--micro-batch-size)"
    )


def test_the_micro_batch_is_checked_against_a_batch_size_given_later():
    base = make_config({"batch_size": 12, "micro_batch_size": 4})
    with pytest.raises(ConfigError) as error:
        make_config({"batch_size": 6}, base)
    assert str(error.value) == (
        "micro_batch_size must divide batch_size (6), got 4  (--micro-batch-size)"
    )


def test_values_are_put_into_a_config_that_is_given_and_leave_it_as_it_was():
    base = make_config({"epochs": 5})
    assert make_config({"seed": 3}, base) == TrainConfig(epochs=5, seed=3)
    assert base == TrainConfig(epochs=5)


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        ("lr", "learning-rate"),
        ("num_train_epochs", "epochs"),
        ("n_epochs", "epochs"),
        ("r", "lora-rank"),
        ("rank", "lora-rank"),
        ("alpha", "lora-alpha"),
        ("dropout", "lora-dropout"),
        ("cutoff_len", "max-length"),
        ("max_seq_length", "max-length"),
        ("per_device_train_batch_size", "micro-batch-size"),
        ("--per-device-train-batch-size", "micro-batch-size"),
        ("lora_target", "target-modules"),
        ("lr_scheduler_type", "lr-scheduler"),
        ("torch_dtype", "dtype"),
        # misspelt
        ("learning_rat", "learning-rate"),
        ("epoch", "epochs"),
        ("--lora-rnk", "lora-rank"),
    ],
)
def test_names_of_other_tools_and_misspelt_ones_are_pointed_to_ours(foreign, ours):
    option = "--" + foreign.lstrip("-").replace("_", "-")
    with pytest.raises(ConfigError) as error:
        make_config({foreign: 1})
    assert str(error.value) == f"unknown option {option}. Did you mean --{ours}?"


def test_a_name_that_resembles_nothing_gets_no_suggestion():
    assert refusal(zzzzzz=1) == "unknown option --zzzzzz"


def test_options_that_are_no_settings_are_suggested_where_they_are_known():
    assert str(unknown_setting("--base-modle", ("base_model",))) == (
        "unknown option --base-modle. Did you mean --base-model?"
    )


def test_no_foreign_name_means_two_settings_or_hides_one_of_ours():
    foreign = [name for s in SETTINGS.values() for name in s.also_known_as]
    assert len(foreign) == len(set(foreign))
    assert not set(foreign) & set(SETTINGS)


def test_every_setting_is_explained_in_one_line():
    assert list(SETTINGS) == list(TYPES) == list(DEFAULTS)
    for setting in SETTINGS.values():
        assert setting.label
        assert setting.help.endswith(".")
        assert "\n" not in setting.help
    folded = {name for name, setting in SETTINGS.items() if setting.advanced}
    assert set(SETTINGS) - folded == {
        "learning_rate", "epochs", "batch_size", "max_length", "lora_rank", "lora_alpha",
        "lora_dropout",
    }  # fmt: skip
