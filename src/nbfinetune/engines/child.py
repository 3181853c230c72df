"""Inside a process of its own: train one run directory, obey signals, end when the lease does.

Knows no kernel: what it is to do is in the run directory, and so is all that it tells.
"""

from __future__ import annotations

import faulthandler
import os
import signal
from contextlib import ExitStack
from threading import Event, Thread
from types import FrameType

from nbfinetune.core.runs.events import Notice, Noticed, State, read_events
from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.store import Run
from nbfinetune.engines.attempt import attempt, begin
from nbfinetune.engines.lease import Lease
from nbfinetune.training.channel import Channel

LOOK_SECONDS = 1.0


def work(run: Run, resume: int | None = None, lease_seconds: float | None = None) -> State:
    """Train `run` to its end; how it ended. Without `lease_seconds` it needs nobody.

    Raises:
        RunError: Somebody else holds the run, or it can't be read.
    """
    os.umask(0o077)  # rows and answers are its owner's
    faulthandler.enable()
    ended = Event()
    with ExitStack() as held:
        held.enter_context(run.locked())
        told = fold(read_events(run.events))
        if told.started is None or told.state != "queued":  # nobody knew of this attempt
            run.fulfil("stop", "pause", "save")
        channel = Channel(run)
        held.callback(channel.close)
        held.callback(ended.set)
        _obey_signals(channel)
        if lease_seconds is not None:
            _watch(Lease(run, lease_seconds), channel, ended)
        begin(run, channel, "process", keeper=os.getppid(), detached=lease_seconds is None)
        attempt(run, channel, resume)
    return run.record().state


def _obey_signals(channel: Channel) -> None:
    """The first one lets the run save and end; a second one ends the process as ever."""

    def save_and_end(number: int, _frame: FrameType | None) -> None:
        channel.interrupted = True
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, save_and_end)


def _watch(lease: Lease, channel: Channel, ended: Event) -> None:
    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            if lease.expired():
                minutes = round(lease.seconds / 60)
                notice = Notice("lease_expired", {"minutes": minutes})
                channel.emit(Noticed(step=channel.step, notice=notice))
                channel.interrupted = True
                return

    Thread(target=look, name="nbfinetune-lease", daemon=True).start()
