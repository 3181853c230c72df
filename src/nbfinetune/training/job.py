"""The live handle of a run that trains in this process: its picture, stop, wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from nbfinetune.core.errors import RunError
from nbfinetune.core.events import State
from nbfinetune.core.follow import Follower
from nbfinetune.core.record import RunRecord
from nbfinetune.core.runs import Run

POLL_SECONDS = 0.2
VIEW_SECONDS = 5.0
"""How long `wait` stays for views to show the end."""


class TrainingJob:
    """Follows the log of `run`. `done` is set once the worker has written its last event."""

    def __init__(self, run: Run, done: Event) -> None:
        self.run = run
        self._done = done
        self._follower = Follower(run, is_alive=lambda: not done.is_set())
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
        return not self._done.is_set()

    def record(self) -> RunRecord:
        """The picture now. The same object grows from call to call."""
        return self._follower.record()

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
                while not self._done.wait(every_seconds):
                    refresh()
                finish()
            finally:
                finished.set()

        Thread(target=follow, name=f"nbfinetune-view-{self.run.id}", daemon=True).start()

    def wait_a_moment(self, seconds: float) -> None:
        """Until the run has ended, but no longer than this."""
        self._done.wait(seconds)

    def wait(self, timeout_seconds: float | None = None) -> RunRecord:
        """Wait for the end, return the final picture. An interrupt ends the waiting, not the run.

        Raises:
            RunError: The run failed.
            TimeoutError: It is still training after `timeout_seconds`.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        # not Thread.join: interrupted, it marks a living thread as finished (Python 3.12 and older)
        while not self._done.wait(POLL_SECONDS):
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
