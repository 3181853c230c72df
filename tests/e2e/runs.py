"""Runs for the browser tests: a dataset, runs to watch, and one that a test writes itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock
import msgspec

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs import events
from nbfinetune.core.runs.events import EventWriter
from nbfinetune.core.runs.locks import Owner
from nbfinetune.core.runs.store import DataSpec, Run, RunSpec, RunStore, new_run_id

ROWS = 60
LOAD = "%load_ext nbfinetune"
DATASET = '%%ft_dataset pirate --system "You are a pirate."\n' + "\n\n".join(
    f"user: What is number {i}?\nassistant: Ahoy! Number {i} be {i * 7}, arr!" for i in range(ROWS)
)


class WrittenRun:
    """A run that trains nothing: the test writes what its worker would write."""

    def __init__(self, run: Run, writer: EventWriter) -> None:
        self.run = run
        self._writer = writer
        self._step = 0

    def state(self, state: events.State) -> None:
        self._writer.emit(events.StateChanged(step=self._step, state=state))

    def plan(self, total_steps: int = 100) -> None:
        self.state("preparing")
        self._writer.emit(
            events.Planned(
                total_steps=total_steps,
                epochs=4,
                train_rows=54,
                validation_rows=6,
                tokens=1800,
                trained_tokens=900,
                parameters=5_000_000,
                trained_parameters=120_000,
                device="cpu",
                dtype="float32",
                notices=[events.Notice("no_validation")],
            )
        )
        self.state("training")

    def steps(self, count: int) -> None:
        for _ in range(count):
            self._step += 1
            self._writer.emit(
                events.TrainStep(
                    step=self._step,
                    epoch=self._step / 25,
                    loss=0.2 + 3 / self._step,
                    learning_rate=0.002,
                    grad_norm=1.0,
                    tokens=130,
                    seconds=0.1,
                    memory_bytes=700_000_000,
                )
            )

    def answer(self, row: int, prompt: str, reference: str, answer: str) -> None:
        self._writer.emit(
            events.Sampled(
                step=self._step, row=row, prompt=prompt, reference=reference, answer=answer
            )
        )

    def checkpoint(self) -> None:
        loss = 0.3 + 2 / (self._step + 1)
        epoch = self._step / 25
        self._writer.emit(events.Validated(step=self._step, epoch=epoch, loss=loss))
        if self._step:
            path = f"checkpoints/step-{self._step}"
            self._writer.emit(
                events.Committed(step=self._step, epoch=epoch, path=path, validation_loss=loss)
            )

    def log(self, line: str) -> None:
        self._writer.emit(events.Logged(step=self._step, text=line))

    def fail(self, reason: str) -> None:
        self._writer.emit(events.Failed(step=self._step, reason=reason))
        self.state("failed")


@contextmanager
def written_run(home: Path, name: str, data: str = "pirate") -> Iterator[WrittenRun]:
    """A run that somebody trains as long as the context lasts."""
    spec = RunSpec(
        run_id=new_run_id(name),
        name=name,
        created=datetime.now(UTC).isoformat("T", "milliseconds"),
        base_model="starter",
        preset="starter",
        config=TrainConfig(),
        data=DataSpec(name=data, sha256="0" * 64, train_rows=54, validation_rows=6),
    )
    run = RunStore(home).create(spec)
    with run.locked():
        writer = EventWriter(run.events)
        try:
            yield WrittenRun(run, writer)
        finally:
            writer.close()


def end_all(home: Path) -> None:
    """Stop what kernels train, and wait until they no longer write."""
    for run in RunStore(home).list():
        if run.is_locked() and not _ours(run):
            run.request("stop")
            with filelock.FileLock(run.path / "lock", timeout=60):
                pass


def _ours(run: Run) -> bool:
    owner = msgspec.json.decode((run.path / "owner.json").read_bytes(), type=Owner)
    return owner.pid == os.getpid()
