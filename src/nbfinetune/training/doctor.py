"""This machine, looked at: what there is to train with, what is wrong, and the way out.

Asks nobody on the network and changes nothing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from nbfinetune.chat import cache, devices
from nbfinetune.chat.catalogue import Catalogue, catalogue
from nbfinetune.chat.hub import endpoint, is_offline
from nbfinetune.chat.models import How, Models
from nbfinetune.core import text
from nbfinetune.core.diagnosis import Diagnosis, Finding
from nbfinetune.core.sizes import in_bytes

ROOM_BYTES = 5_000_000_000
"""Less than this on a disk is worth a word: a model of a billion weights takes two of them."""

EXTENSION = Path("share", "jupyter", "labextensions", "nbfinetune", "package.json")
_PACKAGES = ("nbfinetune", "torch", "transformers", "peft", "huggingface_hub", "jupyterlab")
_LARGE = 1_000_000_000


def examine(models: Models, home: Path) -> Diagnosis:
    """Look at this machine; `home` is the folder that runs and datasets are kept in."""
    told = catalogue(models)
    return Diagnosis(
        (
            *_hardware(),
            _trainable(told),
            *_loaded(told),
            _disk("doctor_home", home),
            _disk("doctor_cache", cache.cache_folder()),
            *_hub(),
            _four_bits(),
            *_notebook(),
            Finding("doctor_versions", _versions()),
        )
    )


def _hardware() -> Iterator[Finding]:
    there = devices.devices()
    for name in there:
        memory = devices.memory(name)
        how = devices.settled(How(name), _LARGE)
        value = f"{_device_name(name)} · {in_bytes(memory.free)} / {in_bytes(memory.total)}"
        yield Finding("doctor_device", f"{name}: {value} · {how.dtype}", *_cpu_only(there))


def _device_name(name: str) -> str:
    import torch

    if name.startswith("cuda"):
        return str(torch.cuda.get_device_name(name))
    if name == "mps":
        return "Apple GPU"
    return f"{os.cpu_count()} × {platform.machine()}"


def _cpu_only(there: list[str]) -> tuple[str] | tuple[()]:
    """A driver without a torch that can use it is what happens most, and is seen least."""
    unused = there == ["cpu"] and shutil.which("nvidia-smi") is not None
    return ("doctor_torch_without_cuda",) if unused else ()


def _trainable(told: Catalogue) -> Finding:
    """The largest of the known models that can be trained here."""
    fitting = [c for c in told.candidates if c.training != "too_large"]
    if not fitting:
        params = {"free": in_bytes(told.free_bytes), "device": told.device}
        return Finding("doctor_trainable", "-", "doctor_no_memory", params)
    largest = max(fitting, key=lambda candidate: candidate.model.parameters)
    option = "" if largest.training == "fits" else " --load-in-4bit"
    return Finding("doctor_trainable", largest.model.name + option)


def _loaded(told: Catalogue) -> Iterator[Finding]:
    for model in told.loaded:
        size = in_bytes(model.memory_bytes)
        yield Finding("doctor_loaded", f"{model.name} · {model.device} · {model.dtype} · {size}")


def _disk(code: str, folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    value, params = f"{folder} · {in_bytes(free)}", {"path": str(folder), "free": in_bytes(free)}
    if not os.access(there, os.W_OK):
        return Finding(code, value, "doctor_read_only", params)
    if free < ROOM_BYTES:
        return Finding(code, value, "doctor_disk_full", params)
    return Finding(code, value)


def _hub() -> Iterator[Finding]:
    from huggingface_hub import get_token

    yield Finding("doctor_hub", endpoint(), "doctor_offline" if is_offline() else "")
    known = "doctor_logged_in" if get_token() else "doctor_not_logged_in"
    yield Finding("doctor_login", text.message(known, {}))


def _four_bits() -> Finding:
    if not devices.devices()[0].startswith("cuda"):
        return Finding("doctor_4bit", text.message("doctor_4bit_no_gpu", {}))
    if find_spec("bitsandbytes") is None:
        return Finding("doctor_4bit", "-", "doctor_4bit_missing")
    return Finding("doctor_4bit", f"bitsandbytes {_version('bitsandbytes')}")


def _notebook() -> Iterator[Finding]:
    there = any((place / EXTENSION).is_file() for place in _places())
    found = "doctor_extension_here" if there else "doctor_extension_gone"
    yield Finding(
        "doctor_extension", text.message(found, {}), "" if there else "doctor_extension_missing"
    )


def _places() -> list[Path]:
    """Where JupyterLab looks for extensions."""
    system = [Path("/usr/local"), Path("/usr"), Path.home() / ".local"]
    return [Path(sys.prefix), Path(sys.base_prefix), *system]


def _versions() -> str:
    versions = [f"Python {platform.python_version()}"]
    return " · ".join([*versions, *(f"{name} {_version(name)}" for name in _PACKAGES)])


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"
