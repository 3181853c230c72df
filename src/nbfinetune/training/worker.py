"""The one entry point of training: a run directory in, events and committed checkpoints out.

It knows nothing of threads, kernels or pages, so that every engine can start it.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any

from transformers.utils import logging as transformers_logging

from nbfinetune.chat.loading import BaseModel, load_for_training
from nbfinetune.core.config import DEFAULTS
from nbfinetune.core.errors import NbFinetuneError
from nbfinetune.core.runs.events import Failed, Notice, Planned, Resumed, StateChanged
from nbfinetune.core.runs.resuming import set_aside, starting_point
from nbfinetune.core.runs.store import Run, RunSpec
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.training.batches import special_tokens_kept, tokenize
from nbfinetune.training.channel import Channel
from nbfinetune.training.learner import Learner
from nbfinetune.training.loop import Ending, Rows, TrainingLoop
from nbfinetune.training.lora import with_lora
from nbfinetune.training.preflight import read_rows
from nbfinetune.training.schedule import optimizer_steps
from nbfinetune.training.snapshots import restore


def run(target: Run, channel: Channel, resume: int | None = None) -> None:
    """Train what the spec of `target` says, from its newest checkpoint on or from that of step
    `resume`. Never raises: a failure is an event and a state.
    """
    try:
        channel.emit(StateChanged(state=_train(target, channel, resume)))
    except Exception as error:  # whatever a model or library raises ends in the log
        reason = str(error) if isinstance(error, NbFinetuneError) else _named(error)
        channel.emit(Failed(reason=reason, traceback=traceback.format_exc()))
        channel.emit(StateChanged(state="failed"))


def _train(target: Run, channel: Channel, resume: int | None) -> Ending:
    """Train; how the run ended."""
    spec = target.spec
    after = starting_point(target, resume)
    if channel.attempt > 1:
        set_aside(target, after, channel.attempt)
        channel.emit(Resumed(step=after))
    channel.emit(StateChanged(state="preparing"))
    transformers_logging.disable_progress_bar()
    base = load_for_training(spec.base_model, spec.config)
    rows, notices = labelled_rows(target, base.template, base.context_length)
    model = with_lora(base, spec.config)
    learner = Learner(base, model, spec.config)
    channel.emit(_plan(spec, base, model, rows, notices))
    if after:
        restore(target.checkpoint_path(after), learner)
    if channel.requested("stop"):
        return "stopped"
    channel.emit(StateChanged(state="training"))
    lora = model.peft_config[model.active_adapter]
    return TrainingLoop(target, channel, base, learner, rows, lora).run(after)


def labelled_rows(
    target: Run, template: ChatTemplate, context_length: int
) -> tuple[Rows, list[Notice]]:
    """The frozen rows, tokenized and cut, and what is to be said of them.

    Raises:
        DatasetError, ModelError: They can't be trained with this model.
    """
    config = target.spec.config
    max_length, limited = _max_length(template.name, context_length, config.max_length)
    train = read_rows(target.path / "data", "train")
    held_out = read_rows(target.path / "data", "validation")
    allow = config.allow_special_tokens
    kept = special_tokens_kept([*train, *held_out], template, allow=allow)
    labelled, cut = tokenize(train, template, max_length)
    measured, also_cut = tokenize(held_out, template, max_length)
    return Rows(labelled, measured, held_out), [*limited, *kept, *cut, *also_cut]


def _plan(
    spec: RunSpec, base: BaseModel, model: Any, rows: Rows, notices: Sequence[Notice]
) -> Planned:
    weights = list(model.parameters())
    return Planned(
        total_steps=optimizer_steps(len(rows.train), spec.config),
        epochs=spec.config.epochs,
        train_rows=len(rows.train),
        validation_rows=len(rows.validation),
        tokens=sum(len(row.ids) for row in rows.train),
        trained_tokens=sum(row.trained_tokens for row in rows.train),
        parameters=sum(p.numel() for p in weights),
        trained_parameters=sum(p.numel() for p in weights if p.requires_grad),
        device=str(base.device),
        dtype=str(base.dtype).removeprefix("torch."),
        notices=[*spec.notices, *notices],
    )


def _max_length(model: str, limit: int, wanted: int) -> tuple[int, list[Notice]]:
    """`wanted`, but never more than the model reads, and 0 means just that.

    Said only where somebody asked for another number than the default.
    """
    if wanted <= limit or wanted == DEFAULTS["max_length"]:
        return min(wanted or limit, limit), []
    return limit, [Notice("max_length_limited", {"model": model, "limit": limit})]


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
