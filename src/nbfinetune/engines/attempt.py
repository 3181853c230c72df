"""One attempt of a worker, in whatever was started for it: what it raises or prints stays here."""

from __future__ import annotations

import gc
import os
import platform
import sys
import traceback
from contextlib import suppress

from nbfinetune.chat.models import Models
from nbfinetune.core.runs.events import Failed
from nbfinetune.core.runs.launched import EngineName, Launched, write_launched
from nbfinetune.core.runs.store import Run
from nbfinetune.engines import ahead, processes
from nbfinetune.engines.capture import DisplayPublisher, captured
from nbfinetune.training.channel import Channel


def begin(
    run: Run, channel: Channel, engine: EngineName, *, keeper: int, detached: bool = False
) -> None:
    """Say that this process trains the run, and that it prepares: what comes next takes seconds.

    `keeper`: the pid of the kernel, or of whatever else has started it.
    """
    launched = Launched(
        engine=engine,
        pid=os.getpid(),
        started=processes.started(os.getpid()),
        host=platform.node(),
        detached=detached,
        keeper_pid=keeper,
        keeper_started=processes.started(keeper),
    )
    write_launched(run.path, launched)
    channel.tell_state("preparing")


def attempt(
    run: Run,
    channel: Channel,
    resume: int | None = None,
    publisher: DisplayPublisher | None = None,
    models: Models | None = None,
) -> None:
    """Let a worker train `run`, which the caller has locked, to its end, on a base model that
    `models` holds for others, too. Never raises.
    """
    with captured(channel.log, publisher):
        _work(run, channel, resume, models)
    _release_memory()


def _work(run: Run, channel: Channel, resume: int | None, models: Models | None) -> None:
    try:
        ahead.worker(channel.log).run(run, channel, resume, models)
    # the worker tells its own failures; what arrives here is a broken installation or a full disk,
    # and neither may hang the job or be printed into the cell that ran last
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
        with suppress(OSError):
            channel.emit(Failed(reason=reason, traceback=traceback.format_exc()))
            channel.tell_state("failed")


def _release_memory() -> None:
    """What a run has held is free for the next one, and for whoever answers questions."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
