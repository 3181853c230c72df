"""The datasets that ship with the package: small, in one tone, free to use for anything."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Unpack

import msgspec

from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.reading.sources import Reading, read_file

PREFIX = "sample:"

_FOLDER = Path(__file__).parents[2] / "samples"


def sample_names() -> tuple[str, ...]:
    """The names that `sample:` knows, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.jsonl")))


def read_sample(source: str, **how: Unpack[Reading]) -> MessageDataset:
    """The sample of that name, with `sample:` before it or without.

    Raises:
        DatasetError: There is none; the nearest name is suggested.
    """
    wanted = source.removeprefix(PREFIX)
    known = sample_names()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        suggestion = f". Did you mean {near[0]!r}?" if near else ""
        raise DatasetError(
            "sample_unknown", name=wanted, suggestion=suggestion, names=", ".join(known)
        )
    dataset = read_file(_FOLDER / f"{wanted}.jsonl", **how)
    return msgspec.structs.replace(dataset, origin=Origin("sample", PREFIX + wanted))
