"""What a run will take: memory, time, disk; and what is said where that is too much. Numbers only.

Needs neither torch nor a model: `training.simulation` and `training.dry_run` find the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import Notice, Planned
from nbfinetune.core.sizes import in_bytes
from nbfinetune.training.schedule import optimizer_steps, schedule
from nbfinetune.training.workload import Rows, heaviest, rows_at_once

LORA_BYTES = 4
MOMENT_BYTES = 8
"""A LoRA weight, and the two moments that AdamW keeps of it. The gradient is the step's."""
QUANTIZED_BYTES = 0.5 + 4 / 64
"""A weight in 4 bits, and a float32 scale for 64 of them."""
DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}

CPU_SLACK, CPU_SLACK_TWICE = 1.4, 2.1
"""glibc keeps in pieces what a step gave back: processes grew by 1.37 to 1.40 times a step's live
bytes, and by 2.1 with gradient checkpointing, where large and small pieces take turns. Allocators
of GPUs round up a little."""
GPU_SLACK = 1.05

CHECKPOINT_BYTES = 64 * 1024
EVENT_BYTES = 300
LONG_SECONDS = 600.0
"""Above ten minutes a run should not depend on a kernel."""
SHORT_ROW = 32
"""A conversation of fewer tokens says nothing."""
FORWARD_SHARE = 1 / 3
"""Of a step's time: a backward pass takes about twice as long as a forward pass."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What training takes on its device, in bytes. `free`: with what is already there of it."""

    weights: int
    adapter: int
    step: int
    free: int

    @property
    def total(self) -> int:
        return self.weights + self.adapter + self.step

    @property
    def fits(self) -> bool:
        return self.total <= self.free


class Disk(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves on disk at most, in bytes."""

    checkpoint: int
    checkpoints: int
    other: int
    free: int

    @property
    def total(self) -> int:
        return self.checkpoint * self.checkpoints + self.other


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was looked at and not started. None is what could not be told."""

    name: str
    base_model: str
    plan: Planned
    longest_row: int
    cut_rows: int
    memory: Memory | None
    seconds: float | None
    disk: Disk

    @property
    def notices(self) -> list[Notice]:
        return self.plan.notices


def weight_bytes(parameters: int, linear: int, dtype: str, *, in_4bit: bool) -> int:
    """Of a base model; `linear` of its weights are quantized where 4 bits are asked for."""
    quantized = linear if in_4bit else 0
    return int((parameters - quantized) * DTYPE_BYTES[dtype] + quantized * QUANTIZED_BYTES)


def slack(device: str, config: TrainConfig) -> float:
    """By how much a device's allocator takes more than what lives in a step."""
    if device != "cpu":
        return GPU_SLACK
    return CPU_SLACK_TWICE if config.gradient_checkpointing else CPU_SLACK


def what_fits(
    step: Callable[[Rows], int], room: float, config: TrainConfig, rows: Rows, *, packed: bool
) -> dict[str, int]:
    """The setting with which every step fits into `room` bytes; empty where one short row doesn't.

    `step` gives bytes for rows computed at once: fewer rows are tried first, then shorter ones.
    """
    for count in range(rows_at_once(config) - 1, 0, -1):
        smaller = msgspec.structs.replace(config, micro_batch_size=count)
        fits = config.batch_size % count == 0
        if fits and step(heaviest(rows, smaller, packed=packed)) <= room:
            return {"micro_batch_size": count}
    longest = max(rows, key=lambda row: len(row.ids))
    whole = len(longest.ids)
    half = max(1, whole // 2)
    least, more = step([longest.cut(half)]), step([longest])
    # memory grows with the tokens, nearly in proportion: attention is hardly held as a matrix
    length = half + int((room - least) * (whole - half) / max(1, more - least))
    while length >= SHORT_ROW and step([longest.cut(length)]) > room:
        length = int(length * 0.9)
    return {"micro_batch_size": 1, "max_length": length} if length >= SHORT_ROW else {}


def memory_notices(memory: Memory, options: str) -> list[Notice]:
    """A notice where a run doesn't fit; `options` are those with which it would."""
    if memory.fits:
        return []
    figures: dict[str, str | int | float] = {
        "needs": in_bytes(memory.total),
        "free": in_bytes(memory.free),
        "weights": in_bytes(memory.weights),
        "step": in_bytes(memory.step),
    }
    if options:
        return [Notice("memory_short", {**figures, "options": options})]
    return [Notice("memory_too_small", figures)]


def option_text(settings: dict[str, int]) -> str:
    """`--micro-batch-size 1 --max-length 512`."""
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in settings.items())


def disk_of(trained: int, rows_bytes: int, free: int, train_rows: int, config: TrainConfig) -> Disk:
    """Checkpoints with the state of the optimizer, the rows and the log."""
    # the best beside the newest, and the one that is being written
    kept = min(checkpoints(train_rows, config), config.keep_checkpoints + 2)
    checkpoint = trained * (LORA_BYTES + MOMENT_BYTES) + CHECKPOINT_BYTES
    other = rows_bytes + optimizer_steps(train_rows, config) * EVENT_BYTES + CHECKPOINT_BYTES
    return Disk(checkpoint=checkpoint, checkpoints=kept, other=other, free=free)


def checkpoints(train_rows: int, config: TrainConfig) -> int:
    """How many a run commits: at the end of each epoch, every so many steps, and at its end."""
    steps, every = list(schedule(train_rows, config)), config.save_every
    return sum(s.ends_epoch or bool(every and s.number % every == 0) for s in steps[:-1]) + 1


def disk_notices(disk: Disk) -> list[Notice]:
    """A notice where the run would fill the disk."""
    if disk.total <= disk.free:
        return []
    figures = {"needs": in_bytes(disk.total), "free": in_bytes(disk.free)}
    return [Notice("disk_short", {**figures, "count": disk.checkpoints})]


def measurements(train_rows: int, config: TrainConfig) -> int:
    """How often the validation loss is measured, the one before the first step included."""
    steps = list(schedule(train_rows, config))
    every = [n for n in (config.eval_every, config.save_every) if n]
    return 1 + sum(
        s.ends_epoch or s is steps[-1] or any(s.number % n == 0 for n in every) for s in steps
    )


def long_notices(seconds: float | None, engine: str) -> list[Notice]:
    """A notice where a run of this kernel takes so long that it should not depend on it."""
    if seconds is None or seconds <= LONG_SECONDS or engine != "thread":
        return []
    return [Notice("long_run", {"minutes": math.ceil(seconds / 60)})]
