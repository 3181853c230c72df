"""What waits and what trains: the order, who makes room, what is asked of those that wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

import pytest

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import StateChanged, read_events
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.engines.control import RunControl
from nbfinetune.engines.launch import Launch
from nbfinetune.engines.queue import TrainingQueue
from nbfinetune.training.channel import Channel
from tests.engines.test_engines_contract import until
from tests.training.runs import prepare


class Worker:
    """An engine whose runs do what the test says."""

    def __init__(self) -> None:
        self.launches: dict[str, Launch] = {}
        self._held = ExitStack()
        self._channels: dict[str, Channel] = {}

    def start(self, launch: Launch) -> None:
        if launch.run.name == "broken":
            raise OSError("disk full")
        self._held.enter_context(launch.run.locked())
        launch.claim.close()
        self.launches[launch.run.id] = launch
        self._channels[launch.run.id] = Channel(launch.run)
        self.tell(launch.run, "training")

    def tell(self, run: Run, state: str) -> None:
        self._channels[run.id].tell_state(state)

    def end(self, run: Run, state: str = "finished") -> None:
        self.tell(run, state)
        self._channels[run.id].close()
        self._held.close()
        self.launches[run.id].done.set()


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def control(tmp_path, worker) -> RunControl:
    runs = RunStore(tmp_path)
    return RunControl(runs, TrainingQueue(runs, {"thread": worker.start, "process": worker.start}))


@pytest.fixture
def make(tmp_path) -> Callable[[str], Run]:
    def make(name: str) -> Run:
        run = prepare(tmp_path, "acme/chat", run_id="".join(filter(str.isalnum, name)))
        run.label(name=name)
        return run

    return make


def states(run: Run) -> list[str]:
    return [e.state for e in read_events(run.events) if isinstance(e, StateChanged)]


def test_runs_train_one_after_the_other_in_their_order(control, worker, make) -> None:
    runs = [make(name) for name in ("one", "two", "three")]
    jobs = [control.queue.submit(run, "thread") for run in runs]
    before = [(job.state, job.running, control.queue.position(job.run)) for job in jobs]
    places = [control.place(run) and str(control.place(run)) for run in runs]

    order = []
    for _ in runs:
        until(lambda: control.queue.active() is not None)
        active = control.queue.active()
        order.append(active.name)
        worker.end(active.run)

    assert before == [("training", True, 0), ("queued", True, 1), ("queued", True, 2)]
    assert places == [
        None,
        "two waits, number 1 in the queue: it starts when one has ended or pauses",
        "three waits, number 2 in the queue: it starts when one has ended or pauses",
    ]
    assert order == ["one", "two", "three"]
    assert [states(run) for run in runs] == [["queued", "training", "finished"]] * 3


def test_a_run_that_waits_is_seen_so_by_everybody_and_belongs_to_its_kernel(
    control, make, tmp_path, worker
) -> None:
    one, two = make("one"), make("two")
    control.queue.submit(one, "thread")
    control.queue.submit(two, "thread")
    elsewhere = RunControl(RunStore(tmp_path), TrainingQueue(RunStore(tmp_path), {}))

    assert (Run(two.path).record().state, elsewhere.job("two").running) == ("queued", True)
    with pytest.raises(RunError, match="run two is in use by process"):
        elsewhere.queue.submit(two, "thread")
    with pytest.raises(RunError, match="run two is in use by process"):
        elsewhere.delete("two")
    worker.end(one)
    until(lambda: control.queue.active() is not None)
    worker.end(two)


def test_a_run_that_waits_is_taken_out_by_a_stop_from_here_or_elsewhere(
    control, worker, make
) -> None:
    one, two, three = make("one"), make("two"), make("three")
    jobs = [control.queue.submit(run, "thread") for run in (one, two, three)]

    said = str(control.stop("two"))
    three.request("stop")  # as another kernel, or a page, does it

    assert said == "two: taken out of the queue"
    assert jobs[2].wait(20).state == "stopped"
    assert (jobs[1].state, jobs[1].running, two.is_held()) == ("stopped", False, False)
    assert states(two) == states(three) == ["queued", "stopped"]
    worker.end(one)


def test_a_run_that_waits_can_only_be_taken_out_not_paused(control, worker, make) -> None:
    one, two = make("one"), make("two")
    control.queue.submit(one, "thread")
    control.queue.submit(two, "thread")

    assert str(control.pause("two")).startswith("two: waits for its turn")
    assert not two.requested("pause")
    control.stop("two")
    worker.end(one)


def test_a_pause_that_has_not_begun_is_taken_back(control, worker, make) -> None:
    one = make("one")
    control.queue.submit(one, "thread")
    control.pause()
    said, _ = control.resume("one")
    assert (str(said), one.requested("pause")) == ("one: goes on", False)
    worker.end(one)


def test_a_paused_run_makes_room_and_waits_for_its_turn_to_go_on(control, worker, make) -> None:
    one, two = make("one"), make("two")
    first, second = control.queue.submit(one, "thread"), control.queue.submit(two, "thread")

    control.pause()
    worker.tell(one, "paused")
    until(lambda: second.state == "training")
    said = [str(control.resume("one")[0]) for _ in range(2)]
    waits = (one.requested("pause"), first.running, control.queue.position(one))
    worker.end(two)
    until(lambda: not one.requested("pause"))

    expected = "one waits, number 1 in the queue: it starts when two has ended or pauses"
    assert said == [expected, expected]
    assert waits == (True, True, 1)
    assert control.queue.active() is first
    worker.tell(one, "training")
    worker.end(one)


def test_a_paused_run_that_waits_to_go_on_can_be_told_to_stay_paused(control, worker, make) -> None:
    one, two = make("one"), make("two")
    first, second = control.queue.submit(one, "thread"), control.queue.submit(two, "thread")
    control.pause()
    worker.tell(one, "paused")
    until(lambda: second.state == "training")
    control.resume("one")
    said = str(control.pause("one"))
    waits = control.queue.position(one)
    worker.end(two)
    until(lambda: not second.running)

    assert (said, waits) == ("one: already paused", 0)
    assert one.requested("pause")
    assert first.running
    worker.end(one)


def test_what_was_asked_of_an_earlier_attempt_is_forgotten_and_of_this_one_is_not(
    control, worker, make
) -> None:
    one, two = make("one"), make("two")
    two.request("pause")
    two.request("save")
    control.queue.submit(one, "thread")
    job = control.queue.submit(two, "thread")
    forgotten = [two.requested("pause"), two.requested("save")]

    two.request("stop")

    assert forgotten == [False, False]
    assert job.wait(20).state == "stopped"
    worker.end(one)


def test_a_run_that_cant_be_started_has_failed_and_the_next_one_starts(
    control, worker, make
) -> None:
    one, broken, two = make("one"), make("broken"), make("two")
    jobs = [control.queue.submit(run, "thread") for run in (one, broken, two)]
    worker.end(one)

    with pytest.raises(RunError, match=r"^run broken failed: OSError: disk full"):
        jobs[1].wait(20)
    until(lambda: jobs[2].state == "training")
    assert (states(broken), broken.is_held()) == (["queued", "failed"], False)
    worker.end(two)


def test_another_attempt_has_the_same_handle_and_is_the_latest_one(control, worker, make) -> None:
    one, two = make("one"), make("two")
    job = control.queue.submit(one, "thread")
    worker.end(one, "stopped")
    control.queue.submit(two, "thread")
    worker.end(two)

    said, again = control.resume("one", engine="process")

    assert str(said) == "one: goes on from step 0"
    assert (again, again.running, control.job()) == (job, True, job)
    worker.end(one)
    assert {e.attempt for e in read_events(one.events)} == {1, 2}


def test_without_a_name_the_run_goes_on_that_can(control, worker, make) -> None:
    with pytest.raises(RunError, match="there is no run yet"):
        control.resume()
    one, two = make("one"), make("two")
    control.queue.submit(one, "thread")
    worker.end(one, "stopped")
    control.queue.submit(two, "thread")
    worker.end(two, "finished")

    said, job = control.resume()

    assert (str(said), job.name) == ("one: goes on from step 0", "one")
    worker.end(one)


def test_a_step_without_a_checkpoint_is_refused_and_starts_nothing(control, worker, make) -> None:
    run = make("one")
    control.queue.submit(run, "thread")
    worker.end(run, "stopped")
    before = run.events.read_bytes()

    with pytest.raises(RunError, match=r"no committed checkpoint step-3"):
        control.resume("one@step-3")
    assert run.events.read_bytes() == before
    assert not run.is_held()


def test_a_name_with_a_step_in_it_is_a_name(control, worker, make) -> None:
    run = make("one@step-3")
    job = control.queue.submit(run, "thread")
    worker.end(run, "finished")

    said, same = control.resume("one@step-3")

    assert (str(said), same) == ("one@step-3: already finished", job)


def test_done_is_told_after_the_run_is_free(control, worker, make) -> None:
    run = make("one")
    job = control.queue.submit(run, "thread")
    free = Event()
    job.watch(lambda: None, lambda: run.is_held() or free.set(), 0.01)
    worker.end(run)
    assert free.wait(20)
