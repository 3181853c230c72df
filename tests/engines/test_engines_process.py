"""Processes by pid and start time, leases by a clock of their own, what a child is started with."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import msgspec
import psutil
import pytest

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import EventWriter, StateChanged
from nbfinetune.core.runs.launched import Launched, write_launched
from nbfinetune.core.runs.store import Run
from nbfinetune.engines import lease, process, processes
from nbfinetune.engines.launch import Launch
from nbfinetune.engines.lease import Lease
from tests.engines.test_engines_contract import until
from tests.training.runs import prepare

WAITING = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITING
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {WAITING!r}]).wait()"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return prepare(tmp_path, "acme/chat")


@pytest.fixture
def others() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that end with the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for one in started:
        one.kill()
        one.communicate()


def start(others: list[subprocess.Popen[str]], program: str) -> Launched:
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    others.append(other)
    assert other.stdout.readline() == "ready\n"
    return named(other.pid)


def named(pid: int) -> Launched:
    return Launched(
        engine="process",
        pid=pid,
        started=processes.started(pid),
        host=platform.node(),
        keeper_pid=os.getpid(),
        keeper_started=processes.started(os.getpid()),
    )


def test_a_process_is_told_from_a_later_one_with_its_pid(others) -> None:
    launched = start(others, WAITING)
    other = msgspec.structs.replace(launched, started=launched.started - 60)
    elsewhere = msgspec.structs.replace(launched, host="another machine")

    assert processes.is_alive(launched)
    assert not processes.is_alive(other)
    assert not processes.is_alive(elsewhere)
    processes.end(other, 0.1)
    assert processes.is_alive(launched)


def test_a_start_time_is_counted_from_the_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a wall clock that was set ahead makes nobody another one."""
    before = processes.started(os.getpid())
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + 3600)
    boot = psutil.boot_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + 3600)

    assert abs(processes.started(os.getpid()) - before) < 0.1


def test_a_zombie_is_gone(others) -> None:
    launched = start(others, WAITING)
    psutil.Process(launched.pid).kill()  # nobody has waited for it yet
    until(lambda: not processes.is_alive(launched))


@pytest.mark.parametrize("program", [WAITING, STUBBORN, PARENT])
def test_a_process_is_ended_with_its_children(others, program) -> None:
    launched = start(others, program)
    tree = [launched.pid, *(c.pid for c in psutil.Process(launched.pid).children())]

    processes.end(launched, 0.5)

    assert not processes.is_alive(launched)
    until(lambda: not any(_runs(pid) for pid in tree))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_nobody_ends_itself(run) -> None:
    processes.end(named(os.getpid()), 0)
    assert processes.is_alive(named(os.getpid()))


def test_only_what_trains_in_a_living_process_can_be_ended(run, others) -> None:
    with pytest.raises(RunError, match="does not train in a process of its own"):
        process.end(run)
    launched = start(others, WAITING)
    write_launched(run.path, msgspec.structs.replace(launched, engine="thread"))
    with pytest.raises(RunError, match="does not train in a process of its own"):
        process.end(run)
    assert processes.is_alive(launched)


# leases


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_expires_when_nobody_renews_it(run) -> None:
    clock = Clock()
    lease.renew(run)
    held = Lease(run, 600, clock)
    found = []
    for clock.now, renews in [(599, False), (599, True), (1198, False), (1199, False)]:
        if renews:
            lease.renew(run)
        found.append(held.expired())
    assert found == [False, False, False, True]


def test_a_wall_clock_that_jumps_ends_no_run(run) -> None:
    clock = Clock()
    lease.renew(run)
    hours_ago = time.time() - 7200
    os.utime(run.path / "lease", (hours_ago, hours_ago))
    held = Lease(run, 600, clock)
    clock.now = 599
    assert not held.expired()


def test_a_lease_that_was_never_written_or_is_lost_expires_too(run) -> None:
    clock = Clock()
    held = Lease(run, 600, clock)
    clock.now = 600
    assert held.expired()


# what a child is started with


def test_secrets_that_no_training_needs_are_not_handed_on() -> None:
    kept = {
        "PATH": "/bin",
        "HF_TOKEN": "hf_x",
        "HF_ENDPOINT": "http://here",
        "OMP_NUM_THREADS": "2",
    }
    dropped = {
        "OPENAI_API_KEY": "x", "AWS_SECRET_ACCESS_KEY": "x", "DB_PASSWORD": "x", "wandb_apikey": "x"
    }  # fmt: skip
    assert process._environment({**kept, **dropped}) == kept


@pytest.mark.parametrize(
    ("resume", "detached", "told"),
    [
        (None, False, ["--lease", "600"]),
        (None, True, []),
        (7, False, ["--from", "7", "--lease", "600"]),
    ],
)
def test_a_child_is_told_where_to_go_on_and_whether_it_has_a_lease(
    run, resume, detached, told
) -> None:
    launch = Launch(run, ExitStack(), Event(), resume, detached)
    assert process._command(launch) == [
        sys.executable, "-P", "-m", "nbfinetune", "train", str(run.path), *told
    ]  # fmt: skip


# the lock


FORKING = """
import os, sys
from pathlib import Path
from nbfinetune.core.runs.store import Run
run = Run(Path(sys.argv[1]))
with run.locked():
    if os.fork() == 0:
        sys.stdin.read()  # lives on when its parent is gone
        os._exit(0)
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_the_lock_is_free_when_its_holder_is_killed_though_a_forked_child_lives(run) -> None:
    writer = EventWriter(run.events)
    writer.emit(StateChanged(state="training"))
    writer.close()
    holder = subprocess.Popen(
        [sys.executable, "-c", FORKING, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    holder.stdout.readline()
    children = psutil.Process(holder.pid).children()
    before = (run.is_locked(), run.record().state)
    holder.kill()
    holder.wait()
    alive = [child.is_running() for child in children]
    after = (run.is_locked(), run.record().state)
    holder.communicate()

    assert (before, alive, after) == ((True, "training"), [True], (False, "interrupted"))
