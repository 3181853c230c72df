"""Runs from Python: list, pause, let go on, stop, rename, note, delete."""

from __future__ import annotations

from nbfinetune.core.runs.store import Run
from nbfinetune.session import current
from nbfinetune.training.job import TrainingJob


def runs() -> list[Run]:
    """All runs, newest first."""
    return current().runs.list()


def run(name: str) -> TrainingJob:
    """The handle of a run by name or id, wherever it trains: picture, curve, pause, stop, wait.

    Raises:
        RunError: There is none; the nearest name is suggested.
    """
    return current().job(name)


def pause(name: str | None = None) -> str:
    """Hold a run up after its current step, with a checkpoint: the one that trains here where none
    is named. What is returned says what happens.

    Raises:
        RunError: There is none.
    """
    return str(current().training.pause(name))


def resume(
    name: str | None = None, *, engine: str | None = None, detached: bool = False
) -> TrainingJob:
    """Let a run go on: one that is paused, or one that ended before its last step, from its newest
    checkpoint or from that of `"first-try@step-40"`. A finished one stays as it is.

    `engine` and `detached` as in `train`.

    Raises:
        RunError: There is none, or what it began with is damaged or has changed.
        ConfigError: There is no such engine.
    """
    return current().training.resume(name, engine=engine, detached=detached)[1]


def stop(name: str | None = None, *, now: bool = False) -> str:
    """End a run after its current step, with a checkpoint: the one that trains here where none is
    named. `now` ends the process of one that does not obey. What is returned says what happens.

    Raises:
        RunError: There is none; it has no process of its own to be ended.
    """
    return str(current().training.stop(name, now=now))


def rename_run(name: str, to: str) -> str:
    """Call a run otherwise; its id stays. What is returned says so.

    Raises:
        RunError: There is none, or no name was given.
    """
    return str(current().training.rename(name, to))


def note_run(name: str, text: str) -> str:
    """Keep a note with a run; an empty one takes it away. What is returned says so.

    Raises:
        RunError: There is none.
    """
    return str(current().training.note(name, text))


def delete_run(name: str) -> str:
    """Remove a run with its checkpoints, for good. What is returned says what is gone.

    Raises:
        RunError: There is none, or it trains or waits.
    """
    return str(current().training.delete(name))
