"""The live handle of a run, wherever it trains: its picture, pause, resume, stop, wait."""

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

    `done` is set once the worker that this process has started has written its last event. Without
    it the run trains elsewhere, and has ended when its log says so or nobody holds it any more.
    `go_on` lets a paused run go on: whoever started it may want it to wait for its turn.
    """

    def __init__(
        self, run: Run, done: Event | None = None, go_on: Callable[[], object] | None = None
    ) -> None:
        self.run = run
        self._done = done
        self._go_on = go_on or (lambda: run.fulfil("pause"))
        self._follower = Follower(run, self._is_alive)
        self._views: list[Event] = []

    def attend(self, done: Event) -> None:
        """From now on follow another attempt of the run, as long as `done` is not set."""
        self._done = done

    def _is_alive(self) -> bool:
        return self.run.is_held() if self._done is None else not self._done.is_set()

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

    def pause(self) -> None:
        """Ask the run to wait after the current step, with a checkpoint. Returns at once."""
        self.run.request("pause")

    def resume(self) -> None:
        """Let a paused run go on."""
        self._go_on()

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
        done = self._done
        if done is not None:
            return done.wait(seconds)
        if self.running:
            time.sleep(seconds)
        return not self.running

    def wait(self, timeout_seconds: float | None = None) -> RunRecord:
        """Wait for the end, return the final picture. An interrupt ends the waiting, not the run.

        Raises:
            RunError: The run failed, or its process was killed.
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
        if record.failure is not None and record.state in ("failed", "interrupted"):
            reason = record.failure.reason.splitlines()[0]
            code = "training_failed" if record.state == "failed" else "training_interrupted"
            raise RunError(code, name=self.name, reason=reason)
        return record

    def __repr__(self) -> str:
        return f"<TrainingJob {self.name!r} {self.state}>"
