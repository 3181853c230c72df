"""Runs on disks of several sizes: `python -m tests.training.small_disks MODEL FOLDER SIZE_KB…`.

Mounts a small disk in FOLDER for each size, so it has to run as root of a mount namespace of its
own (`unshare -rm`). A size of 0 is a disk that can only be read. Prints one line of JSON for each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import verify
from tests.training.runs import HELD_OUT, PLAIN, ROWS, prepare, train


def mount(folder: Path, size_kb: int) -> None:
    folder.mkdir()
    how = f"size={size_kb}k" if size_kb else "ro"
    subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder)], check=True)


def outcome(model: str, folder: Path) -> dict[str, Any]:
    """How a run of six steps with a checkpoint at each ends there, and what it leaves."""
    began = time.monotonic()
    try:
        run = prepare(folder, model, ROWS, HELD_OUT, epochs=3, batch_size=4, save_every=1, **PLAIN)
    except RunError as error:
        left = [str(p.relative_to(folder)) for p in folder.rglob("*")]
        seconds = time.monotonic() - began
        return {"refused": str(error), "left": left, "seconds": seconds}
    record = train(run)
    (run.path / "state.json").unlink(missing_ok=True)  # a cache: there where there was room
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
