"""Rows to tensors, and the loss that people see: nats per trained token."""

from __future__ import annotations

import math

import pytest
import torch

from nbfinetune.chat.loading import load_base
from nbfinetune.core.config import TrainConfig
from nbfinetune.templates.labels import IGNORED, LabelledRow
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.training import losses
from nbfinetune.training.batches import collate, summed_loss
from nbfinetune.training.lora import with_lora
from nbfinetune.training.losses import Losses
from tests.models import byte_tokenizer
from tests.training.runs import HELD_OUT, ROWS


@pytest.fixture(scope="module")
def template() -> ChatTemplate:
    return ChatTemplate(byte_tokenizer(), "tiny")


def test_rows_are_padded_on_the_right_to_the_longest_one():
    rows = [LabelledRow([1, 2, 3, 4], [-100, -100, 3, 4]), LabelledRow([5, 6], [-100, 6])]
    batch = collate(rows, pad_id=9)
    expected = {
        "input_ids": [[1, 2, 3, 4], [5, 6, 9, 9]],
        "attention_mask": [[1, 1, 1, 1], [1, 1, 0, 0]],
        "labels": [[-100, -100, 3, 4], [-100, 6, -100, -100]],
    }
    assert {name: tensor.tolist() for name, tensor in batch.items()} == expected
    assert {tensor.dtype for tensor in batch.values()} == {torch.int64}


def test_a_trained_token_that_is_the_padding_id_stays_trained():
    batch = collate([LabelledRow([1, 9], [-100, 9])], pad_id=9)
    assert batch["labels"].tolist() == [[-100, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1]]


# the loss


def by_hand(model, rows: list[LabelledRow]) -> tuple[float, int]:
    """Summed nats and count of the trained tokens: row by row, token by token, no padding."""
    total, count = 0.0, 0
    for row in rows:
        with torch.no_grad():
            logits = model(torch.tensor([row.ids])).logits[0].double()
        for position, label in enumerate(row.labels[1:]):
            if label != IGNORED:
                scores = logits[position]
                total += float(torch.logsumexp(scores, 0) - scores[label])
                count += 1
    return total, count


@pytest.fixture(scope="module")
def model(tiny):
    return load_base(str(tiny)).model


@pytest.fixture(scope="module")
def labelled(template) -> list[LabelledRow]:
    return [template.row(row) for row in ROWS]


def test_the_summed_loss_is_that_of_the_trained_tokens(model, labelled):
    with torch.no_grad():
        loss = summed_loss(model, collate(labelled, 0)).item()
    count = sum(row.trained_tokens for row in labelled)
    total, expected_count = by_hand(model, labelled)
    # each answer in bytes, and its end token
    answers = [m.content for row in ROWS for m in row.messages if m.role == "assistant"]
    assert count == expected_count == sum(len(a.encode()) + 1 for a in answers)
    assert loss == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 8, 32])
def test_the_mean_weighs_every_trained_token_the_same_however_rows_are_batched(
    model, labelled, batch_size
):
    total, count = by_hand(model, labelled)
    assert Losses(model, 0).mean(labelled, batch_size) == pytest.approx(total / count, rel=1e-5)
    # which is not the mean of the rows' means
    rows = [by_hand(model, [row]) for row in labelled]
    per_row = sum(loss / tokens for loss, tokens in rows) / len(rows)
    assert abs(per_row - total / count) > 0.01


def test_rows_of_like_length_are_measured_together(model, labelled, monkeypatch):
    shapes = []
    real = losses.summed_loss

    def seen(model, batch):
        shapes.append(tuple(batch["input_ids"].shape))
        return real(model, batch)

    monkeypatch.setattr(losses, "summed_loss", seen)
    monkeypatch.setattr(Losses, "is_packed", False)
    loss = Losses(model, 0).mean(labelled, 2)
    ordered = sorted(len(row.ids) for row in labelled)
    assert shapes == [(2, ordered[i + 1]) for i in range(0, 8, 2)]
    other = Losses(model, 0).mean(
        list(reversed(labelled)), 2
    )  # rows of one length may change places
    assert other == pytest.approx(loss, rel=1e-6)


def test_a_model_that_knows_nothing_has_the_loss_of_a_uniform_guess(tiny, labelled):
    model = load_base(str(tiny)).model
    with torch.no_grad():
        model.get_output_embeddings().weight.zero_()
    assert Losses(model, 0).mean(labelled, 4) == pytest.approx(math.log(259), rel=1e-6)


def test_the_loss_is_measured_without_dropout_and_training_goes_on(tiny, template):
    rows = [template.row(row) for row in HELD_OUT]
    model = with_lora(load_base(str(tiny)), TrainConfig(lora_dropout=0.9))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.05)
    model.train()
    first = Losses(model, 0).mean(rows, 2)
    assert Losses(model, 0).mean(rows, 2) == first
    assert model.training
    model.eval()
    total, count = by_hand(model, rows)
    assert first == pytest.approx(total / count, rel=1e-5)
    assert Losses(model, 0).mean(rows, 2) == first
    assert not model.training


def test_measuring_keeps_no_gradients(tiny, template):
    model = with_lora(load_base(str(tiny)), TrainConfig())
    Losses(model, 0).mean([template.row(HELD_OUT[0])], 2)
    assert all(weight.grad is None for weight in model.parameters())


def test_no_rows_have_no_loss(model):
    assert Losses(model, 0).mean([], 8) is None
