"""Train in a daemon thread of this process: no second interpreter, the model of the kernel."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from threading import Thread

from nbfinetune.chat.models import Models
from nbfinetune.engines.attempt import attempt, begin
from nbfinetune.engines.capture import DisplayPublisher
from nbfinetune.engines.launch import Launch
from nbfinetune.training.channel import Channel

EXIT_SECONDS = 2.0


def start(
    launch: Launch, publisher: DisplayPublisher | None = None, models: Models | None = None
) -> None:
    """Start training and return at once.

    The run is locked and `preparing` when this returns; torch and its friends are imported in the
    thread.

    Raises:
        RunError: Somebody else holds the run.
    """
    run = launch.run
    with ExitStack() as opened:
        opened.enter_context(run.locked())
        channel = Channel(run)
        opened.callback(channel.close)
        begin(run, channel, "thread", keeper=os.getpid())
        held = opened.pop_all()  # from here on the thread closes them
    launch.claim.close()

    def work() -> None:
        try:
            with held:
                attempt(run, channel, launch.resume, publisher, models)
        finally:
            atexit.unregister(stop_at_exit)
            launch.done.set()

    def stop_at_exit() -> None:
        # the kernel ends its daemon threads without a word: give the run a moment to commit
        channel.interrupted = True
        launch.done.wait(EXIT_SECONDS)

    atexit.register(stop_at_exit)
    Thread(target=work, name=f"nbfinetune-{run.id}", daemon=True).start()
