"""The base models that this process holds: one for each name, device and number format.

A run that trains, its samples, chat and comparison all get the same one. Light to import: torch
comes with the first model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from nbfinetune.chat.waiting import PATIENT, Waiting
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import ConfigError, MissingDependency, ModelError

if TYPE_CHECKING:
    from nbfinetune.chat.local import LocalChat, LocalModel


_POLL_SECONDS = 0.2


class How(NamedTuple):
    """How a model is loaded, in the words of the training settings."""

    device: str = "auto"
    dtype: str = "auto"
    load_in_4bit: bool = False


class Loaded(NamedTuple):
    """A model in memory. `memory_bytes`: of its weights and of what is on it."""

    name: str
    device: str
    dtype: str
    load_in_4bit: bool
    memory_bytes: int
    checkpoints: int
    training: bool


def how_of(config: TrainConfig) -> How:
    """How the base model of a run is loaded."""
    return How(config.device, config.dtype, config.load_in_4bit)


def as_here(how: How) -> How:
    """The same, but with what this machine has where a run was trained on another one."""
    from nbfinetune.chat.devices import settled

    try:
        settled(how)
    except (ConfigError, MissingDependency):
        return How()
    return how


class Models:
    """A room of loaded base models. Safe from several threads."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, How], LocalModel] = {}
        self._settled: dict[tuple[str, How | None], How] = {}
        """What became of wishes with `auto` in them."""
        self._lock = Lock()
        """Held for an instant: who talks to a model must not wait for the download of another."""
        self._coming: dict[str, Lock] = {}
        self._loading = Lock()

    def get(self, name: str, how: How | None = None, waiting: Waiting = PATIENT) -> LocalModel:
        """The model, loaded where it is not yet. Without `how`: as it is loaded, else as is best.

        Raises:
            ModelError: It can't be found, fetched or read, or there is no room for it.
            ConfigError: The device is not here, or can't do what is asked for.
        """
        name = _named(name)
        there = self._there(name, how)
        if there is not None:
            return there
        with self._lock:
            coming = self._coming.setdefault(name, Lock())
        while not coming.acquire(timeout=_POLL_SECONDS):  # two who ask at once get the same
            if waiting.should_stop():
                raise ModelError("model_stopped", name=name)
        try:
            return self._there(name, how) or self._load(name, how, waiting)
        finally:
            coming.release()

    def _there(self, name: str, how: How | None) -> LocalModel | None:
        with self._lock:
            if how is None:
                known = (model for (loaded, _), model in self._models.items() if loaded == name)
                return next(known, None)
            return self._models.get((name, self._settled.get((name, how), how)))

    def _load(self, name: str, how: How | None, waiting: Waiting) -> LocalModel:
        from nbfinetune.chat.devices import settled
        from nbfinetune.chat.hub import find
        from nbfinetune.chat.loading import open_base
        from nbfinetune.chat.local import LocalModel

        found = find(name, waiting)
        wanted = settled(how or How(), found.parameters)
        model = self._there(name, wanted)
        if model is None:
            with self._loading:  # one after the other: each sees what is free behind the last
                model = LocalModel(open_base(found, wanted, self.loaded(), waiting))
        with self._lock:
            self._models[name, wanted] = model
            self._settled[name, how] = wanted
        return model

    def chat(
        self,
        name: str,
        how: How | None = None,
        checkpoint: Path | None = None,
        waiting: Waiting = PATIENT,
    ) -> LocalChat:
        """The model, or a checkpoint on it, to talk to; loaded again where it was unloaded."""
        from nbfinetune.chat.local import LocalChat

        self.get(name, how, waiting)
        return LocalChat(lambda: self.get(name, how), checkpoint)

    def loaded(self) -> list[Loaded]:
        """What is in memory, in the order in which it came."""
        with self._lock:
            models = list(self._models.items())
        return [
            Loaded(
                name,
                how.device,
                how.dtype,
                how.load_in_4bit,
                model.base.memory_bytes,
                model.base.adapters.checkpoints,
                model.base.adapters.training,
            )
            for (name, how), model in models
        ]

    def unload(self, name: str | None = None) -> list[Loaded]:
        """Let go of the models of that name, or of all that nobody trains on; which these were.

        Raises:
            ModelError: It is not loaded, or a run trains on it.
        """
        wanted = None if name is None else _named(name)
        meant = [told for told in self.loaded() if wanted in (None, told.name)]
        if wanted is not None and not meant:
            raise ModelError("model_not_loaded", name=wanted)
        if wanted is not None and any(told.training for told in meant):
            raise ModelError("model_in_training", name=wanted)
        gone = [told for told in meant if not told.training]
        self._forget(gone)
        return gone

    def _forget(self, gone: Sequence[Loaded]) -> None:
        with self._lock:
            for told in gone:
                how = How(told.device, told.dtype, told.load_in_4bit)
                self._models.pop((told.name, how), None)
        if gone:
            from nbfinetune.chat.devices import give_memory_back

            give_memory_back()


def _named(name: str) -> str:
    """One name for each model: a folder by its whole path."""
    path = Path(name).expanduser()
    return str(path.resolve()) if path.is_dir() else name
