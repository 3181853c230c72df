"""The training step: equivalences, memory that runs out, numbers that are none."""

from __future__ import annotations

import math

import pytest
import torch

from nbfinetune.chat.loading import load_base
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import RunError
from nbfinetune.training.learner import Learned, Learner, is_out_of_memory
from nbfinetune.training.lora import with_lora
from nbfinetune.training.losses import Losses
from tests.training.runs import PLAIN, ROWS


def learner_of(folder, **settings) -> tuple[Learner, list]:
    """A learner on fresh matrices, and the labelled rows."""
    base = load_base(str(folder))
    config = TrainConfig(**{**PLAIN, **settings})
    return Learner(base, with_lora(base, config), config), [base.template.row(r) for r in ROWS]


def learned(folder, steps: int = 3, **settings) -> list[Learned]:
    """What some steps on all rows did."""
    learner, rows = learner_of(folder, **{"batch_size": 8, **settings})
    return [learner.step(rows, number=n + 1, learning_rate=1e-2) for n in range(steps)]


@pytest.fixture(scope="module")
def whole(tiny) -> list[Learned]:
    return learned(tiny)


def test_the_first_loss_is_that_of_the_base_model(tiny, whole):
    base = load_base(str(tiny))
    rows = [base.template.row(row) for row in ROWS]
    assert whole[0].loss == pytest.approx(Losses(base.model, 0).mean(rows, 1), rel=1e-5)
    assert whole[0].tokens == sum(len(row.ids) for row in rows)
    assert whole[0].trained_tokens == sum(row.trained_tokens for row in rows)


def test_the_loss_falls(whole):
    assert whole[2].loss < whole[1].loss < whole[0].loss


@pytest.mark.parametrize("micro", [1, 2, 3, 4])
def test_eight_times_one_is_one_times_eight(tiny, whole, micro):
    # rows of very different lengths: a mean of micro-batch means would differ
    found = learned(tiny, micro_batch_size=micro)
    assert [x.loss for x in found] == pytest.approx([x.loss for x in whole], rel=1e-5)
    assert [x.grad_norm for x in found] == pytest.approx([x.grad_norm for x in whole], rel=1e-4)


def test_gradient_checkpointing_computes_the_same(tiny, whole):
    found = learned(tiny, gradient_checkpointing=True)
    assert [x.loss for x in found] == pytest.approx([x.loss for x in whole], rel=1e-5)


def test_a_learning_rate_of_zero_changes_nothing(tiny, whole):
    learner, rows = learner_of(tiny, batch_size=8)
    found = [learner.step(rows, number=n, learning_rate=0.0).loss for n in (1, 2)]
    assert found == [whole[0].loss] * 2


@pytest.mark.parametrize("limit", [0.0, 0.25])
def test_gradients_are_clipped_to_the_limit_and_zero_clips_nothing(tiny, whole, limit):
    learner, rows = learner_of(tiny, batch_size=8, max_grad_norm=limit)
    found = learner.step(rows, number=1, learning_rate=0.0)
    assert found.grad_norm == pytest.approx(whole[0].grad_norm, rel=1e-5)
    gradients = [p.grad.pow(2).sum() for p in learner.model.parameters() if p.grad is not None]
    left = math.sqrt(sum(map(float, gradients)))
    assert left == pytest.approx(limit or found.grad_norm, rel=1e-4)


def test_dropout_is_drawn_by_seed_and_step_whatever_else_draws(tiny):
    def losses(disturbed: bool, seed: int = 1) -> list[float]:
        learner, rows = learner_of(tiny, lora_dropout=0.5, seed=seed, batch_size=8)
        found = []
        for number in (1, 2, 3):
            if disturbed:
                torch.rand(number)
            found.append(learner.step(rows, number=number, learning_rate=1e-2).loss)
        return found

    assert losses(disturbed=True) == losses(disturbed=False)
    assert losses(disturbed=False, seed=2)[1:] != losses(disturbed=False)[1:]


def test_the_users_random_numbers_go_on_as_if_nothing_was_trained(tiny):
    learner, rows = learner_of(tiny, lora_dropout=0.5, batch_size=8)
    torch.manual_seed(11)
    expected = torch.rand(4).tolist()
    torch.manual_seed(11)
    learner.step(rows, number=1, learning_rate=1e-2)
    assert torch.rand(4).tolist() == expected


# state


