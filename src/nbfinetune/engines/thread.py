"""Train in a daemon thread of this process: no second interpreter, the model of the kernel."""

from __future__ import annotations

import atexit
import traceback
from contextlib import ExitStack, suppress
from threading import Event, Thread

from nbfinetune.core.runs.events import Failed, StateChanged
from nbfinetune.core.runs.store import Run
from nbfinetune.engines.capture import DisplayPublisher, captured
from nbfinetune.training.channel import Channel
from nbfinetune.training.job import TrainingJob

EXIT_SECONDS = 2.0


def start(run: Run, publisher: DisplayPublisher | None = None) -> TrainingJob:
    """Start training and return at once.

    The run is locked and `queued` when this returns; torch and its friends are imported in the
    thread.

    Raises:
        RunError: Somebody else holds the run.
    """
    with ExitStack() as opened:
        opened.enter_context(run.locked())
        channel = Channel(run)
        opened.callback(channel.close)
        channel.emit(StateChanged(state="queued"))
        held = opened.pop_all()  # from here on the thread closes them
    done = Event()
    job = TrainingJob(run, done)

    def work() -> None:
        try:
            with held, captured(channel.log, publisher):
                _work(run, channel)
        finally:
            atexit.unregister(stop_at_exit)
            done.set()

    def stop_at_exit() -> None:
        # the kernel ends its daemon threads without a word: give the run a moment to commit
        channel.interrupted = True
        done.wait(EXIT_SECONDS)

    atexit.register(stop_at_exit)
    Thread(target=work, name=f"nbfinetune-{run.id}", daemon=True).start()
    return job


def _work(run: Run, channel: Channel) -> None:
    try:
        from nbfinetune.training import worker

        worker.run(run, channel)
    # the worker tells its own failures; what arrives here is a broken installation or a full disk,
    # and neither may hang the job or be printed into the cell that ran last
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
        with suppress(OSError):
            channel.emit(Failed(reason=reason, traceback=traceback.format_exc()))
            channel.emit(StateChanged(state="failed"))
