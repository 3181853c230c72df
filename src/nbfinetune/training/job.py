"""The live handle of a run, wherever it trains: its picture, stop, wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import State
from nbfinetune.core.runs.follow import Follower
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import HasRecord, Run

POLL_SECONDS = 0.2
VIEW_SECONDS = 5.0
"""How long `wait` stays for views to show the end."""


class TrainingJob:
    """Follows the log of `run`.

    `done` is set once a worker in this process has written its last event. Without it the run
    trains elsewhere, and has ended when its log says so or when nobody holds its lock any more.
    """

    def __init__(self, run: Run, done: Event | None = None) -> None:
        self.run = run
        self._done = done
        self._follower = Follower(run, (lambda: not done.is_set()) if done else None)
        self._views: list[Event] = []

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def path(self) -> Path:
        return self.run.path

    @property
    def state(self) -> State:
        return self.record().state

    @property
    def running(self) -> bool:
        return not (self._done.is_set() if self._done else self.record().ended)

    def record(self) -> RunRecord:
        """The picture now. The same object grows from call to call."""
        return self._follower.record()

    def plot(self, *others: HasRecord) -> Any:
        """The loss curve as a `matplotlib.figure.Figure`, with those of other runs over it."""
        return self.run.plot(*others)

    def stop(self) -> None:
        """Ask the run to end after the current step, with a checkpoint. Returns at once."""
        self.run.request("stop")

    def watch(
        self, refresh: Callable[[], None], finish: Callable[[], None], every_seconds: float
    ) -> None:
        """Call `refresh` in the background until the run has ended, then `finish`, once.

        `wait` returns after `finish`: what a view leaves at the end belongs to the cell that waits
        (a notebook runner drops what comes between two cells).
        """
        finished = Event()
        self._views.append(finished)

        def follow() -> None:
            try:
                while not self.wait_a_moment(every_seconds):
                    refresh()
                finish()
            finally:
                finished.set()

        Thread(target=follow, name=f"nbfinetune-view-{self.run.id}", daemon=True).start()

    def wait_a_moment(self, seconds: float) -> bool:
        """Until the run has ended, but no longer than this; whether it has."""
        if self._done is not None:
            return self._done.wait(seconds)
        if self.running:
            time.sleep(seconds)
        return not self.running

    def wait(self, timeout_seconds: float | None = None) -> RunRecord:
        """Wait for the end, return the final picture. An interrupt ends the waiting, not the run.

        Raises:
            RunError: The run failed.
            TimeoutError: It is still training after `timeout_seconds`.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        # not Thread.join: interrupted, it marks a living thread as finished (Python 3.12 and older)
        while not self.wait_a_moment(POLL_SECONDS):
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} is still training")
        for finished in self._views:
            finished.wait(VIEW_SECONDS)
        record = self.record()
        if record.failure is not None and record.state == "failed":
            reason = record.failure.reason.splitlines()[0]
            raise RunError("training_failed", name=self.name, reason=reason)
        return record

    def __repr__(self) -> str:
        return f"<TrainingJob {self.name!r} {self.state}>"
