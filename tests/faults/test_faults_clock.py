"""Clocks that jump and times that copying changed: order is by step, and nothing is negative."""

from __future__ import annotations

import os
import time

import pytest

from nbfinetune.core.runs.resuming import starting_point
from nbfinetune.training import worker
from nbfinetune.training.channel import Channel
from tests.training.runs import HELD_OUT, ROWS, StopAfter, prepare, train

SETTINGS = {
    "learning_rate": 1e-2, "epochs": 4, "batch_size": 2, "lora_dropout": 0.0,
    "save_every": 1, "keep_checkpoints": 3,
}  # fmt: skip
HOUR = 3600.0


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_checkpoints_stamped_by_another_clock_are_kept_and_removed_by_step(tiny, tmp_path, jump):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    train(run, StopAfter(run, 4))
    run.fulfil("stop")
    assert run.steps()[-3:] == [2, 3, 4]
    for step in run.steps():
        moment = time.time() + jump * (1 if step == 2 else 0)
        for path in [run.checkpoint_path(step), *run.checkpoint_path(step).iterdir()]:
            os.utime(path, (moment, moment))
    assert starting_point(run) == 4
    channel = Channel(run)
    worker.run(run, channel)
    channel.close()
    record = run.record()
    best = min((c for c in record.checkpoints), key=lambda c: c.validation_loss).step
    assert run.steps() == sorted({14, 15, 16, best})


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_times_are_never_negative_when_the_clock_jumps(tiny, tmp_path, monkeypatch, jump):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    real, calls = time.time, []

    def jumping() -> float:
        calls.append(1)
        return real() + (jump if len(calls) > 20 else 0.0)

    monkeypatch.setattr(time, "time", jumping)
    record = train(run)
    assert record.state == "finished"
    assert record.elapsed_seconds >= 0.0
    assert (record.remaining_seconds or 0.0) >= 0.0
    assert [e.step for e in record.train] == list(range(1, 17))
    assert all(e.seconds > 0 for e in record.train)
