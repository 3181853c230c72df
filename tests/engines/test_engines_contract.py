"""What every engine promises, whichever it is: the same losses, obedience, nothing lost or left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.events import TrainStep, read_events
from nbfinetune.core.runs.launched import ENGINES, EngineName, read_launched
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.engines import process, processes, thread
from nbfinetune.engines.control import RunControl
from nbfinetune.engines.queue import TrainingQueue
from tests.training.runs import ROWS, prepare, train

DEADLINE_SECONDS = 120.0
# everything that has a state, and enough steps to come in between
SETTINGS = {
    "learning_rate": 1e-2, "epochs": 8, "batch_size": 1, "lora_dropout": 0.2, "weight_decay": 0.1,
    "save_every": 1,
}  # fmt: skip
STEPS = 64


def until(seen: Callable[[], object]) -> None:
    """Poll, with a deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not seen():
        assert time.monotonic() < end, "never seen"
        time.sleep(0.02)


def losses(run: Run) -> list[float | None]:
    return [event.loss for event in run.record().train]


def far(run: Run, step: int) -> Callable[[], bool]:
    """Whether a run has learned so far."""
    return lambda: any(isinstance(e, TrainStep) and e.step >= step for e in read_events(run.events))


def kernel(home: Path) -> RunControl:
    """What a kernel does with runs."""
    runs = RunStore(home)
    return RunControl(runs, TrainingQueue(runs, {"thread": thread.start, "process": process.start}))


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory) -> list[float | None]:
    """The losses of a run that nothing happens to."""
    run = prepare(tmp_path_factory.mktemp("whole"), tiny, ROWS, **SETTINGS)
    assert train(run).state == "finished"
    assert len(losses(run)) == STEPS
    return losses(run)


@pytest.fixture
def run(tiny, tmp_path) -> Run:
    return prepare(tmp_path / "home", tiny, ROWS, **SETTINGS)


@pytest.fixture
def here(tmp_path) -> Iterator[RunControl]:
    """A kernel whose runs end with the test; no process of it is left then."""
    before = psutil.Process().children(recursive=True)
    control = kernel(tmp_path / "home")
    yield control
    for job in list(control.queue.jobs.values()):
        job.stop()
        assert job.wait_a_moment(DEADLINE_SECONDS)
    until(lambda: set(psutil.Process().children(recursive=True)) <= set(before))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_comes_to_its_end_with_the_losses_of_every_engine(here, run, whole, engine) -> None:
    job = here.queue.submit(run, engine)
    during = (run.is_held(), job.running)
    record = job.wait(DEADLINE_SECONDS)

    told = losses(run)
    assert max(abs(a - b) for a, b in zip(told, whole, strict=True)) < 1e-6
    assert during == (True, True)
    assert (record.state, run.record().state, run.is_held()) == ("finished", "finished", False)
    assert {e.attempt for e in read_events(run.events)} == {1}
    assert record.environment.versions["torch"] != "?"
    assert run.engine == engine
    assert (run.path / "worker.log").exists() is (engine == "process")
    if engine == "process":  # what it writes is for its owner alone
        written = [run.path / "worker.log", *(run.path / "checkpoints").rglob("*")]
        assert {path.stat().st_mode & 0o077 for path in written} == {0}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stopped_run_keeps_all_it_learned_and_goes_on_from_there(
    here, run, whole, engine
) -> None:
    job = here.queue.submit(run, engine)
    until(far(run, 5))
    here.stop()
    stopped = job.wait(DEADLINE_SECONDS)
    state, step = stopped.state, stopped.step
    saved = verify(run.checkpoint_path(step)).step

    said, again = here.resume(run.name)
    record = again.wait(DEADLINE_SECONDS)

    assert (state, saved) == ("stopped", step)
    assert 5 <= step < STEPS
    assert str(said) == f"spanish: goes on from step {step}"
    assert again is job
    assert (record.state, losses(run)) == ("finished", whole)
    assert {e.attempt for e in read_events(run.events)} == {1, 2}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paused_run_makes_room_and_goes_on_when_the_other_has_ended(
    here, run, whole, tiny, engine
) -> None:
    short = prepare(here.runs.folder.parent, tiny, run_id="short", max_steps=1)
    job = here.queue.submit(run, engine)
    until(far(run, 3))
    other = here.queue.submit(short, "thread")
    waiting = (other.state, here.queue.position(short))

    here.pause(run.id)
    until(lambda: job.state == "paused")
    step = job.record().step
    ended = other.wait(DEADLINE_SECONDS).state
    rested = (job.state, job.running, job.record().step, run.is_locked())
    saved = verify(run.checkpoint_path(step)).step
    job.resume()
    record = job.wait(DEADLINE_SECONDS)

    assert waiting == ("queued", 1)
    assert (ended, rested, saved) == ("finished", ("paused", True, step, True), step)
    assert (record.state, losses(run)) == ("finished", whole)
    assert {e.attempt for e in read_events(run.events)} == {1}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paused_run_can_be_stopped(here, run, engine) -> None:
    job = here.queue.submit(run, engine)
    until(far(run, 1))
    here.pause()
    until(lambda: job.state == "paused")
    said = [str(here.stop(run.id)), str(here.stop(run.id))]
    record = job.wait(DEADLINE_SECONDS)

    assert said[0] == "spanish: stops after this step and keeps a checkpoint"
    assert (record.state, run.steps()[-1]) == ("stopped", record.step)


# A kernel of its own: trains, says so, and stays until it is ended. As a kernel does, it listens to
# interrupts, also where whoever started it doesn't, and wakes up now and then: an interrupt may
# come to another thread, and ends no wait without a limit.
KERNEL = """
import signal, sys, threading
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from nbfinetune.core.runs.store import Run
from tests.engines.test_engines_contract import kernel
run = Run(Path(sys.argv[1]))
kernel(run.path.parents[1]).queue.submit(run, sys.argv[2])
while not threading.Event().wait(0.1):
    pass
"""


