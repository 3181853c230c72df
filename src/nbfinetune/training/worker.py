"""The one entry point of training: a run directory in, events and committed checkpoints out.

It knows nothing of threads, kernels or pages, so that every engine can start it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging

from nbfinetune.chat.devices import choice_notices
from nbfinetune.chat.loading import BaseModel
from nbfinetune.chat.models import How, Models, how_of
from nbfinetune.chat.waiting import Waiting
from nbfinetune.core.config import DEFAULTS, TrainConfig
from nbfinetune.core.errors import ModelError, NbFinetuneError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.runs.events import Failed, Notice, Planned, Resumed, StateChanged
from nbfinetune.core.runs.resuming import set_aside, starting_point
from nbfinetune.core.runs.store import Run, RunSpec
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.training.channel import Channel
from nbfinetune.training.environment import environment
from nbfinetune.training.learner import Learner
from nbfinetune.training.loop import Ending, Rows, TrainingLoop
from nbfinetune.training.lora import trained_on
from nbfinetune.training.preflight import read_rows
from nbfinetune.training.room import shortage
from nbfinetune.training.schedule import optimizer_steps
from nbfinetune.training.snapshots import restore
from nbfinetune.training.tokenizing import special_tokens_kept, tokenize
from nbfinetune.training.workload import sharing_notices


def run(
    target: Run, channel: Channel, resume: int | None = None, models: Models | None = None
) -> None:
    """Train what the spec of `target` says, from its newest checkpoint on or from that of step
    `resume`, on the base model that `models` holds for everybody. Never raises: a failure is an
    event and a state.
    """
    try:
        with _reported(target, channel):
            ending = _train(target, channel, resume, models or Models())
        channel.emit(StateChanged(state=ending))
    except Exception as error:  # whatever a model or library raises ends in the log
        reason = str(error) if isinstance(error, NbFinetuneError) else _named(error)
        channel.emit(Failed(reason=reason, traceback=traceback.format_exc()))
        channel.emit(StateChanged(state="failed"))
        _let_go(error)


def _train(target: Run, channel: Channel, resume: int | None, models: Models) -> Ending:
    """Train; how the run ended."""
    config = target.spec.config
    after = starting_point(target, resume)
    if channel.attempt > 1:
        set_aside(target, after, channel.attempt)
        channel.emit(Resumed(step=after))
    channel.emit(StateChanged(state="preparing"))
    transformers_logging.disable_progress_bar()
    shared = _base(target, channel, models)
    if shared is None:
        return _early(channel)
    with trained_on(shared, config) as (base, model):  # from here on nobody unloads it
        channel.emit(environment(str(shared.device)))
        rows, notices = labelled_rows(target, shared.template, shared.context_length)
        how = _how(shared, config)
        short = shortage(shared, config, how, rows.train)
        notices = [*choice_notices(how_of(config), how), *notices, *short]
        with base.computing():
            learner = Learner(base, model, config, base.adapter or "")
        notices += sharing_notices(rows.train, config, learner.losses.because)
        channel.emit(_plan(target.spec, base, learner, rows, notices))
        if after:
            restore(target.checkpoint_path(after), learner)
        if channel.requested("stop"):
            return _early(channel)
        channel.emit(StateChanged(state="training"))
        lora = model.peft_config[base.adapter]
        return TrainingLoop(target, channel, base, learner, rows, lora).run(after)


@contextmanager
def _reported(target: Run, channel: Channel) -> Iterator[None]:
    """While a run trains it is told elsewhere, too, where its settings say so."""
    if target.spec.config.report_to == "none":
        yield
        return
    from nbfinetune.training.tensorboard import TensorBoard

    board = TensorBoard(target.path / "tensorboard")
    channel.listen(board)
    try:
        yield
    finally:
        board.close()


def _early(channel: Channel) -> Ending:
    return "interrupted" if channel.interrupted else "stopped"


def _let_go(error: BaseException | None) -> None:
    """Whoever keeps the error keeps its frames, and with them models and batches."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _base(target: Run, channel: Channel, models: Models) -> BaseModel | None:
    """The base model, fetched and loaded where it is not yet; None where a stop came first."""
    waiting = Waiting(channel.log, lambda: channel.requested("stop"))
    try:
        return models.get(target.spec.base_model, how_of(target.spec.config), waiting).base
    except ModelError as error:
        if error.code == "model_stopped":
            return None
        raise


def _how(base: BaseModel, config: TrainConfig) -> How:
    dtype = str(base.dtype).removeprefix("torch.")
    return How(str(base.device), dtype, config.load_in_4bit)


def labelled_rows(
    target: Run, template: ChatTemplate, context_length: int
) -> tuple[Rows, list[Notice]]:
    """The frozen rows, tokenized and cut, and what is to be said of them.

    Raises:
        DatasetError, ModelError: They can't be trained with this model.
    """
    train = read_rows(target.path / "data", "train")
    held_out = read_rows(target.path / "data", "validation")
    return prepared_rows(train, held_out, target.spec.config, template, context_length)


def prepared_rows(
    train: Sequence[Conversation],
    held_out: Sequence[Conversation],
    config: TrainConfig,
    template: ChatTemplate,
    context_length: int,
) -> tuple[Rows, list[Notice]]:
    """Rows as the model sees them, and what is to be said of them; raises as `labelled_rows`."""
    max_length, limited = _max_length(template.name, context_length, config.max_length)
    allow = config.allow_special_tokens
    kept = special_tokens_kept([*train, *held_out], template, allow=allow)
    labelled, cut = tokenize(train, template, max_length)
    measured, also_cut = tokenize(held_out, template, max_length)
    lines = [row.line for row in train]
    return Rows(labelled, measured, held_out, lines), [*limited, *kept, *cut, *also_cut]


def _plan(
    spec: RunSpec, base: BaseModel, learner: Learner, rows: Rows, notices: Sequence[Notice]
) -> Planned:
    trained = sum(weight.numel() for weight in learner.weights().values())
    return Planned(
        total_steps=optimizer_steps(len(rows.train), spec.config),
        epochs=spec.config.epochs,
        train_rows=len(rows.train),
        validation_rows=len(rows.validation),
        tokens=sum(len(row.ids) for row in rows.train),
        trained_tokens=sum(row.trained_tokens for row in rows.train),
        parameters=base.parameters + trained,
        trained_parameters=trained,
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
