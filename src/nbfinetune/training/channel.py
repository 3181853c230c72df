"""Between a worker and the world: events out to the log, commands in from control files."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from nbfinetune.core.runs.events import (
    AnyEvent,
    EventWriter,
    Logged,
    State,
    StateChanged,
    read_events,
)
from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.store import Command, Run

SUMMARY_SECONDS = 1.0


class Channel:
    """What a worker holds. `emit` is safe from any thread; `state.json` follows the events."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = EventWriter(run.events)
        self._record = fold(read_events(run.events))  # an earlier attempt may have told much
        self._written = 0.0
        self._lock = Lock()
        self._listeners: list[Callable[[AnyEvent], None]] = []
        self.interrupted = False
        """Set by an engine whose process ends: the worker commits what it has and says so."""

    def listen(self, listener: Callable[[AnyEvent], None]) -> None:
        """Call `listener` with every event from now on, in the thread that tells it."""
        self._listeners.append(listener)

    def emit(self, event: AnyEvent) -> None:
        self._writer.emit(event)
        for listener in self._listeners:
            listener(event)
        with self._lock:
            self._record.apply([event])
            now = time.monotonic()
            # a list needs no more than a glance a second; a change of state is shown at once
            if isinstance(event, StateChanged) or now - self._written > SUMMARY_SECONDS:
                self._record.updated = time.time()
                with suppress(OSError):  # a cache: on a full disk the events matter more
                    self._run.write_summary(self._record)
                self._written = now

    @property
    def step(self) -> int:
        """The step that was told last."""
        return self._record.step

    def tell_state(self, state: State) -> None:
        self.emit(StateChanged(step=self.step, state=state))

    def log(self, text: str) -> None:
        """Keep a line that the training code printed, logged or warned."""
        self.emit(Logged(step=self.step, text=text))

    def requested(self, command: Command) -> bool:
        return self._run.requested(command) or (command == "stop" and self.interrupted)

    @property
    def attempt(self) -> int:
        """How often somebody began to train this run, from 1."""
        return self._writer.attempt

    def fulfil(self, command: Command) -> None:
        """What was asked for is done."""
        self._run.fulfil(command)

    def close(self) -> None:
        self._writer.close()
