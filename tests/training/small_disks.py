"""Runs on disks of several sizes: `python -m tests.training.small_disks MODEL FOLDER SIZE_KB…`.

Mounts a small disk in FOLDER for each size, so it has to run as root of a mount namespace of its
own (`unshare -rm`). Prints one line of JSON for each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import verify
from tests.training.runs import HELD_OUT, PLAIN, ROWS, prepare, train


def mount(folder: Path, size_kb: int) -> None:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(folder)]
    subprocess.run(command, check=True)


def outcome(model: str, folder: Path) -> dict[str, Any]:
    """How a run of six steps with a checkpoint at each ends there, and what it leaves."""
    try:
        run = prepare(folder, model, ROWS, HELD_OUT, epochs=3, batch_size=4, save_every=1, **PLAIN)
    except RunError as error:
        return {"refused": str(error), "left": [str(p) for p in folder.rglob("*")]}
    record = train(run)
    with suppress(FileNotFoundError):
        (run.path / "state.json").unlink()
    folders = run.path / "checkpoints"
    return {
        "state": record.state,
        "reason": record.failure.reason if record.failure else "",
        "told": [c.step for c in record.checkpoints],
        "whole": [verify(run.checkpoint_path(step)).step for step in run.steps()],
        "folders": sorted(p.name for p in folders.iterdir()) if folders.is_dir() else [],
        "others": sorted(p.name for p in run.path.iterdir()),
    }


if __name__ == "__main__":
    model, home, *sizes = sys.argv[1:]
    for size in sizes:
        place = Path(home) / size
        mount(place, int(size))
        print(json.dumps({"size": int(size), **outcome(model, place)}), flush=True)
