"""What an engine is asked to start: one attempt of a run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

from nbfinetune.core.runs.store import Run


@dataclass(frozen=True)
class Launch:
    """An attempt that says `queued` so far.

    `claim` is held until a worker holds the run; `done` is set when it has written its last event.
    `resume`: the checkpoint to go on from, the newest where None. `detached`: it is to go on
    without this kernel, where the engine can do that.
    """

    run: Run
    claim: ExitStack
    done: Event
    resume: int | None = None
    detached: bool = False
