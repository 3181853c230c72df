"""The base models that can be named here: known ones, those on this disk, those in memory.

Which of them fit is told for the best device of this machine, with what is free now and what the
loaded ones would give back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from nbfinetune.chat.cache import cached_names, is_complete, parameters_here
from nbfinetune.chat.models import How, Loaded, Models
from nbfinetune.core.known_models import KNOWN, KnownModel
from nbfinetune.core.presets import STARTER

Fit = Literal["fits", "fits_4bit", "too_large"]


class Candidate(msgspec.Struct, frozen=True):
    """A base model, whether it is on this disk, and whether this machine can hold it."""

    model: KnownModel
    cached: bool
    chat: Fit
    training: Fit


class Catalogue(msgspec.Struct, frozen=True):
    """All of them. `device` is the one that they were measured by, its memory in bytes."""

    device: str
    free_bytes: int
    total_bytes: int
    candidates: tuple[Candidate, ...]
    loaded: tuple[Loaded, ...]


def catalogue(models: Models) -> Catalogue:
    """What can be named as a base model here. Asks nobody on the network."""
    from nbfinetune.chat.devices import devices, memory

    device, loaded = devices()[0], models.loaded()
    there = memory(device)
    room = there.free + sum(told.memory_bytes for told in loaded if told.device == device)
    return Catalogue(
        device,
        there.free,
        there.total,
        tuple(_candidate(model, device, room) for model in _models()),
        tuple(loaded),
    )


def _models() -> Iterator[KnownModel]:
    yield from KNOWN
    known = {model.name for model in KNOWN}
    for name in cached_names():
        if name not in known and is_complete(name):
            yield KnownModel(name, parameters_here(name), "", "")


def _candidate(model: KnownModel, device: str, room: int) -> Candidate:
    cached = model.name == STARTER or is_complete(model.name)
    chat, training = (_fit(model, device, room, training=wanted) for wanted in (False, True))
    return Candidate(model, cached, chat, training)


def _fit(model: KnownModel, device: str, room: int, *, training: bool) -> Fit:
    from nbfinetune.chat.devices import needed_bytes, settled, training_bytes

    needed = training_bytes if training else needed_bytes
    how = settled(How(device), model.parameters)
    if needed(model.parameters, how) <= room:
        return "fits"
    small = how._replace(load_in_4bit=True)
    if device.startswith("cuda") and needed(model.parameters, small) <= room:
        return "fits_4bit"
    return "too_large"
