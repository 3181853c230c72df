"""The panel of a run is a function of its record; its button asks the run to stop."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.events import (
    Committed,
    EventWriter,
    Failed,
    Sampled,
    StateChanged,
    TrainStep,
    Validated,
    read_events,
)
from nbfinetune.core.record import fold
from nbfinetune.core.runs import DataSpec, RunSpec, RunStore
from nbfinetune.display.run import run_html
from nbfinetune.panels.run import RunPanel
from nbfinetune.training.job import TrainingJob

HOSTILE = "<script>alert(1)</script>"

STORY = [
    StateChanged(state="queued"),
    StateChanged(state="preparing"),
    StateChanged(state="training"),
    TrainStep(step=1, epoch=0.5, loss=2.5, learning_rate=1e-3, grad_norm=1.0),
    Validated(step=1, epoch=0.5, loss=2.25),
    TrainStep(step=2, epoch=1.0, loss=2.0, learning_rate=5e-4, grad_norm=1.0),
    Validated(step=2, epoch=1.0, loss=1.75),
    Committed(step=2, epoch=1.0, path="checkpoints/step-2", validation_loss=1.75),
    Sampled(step=2, row=0, prompt=HOSTILE, reference=HOSTILE, answer=HOSTILE),
    StateChanged(state="finished"),
]


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    spec = RunSpec(
        run_id="a-run",
        name=HOSTILE,
        created="2026-01-02T03:04:05.000+00:00",
        base_model="starter",
        preset="starter",
        config=TrainConfig(),
        data=DataSpec(name="pirate", sha256="0" * 64, train_rows=9, validation_rows=1),
    )
    return TrainingJob(RunStore(tmp_path).create(spec), Event())


def status(panel: RunPanel) -> str:
    return str(panel.widget.children[0].value)


def test_the_panel_shows_the_record_at_every_moment_of_a_run(job: TrainingJob) -> None:
    panel = RunPanel(job)
    writer = EventWriter(job.run.events)
    shown, expected = [], []

    for event in STORY:
        writer.emit(event)
        panel.refresh()
        shown.append(status(panel))
        expected.append(run_html(job.name, fold(read_events(job.run.events))))
    writer.close()

    assert shown == expected
    assert [HOSTILE in page for page in shown] == [False] * len(STORY)


def test_a_panel_that_is_opened_late_shows_the_same(job: TrainingJob) -> None:
    early = RunPanel(job)
    writer = EventWriter(job.run.events)
    for event in STORY:
        writer.emit(event)
    writer.close()
    early.refresh()

    late = RunPanel(TrainingJob(job.run, Event()))

    assert status(late) == status(early)


def test_the_reason_of_a_failure_is_shown_as_text(job: TrainingJob) -> None:
    writer = EventWriter(job.run.events)
    writer.emit(Failed(reason=f"ValueError: {HOSTILE}"))
    writer.emit(StateChanged(state="failed"))
    writer.close()

    page = status(RunPanel(job))

    assert "ValueError: &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert HOSTILE not in page


def test_the_button_asks_the_run_to_stop_once(job: TrainingJob) -> None:
    panel = RunPanel(job)
    button = panel.widget.children[1]
    before = (button.description, button.disabled, job.run.requested("stop"))

    button.click()

    assert before == ("Stop", False, False)
    assert (button.description, button.disabled) == ("Stopping …", True)
    assert job.run.requested("stop")
