"""The live handle and the channel, without any training."""

from __future__ import annotations

import json
from threading import Event

import pytest
from matplotlib.figure import Figure

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import EventWriter, Failed, Logged, StateChanged, TrainStep
from nbfinetune.training.channel import Channel
from nbfinetune.training.job import TrainingJob
from tests.training.runs import prepare


@pytest.fixture
def run(tmp_path):
    return prepare(tmp_path, "acme/chat")


@pytest.fixture
def writer(run):
    writer = EventWriter(run.events)
    yield writer
    writer.close()


def test_the_picture_grows_with_the_log(run, writer):
    job = TrainingJob(run, Event())
    assert (job.state, job.name, job.path) == ("queued", "spanish", run.path)
    writer.emit(StateChanged(state="training"))
    assert (job.state, job.running) == ("training", True)
    writer.emit(Logged(text="a line"))
    record = job.record()
    assert record.log == ["a line"]
    assert job.record() is record
    assert repr(job) == "<TrainingJob 'spanish' training>"


def test_waiting_gives_the_final_picture(run, writer):
    done = Event()
    job = TrainingJob(run, done)
    writer.emit(StateChanged(state="finished"))
    done.set()
    assert job.wait() == run.record()
    assert job.wait().state == "finished"
    assert not job.running


def test_waiting_for_a_failed_run_raises_its_reason(run, writer):
    done = Event()
    writer.emit(Failed(reason="OSError: [Errno 28] No space left\nmore", traceback="…"))
    writer.emit(StateChanged(state="failed"))
    done.set()
    with pytest.raises(RunError) as error:
        TrainingJob(run, done).wait()
    assert str(error.value) == (
        "run spanish failed: OSError: [Errno 28] No space left\n"
        "The whole story:  %ft_runs spanish --log"
    )


def test_waiting_ends_at_its_limit_and_the_run_goes_on(run):
    job = TrainingJob(run, Event())
    with pytest.raises(TimeoutError, match="spanish is still training"):
        job.wait(timeout_seconds=0)
    assert job.running


def test_stop_asks_the_run(run):
    TrainingJob(run, Event()).stop()
    assert run.requested("stop")


def test_the_summary_follows_every_change_of_state(run):
    channel = Channel(run)
    states = []
    for state in ("queued", "training", "finished"):
        channel.emit(StateChanged(state=state))
        states.append(json.loads((run.path / "state.json").read_bytes())["state"])
    channel.close()
    assert states == ["queued", "training", "finished"]


def test_a_line_of_the_log_knows_its_step(run):
    channel = Channel(run)
    channel.log("before")
    channel.emit(TrainStep(step=3, epoch=1, loss=1.0, learning_rate=0.1, grad_norm=1.0))
    channel.log("after")
    channel.close()
    record = run.record()
    assert record.log == ["before", "after"]
    lines = [json.loads(line) for line in run.events.read_text("utf-8").splitlines()]
    assert [(e["kind"], e["step"]) for e in lines] == [("log", 0), ("train", 3), ("log", 3)]


def test_commands_arrive_through_the_channel(run):
    channel = Channel(run)
    assert not channel.requested("stop")
    run.request("stop")
    assert channel.requested("stop")
    channel.close()


def test_waiting_ends_after_the_views_have_shown_the_end(run, writer):
    done, refreshed, shown = Event(), Event(), []
    job = TrainingJob(run, done)

    def leave_picture():
        refreshed.wait(5)
        shown.append(job.state)

    job.watch(refreshed.set, leave_picture, every_seconds=0.001)
    assert refreshed.wait(5)
    writer.emit(StateChanged(state="finished"))
    done.set()
    job.wait()
    assert shown == ["finished"]


# runs that train in another process


def test_a_run_elsewhere_lives_as_long_as_its_lock_is_held(run, writer):
    job = TrainingJob(run)
    with run.locked():
        writer.emit(StateChanged(state="training"))
        held = (job.state, job.running, job.wait_a_moment(0))
    assert held == ("training", True, False)
    assert (job.state, job.running, job.wait_a_moment(0)) == ("interrupted", False, True)


def test_a_run_elsewhere_ends_when_its_log_says_so(run, writer):
    job = TrainingJob(run)
    with run.locked():
        writer.emit(StateChanged(state="stopped"))
        assert (job.state, job.running) == ("stopped", False)


def test_a_view_of_a_run_elsewhere_is_told_the_end(run, writer):
    writer.emit(StateChanged(state="training"))
    ended, shown = Event(), []
    with run.locked():
        job = TrainingJob(run)
        refreshed = Event()
        job.watch(refreshed.set, lambda: (shown.append(job.state), ended.set()), 0.001)
        assert refreshed.wait(10)
    assert ended.wait(10)
    assert shown == ["interrupted"]


def test_a_run_is_drawn_with_others_over_it(run, tmp_path):
    other = prepare(tmp_path, "acme/chat", run_id="two")
    assert isinstance(TrainingJob(run).plot(other), Figure)
