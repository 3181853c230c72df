"""The devices of this machine: which one a model gets, in which number format, and what is free.

Chosen by what the hardware says of itself, cheaply; what was chosen is said in a run's plan.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import psutil
import torch

from nbfinetune.chat.models import How, Loaded
from nbfinetune.core.errors import ConfigError, MissingDependency, ModelError
from nbfinetune.core.runs.events import Notice
from nbfinetune.core.sizes import in_bytes

SMALL_PARAMETERS = 30_000_000
"""A model up to here computes in float32 on a CPU, and on a single core: it gains nothing else."""

_WEIGHT_BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}
_NF4_BYTES = 0.75
"""Of a weight in 4 bits, with its scales, and with the embeddings that stay in 16."""

_ACTIVATION_BYTES = 1.0
_TRAINING_FLOOR = 300_000_000
"""What a step keeps: about a byte for each weight of the model, and some more whatever it is."""

_WORKING_SPACE = 1.1
"""What answering takes beside the weights, as a factor."""


_CONTAINER = Path("/sys/fs/cgroup")
_CONTAINER_FILES = (
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)


class Memory(NamedTuple):
    """Of a device, in bytes."""

    free: int
    total: int


def devices() -> list[str]:
    """The names of the devices here, the best one first."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def choose_device(wanted: str = "auto") -> torch.device:
    """The device named, or the best one here: CUDA, then MPS, then the CPU.

    Raises:
        ConfigError: It is not here, with those that are.
    """
    available = devices()
    if wanted == "auto":
        return torch.device(available[0])
    name = "cuda:0" if wanted == "cuda" else wanted
    if name not in available:
        raise ConfigError(
            "device_unknown", field="device", device=wanted, available=", ".join(available)
        )
    return torch.device(name)


def choose_dtype(wanted: str, device: torch.device, parameters: int = 0) -> torch.dtype:
    """The format named; on auto bfloat16 where the device computes it, float16 on older GPUs, else
    float32. A small model stays in float32 on a CPU.
    """
    if wanted != "auto":
        chosen: torch.dtype = getattr(torch, wanted)
        return chosen
    if device.type == "cuda":
        return torch.bfloat16 if _gpu_has_bfloat16(device) else torch.float16
    if device.type == "cpu" and parameters > SMALL_PARAMETERS and cpu_has_bfloat16():
        return torch.bfloat16
    return torch.float32


def _gpu_has_bfloat16(device: torch.device) -> bool:
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices itself: AMX or AVX512-BF16."""
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    found = (getattr(torch.cpu, name, None) for name in checks)
    return any(check is not None and check() for check in found)


def settled(how: How, parameters: int = 0) -> How:
    """With a device and a number format in place of `auto`.

    Raises:
        ConfigError: The device is not here, or has no 4 bits.
        MissingDependency: 4 bits need a package that is not here.
    """
    device = choose_device(how.device)
    if how.load_in_4bit:
        _require_4bit(device)
    dtype = choose_dtype(how.dtype, device, parameters)
    return How(str(device), str(dtype).removeprefix("torch."), how.load_in_4bit)


def _require_4bit(device: torch.device) -> None:
    if device.type != "cuda":
        raise ConfigError("no_4bit_on", field="load_in_4bit", value=True, device=str(device))
    if find_spec("bitsandbytes") is None:
        raise MissingDependency(
            "package_missing", package="bitsandbytes", what="--load-in-4bit",
            line="pip install bitsandbytes",
        )  # fmt: skip


def choice_notices(wanted: How, chosen: How) -> list[Notice]:
    """What is worth knowing of a number format that nobody asked for."""
    if wanted.dtype != "auto":
        return []
    if chosen.dtype == "float16":
        return [Notice("dtype_float16", {"device": chosen.device})]
    if chosen.device == "cpu" and chosen.dtype == "bfloat16":
        return [Notice("dtype_cpu_bfloat16", {})]
    return []


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: CUDA and MPS say so by type, the CPU's allocator only in words."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in words or "can't allocate memory" in words
    )


def memory(device: torch.device | str) -> Memory:
    """What the device has, and what of it could be taken now."""
    device = torch.device(device)
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return Memory(free + unused, total)
    if device.type == "mps":
        total = torch.mps.recommended_max_memory()
        return Memory(max(0, total - torch.mps.driver_allocated_memory()), total)
    found = psutil.virtual_memory()
    limit, used = _container()
    if limit is None or limit >= found.total:
        return Memory(found.available, found.total)
    return Memory(max(0, min(found.available, limit - used)), limit)


def _container() -> tuple[int | None, int]:
    """The memory that a container may take, and what it has: beyond that its kernel is killed.

    None where there is no limit. What it keeps of files counts as free: it is given up first.
    """
    for limit, used, files in _CONTAINER_FILES:
        try:
            most = int((_CONTAINER / limit).read_text())  # a word where there is no limit
            held = int((_CONTAINER / used).read_text())
            lines = (_CONTAINER / files).read_text().splitlines()
        except (OSError, ValueError):
            continue
        cached = sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
        return most, max(0, held - cached)
    return None, 0


def needed_bytes(parameters: int, how: How) -> int:
    """What a model takes to be loaded and to answer."""
    weight = _NF4_BYTES if how.load_in_4bit else _WEIGHT_BYTES[how.dtype]
    return int(parameters * weight * _WORKING_SPACE)


def training_bytes(parameters: int, how: How) -> int:
    """About what training a LoRA on it takes: the model, and activations of some short rows."""
    return int(needed_bytes(parameters, how) + parameters * _ACTIVATION_BYTES + _TRAINING_FLOOR)


def fits(parameters: int, how: How) -> bool:
    """Whether a model can be loaded now."""
    return needed_bytes(parameters, how) <= memory(how.device).free


def no_room(name: str, parameters: int, how: How, loaded: Sequence[Loaded]) -> ModelError:
    """What a model needs that doesn't fit, what is free, and who holds the rest."""
    needed, room = needed_bytes(parameters, how), memory(how.device)
    figures = {"needed": in_bytes(needed), "free": in_bytes(room.free), "device": how.device}
    holders = [told for told in loaded if told.device == how.device]
    if not holders:
        return ModelError("model_too_large", name=name, total=in_bytes(room.total), **figures)
    held = ", ".join(f"{told.name} {in_bytes(told.memory_bytes)}" for told in holders)
    return ModelError("model_no_room", name=name, held=held, **figures)


@contextmanager
def single_core() -> Iterator[None]:
    """This thread computes on one core of the CPU, and nobody else notices.

    The number is a thread's own only once it has asked for it; until then it takes the process's,
    so that one is put back at once, from a thread that ends with it.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    Thread(target=torch.set_num_threads, args=(threads,)).start()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def give_memory_back() -> None:
    """Return what nobody holds any more to the machine, also what errors left in circles."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
