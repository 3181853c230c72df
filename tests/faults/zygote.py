"""A process that has imported everything and forks a worker for each order: a kill costs a second.

Orders arrive as lines on stdin: `start ENGINE RUN_DIRECTORY` answers with the pid of a new process
that trains it as that engine does, `wait PID` with how it ended. Run as
`python -m tests.faults.zygote`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

import nbfinetune.training.worker  # noqa: F401  (what takes seconds to import)
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.engines import child, thread
from nbfinetune.engines.control import RunControl
from nbfinetune.engines.queue import TrainingQueue


def in_a_kernel(run: Run) -> None:
    """What a kernel does, in a thread of it."""
    runs = RunStore(run.path.parents[1])
    control = RunControl(runs, TrainingQueue(runs, {"thread": thread.start}))
    started = run.record().started is not None
    job = control.resume(run.id)[1] if started else control.queue.submit(run, "thread")
    job.wait()


def start(engine: str, run: Run) -> int:
    pid = os.fork()
    if pid == 0:
        # its answers would be taken for ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        in_a_kernel(run) if engine == "thread" else child.work(run)
        os._exit(0)
    return pid


def main() -> None:
    torch.set_num_threads(1)
    for line in sys.stdin:
        order, *words = line.strip().split(" ", 2)
        if order == "start":
            engine, path = words
            print(start(engine, Run(Path(path))), flush=True)
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(int(words[0]), 0)[1]), flush=True)


if __name__ == "__main__":
    main()
