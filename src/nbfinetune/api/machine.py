"""Base models and this machine from Python: what there is, what fits, what is in memory."""

from __future__ import annotations

from nbfinetune.chat.catalogue import Catalogue, catalogue
from nbfinetune.chat.models import Loaded
from nbfinetune.core.diagnosis import Diagnosis
from nbfinetune.session import current


def models() -> Catalogue:
    """The base models that can be named here: known ones, those on this disk, those in memory;
    whether each fits this machine, to talk to and to train.
    """
    return catalogue(current().models)


def unload(name: str | None = None) -> list[Loaded]:
    """Let go of a loaded base model and of its memory, or of all on which no run trains; those
    that are gone.

    Raises:
        ModelError: It is not loaded, or a run trains on it.
    """
    return current().models.unload(name)


def doctor() -> Diagnosis:
    """This machine, looked at: devices, memory, disks, versions, what can be trained here, and the
    way out for each thing that is wrong (`.problems`).
    """
    from nbfinetune.training.doctor import examine

    session = current()
    return examine(session.models, session.home)