@pytest.fixture
def other_kernel(run) -> Iterator[Callable[[EngineName], psutil.Popen]]:
    """Starts a process that trains `run`, as another kernel would."""
    started: list[psutil.Popen] = []

    def start(engine: EngineName) -> psutil.Popen:
        command = [sys.executable, "-c", KERNEL, str(run.path), engine]
        started.append(psutil.Popen(command, cwd=Path(__file__).parents[2]))
        return started[-1]

    yield start
    for one in started:
        if one.is_running():
            one.kill()
        one.wait()
    left = read_launched(run.path)
    if left is not None and left.engine == "process":
        processes.end(left, 5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_worker_leaves_nothing_but_its_checkpoints_and_the_run_goes_on_the_same(
    here, run, whole, engine, other_kernel
) -> None:
    trains = other_kernel(engine)
    until(far(run, 7))
    worker = psutil.Process(read_launched(run.path).pid)
    worker.send_signal(signal.SIGKILL)
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    # the kernel of a process that was killed says so in its log
    until(
        lambda: (
            run.record().state == "interrupted"
            and (run.record().failure or trains.pid == worker.pid)
        )
    )
    until(lambda: not run.is_held())
    step = run.steps()[-1]

    said, job = here.resume(run.id, engine=engine)
    record = job.wait(DEADLINE_SECONDS)

    assert (trains.pid == worker.pid) is (engine == "thread")
    assert str(said) == f"spanish: goes on from step {step}"
    assert (record.state, losses(run)) == ("finished", whole)


def test_the_kernel_of_a_killed_process_is_told_why_and_stays_usable(here, run, whole) -> None:
    job = here.queue.submit(run, "process")
    until(far(run, 3))
    os.kill(read_launched(run.path).pid, signal.SIGKILL)

    with pytest.raises(RunError) as error:
        job.wait(DEADLINE_SECONDS)
    record = run.record()
    _, again = here.resume(run.id)

    assert str(error.value) == (
        "run spanish was cut off: killed, probably because memory ran out\n"
        "Go on from its last checkpoint:  %ft_resume spanish"
    )
    assert record.state == "interrupted"
    assert "--micro-batch-size" in record.failure.reason
    assert again.wait(DEADLINE_SECONDS).state == "finished"
    assert losses(run) == whole


def test_a_process_survives_its_kernel_and_another_one_takes_it_over(
    here, run, whole, other_kernel
) -> None:
    first = other_kernel("process")
    until(far(run, 1))
    alone = here.job(run.id), here.queue.active()
    first.kill()
    first.wait()

    job = here.job(run.id)
    keeper = read_launched(run.path).keeper_pid
    active = here.queue.active()
    record = job.wait(DEADLINE_SECONDS)

    assert alone[1] is None  # its kernel lived: the run was that one's
    assert (keeper, active) == (os.getpid(), job)
    assert (record.state, losses(run)) == ("finished", whole)


def test_a_run_in_a_thread_ends_with_its_kernel_with_a_checkpoint_of_its_last_step(
    run, other_kernel
) -> None:
    trains = other_kernel("thread")
    until(far(run, 3))
    trains.send_signal(signal.SIGINT)  # out of its waiting, to the end of the program
    trains.wait(DEADLINE_SECONDS)

    record = run.record()
    assert record.state == "interrupted"
    assert verify(run.checkpoint_path(record.step)).step == record.step


def test_a_process_that_does_not_obey_is_ended_by_its_pid_and_start_time(here, run) -> None:
    job = here.queue.submit(run, "process")
    until(far(run, 2))
    worker = psutil.Process(read_launched(run.path).pid)
    worker.suspend()
    said = str(here.stop(run.id, now=True))
    record = job.wait(DEADLINE_SECONDS)

    assert said == "spanish: its process is ended; what it had not saved is lost"
    assert (record.state, record.failure, run.is_held()) == ("stopped", None, False)
    assert not worker.is_running()


def test_a_process_that_is_asked_to_end_saves_what_it_has(here, run) -> None:
    job = here.queue.submit(run, "process", detached=True)
    until(far(run, 2))
    launched = read_launched(run.path)
    os.kill(launched.pid, signal.SIGTERM)
    record = job.wait(DEADLINE_SECONDS)

    assert launched.detached
    assert (record.state, record.failure) == ("interrupted", None)
    assert verify(run.checkpoint_path(record.step)).step == record.step


def test_a_process_saves_and_ends_when_nobody_renews_its_lease(run) -> None:
    command = [sys.executable, "-m", "nbfinetune", "train", str(run.path), "--lease", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS)

    record = run.record()
    assert ended.returncode == 1
    assert record.state == "interrupted"
    assert [n.notice.code for n in record.notices][-1:] == ["lease_expired"]
    assert run.steps()[-1:] == ([record.step] if record.step else [])


def test_a_run_starts_by_hand_and_a_finished_one_stays_as_it_is(run, whole) -> None:
    run.request("stop")  # of an attempt that is long over
    command = [sys.executable, "-m", "nbfinetune", "train", str(run.path)]
    outputs = []
    for _ in range(2):
        ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        outputs.append((ended.returncode, ended.stdout.splitlines()[0], ended.stderr))

    assert outputs == [(0, "spanish: finished", "")] * 2
    assert losses(run) == whole


def test_a_folder_that_is_no_run_is_refused_by_hand(tmp_path) -> None:
    command = [sys.executable, "-m", "nbfinetune", "train", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS)

    assert ended.returncode == 2
    assert ended.stdout.startswith(f"{tmp_path / 'spec.json'} can't be read: ")
