"""Steps and learning rates: counted by hand, and as transformers computes them."""

from __future__ import annotations

import pytest
import torch
from transformers import get_scheduler

from nbfinetune.core.config import TrainConfig
from nbfinetune.training.schedule import (
    learning_rate,
    optimizer_steps,
    schedule,
    warmup_steps,
)


def test_every_epoch_sees_every_row_once_in_an_order_of_its_own():
    steps = list(schedule(7, TrainConfig(batch_size=3, epochs=2, seed=5)))
    assert [(s.number, s.epoch, len(s.rows), s.ends_epoch) for s in steps] == [
        (1, 0.3333, 3, False), (2, 0.6667, 3, False), (3, 1.0, 1, True),
        (4, 1.3333, 3, False), (5, 1.6667, 3, False), (6, 2.0, 1, True),
    ]  # fmt: skip
    first, second = ([row for s in steps[i : i + 3] for row in s.rows] for i in (0, 3))
    assert sorted(first) == sorted(second) == list(range(7))
    assert first != second


def test_the_seed_decides_the_order():
    def order(seed: int) -> list[tuple[int, ...]]:
        return [step.rows for step in schedule(20, TrainConfig(seed=seed))]

    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize(
    ("settings", "steps"),
    [({}, 6), ({"epochs": 1}, 2), ({"max_steps": 4}, 4), ({"max_steps": 9}, 6)],
)
def test_the_number_of_steps(settings, steps):
    config = TrainConfig(**{"batch_size": 8, "epochs": 3, **settings})
    assert optimizer_steps(10, config) == steps
    assert [step.number for step in schedule(10, config)] == list(range(1, steps + 1))


@pytest.mark.parametrize(
    ("ratio", "steps"), [(0.0, 0), (0.05, 1), (0.1, 2), (0.5, 10), (0.99, 20), (1.0, 20)]
)
def test_the_warm_up_takes_its_share_of_twenty_steps(ratio, steps):
    assert warmup_steps(20, TrainConfig(warmup_ratio=ratio)) == steps


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("name", ["linear", "cosine", "constant"])
def test_the_learning_rates_are_those_of_transformers(name, ratio):
    config = TrainConfig(learning_rate=0.02, lr_scheduler=name, warmup_ratio=ratio)
    theirs = {"constant": "constant_with_warmup"}.get(name, name)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.02)
    scheduler = get_scheduler(theirs, optimizer, warmup_steps(20, config), 20)
    for number in range(1, 21):
        assert learning_rate(number, 20, config) == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
