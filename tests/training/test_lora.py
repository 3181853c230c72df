"""LoRA matrices: our settings in PEFT's words, what is trained and what is not."""

from __future__ import annotations

import random

import pytest
import torch
from peft import LoraConfig

from nbfinetune.chat.loading import BaseModel, load_base
from nbfinetune.core.config import TrainConfig
from nbfinetune.training.lora import with_lora
from nbfinetune.training.sft import lora_arguments
from tests.models import byte_ids


@pytest.fixture(scope="module")
def base(tiny) -> BaseModel:
    """For reading only: tests that train load their own."""
    return load_base(str(tiny))


# our setting and value; in PEFT's words
LORA = [
    ({"lora_rank": 5}, {"r": 5}),
    ({"lora_alpha": 21}, {"lora_alpha": 21}),
    ({"lora_dropout": 0.25}, {"lora_dropout": 0.25}),
    ({"target_modules": "all-linear"}, {"target_modules": "all-linear"}),
    ({"target_modules": "q_proj"}, {"target_modules": {"q_proj"}}),
    ({"target_modules": "q_proj, v_proj"}, {"target_modules": {"q_proj", "v_proj"}}),
]


@pytest.mark.parametrize(("ours", "theirs"), LORA)
def test_settings_in_the_words_of_peft(ours, theirs):
    made = LoraConfig(**lora_arguments(TrainConfig(**ours)))
    assert {name: getattr(made, name) for name in theirs} == theirs


def test_only_the_lora_matrices_are_trained_and_their_number_is_known(tiny):
    model = with_lora(load_base(str(tiny)), TrainConfig(lora_rank=8))
    trained = {n: w for n, w in model.named_parameters() if w.requires_grad}
    assert all("lora_" in name for name in trained)
    # rank × (inputs + outputs) of q k v o gate up down, in two layers
    per_layer = (32 + 32) + 2 * (32 + 16) + (32 + 32) + 2 * (32 + 64) + (64 + 32)
    assert sum(w.numel() for w in trained.values()) == 2 * 8 * per_layer == 8192


@pytest.mark.parametrize(
    ("text", "named"),
    [("q_proj", {"q_proj"}), ("q_proj,v_proj", {"q_proj", "v_proj"}), (" up_proj ", {"up_proj"})],
)
def test_named_modules_alone_get_matrices(tiny, text, named):
    model = with_lora(load_base(str(tiny)), TrainConfig(target_modules=text))
    trained = [n for n, w in model.named_parameters() if w.requires_grad]
    assert {name.split(".")[-4] for name in trained} == named
    assert len(trained) == 2 * 2 * len(named)  # A and B, in two layers


def test_fresh_matrices_change_nothing(tiny, base):
    ids = torch.tensor([byte_ids("<|im_start|>user\nhi")])
    model = with_lora(load_base(str(tiny)), TrainConfig()).eval()
    with torch.no_grad():
        assert torch.equal(model(ids).logits, base.model(ids).logits)


def test_the_seed_decides_the_start_of_the_matrices(tiny):
    def start(seed: int) -> torch.Tensor:
        model = with_lora(load_base(str(tiny)), TrainConfig(seed=seed))
        return next(w for n, w in model.named_parameters() if "lora_A" in n).detach()

    assert torch.equal(start(3), start(3))
    assert not torch.equal(start(3), start(4))


def test_matrices_are_float32_on_a_base_of_16_bits(tiny):
    model = with_lora(load_base(str(tiny), dtype="bfloat16"), TrainConfig())
    assert {w.dtype for w in model.parameters() if w.requires_grad} == {torch.float32}
    assert {w.dtype for w in model.parameters() if not w.requires_grad} == {torch.bfloat16}


def test_drawing_the_matrices_leaves_the_random_numbers_of_the_user_alone(tiny):
    torch.manual_seed(7)
    random.seed(7)
    expected = (torch.rand(3).tolist(), random.random())
    torch.manual_seed(7)
    random.seed(7)
    with_lora(load_base(str(tiny)), TrainConfig(seed=3))
    assert (torch.rand(3).tolist(), random.random()) == expected
