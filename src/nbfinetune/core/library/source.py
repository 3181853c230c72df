"""Whatever a dataset can be read from: a named set, a file, rows of Python, another dataset."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Unpack

import msgspec

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library.named import is_named, read_named
from nbfinetune.core.quoting import quoted
from nbfinetune.core.reading.checking import as_path
from nbfinetune.core.reading.sources import Reading, from_rows, read_file

Source = str | Path | MessageDataset | Iterable[Mapping[str, Any]]
"""What a dataset can be read from."""


def read_source(source: Source, **how: Unpack[Reading]) -> MessageDataset:
    """A dataset with every problem in it: from a `.jsonl` or `.json` file, from a name
    (`sample:pirate`, `hf:org/set`), from a list of rows, a pandas frame, a `datasets.Dataset` or
    another dataset. It is called as its file or set unless a name is given.

    Raises:
        DatasetError: There is no such source, or it can't be read.
    """
    if isinstance(source, str) and is_named(source):
        return read_named(source, **how)
    if isinstance(source, str) and not Path(source).suffix and not os.path.exists(as_path(source)):
        raise DatasetError("source_unknown", source=quoted(source))
    if isinstance(source, (str, Path)):
        return read_file(source, **how)
    if isinstance(source, MessageDataset):
        return _again(source, {**how, "name": how.get("name") or source.name})
    return from_rows(source, **how)


def _again(dataset: MessageDataset, how: Reading) -> MessageDataset:
    """The dataset read once more; where it came from, and rows that it has lost, stay known."""
    if not (how.get("system") or how.get("system_key") or how.get("profile", "local") != "local"):
        return msgspec.structs.replace(dataset, name=how["name"] or dataset.name)
    read = from_rows(dataset, origin=dataset.origin, **how)
    return msgspec.structs.replace(
        read,
        problems=(*dataset.errors, *read.problems),
        rows=dataset.rows,
        conversions=(*dataset.conversions, *read.conversions),
        fixes=dataset.fixes,
    )
