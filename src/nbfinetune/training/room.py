"""Whether a run fits on its device, and with which settings it would. Needs no weights."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nbfinetune.chat.devices import SMALL_PARAMETERS
from nbfinetune.chat.devices import memory as memory_of
from nbfinetune.chat.hub import find
from nbfinetune.chat.loading import BaseModel
from nbfinetune.chat.models import How
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import Notice
from nbfinetune.training.estimate import (
    LORA_BYTES,
    MOMENT_BYTES,
    Memory,
    memory_notices,
    option_text,
    slack,
    weight_bytes,
    what_fits,
)
from nbfinetune.training.simulation import Simulated, simulate
from nbfinetune.training.workload import Rows, heaviest


def memory_for(
    model: Simulated, config: TrainConfig, how: How, rows: Rows, *, loaded: bool
) -> Memory:
    """What training on `rows` takes; `loaded`: the weights are there."""
    weights = weight_bytes(model.parameters, model.linear, how.dtype, in_4bit=how.load_in_4bit)
    step = model.step(heaviest(rows, config, packed=model.packed))
    return Memory(
        weights=weights,
        adapter=model.trained * (LORA_BYTES + MOMENT_BYTES),
        step=int(step * slack(how.device, config)),
        free=memory_of(how.device).free + (weights if loaded else 0),
    )


def room_notices(
    folder: Path, model: Simulated, memory: Memory, config: TrainConfig, how: How, rows: Rows
) -> list[Notice]:
    """Where it doesn't fit: what would. Fewer rows at once, activations computed twice, shorter
    rows, weights in 4 bits. `folder`: where the model is.
    """
    if memory.fits:
        return []
    room = memory.free - memory.weights - memory.adapter
    fits = what_fits(
        model.step, room / slack(how.device, config), config, rows, packed=model.packed
    )
    options = [option_text(fits)] if fits else []
    if set(fits) != {"micro_batch_size"} and _fits_twice(folder, room, config, how, rows):
        options.insert(0, "--micro-batch-size 1 --gradient-checkpointing")
    if not options and how.device.startswith("cuda") and not how.load_in_4bit:
        options.append("--load-in-4bit")
    return memory_notices(memory, ",  or  ".join(options))


def _fits_twice(folder: Path, room: int, config: TrainConfig, how: How, rows: Rows) -> bool:
    """Whether rows one by one fit with activations that are computed twice; not said again."""
    if config.gradient_checkpointing:
        return False
    twice = msgspec.structs.replace(config, micro_batch_size=1, gradient_checkpointing=True)
    model = simulate(folder, twice, how.dtype, rows)
    if model is None:
        return False
    return model.step(heaviest(rows, twice, packed=model.packed)) * slack(how.device, twice) <= room


def shortage(base: BaseModel, config: TrainConfig, how: How, rows: Rows) -> list[Notice]:
    """What is said of memory before a run on `base` begins. A small model always fits."""
    if base.parameters <= SMALL_PARAMETERS:
        return []
    folder = find(base.name, weights=False).folder
    model = simulate(folder, config, how.dtype, rows)
    if model is None:
        return []
    memory = memory_for(model, config, how, rows, loaded=True)
    return room_notices(folder, model, memory, config, how, rows)
