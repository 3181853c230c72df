"""The course of a run: when it measures, commits, makes room, ends early, or has to."""

from __future__ import annotations

import pytest
import torch

from nbfinetune.chat.models import Models
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.events import Noticed, Removed, TrainStep, read_events
from nbfinetune.training import loop, measures, worker
from nbfinetune.training.channel import Channel
from nbfinetune.training.learner import Learned, Learner
from nbfinetune.training.losses import Losses
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
    monkeypatch.setattr(Losses, "mean", lambda *_: ahead.pop(0) if len(ahead) > 1 else ahead[0])
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


class SaveAt(Channel):
    """Somebody asks for a checkpoint, by name, once that step was told."""

    def __init__(self, run, step: int) -> None:
        super().__init__(run)
        self._asking, self._step = run, step

    def emit(self, event) -> None:
        super().emit(event)
        if isinstance(event, TrainStep) and event.step == self._step:
            self._asking.request("save")


def test_a_checkpoint_of_a_measured_step_has_its_loss_and_measures_no_second_time(tiny, tmp_path):
    run = prepare(
        tmp_path, tiny, ROWS, HELD_OUT, **{**PLAIN, "batch_size": 2, "epochs": 1, "eval_every": 1}
    )
    record = train(run, SaveAt(run, 2))
    assert [event.step for event in record.validation] == [0, 1, 2, 3, 4]
    told = {event.step: event.loss for event in record.validation}
    assert [(c.step, c.validation_loss) for c in record.checkpoints] == [(2, told[2]), (4, told[4])]


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


def test_measuring_takes_fewer_rows_at_once_where_memory_is_short(tiny, tmp_path, monkeypatch):
    whole = Losses.summed

    def starved(self, rows):
        if len(rows) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, rows)

    plenty = course(tiny, tmp_path / "plenty", held_out=ROWS[:5], batch_size=8)[1]
    monkeypatch.setattr(Losses, "summed", starved)
    _, record = course(tiny, tmp_path / "scarce", held_out=ROWS[:5], batch_size=8)
    assert record.state == "finished"
    told = [event.loss for event in record.validation]
    assert told == pytest.approx([event.loss for event in plenty.validation], rel=1e-5)


def test_patience_that_had_ended_when_a_run_was_cut_off_ends_it_at_once(tiny, tmp_path):
    run, record = course(
        tiny, tmp_path, epochs=8, batch_size=8, learning_rate=0.05, early_stop_patience=1
    )
    last = record.step
    assert last < 8
    lines = run.events.read_bytes().splitlines(keepends=True)
    commit = max(n for n, line in enumerate(lines) if b'"kind":"checkpoint"' in line)
    run.events.write_bytes(b"".join(lines[: commit + 1]))
    again = train(run)
    assert (again.state, again.step) == ("finished", last)
    assert [e.notice.code for e in again.notices].count("stopped_early") == 1


def test_matrices_that_never_had_a_gradient_do_not_keep_a_run_from_going_on(tiny, tmp_path):
    models = Models()
    layer = models.get(str(tiny)).base.model.model.layers[0]
    layer.spare = torch.nn.Linear(32, 32, bias=False).requires_grad_(False)
    run = prepare(tmp_path, tiny, epochs=2, batch_size=4, save_every=1)
    for at in (None, 1):
        channel = Channel(run)
        worker.run(run, channel, at, models)
        channel.close()
        assert run.record().state == "finished"
    assert [event.step for event in run.record().train] == [1, 2, 3, 4]


def test_a_base_model_is_not_unloaded_while_a_run_prepares(tiny, tmp_path, monkeypatch):
    models, seen = Models(), []
    rows, learn = worker.labelled_rows, loop.TrainingLoop._learn

    def unloading(*given):
        models.unload()
        return rows(*given)

    def looking(self, step):
        seen.append([loaded.name for loaded in models.loaded()])
        learn(self, step)

    monkeypatch.setattr(worker, "labelled_rows", unloading)
    monkeypatch.setattr(loop.TrainingLoop, "_learn", looking)
    run = prepare(tmp_path, tiny, epochs=1, batch_size=8)
    channel = Channel(run)
    worker.run(run, channel, None, models)
    channel.close()
    assert run.record().state == "finished"
    assert seen == [[str(tiny)]]


def test_samples_read_no_more_of_a_long_prompt_than_the_model_can(tiny, tmp_path, monkeypatch):
    prompts, generate = [], measures.generate

    def looking(model, ids, *given, **named):
        prompts.extend(map(len, ids))
        return generate(model, ids, *given, **named)

    monkeypatch.setattr(measures, "generate", looking)
    held_out = [talk("hi", "ok", "z" * 2500, "y")]
    _, record = course(tiny, tmp_path, held_out=held_out, max_length=128)
    assert record.state == "finished"
    assert max(prompts) + measures.SAMPLE_TOKENS == 512
