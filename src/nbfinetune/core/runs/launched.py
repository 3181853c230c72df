"""How the newest attempt of a run was started: `engine.json`. Knows processes by name only."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from nbfinetune.core.runs.checkpoints import write_atomically

FORMAT = 1
LAUNCHED = "engine.json"
LOG = "worker.log"
"""What a worker's process leaves on its streams, below Python too, while it holds the run."""

EngineName = Literal["thread", "process"]
ENGINES: tuple[EngineName, ...] = ("thread", "process")


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """The process that trains. A pid is used again, so `started` (seconds since 1970) tells it from
    a later one; both mean something on `host` only.

    `keeper_pid`, `keeper_started`: the kernel (or shell) that started it or has taken it over.
    """

    v: int = FORMAT
    engine: EngineName
    pid: int
    started: float
    host: str
    detached: bool = False
    keeper_pid: int
    keeper_started: float


def read_launched(folder: Path) -> Launched | None:
    """How the run in that folder was started; None where nobody said so, or it can't be read."""
    try:
        return msgspec.json.decode((folder / LAUNCHED).read_bytes(), type=Launched)
    except (OSError, ValueError):
        return None


def write_launched(folder: Path, launched: Launched) -> None:
    write_atomically(folder / LAUNCHED, msgspec.json.format(msgspec.json.encode(launched)))
