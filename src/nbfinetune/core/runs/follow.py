"""The record of a run, kept up to date: reads only what was written since the last look."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from nbfinetune.core.runs.events import EventReader, untold
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import Run


class Follower:
    """Follows the log of `run`; safe to ask from several threads.

    `is_alive` tells whether somebody still writes it: by default whether somebody holds it.
    """

    def __init__(self, run: Run, is_alive: Callable[[], bool] | None = None) -> None:
        self.run = run
        self._is_alive = is_alive or run.is_held
        self._reader = EventReader(run.events)
        self._record = RunRecord()
        self._lock = Lock()

    def record(self) -> RunRecord:
        """The picture now. The same object grows from call to call.

        A run that nobody writes any more, and that did not say how it ended, is `interrupted`.
        """
        with self._lock:
            alive = self._record.ended or self._is_alive()  # asked first: what is written
            self._record.apply(self._reader.read_new())  # before the end is read after it
            if not alive and not self._record.ended:
                self._record.apply(untold(self.run.events))
            if not alive and not self._record.ended:
                self._record.state = "interrupted"
            return self._record
