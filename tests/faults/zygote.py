"""A process that has imported everything and forks a worker for each order: a kill costs a second.

Orders arrive as lines on stdin: `start RUN_DIRECTORY` answers with the pid of a new worker, `wait
PID` with how it ended. Run as  python -m tests.faults.zygote.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

from nbfinetune.core.runs.store import Run
from nbfinetune.training import worker
from nbfinetune.training.channel import Channel

os.environ["HF_HUB_OFFLINE"] = "1"


def train(path: Path) -> None:
    """A worker's whole life; it never returns."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    run = Run(path)
    with run.locked():
        channel = Channel(run)
        worker.run(run, channel)
        channel.close()
    os._exit(0)


def start(path: Path) -> int:
    pid = os.fork()
    if pid == 0:
        train(path)
    return pid


def main() -> None:
    torch.set_num_threads(1)
    for line in sys.stdin:
        order, _, word = line.strip().partition(" ")
        if order == "start":
            print(start(Path(word)), flush=True)
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(int(word), 0)[1]), flush=True)


if __name__ == "__main__":
    main()
