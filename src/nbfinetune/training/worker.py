"""The one entry point of training: a run directory in, events and committed checkpoints out.

It knows nothing of threads, kernels or pages, so that every engine can start it.
"""

from __future__ import annotations

import traceback

from transformers.utils import logging as transformers_logging

from nbfinetune.chat.loading import BaseModel, load_for_training
from nbfinetune.core.config import DEFAULTS
from nbfinetune.core.errors import NbFinetuneError
from nbfinetune.core.runs.events import Failed, Notice, Planned, State, StateChanged
from nbfinetune.core.runs.store import Run
from nbfinetune.training.batches import special_tokens_kept, tokenize
from nbfinetune.training.callbacks import Recorder
from nbfinetune.training.channel import Channel
from nbfinetune.training.preflight import optimizer_steps, read_rows
from nbfinetune.training.sft import make_trainer, pad_id, with_lora


def run(target: Run, channel: Channel) -> None:
    """Train what the spec of `target` says. Never raises: a failure is an event and a state."""
    try:
        stopped = _train(target, channel)
        early: State = "interrupted" if channel.interrupted else "stopped"
        channel.emit(StateChanged(state=early if stopped else "finished"))
    except Exception as error:  # whatever a model or library raises ends in the log
        reason = str(error) if isinstance(error, NbFinetuneError) else _named(error)
        channel.emit(Failed(reason=reason, traceback=traceback.format_exc()))
        channel.emit(StateChanged(state="failed"))


def _train(target: Run, channel: Channel) -> bool:
    """Train; True where the user stopped it."""
    spec = target.spec
    channel.emit(StateChanged(state="preparing"))
    transformers_logging.disable_progress_bar()
    base = load_for_training(spec.base_model, spec.config)
    max_length, limited = _max_length(base, spec.config.max_length)
    train_rows = read_rows(target.path / "data", "train")
    validation_rows = read_rows(target.path / "data", "validation")
    allowed = spec.config.allow_special_tokens
    kept = special_tokens_kept([*train_rows, *validation_rows], base.template, allow=allowed)
    train, notices = tokenize(train_rows, base.template, max_length)
    validation, more = tokenize(validation_rows, base.template, max_length)
    model = with_lora(base, spec.config)
    channel.emit(
        Planned(
            total_steps=optimizer_steps(len(train), spec.config),
            epochs=spec.config.epochs,
            train_rows=len(train),
            validation_rows=len(validation),
            tokens=sum(len(row.ids) for row in train),
            trained_tokens=sum(row.trained_tokens for row in train),
            parameters=sum(p.numel() for p in model.parameters()),
            trained_parameters=sum(p.numel() for p in model.parameters() if p.requires_grad),
            device=str(base.device),
            dtype=str(base.dtype).removeprefix("torch."),
            notices=[*spec.notices, *limited, *kept, *notices, *more],
        )
    )
    if channel.requested("stop"):
        return True
    recorder = Recorder(target, channel, base, validation_rows, validation, pad_id(base))
    trainer = make_trainer(base, model, train, spec.config, target.path, [recorder])
    channel.emit(StateChanged(state="training"))
    with base.computing():
        trainer.train()
    return recorder.stopped


def _max_length(base: BaseModel, wanted: int) -> tuple[int, list[Notice]]:
    """`wanted`, but never more than the model reads, and 0 means just that.

    Said only where somebody asked for another number than the default.
    """
    limit = base.context_length
    if wanted <= limit or wanted == DEFAULTS["max_length"]:
        return min(wanted or limit, limit), []
    return limit, [Notice("max_length_limited", {"model": base.name, "limit": limit})]


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
