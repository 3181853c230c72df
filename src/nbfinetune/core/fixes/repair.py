"""A source of rows that is repaired step by step: what fixes would make of it, and what it is then.

A cell's body becomes another body, a file a new file beside it, Python rows other rows. Nothing is
done to what was there before; only `Preview.write` touches the disk, and only for a new file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.fixes.apply import Fixed
from nbfinetune.core.fixes.sources import fix_cell, fix_file, fix_rows, write_new
from nbfinetune.core.reading.sources import Reading, from_rows, read_cell, read_file


@dataclass(frozen=True)
class CellBody:
    """The body of a cell; line 1 is the magic."""

    body: str
    how: Reading

    def read(self) -> MessageDataset:
        return read_cell(self.body, **self.how)

    def preview(self, names: Collection[str]) -> Preview:
        found = fix_cell(self.body, names)
        return Preview(found, replace(self, body=found.text))

    @property
    def size(self) -> int:
        """Roughly how much there is to look through, in characters."""
        return len(self.body)


@dataclass(frozen=True)
class RowsFile:
    """A file of rows. `first`: the user's own, after which new ones are named."""

    path: Path
    how: Reading
    first: Path

    def read(self) -> MessageDataset:
        return read_file(self.path, **self.how)

    def preview(self, names: Collection[str]) -> Preview:
        """Raises:
        DatasetError: The file can't be read any more.
        """
        out = free_name(self.first)
        found = fix_file(self.path, names, out=out, encoding=self.how.get("encoding"))
        # what is written is UTF-8
        return Preview(found, replace(self, path=out, how={**self.how, "encoding": None}))

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True)
class PythonRows:
    """A list, frame or dataset of rows."""

    rows: Any
    how: Reading
    origin: Origin

    def read(self) -> MessageDataset:
        return from_rows(self.rows, origin=self.origin, **self.how)

    def preview(self, names: Collection[str]) -> Preview:
        found = fix_rows(self.rows, names)
        counted = Fixed("", found.patches, found.refused, found.left)
        return Preview(counted, replace(self, rows=list(found.rows)))

    @property
    def size(self) -> int:
        return 200 * len(self.rows)


Repairable = CellBody | RowsFile | PythonRows


class Preview(NamedTuple):
    """What fixes would do to a source, and the source that it would become."""

    found: Fixed
    after: Repairable

    @property
    def out(self) -> Path | None:
        """The file that `write` makes; None where there is none to make."""
        return self.after.path if isinstance(self.after, RowsFile) else None

    def write(self) -> str:
        """Make the new file; the hash of its content, empty where there is none to make.

        Raises:
            DatasetError: It exists by now, or can't be written.
        """
        if self.out is None:
            return ""
        write_new(self.found.text, self.out)
        return content(self.out)


def content(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_name(path: Path) -> Path:
    """The first of `rows.fixed.jsonl`, `rows.fixed-2.jsonl` … that is no file yet."""
    names = (f"{path.stem}.fixed{f'-{n}' if n > 1 else ''}{path.suffix}" for n in count(1))
    return next(found for name in names if not (found := path.with_name(name)).exists())
