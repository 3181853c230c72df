"""A model folder, looked at from outside: are its weights whole, and how many are there.

Reads the heads of safetensors files and JSON, nothing that could run.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import msgspec

from nbfinetune.core.errors import ModelError

CONFIG, WHOLE, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
_LONGEST_HEAD = 100_000_000


class _Tensor(msgspec.Struct):
    shape: list[int]
    data_offsets: tuple[int, int]


class _Index(msgspec.Struct):
    weight_map: dict[str, str]


def parameters_of(name: str, folder: Path) -> int:
    """How many weights the model in that folder has; all its files are there and whole.

    Raises:
        ModelError: A file is missing or cut.
    """
    return sum(_parameters(name, path) for path in weight_files(name, folder))


def weight_files(name: str, folder: Path) -> list[Path]:
    """The files with the weights, as the index lists them.

    Raises:
        ModelError: One of them, or the index, is missing or can't be read.
    """
    if not (folder / INDEX).is_file():
        paths = [folder / WHOLE]
    else:
        try:
            index = msgspec.json.decode((folder / INDEX).read_bytes(), type=_Index)
        except ValueError as error:
            raise _damaged(name, f"{INDEX}: {error}") from None
        # a name from somebody else must not make us read outside the folder
        paths = sorted({folder / Path(file).name for file in index.weight_map.values()})
    for path in [folder / CONFIG, *paths]:
        if not path.is_file():
            raise _damaged(name, f"{path.name} is missing")
    return paths


def _parameters(name: str, path: Path) -> int:
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST_HEAD:
                raise ValueError("no safetensors file")
            head = msgspec.json.decode(file.read(length), type=dict[str, msgspec.Raw])
        head.pop("__metadata__", None)
        tensors = [msgspec.json.decode(raw, type=_Tensor) for raw in head.values()]
    except (ValueError, struct.error) as error:
        raise _damaged(name, f"{path.name}: {error}") from None
    end = 8 + length + max((tensor.data_offsets[1] for tensor in tensors), default=0)
    if path.stat().st_size != end:
        size = path.stat().st_size
        raise _damaged(name, f"{path.name} has {size} bytes and should have {end}")
    return sum(math.prod(tensor.shape) for tensor in tensors)


def _damaged(name: str, reason: str) -> ModelError:
    return ModelError("model_damaged", name=name, reason=reason)
