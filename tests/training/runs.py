"""Runs that train in this process, without a session or a thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.dataset import Split
from nbfinetune.core.messages import Conversation
from nbfinetune.core.runs.events import AnyEvent, TrainStep
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import DataSpec, Run, RunSpec, RunStore
from nbfinetune.training import preflight, worker
from nbfinetune.training.channel import Channel
from tests.models import talk

ROWS = [
    talk("one", "uno", system="Spanish."),
    talk("two", "dos, as in: two of them", system="Spanish."),
    talk("three", "tres", "four", "cuatro", system="Spanish."),
    talk("五", "cinco", system="Spanish."),
    talk("a longer question, to be padded to", "6", system="Spanish."),
    talk("seven", "siete siete siete siete siete siete", system="Spanish."),
    talk("eight", "ocho", system="Spanish."),
    talk("nine", "nueve", system="Spanish."),
]
HELD_OUT = [
    talk("ten", "diez", system="Spanish."),
    talk("eleven", "once once once", "and twelve?", "doce", system="Spanish."),
]

# no chance: every loss can be computed anew
PLAIN = {"lora_dropout": 0.0, "warmup_ratio": 0.0, "lr_scheduler": "constant"}


def prepare(
    home: Path,
    base_model: Path | str,
    rows: Sequence[Conversation] = ROWS,
    validation: Sequence[Conversation] = (),
    *,
    run_id: str = "one",
    **settings: Any,
) -> Run:
    """A run directory, ready for the worker."""
    split = Split(tuple(rows), tuple(validation))
    spec = RunSpec(
        run_id=run_id,
        name="spanish",
        created=datetime.now(UTC).isoformat("T", "milliseconds"),
        base_model=str(base_model),
        preset="standard",
        config=TrainConfig(**settings),
        data=DataSpec(
            name="spanish",
            sha256="",
            train_rows=len(rows),
            validation_rows=len(validation),
            files=preflight.hashes(split),
        ),
    )
    return preflight.freeze(RunStore(home), spec, split)


class StopAfter(Channel):
    """A channel through which somebody asks for a stop once a step was told."""

    def __init__(self, run: Run, step: int) -> None:
        super().__init__(run)
        self._asking, self._step = run, step

    def emit(self, event: AnyEvent) -> None:
        super().emit(event)
        if isinstance(event, TrainStep) and event.step == self._step:
            self._asking.request("stop")


def train(run: Run, channel: Channel | None = None) -> RunRecord:
    """Let the worker do the run; the record of what it told."""
    channel = channel or Channel(run)
    worker.run(run, channel)
    channel.close()
    return run.record()
