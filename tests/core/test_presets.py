"""The named sets of settings."""

from __future__ import annotations

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.presets import PRESETS, preset_for, resolve_config


def chosen(learning_rate, epochs, batch_size, lora_rank, lora_alpha, lora_dropout):
    return TrainConfig(
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        lora_rank=lora_rank,
        lora_alpha=lora_alpha,
        lora_dropout=lora_dropout,
    )


@pytest.mark.parametrize(
    ("preset", "config"),
    [
        ("standard", chosen(1e-4, 3, 8, 8, 32, 0.05)),
        ("quality", chosen(1e-4, 5, 16, 16, 64, 0.1)),
        ("fast", chosen(1e-4, 2, 8, 4, 16, 0.05)),
    ],
)
def test_the_presets_have_the_values_of_the_requirements(preset, config):
    assert resolve_config("acme/chat", preset, {}) == config


def test_standard_is_the_default_of_every_setting():
    assert resolve_config("acme/chat", "standard", {}) == TrainConfig()


def test_there_are_four_presets_and_each_says_what_it_sets():
    assert list(PRESETS) == ["standard", "quality", "fast", "starter"]
    names = {"learning_rate", "epochs", "batch_size", "lora_rank", "lora_alpha", "lora_dropout"}
    for values in PRESETS.values():
        assert set(values) >= names


def test_the_starter_preset_is_chosen_by_itself_for_the_starter_alone():
    assert [preset_for(m) for m in ("starter", "acme/chat", "./starter")] == [
        "starter",
        "standard",
        "standard",
    ]
    assert resolve_config("starter", None, {}) == resolve_config("acme/chat", "starter", {})
    assert resolve_config("acme/chat", None, {}) == TrainConfig()
    assert resolve_config("starter", "standard", {}) == TrainConfig()


def test_the_starter_preset_learns_faster_than_those_for_large_models():
    # 1e-4 changes no answer of a model of some million weights
    assert resolve_config("starter", None, {}).learning_rate >= 1e-3


def test_named_values_win_over_the_preset():
    assert resolve_config("acme/chat", "quality", {"epochs": "1", "seed": 7}) == TrainConfig(
        epochs=1, seed=7, batch_size=16, lora_rank=16, lora_alpha=64, lora_dropout=0.1
    )


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ConfigError) as error:
        resolve_config("starter", "best", {})
    assert str(error.value) == (
        "preset must be one of standard, quality, fast, starter, got 'best'  (--preset)"
    )