def test_a_restored_learner_goes_on_to_the_bit(tiny):
    settings = {"lora_dropout": 0.3, "weight_decay": 0.1, "batch_size": 8}
    one, rows = learner_of(tiny, **settings)
    for number in (1, 2):
        one.step(rows, number=number, learning_rate=1e-2)
    weights = {name: value.clone() for name, value in one.weights().items()}
    state = {name: value.clone() for name, value in one.state().items()}
    other, _ = learner_of(tiny, **settings)
    other.restore(weights, state)
    for number in (3, 4):
        ours = other.step(rows, number=number, learning_rate=1e-2)
        assert ours == one.step(rows, number=number, learning_rate=1e-2)
    assert all(torch.equal(v, other.weights()[n]) for n, v in one.weights().items())


@pytest.mark.parametrize("other", [{"lora_rank": 4}, {"target_modules": "q_proj"}])
def test_the_state_of_other_matrices_is_refused(tiny, other):
    one, rows = learner_of(tiny, batch_size=8)
    one.step(rows, number=1, learning_rate=1e-2)
    with pytest.raises(RunError, match="other LoRA matrices"):
        learner_of(tiny, **other)[0].restore(one.weights(), one.state())


# memory


def starved(monkeypatch, most_rows: int) -> list[int]:
    """Memory for so many rows at once; the sizes that were tried."""
    tried: list[int] = []
    original = Losses.summed

    def loss(self, rows):
        tried.append(len(rows))
        if tried[-1] > most_rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return original(self, rows)

    monkeypatch.setattr(Losses, "summed", loss)
    return tried


def test_where_memory_is_short_the_micro_batch_shrinks_and_the_step_is_the_same(
    tiny, whole, monkeypatch
):
    tried = starved(monkeypatch, most_rows=3)
    learner, rows = learner_of(tiny, batch_size=8)
    found = [learner.step(rows, number=n + 1, learning_rate=1e-2) for n in range(3)]
    assert tried == [8, 4, 2, 2, 2, 2, *[2] * 8]
    assert learner.micro_batch_size == 2
    assert [x.loss for x in found] == pytest.approx([x.loss for x in whole], rel=1e-5)


def test_a_step_that_ran_out_halfway_is_not_counted_twice(tiny, whole, monkeypatch):
    original, calls = Losses.summed, []

    def loss(self, rows):
        calls.append(len(rows))
        if len(calls) == 2:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        return original(self, rows)

    monkeypatch.setattr(Losses, "summed", loss)
    learner, rows = learner_of(tiny, batch_size=8, micro_batch_size=4)
    found = learner.step(rows, number=1, learning_rate=1e-2)
    assert calls == [4, 4, 2, 2, 2, 2]
    assert found.grad_norm == pytest.approx(whole[0].grad_norm, rel=1e-5)


def test_a_single_row_that_does_not_fit_is_an_error_with_the_way_out(tiny, monkeypatch):
    starved(monkeypatch, most_rows=0)
    learner, rows = learner_of(tiny, batch_size=8)
    with pytest.raises(RunError) as error:
        learner.step(rows, number=7, learning_rate=1e-2)
    longest = max(len(row.ids) for row in rows)
    assert str(error.value) == (
        f"memory ran out at step 7, with a single row of up to {longest} tokens\n"
        "Lower --max-length, add --gradient-checkpointing, or take a smaller base model."
    )
    assert all(p.grad is None for p in learner.model.parameters())


def test_other_errors_are_no_shortage_of_memory(tiny, monkeypatch):
    monkeypatch.setattr(Losses, "summed", lambda *_: [][0])
    learner, rows = learner_of(tiny)
    with pytest.raises(IndexError):
        learner.step(rows, number=1, learning_rate=1e-2)
    assert not is_out_of_memory(RuntimeError("shapes don't match"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))


# numbers that are none


def test_a_gradient_that_is_no_number_leaves_the_weights_as_they_are(tiny):
    learner, rows = learner_of(tiny, batch_size=8)
    before = {name: value.clone() for name, value in learner.weights().items()}
    next(p for p in learner.model.parameters() if p.requires_grad).register_hook(
        lambda gradient: gradient * math.nan
    )
    found = learner.step(rows, number=1, learning_rate=1e-2)
    assert math.isnan(found.grad_norm)
    assert not found.finite
    assert not found.skipped
    assert all(torch.equal(value, before[name]) for name, value in learner.weights().items())


def test_a_model_without_room_for_a_few_tokens_is_the_same_error(tiny, monkeypatch):
    def starving(*_args, **_kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(Losses, "_failing", starving)
    with pytest.raises(RunError, match="memory ran out at step 0"):
        learner_of(tiny)


def test_measuring_that_fails_leaves_the_model_as_it_trains(tiny, monkeypatch):
    learner, rows = learner_of(tiny)
    learner.model.train()
    monkeypatch.setattr(Losses, "summed", lambda *_: [][0])
    with pytest.raises(IndexError):
        learner.measure(rows, number=1)
    assert learner.model.training
