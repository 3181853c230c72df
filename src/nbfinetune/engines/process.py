"""Train in a process with a session of its own: it survives interrupts and restarts of the kernel,
and the kernel survives whatever becomes of it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import msgspec

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import Failed, read_events
from nbfinetune.core.runs.launched import LOG, Launched, read_launched, write_launched
from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.store import Run
from nbfinetune.engines import lease, processes
from nbfinetune.engines.launch import Launch
from nbfinetune.training.channel import Channel

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 5.0
LAST_LINES = 40
SECRETS = re.compile(r"(api_?key|secret|passwd|password)", re.IGNORECASE)
"""Variables that no training needs. Tokens of the hub stay: some models want one."""


def start(launch: Launch) -> None:
    """Start training and return at once; a thread of this process attends to it.

    Raises:
        OSError: The process can't be started.
    """
    run = launch.run
    lease.renew(run)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    log = os.open(run.path / LOG, flags, 0o600)
    try:
        process = subprocess.Popen(
            _command(launch),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(os.environ),
            **_own_session(),
        )
    finally:
        os.close(log)
    _in_background(run, lambda: _attend(launch, process))


def adopt(run: Run, launched: Launched, done: Event) -> None:
    """Keep a run going that a kernel left behind, until its process ends."""
    keeper = os.getpid()
    taken = msgspec.structs.replace(
        launched, keeper_pid=keeper, keeper_started=processes.started(keeper)
    )
    write_launched(run.path, taken)

    def attend() -> None:
        renewed = float("-inf")
        try:
            while processes.is_alive(launched):
                if time.monotonic() - renewed > lease.RENEW_SECONDS:
                    lease.renew(run)
                    renewed = time.monotonic()
                time.sleep(10 * POLL_SECONDS)
            _tell_end(run, None)
        finally:
            done.set()

    _in_background(run, attend)


def end(run: Run) -> None:
    """End the process of a run that does not obey: by its pid and start time, and no other.

    What was learned since the last checkpoint is lost.

    Raises:
        RunError: It does not train in a process of its own on this machine.
    """
    launched = read_launched(run.path)
    if launched is None or launched.engine != "process" or not processes.is_alive(launched):
        raise RunError("no_process", name=run.name)
    processes.end(launched, PATIENCE_SECONDS)
    _tell_end(run, None)


def _command(launch: Launch) -> list[str]:
    # -P: a file of the user's called torch.py, say, is not what the worker imports
    command = [sys.executable, "-P", "-m", "nbfinetune", "train", str(launch.run.path.resolve())]
    if launch.resume is not None:
        command += ["--from", str(launch.resume)]
    if not launch.detached:
        command += ["--lease", f"{lease.LEASE_SECONDS:g}"]
    return command


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in inherited.items() if not SECRETS.search(name)}


def _own_session() -> dict[str, Any]:
    """An interrupt goes to the kernel's whole group of processes: this one is not in it."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    return {"start_new_session": True}


def _in_background(run: Run, attend: Any) -> None:
    Thread(target=attend, name=f"nbfinetune-{run.id}", daemon=True).start()


def _attend(launch: Launch, process: subprocess.Popen[bytes]) -> None:
    """Hand the run over, renew its lease, tell how it ended where it could not."""
    run = launch.run
    try:
        while process.poll() is None and not _has_begun(run, process.pid):
            time.sleep(POLL_SECONDS)
        launch.claim.close()
        while True:
            try:
                process.wait(lease.RENEW_SECONDS)
                break
            except subprocess.TimeoutExpired:
                lease.renew(run)
        _tell_end(run, process.returncode)
    finally:
        launch.claim.close()
        launch.done.set()


def _has_begun(run: Run, pid: int) -> bool:
    launched = read_launched(run.path)
    return launched is not None and launched.engine == "process" and launched.pid == pid


def _tell_end(run: Run, status: int | None) -> None:
    """Say in the log how a worker ended that is gone without a word; `status` as Popen has it."""
    # a folder that was deleted, a full disk, somebody who trains it already: nothing to tell then
    with suppress(RunError, OSError), run.locked():
        if fold(read_events(run.events)).ended:
            return
        channel = Channel(run)
        try:
            if run.requested("stop"):
                channel.tell_state("stopped")
                return
            last = "\n".join(run.log.splitlines()[-LAST_LINES:])
            channel.emit(Failed(reason=str(_reason(run, status)), traceback=last))
            channel.tell_state("interrupted")
        finally:
            channel.close()


def _reason(run: Run, status: int | None) -> RunError:
    if status is None or status >= 0:
        shown = "?" if status is None else status
        return RunError("worker_gone", name=run.name, status=shown)
    if -status == signal.SIGKILL:
        return RunError("worker_killed", name=run.name)
    return RunError("worker_signal", name=run.name, signal=signal.Signals(-status).name)
