"""A worker in a thread: it never hangs its job and never speaks into a cell, whatever happens."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import nbfinetune.training
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import StateChanged
from nbfinetune.core.runs.store import DataSpec, Run, RunSpec, RunStore
from nbfinetune.engines import thread
from nbfinetune.engines.queue import TrainingQueue
from nbfinetune.training.channel import Channel
from nbfinetune.training.job import TrainingJob

DEADLINE_SECONDS = 20


@pytest.fixture
def run(tmp_path: Path) -> Run:
    spec = RunSpec(
        run_id="a-run",
        name="a run",
        created="2026-01-02T03:04:05.000+00:00",
        base_model="starter",
        preset="starter",
        config=TrainConfig(),
        data=DataSpec(name="pirate", sha256="0" * 64, train_rows=9, validation_rows=1),
    )
    return RunStore(tmp_path).create(spec)


def start(run: Run) -> TrainingJob:
    """Train `run` in a thread, at once."""
    return TrainingQueue(RunStore(run.path.parents[1]), {"thread": thread.start}).submit(
        run, "thread"
    )


@pytest.fixture
def unhandled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Exceptions that left a thread: Python would print them into whichever cell ran last."""
    seen: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(repr(args.exc_value)))
    yield seen
    assert seen == []


def use_worker(monkeypatch: pytest.MonkeyPatch, work: Any) -> None:
    """Let `work(run, channel)` be what trains."""
    worker = ModuleType("nbfinetune.training.worker")
    worker.run = lambda run, channel, *_how: work(run, channel)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nbfinetune.training.worker", worker)
    monkeypatch.setattr(nbfinetune.training, "worker", worker, raising=False)


def test_a_run_prepares_and_is_locked_at_once_and_free_at_the_end(
    run: Run, monkeypatch: pytest.MonkeyPatch, unhandled: list[str]
) -> None:
    go_on = threading.Event()

    def work(_run: Run, channel: Channel) -> None:
        assert go_on.wait(DEADLINE_SECONDS)
        channel.emit(StateChanged(state="finished"))

    use_worker(monkeypatch, work)
    job = start(run)
    during = (job.state, job.running, run.is_locked(), run.record().state)
    with pytest.raises(RunError, match=r"^run a-run is in use by process \d+ on "):
        start(run)
    go_on.set()
    record = job.wait(DEADLINE_SECONDS)

    assert during == ("preparing", True, True, "preparing")
    assert (record.state, job.running, run.is_locked()) == ("finished", False, False)


def test_a_job_that_does_not_end_in_time_is_a_timeout_and_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, unhandled: list[str]
) -> None:
    go_on = threading.Event()
    use_worker(monkeypatch, lambda _run, _channel: go_on.wait(DEADLINE_SECONDS))
    job = start(run)

    with pytest.raises(TimeoutError, match=r"^a run is still training$"):
        job.wait(0)
    alive = job.running
    go_on.set()
    job.wait_a_moment(DEADLINE_SECONDS)

    assert (alive, job.running) == (True, False)


def test_a_stop_reaches_the_worker_through_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch, unhandled: list[str]
) -> None:
    ready, asked = threading.Event(), threading.Event()

    def work(target: Run, channel: Channel) -> None:
        before = channel.requested("stop")
        ready.set()
        assert asked.wait(DEADLINE_SECONDS)
        sys.stdout.write(f"{before} {channel.requested('stop')}\n")
        channel.emit(StateChanged(state="stopped"))

    use_worker(monkeypatch, work)
    job = start(run)
    assert ready.wait(DEADLINE_SECONDS)
    job.stop()
    asked.set()
    record = job.wait(DEADLINE_SECONDS)

    assert (record.state, record.log) == ("stopped", ["False True"])


@pytest.mark.parametrize(
    "error", [SyntaxError("half written"), ImportError("no torch"), OSError("disk full")]
)
def test_whatever_the_worker_raises_the_run_has_failed_and_no_cell_hears_of_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, unhandled: list[str], error: Exception
) -> None:
    def work(_run: Run, _channel: Channel) -> None:
        raise error

    use_worker(monkeypatch, work)
    job = start(run)
    job.wait_a_moment(DEADLINE_SECONDS)

    record = run.record()
    assert (job.running, run.is_locked(), record.state) == (False, False, "failed")
    assert record.failure is not None
    assert record.failure.reason == f"{type(error).__name__}: {error}"
    with pytest.raises(RunError, match=r"^run a run failed: "):
        job.wait()


def test_a_broken_installation_is_a_failure_with_its_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch, unhandled: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nbfinetune.training.worker", None)
    monkeypatch.delattr(nbfinetune.training, "worker", raising=False)

    job = start(run)
    job.wait_a_moment(DEADLINE_SECONDS)

    record = run.record()
    assert record.state == "failed"
    assert record.failure is not None
    assert record.failure.reason.startswith(("ImportError: ", "ModuleNotFoundError: "))


def test_a_run_that_can_write_nothing_more_ends_its_job_and_no_cell_hears_of_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, unhandled: list[str]
) -> None:
    def no_space(_channel: Channel, _event: object) -> None:
        raise OSError("disk full")

    def work(_run: Run, channel: Channel) -> None:
        monkeypatch.setattr(Channel, "emit", no_space)
        channel.emit(StateChanged(state="training"))

    use_worker(monkeypatch, work)
    job = start(run)
    job.wait_a_moment(DEADLINE_SECONDS)

    assert (job.running, run.is_locked()) == (False, False)
    assert (job.state, job.wait().state, run.record().state) == ("interrupted",) * 3
