"""Competitors in processes of their own that compute one at a time, in turns.

Whatever else happens on the machine happens to all of them, and the peak memory of a process is the
competitor's alone. The coordinator imports nothing heavy: a child's peak begins with its parent's.
Protocol: a process says `null` when it is ready; told a number of steps, it says the seconds that
they took; at the end of its input it says what it found and ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import msgspec
from training.scenario import Job

THREADS = 2
ENTRY = Path(__file__).resolve().parents[1] / "train.py"
QUIET = {"OMP_NUM_THREADS": str(THREADS), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error",
         "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false",
         "PYTHONWARNINGS": "ignore"}  # fmt: skip


class Report(msgspec.Struct, frozen=True):
    """What a process found. Of each step: `tokens` as the rows have them, `computed` those of a
    pack, the floating-point operations of a pack, the loss where it is logged.
    """

    peak_bytes: int
    tokens: list[int]
    computed: list[int]
    flops: list[float]
    losses: list[float]
    digest: str
    dtype: str


class Pace(NamedTuple):
    """Seconds of each turn, and the steps in one."""

    seconds: list[float]
    steps: int
    report: Report

    def rates(self, of_each_step: Sequence[float]) -> list[float]:
        """Per second, in each turn: of what the steps hold, the warm-up first."""
        parts = [of_each_step[i : i + self.steps] for i in self._begins]
        return [sum(part) / s for part, s in zip(parts, self.seconds, strict=True)]

    @property
    def _begins(self) -> range:
        return range(1, 1 + self.steps * len(self.seconds), self.steps)


def race(jobs: Sequence[Job], turns: int, steps: int) -> list[Pace]:
    """Each job's pace over so many turns of so many steps, after a warm-up; everybody goes first
    now and then.

    Raises:
        SystemExit: A process failed, or they had not the same rows.
    """
    processes = [Process(job) for job in jobs]
    try:
        for process in processes:
            process.hear()
        for process in processes:
            process.take(1)
        seconds: list[list[float]] = [[] for _ in jobs]
        for turn in range(turns):
            for i in range(len(jobs)):
                place = (turn + i) % len(jobs)
                seconds[place].append(processes[place].take(steps))
        reports = [process.end() for process in processes]
    finally:
        for process in processes:
            process.kill()
    if len({report.digest for report in reports}) > 1:
        raise SystemExit("the competitors did not have the same rows")
    return [Pace(s, steps, report) for s, report in zip(seconds, reports, strict=True)]


class Process:
    """The coordinator's side of a competitor."""

    def __init__(self, job: Job) -> None:
        self._name = f"{job.competitor}, {job.scenario}, {job.dtype}"
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 — as long as the process
        self._process = subprocess.Popen(
            [sys.executable, ENTRY, "compete", msgspec.json.encode(job)], text=True,
            env=os.environ | QUIET, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors,
        )  # fmt: skip

    def hear(self) -> Any:
        """What it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise SystemExit(f"{self._name}: it ended early\n{self._errors.read()[-3000:]}")
        return json.loads(line)

    def take(self, steps: int) -> float:
        """The seconds of its next steps."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return float(self.hear())

    def end(self) -> Report:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return msgspec.convert(self.hear(), Report)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()


def compete(spec: str) -> None:
    """The whole life of such a process."""
    told = sys.stdout
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = nowhere  # the libraries' words
        report = competed(msgspec.json.decode(spec, type=Job), told)
        sys.stdout = told
    say(told, msgspec.to_builtins(report))


def competed(job: Job, told: TextIO) -> Report:
    """Train as the coordinator wants it."""
    import torch
    from training.flops import step_flops
    from training.peers import LAYOUTS

    from nbfinetune.training.packing import pack

    torch.set_num_threads(THREADS)
    layout = LAYOUTS[job.competitor]
    (base, batches), losses = layout.train(job, layout, ByTheLine(job.device, told))
    return Report(
        peak_bytes=peak_bytes(job.device),
        tokens=[sum(len(row.ids) for row in rows) for rows in batches],
        computed=[len(pack(rows).ids) for rows in batches],
        flops=[step_flops(rows, base.model.config, job.config.lora_rank) for rows in batches],
        losses=losses,
        dtype=str(base.dtype).removeprefix("torch."),
        digest=hashlib.sha256(repr(batches).encode()).hexdigest(),
    )


def say(told: TextIO, what: Any) -> None:
    told.write(json.dumps(what) + "\n")
    told.flush()


class ByTheLine:
    """Turns as the coordinator gives them; only the time in which they compute is told."""

    def __init__(self, device: str, told: TextIO) -> None:
        from training.flops import waiting

        self._told, self._device = told, device
        self._settle = waiting(device)
        self._left, self._began = 0, 0.0
        self._said: float | None = None

    def wait(self) -> bool:
        say(self._told, self._said)
        self._left = int(sys.stdin.readline() or 0)
        self._began = time.perf_counter()
        return self._left > 0

    def stepped(self) -> bool:
        self._left -= 1
        if self._left:
            return True
        self._settle()
        self._said = time.perf_counter() - self._began
        self._give_back()
        return self.wait()

    def _give_back(self) -> None:
        """Who has no turn keeps no memory of the GPU that another one could use."""
        if self._device != "cpu":
            import torch

            torch.cuda.empty_cache()


def peak_bytes(device: str) -> int:
    """The most that this process held: of the GPU's memory, or as a whole."""
    if device != "cpu":
        import torch

        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def machine_peak(device: str) -> float:
    """bfloat16 operations per second that this machine reaches, in a process of its own."""
    done = subprocess.run(
        [sys.executable, ENTRY, "peak", device], env=os.environ | QUIET, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return float(done.stdout)
