"""A run looked at before it starts: its rows as the model will see them, and what it will take.

The weights are loaded only where they are on this disk, fit, and a step on them takes seconds: then
it is measured how long one takes. Nothing is written, and nothing stays on the model.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from nbfinetune.chat.devices import settled
from nbfinetune.chat.hub import find
from nbfinetune.chat.loading import BaseModel, load_template
from nbfinetune.chat.models import How, Models, how_of
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.dataset import Split, jsonl_lines
from nbfinetune.core.runs.events import Notice, Planned
from nbfinetune.core.runs.space import free_bytes
from nbfinetune.core.runs.store import RunSpec
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.estimate import (
    FORWARD_SHARE,
    Disk,
    Forecast,
    checkpoints,
    disk_notices,
    disk_of,
    long_notices,
    measurements,
)
from nbfinetune.training.learner import Learner
from nbfinetune.training.loop import Rows
from nbfinetune.training.lora import trained_on
from nbfinetune.training.measures import SAMPLE_SECONDS, SAMPLE_TOKENS, samples
from nbfinetune.training.packing import computed_at_once
from nbfinetune.training.room import memory_for, room_notices
from nbfinetune.training.schedule import optimizer_steps
from nbfinetune.training.simulation import Simulated, simulate
from nbfinetune.training.worker import prepared_rows
from nbfinetune.training.workload import (
    heaviest,
    measured_tokens,
    sharing_notices,
    trained_tokens,
)

PROBED_FLOPS = 5e11
"""As much as a CPU core computes in some seconds: the largest step that is tried there."""

TRIES, TRIED_SECONDS, ANSWERED_SECONDS = 3, 3.0, 1.0


def forecast(spec: RunSpec, split: Split, models: Models, home: Path) -> Forecast:
    """What a run by `spec` will be and take.

    Raises:
        DatasetError, ModelError: It could not be trained.
    """
    found = find(spec.base_model, weights=False)
    config = spec.config
    model = simulate(found.folder, config, "float32")
    how = settled(how_of(config), model.parameters if model else 0)
    if model and how.dtype != "float32":
        model = simulate(found.folder, config, how.dtype)
    template = load_template(spec.base_model)
    context = model.context_length if model else config.max_length
    rows, notices = prepared_rows(*split, config, template, context)
    cut = sum(int(n.params["count"]) for n in notices if n.code == "rows_cut")
    longest = max(len(row.ids) for row in rows.train)
    there = _loaded(models, spec.base_model, how)
    memory = memory_for(model, config, how, rows.train, loaded=there) if model else None
    here = there or any(found.folder.glob("*.safetensors"))
    seconds, because = None, model.because if model else None
    if because is not None:  # the model that was simulated knows its folder alone
        because = Notice(because.code, {**because.params, "model": spec.base_model})
    if model and here and (memory is None or memory.fits) and _is_cheap(model, config, how, rows):
        seconds, because = _probed(models.get(spec.base_model, how).base, spec, rows)
    disk = _disk(model, split, spec, home)
    said = [
        *spec.notices,
        *notices,
        *(
            room_notices(found.folder, model, memory, config, how, rows.train)
            if model and memory
            else []
        ),
        *sharing_notices(rows.train, config, because),
        *disk_notices(disk),
        *long_notices(seconds, spec.engine),
    ]
    return Forecast(
        name=spec.name, base_model=spec.base_model, plan=_plan(spec, rows, model, how, said),
        longest_row=longest, cut_rows=cut, memory=memory, seconds=seconds, disk=disk,
    )  # fmt: skip


def _plan(
    spec: RunSpec, rows: Rows, model: Simulated | None, how: How, notices: list[Notice]
) -> Planned:
    return Planned(
        total_steps=optimizer_steps(len(rows.train), spec.config),
        epochs=spec.config.epochs,
        train_rows=len(rows.train),
        validation_rows=len(rows.validation),
        tokens=sum(len(row.ids) for row in rows.train),
        trained_tokens=sum(row.trained_tokens for row in rows.train),
        parameters=model.parameters + model.trained if model else 0,
        trained_parameters=model.trained if model else 0,
        device=how.device,
        dtype=how.dtype,
        notices=notices,
    )


def _loaded(models: Models, name: str, how: How) -> bool:
    """Whether the weights are in memory already."""
    told = ((m.name, m.device, m.dtype, m.load_in_4bit) for m in models.loaded())
    return (name, *how) in told


def _disk(model: Simulated | None, split: Split, spec: RunSpec, home: Path) -> Disk:
    rows_bytes = sum(len(line) for side in split for line in jsonl_lines(side))
    trained = model.trained if model else 0
    return disk_of(trained, rows_bytes, free_bytes(home), len(split.train), spec.config)


def _is_cheap(model: Simulated, config: TrainConfig, how: How, rows: Rows) -> bool:
    """Whether the heaviest step takes seconds: 6 operations for a weight and a token."""
    tokens = computed_at_once(
        heaviest(rows.train, config, packed=model.packed), packed=model.packed
    )
    return how.device != "cpu" or 6 * model.parameters * tokens <= PROBED_FLOPS


def _probed(base: BaseModel, spec: RunSpec, rows: Rows) -> tuple[float, Notice | None]:
    """Seconds that the whole run will take, by those of its heaviest step; why rows are padded."""
    config = spec.config
    with trained_on(base, config) as (own, model), own.computing():
        learner = Learner(own, model, config, own.adapter or "")
        packed = learner.losses.is_packed
        tried = heaviest(rows.train, config, packed=packed)
        _step_seconds(learner, tried[:1], own)  # the first one also warms up
        tries = [_step_seconds(learner, tried, own)]
        while len(tries) < TRIES and sum(tries) < TRIED_SECONDS:
            tries.append(_step_seconds(learner, tried, own))
        answers = _answer_seconds(own, model, rows)
    seconds = min(tries)  # what else the machine does only makes it longer
    per_token = seconds / computed_at_once(tried, packed=packed)
    trained = trained_tokens(rows.train, config, packed=packed)
    measured = measured_tokens(rows.validation, config, packed=packed) * FORWARD_SHARE
    answers *= 1 + checkpoints(len(rows.train), config)
    whole = per_token * (trained + measured * measurements(len(rows.train), config)) + answers
    return whole, learner.losses.because


def _answer_seconds(base: BaseModel, model: Any, rows: Rows) -> float:
    """What the answers at one checkpoint take at most, by the first of their tokens."""
    began, tokens = time.perf_counter(), 0

    def enough() -> bool:
        nonlocal tokens
        tokens += 1
        return time.perf_counter() - began > ANSWERED_SECONDS

    if not list(samples(base, model, rows.held_out, 0, enough)):
        return 0.0
    per_token = (time.perf_counter() - began) / tokens
    return min(SAMPLE_SECONDS, per_token * SAMPLE_TOKENS)


def _step_seconds(learner: Learner, rows: Sequence[LabelledRow], base: BaseModel) -> float:
    """A rate of 0 learns nothing."""
    began = time.perf_counter()
    learner.step(rows, number=1, learning_rate=0.0)
    if base.device.type == "cuda":
        torch.cuda.synchronize(base.device)
    return time.perf_counter() - began
