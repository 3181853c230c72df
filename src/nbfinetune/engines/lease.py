"""A run that outlives its kernel for too long ends: the kernel renews a lease while it lives.

The worker measures how long the file has not changed by its own monotonic clock: a wall clock that
is set ahead ends no run, and neither does a machine that slept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from nbfinetune.core.runs.store import Run

LEASE_SECONDS = 600.0
RENEW_SECONDS = 20.0


def renew(run: Run) -> None:
    """Say that somebody still wants the run to go on."""
    _path(run).touch(mode=0o600)


class Lease:
    """What a worker knows of its lease."""

    def __init__(
        self, run: Run, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = _path(run)
        self.seconds = seconds
        self._clock = clock
        self._seen = self._stamp()
        self._since = clock()

    def expired(self) -> bool:
        """Whether nobody has renewed it for so long."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen, self._since = stamp, self._clock()
        return self._clock() - self._since >= self.seconds

    def _stamp(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


def _path(run: Run) -> Path:
    return run.path / "lease"
