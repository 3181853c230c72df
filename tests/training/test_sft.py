"""Every setting arrives in PEFT and TRL; the losses logged are those of a hand calculation."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from nbfinetune.chat.loading import BaseModel, load_base
from nbfinetune.core.config import SETTINGS, TrainConfig
from nbfinetune.training.batches import mean_loss
from nbfinetune.training.sft import lora_config, make_trainer, pad_id, sft_config, with_lora
from tests.models import byte_ids
from tests.training.runs import PLAIN, ROWS

FOLDER = Path("run")


@pytest.fixture(scope="module")
def base(tiny) -> BaseModel:
    """For reading only: tests that train load their own."""
    return load_base(str(tiny))


# our setting and value; in PEFT's or TRL's words
LORA = [
    ({"lora_rank": 5}, {"r": 5}),
    ({"lora_alpha": 21}, {"lora_alpha": 21}),
    ({"lora_dropout": 0.25}, {"lora_dropout": 0.25}),
    ({"target_modules": "all-linear"}, {"target_modules": "all-linear"}),
    ({"target_modules": "q_proj"}, {"target_modules": {"q_proj"}}),
    ({"target_modules": "q_proj, v_proj"}, {"target_modules": {"q_proj", "v_proj"}}),
]
SFT = [
    ({"learning_rate": 0.0125}, {"learning_rate": 0.0125}),
    ({"epochs": 7}, {"num_train_epochs": 7}),
    ({"batch_size": 12}, {"per_device_train_batch_size": 12, "gradient_accumulation_steps": 1}),
    ({"batch_size": 12, "micro_batch_size": 3},
     {"per_device_train_batch_size": 3, "gradient_accumulation_steps": 4}),
    ({"max_steps": 0}, {"max_steps": -1}),
    ({"max_steps": 9}, {"max_steps": 9}),
    ({"lr_scheduler": "linear"}, {"lr_scheduler_type": "linear"}),
    ({"lr_scheduler": "cosine"}, {"lr_scheduler_type": "cosine"}),
    ({"lr_scheduler": "constant", "warmup_ratio": 0.0}, {"lr_scheduler_type": "constant"}),
    ({"weight_decay": 0.125}, {"weight_decay": 0.125}),
    ({"max_grad_norm": 0.5}, {"max_grad_norm": 0.5}),
    ({"gradient_checkpointing": True}, {"gradient_checkpointing": True}),
    ({"gradient_checkpointing": False}, {"gradient_checkpointing": False}),
    ({"seed": 31}, {"seed": 31, "data_seed": 31}),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), LORA)
def test_settings_in_the_words_of_peft(ours, theirs):
    made = lora_config(TrainConfig(**ours))
    assert {name: getattr(made, name) for name in theirs} == theirs


@pytest.mark.parametrize(("ours", "theirs"), SFT)
def test_settings_in_the_words_of_trl(base, ours, theirs):
    made = sft_config(TrainConfig(**ours), base, FOLDER)
    assert {name: getattr(made, name) for name in theirs} == theirs


def test_every_setting_arrives_somewhere():
    here = {name for ours, _ in LORA + SFT for name in ours}
    # max_length cuts rows and special tokens are looked for before the trainer sees them; device
    # and dtype load the model
    before = {"max_length", "allow_special_tokens", "device", "dtype"}
    assert set(SETTINGS) - here == before


@pytest.mark.parametrize(
    ("ratio", "steps"), [(0.0, 0), (0.05, 1), (0.1, 2), (0.5, 10), (0.99, 20), (1.0, 20)]
)
def test_the_warm_up_takes_its_share_of_twenty_steps(base, ratio, steps):
    assert sft_config(TrainConfig(warmup_ratio=ratio), base, FOLDER).get_warmup_steps(20) == steps


def test_what_we_do_ourselves_is_switched_off_in_the_trainer(base):
    made = sft_config(TrainConfig(), base, FOLDER)
    assert (made.save_strategy, made.eval_strategy, made.report_to) == ("no", "no", [])
    assert (made.max_length, made.packing, made.dataloader_num_workers) == (None, False, 0)
    assert (made.bf16, made.fp16, made.logging_steps) == (False, False, 1)
    assert made.logging_nan_inf_filter is False
    assert made.optim == "adamw_torch"


# the LoRA matrices


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


def test_padding_is_the_tokenizers_or_its_end_token(tiny):
    base = load_base(str(tiny))
    assert pad_id(base) == 0
    base.tokenizer.pad_token = None
    assert pad_id(base) == 2


# the trainer


def losses(tiny, tmp_path, **settings) -> list[float]:
    """The losses that the trainer logs, step by step."""
    base = load_base(str(tiny))
    config = TrainConfig(**{**PLAIN, "learning_rate": 1e-2, "epochs": 3, **settings})
    rows = [base.template.row(row) for row in ROWS]
    trainer = make_trainer(base, with_lora(base, config), rows, config, tmp_path, [])
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.fixture(scope="module")
def whole_batches(tiny, tmp_path_factory) -> list[float]:
    return losses(tiny, tmp_path_factory.mktemp("whole"), batch_size=8)


def test_the_first_loss_is_that_of_the_base_model_on_the_first_batch(base, whole_batches):
    # the batch is the whole dataset, and fresh matrices change nothing
    labelled = [base.template.row(row) for row in ROWS]
    expected = mean_loss(base.model, labelled, 0, 1)
    assert whole_batches[0] == pytest.approx(expected, rel=1e-5)


def test_the_loss_falls(whole_batches):
    assert len(whole_batches) == 3
    assert whole_batches[2] < whole_batches[1] < whole_batches[0]


@pytest.mark.parametrize("micro", [1, 2, 4])
def test_accumulated_micro_batches_train_like_the_whole_batch(tiny, tmp_path, whole_batches, micro):
    # rows of very different lengths: a mean of micro-batch means would differ
    found = losses(tiny, tmp_path, batch_size=8, micro_batch_size=micro)
    assert found == pytest.approx(whole_batches, rel=1e-4)


def test_a_last_batch_that_is_not_full_is_a_step_of_its_own(tiny, tmp_path):
    assert len(losses(tiny, tmp_path, batch_size=3, micro_batch_size=1, epochs=1)) == 3


def test_a_learning_rate_of_zero_changes_nothing(base, tiny, tmp_path, whole_batches):
    found = losses(tiny, tmp_path, batch_size=8, learning_rate=0.0)
    assert found == pytest.approx([whole_batches[0]] * 3, rel=1e-5)


def test_the_same_seed_gives_the_same_losses_and_another_seed_another_order(tiny, tmp_path):
    one = losses(tiny, tmp_path, batch_size=2, epochs=1, seed=1, lora_dropout=0.1)
    assert losses(tiny, tmp_path, batch_size=2, epochs=1, seed=1, lora_dropout=0.1) == one
    assert losses(tiny, tmp_path, batch_size=2, epochs=1, seed=2, lora_dropout=0.1) != one


def test_gradient_checkpointing_computes_the_same(tiny, tmp_path, whole_batches):
    found = losses(tiny, tmp_path, batch_size=8, gradient_checkpointing=True)
    assert found == pytest.approx(whole_batches, rel=1e-4)


def test_a_row_whose_only_trained_tokens_are_in_the_middle_counts_them_alone(base):
    # the loss of untrained tokens never enters: the mean over one row is over its labels
    (row,) = [base.template.row(ROWS[0])]
    with torch.no_grad():
        logits = base.model(torch.tensor([row.ids])).logits[0].double()
    trained = [i for i, label in enumerate(row.labels) if label != -100]
    nats = [float(torch.logsumexp(logits[i - 1], 0) - logits[i - 1, row.ids[i]]) for i in trained]
    assert len(trained) == len("uno") + 1
    assert mean_loss(base.model, [row], 0, 1) == pytest.approx(math.fsum(nats) / 4, rel=1e-5)
