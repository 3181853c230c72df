"""Who may write a run: its one worker, and before it whoever is about to start one.

Two locks that overlap: `claim` is held from the moment a run is queued until its worker has `lock`.
So a run that is alive never looks like one that was left, whoever takes it over from whom.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock
import msgspec

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import write_atomically

LOCK, CLAIM, OWNER = "lock", "claim", "owner.json"
PATIENCE_SECONDS = 1
"""Who only looks whether a lock is free holds it for a moment."""


class Owner(msgspec.Struct, frozen=True):
    """Who holds the lock of a run, or is about to."""

    pid: int
    host: str
    since: str


@contextmanager
def held(folder: Path, name: str) -> Iterator[None]:
    """Hold `lock` or `claim` of the run in that folder.

    Raises:
        RunError: Another process or thread holds it; the message names it.
    """
    # thread_local=False: the lock belongs to the run, whichever thread holds it
    lock = filelock.FileLock(folder / name, timeout=PATIENCE_SECONDS, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise in_use(folder) from None
    try:
        owner = Owner(os.getpid(), platform.node(), datetime.now(UTC).isoformat("T", "seconds"))
        write_atomically(folder / OWNER, msgspec.json.encode(owner))
        yield
    finally:
        lock.release()


def is_held(folder: Path, name: str) -> bool:
    """Whether somebody holds that lock. Looking never makes a file."""
    if not (folder / name).exists():
        return False
    try:
        with filelock.FileLock(folder / name, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # a folder that can only be read: nobody writes there
        return False


def in_use(folder: Path) -> RunError:
    """The error that names who holds the run."""
    try:
        owner = msgspec.json.decode((folder / OWNER).read_bytes(), type=Owner)
    except (OSError, ValueError):
        owner = Owner(0, "?", "?")
    return RunError(
        "run_locked", run=folder.name, pid=owner.pid, host=owner.host, since=owner.since
    )
