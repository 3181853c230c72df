"""Whether a run fits on its device, and with which settings it would. Needs no weights."""

from __future__ import annotations

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


def memory_for(
    model: Simulated, config: TrainConfig, how: How, longest: int, *, loaded: bool
) -> Memory:
    """What training takes with rows of up to `longest` tokens; `loaded`: the weights are there."""
    weights = weight_bytes(model.parameters, model.linear, how.dtype, in_4bit=how.load_in_4bit)
    step = model.step(config.micro_batch_size or config.batch_size, longest)
    return Memory(
        weights=weights,
        adapter=model.trained * (LORA_BYTES + MOMENT_BYTES),
        step=int(step * slack(how.device, config)),
        free=memory_of(how.device).free + (weights if loaded else 0),
    )


def room_notices(
    model: Simulated, memory: Memory, config: TrainConfig, how: How, longest: int
) -> list[Notice]:
    """Where it doesn't fit: what would. Fewer rows at once, activations computed twice, shorter
    rows, weights in 4 bits.
    """
    if memory.fits:
        return []
    room = (memory.free - memory.weights - memory.adapter) / slack(how.device, config)
    fits = what_fits(model.step, room, config, longest)
    options = option_text(fits)
    if "max_length" in fits and not config.gradient_checkpointing:
        options = f"--micro-batch-size 1 --gradient-checkpointing,  or  {options}"
    if not options and how.device.startswith("cuda") and not how.load_in_4bit:
        options = "--load-in-4bit"
    return memory_notices(memory, options)


def shortage(base: BaseModel, config: TrainConfig, how: How, longest: int) -> list[Notice]:
    """What is said of memory before a run on `base` begins. A small model always fits."""
    if base.parameters <= SMALL_PARAMETERS:
        return []
    folder = find(base.name, weights=False).folder
    at_most = (config.micro_batch_size or config.batch_size, longest)
    model = simulate(folder, config, how.dtype, at_most)
    if model is None:
        return []
    return room_notices(
        model, memory_for(model, config, how, longest, loaded=True), config, how, longest
    )
