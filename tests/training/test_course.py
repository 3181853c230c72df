"""The course of a run: when it measures, commits, makes room, ends early, or has to."""

from __future__ import annotations

import pytest
import torch

from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.events import Noticed, Removed, read_events
from nbfinetune.training import loop
from nbfinetune.training.learner import Learned, Learner
from nbfinetune.training.schedule import schedule
from tests.models import talk
from tests.training.runs import HELD_OUT, PLAIN, ROWS, prepare, train


def course(tiny, tmp_path, rows=ROWS, held_out=HELD_OUT, **settings):
    """A run of steps of two rows, four in an epoch, and its record."""
    run = prepare(
        tmp_path, tiny, rows, held_out, **{"batch_size": 2, "epochs": 2, **PLAIN, **settings}
    )
    return run, train(run)


@pytest.fixture
def losses(monkeypatch):
    """Validation losses to come, in place of measured ones: the last one stays."""
    ahead: list[float] = []
    monkeypatch.setattr(loop, "mean_loss", lambda *_: ahead.pop(0) if len(ahead) > 1 else ahead[0])
    return ahead


@pytest.mark.parametrize(
    ("settings", "measured", "saved"),
    [
        ({}, [0, 4, 8], [4, 8]),
        ({"eval_every": 3}, [0, 3, 4, 6, 8], [4, 8]),
        ({"save_every": 3}, [0, 3, 4, 6, 8], [3, 4, 6, 8]),
        ({"eval_every": 2, "save_every": 4}, [0, 2, 4, 6, 8], [4, 8]),
        ({"eval_every": 100, "max_steps": 5}, [0, 4, 5], [4, 5]),
        ({"max_steps": 4}, [0, 4], [4]),
    ],
)
def test_when_a_run_measures_and_saves(tiny, tmp_path, settings, measured, saved):
    run, record = course(tiny, tmp_path, **settings)
    assert [event.step for event in record.validation] == measured
    assert [event.step for event in record.checkpoints] == run.steps() == saved
    assert sorted({sample.step for sample in record.samples}) == [0, *saved]


def test_the_newest_checkpoints_stay_and_the_best_one(tiny, tmp_path, losses):
    losses[:] = [3.0, 2.0, 1.0, 2.0, 2.0, 2.0, 2.0]  # the second checkpoint is the best
    run, record = course(tiny, tmp_path, save_every=1, keep_checkpoints=2, max_steps=6)

    removed = [event.step for event in read_events(run.events) if isinstance(event, Removed)]
    assert removed == [1, 3, 4]
    assert run.steps() == [event.step for event in record.checkpoints] == [2, 5, 6]
    assert record.best_checkpoint.step == 2
    assert sorted(p.name for p in (run.path / "checkpoints").iterdir()) == [
        "step-2", "step-5", "step-6",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ahead", "patience", "last"),
    [
        ([3.0, 2.0, 1.0, 1.5, 1.0, 0.5], 2, 4),  # as low as before is not lower
        ([3.0, 2.0, 1.0, 1.5, 0.9, 1.0, 1.0], 2, 6),
        ([3.0, 2.0, 1.0, 1.5, 1.4, 1.3, 1.2], 0, 8),  # nobody is impatient
    ],
)
def test_a_run_ends_when_patience_does(tiny, tmp_path, losses, ahead, patience, last):
    losses[:] = ahead
    run, record = course(tiny, tmp_path, eval_every=1, early_stop_patience=patience)

    assert (record.state, record.train[-1].step) == ("finished", last)
    assert run.steps()[-1] == last  # what was learned is kept, however it ended
    told = [event.notice.code for event in record.notices if event.notice.code == "stopped_early"]
    assert told == (["stopped_early"] if last < 8 else [])


def test_without_validation_rows_patience_means_nothing(tiny, tmp_path):
    _, record = course(tiny, tmp_path, held_out=(), early_stop_patience=1)
    assert (record.state, record.step) == ("finished", 8)


def test_weights_that_break_at_a_step_end_the_run_there(tiny, tmp_path, monkeypatch):
    real = Learner.step

    def broken_at_3(self, rows, *, number, learning_rate):
        if number == 3:
            with torch.no_grad():
                next(iter(self.weights().values())).fill_(torch.nan)
        return real(self, rows, number=number, learning_rate=learning_rate)

    monkeypatch.setattr(Learner, "step", broken_at_3)
    run, record = course(tiny, tmp_path, save_every=1)

    assert (record.state, record.failure.reason.splitlines()[0]) == (
        "failed", "the loss became nan at step 3",
    )  # fmt: skip
    assert [(e.step, e.loss is None) for e in record.train] == [(1, False), (2, False), (3, True)]
    assert run.steps() == [1, 2]
    assert verify(run.checkpoint_path(2)).step == 2


def test_a_learning_rate_of_a_billion_ends_the_run_and_commits_no_broken_weights(tiny, tmp_path):
    run, record = course(tiny, tmp_path, learning_rate=1e9, save_every=1)

    assert record.state == "failed"
    assert " at step " in record.failure.reason
    assert record.failure.reason.splitlines()[1].startswith("Lower --learning-rate")
    for step in run.steps():
        assert verify(run.checkpoint_path(step)).step == step
    assert all(event.loss != 0.0 for event in record.train)


def test_a_spike_is_told_in_the_log_with_the_lines_of_its_rows(tiny, tmp_path, monkeypatch):
    def as_usual(self, rows, *, number, learning_rate):
        return Learned(9.0 if number == 14 else 1.0, 1.0, 10, 5)

    monkeypatch.setattr(Learner, "step", as_usual)
    rows = [talk(f"q{i}", f"a{i}", line=100 + i) for i in range(8)]
    run, record = course(tiny, tmp_path, rows=rows, held_out=(), epochs=4, save_every=5)

    (told,) = [e for e in read_events(run.events) if isinstance(e, Noticed)]
    batch = next(step for step in schedule(8, run.spec.config) if step.number == 14)
    lines = ", ".join(str(100 + row) for row in sorted(batch.rows))
    assert (told.step, told.notice.code) == (14, "loss_spike")
    assert told.notice.params == {"step": 14, "loss": "9", "usual": "1", "lines": lines}
    assert record.notices == [told]


def test_a_run_in_the_kernel_that_will_take_long_says_so_once(tiny, tmp_path, monkeypatch):
    now = iter(range(0, 100_000, 300))
    monkeypatch.setattr(loop.time, "monotonic", lambda: float(next(now)))
    _, record = course(tiny, tmp_path, held_out=())

    (told,) = record.notices
    assert told.notice.code == "long_run"
    assert told.step == 5
