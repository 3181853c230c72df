"""Competitors in processes of their own that compute one at a time, in turns.

Whatever else happens on the machine happens to all of them, and the peak memory of a process is the
competitor's alone. The coordinator imports nothing heavy: a child's peak begins with its parent's.
Protocol: a process says `null` when it is ready; told how many steps and seconds a turn has at
least, it says how many steps it took and how long; at the end of its input it says what it found
and ends.
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
from itertools import accumulate, pairwise
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


class Turn(NamedTuple):
    steps: int
    seconds: float


class Pace(NamedTuple):
    turns: list[Turn]
    report: Report

    @property
    def steps_per_second(self) -> list[float]:
        return [turn.steps / turn.seconds for turn in self.turns]

    def rates(self, of_each_step: Sequence[float]) -> list[float]:
        """Per second, in each turn: of what its steps hold, the warm-up first."""
        ends = list(accumulate((turn.steps for turn in self.turns), initial=1))
        held = [sum(of_each_step[begin:end]) for begin, end in pairwise(ends)]
        return [sum_ / turn.seconds for sum_, turn in zip(held, self.turns, strict=True)]


def race(jobs: Sequence[Job], turns: int, least: Turn) -> list[Pace]:
    """Each job's pace over so many turns of at least those steps and seconds, after a warm-up.

    Who is fast takes more steps: one alone would be mostly the way back into the caches. Everybody
    goes first now and then.

    Raises:
        SystemExit: A process failed, or they had not the same rows.
    """
    processes = [Process(job) for job in jobs]
    try:
        for process in processes:
            process.hear()
        for process in processes:
            process.take(Turn(1, 0.0))
        taken: list[list[Turn]] = [[] for _ in jobs]
        for turn in range(turns):
            for i in range(len(jobs)):
                place = (turn + i) % len(jobs)
                taken[place].append(processes[place].take(least))
        reports = [process.end() for process in processes]
    finally:
        for process in processes:
            process.kill()
    if len({report.digest for report in reports}) > 1:
        raise SystemExit("the competitors did not have the same rows")
    return [Pace(*found) for found in zip(taken, reports, strict=True)]


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

    def take(self, least: Turn) -> Turn:
        """Its next turn."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(least) + "\n")
        self._process.stdin.flush()
        return Turn(*self.hear())

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

    from nbfinetune.training.packing import needed, pack

    torch.set_num_threads(THREADS)
    layout = LAYOUTS[job.competitor]
    (base, batches), losses = layout.train(job, layout, ByTheLine(job.device, told))
    return Report(
        peak_bytes=peak_bytes(job.device),
        tokens=[sum(len(row.ids) for row in rows) for rows in batches],
        computed=[len(pack([needed(row) for row in rows]).ids) for rows in batches],
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
        self._least, self._steps, self._began = Turn(0, 0.0), 0, 0.0
        self._taken: Turn | None = None

    def wait(self) -> bool:
        say(self._told, self._taken)
        line = sys.stdin.readline()
        self._least, self._steps = Turn(*json.loads(line or "[0, 0]")), 0
        self._began = time.perf_counter()
        return bool(line)

    def stepped(self) -> bool:
        self._settle()
        self._steps += 1
        self._taken = Turn(self._steps, time.perf_counter() - self._began)
        if self._taken.steps < self._least.steps or self._taken.seconds < self._least.seconds:
            return True
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
