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
        return settled(how)
    except (ConfigError, MissingDependency):
        return How()


class Models:
    """A room of loaded base models. Safe from several threads."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, How], LocalModel] = {}
        self._lock = Lock()

    def get(self, name: str, how: How | None = None, waiting: Waiting = PATIENT) -> LocalModel:
        """The model, loaded where it is not yet. Without `how`: as it is loaded, else as is best.

        Raises:
            ModelError: It can't be found, fetched or read, or there is no room for it.
            ConfigError: The device is not here, or can't do what is asked for.
        """
        from nbfinetune.chat.devices import settled
        from nbfinetune.chat.hub import find
        from nbfinetune.chat.loading import open_base
        from nbfinetune.chat.local import LocalModel

        name = _named(name)
        with self._lock:
            there = [model for (known, _), model in self._models.items() if known == name]
            if how is None and there:
                return there[0]
            found = find(name, waiting)
            wanted = settled(how or How(), found.parameters)
            if (name, wanted) not in self._models:
                base = open_base(found, wanted, self.loaded(), waiting)
                self._models[name, wanted] = LocalModel(base)
            return self._models[name, wanted]

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
            for (name, how), model in list(self._models.items())
        ]

    def unload(self, name: str | None = None) -> list[Loaded]:
        """Let go of the models of that name, or of all that nobody trains on; which these were.

        Raises:
            ModelError: It is not loaded, or a run trains on it.
        """
        wanted = None if name is None else _named(name)
        with self._lock:
            gone = [told for told in self.loaded() if wanted in (None, told.name)]
            busy = [told for told in gone if told.training]
            if wanted is not None and not gone:
                raise ModelError("model_not_loaded", name=wanted)
            if wanted is not None and busy:
                raise ModelError("model_in_training", name=wanted)
            gone = [told for told in gone if not told.training]
            self._forget(gone)
        return gone

    def _forget(self, gone: Sequence[Loaded]) -> None:
        for told in gone:
            how = How(told.device, told.dtype, told.load_in_4bit)
            del self._models[told.name, how]
        if gone:
            from nbfinetune.chat.devices import give_memory_back

            give_memory_back()


def _named(name: str) -> str:
    """One name for each model: a folder by its whole path."""
    path = Path(name).expanduser()
    return str(path.resolve()) if path.is_dir() else name
