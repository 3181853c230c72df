"""A message dataset: conversations, what is wrong, where they came from, how they are split."""

from __future__ import annotations

import hashlib
import json
import random
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from nbfinetune.core import exports
from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.output import write_output
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted_path

_encoder = msgspec.json.Encoder(order="sorted")


class Origin(msgspec.Struct, frozen=True):
    """Where a dataset came from: a cell, a file (`label`: its path), a Python object, a sample, a
    hub (`label`: `hf:org/set:split`).

    `sha256`: of the file as it was read; `cell`: the body of the cell; empty where not known.
    """

    kind: Literal["cell", "file", "python", "sample", "hub"]
    label: str = ""
    sha256: str = ""
    cell: str = ""


class Split(NamedTuple):
    """Training and validation conversations, each in their original order."""

    train: tuple[Conversation, ...]
    validation: tuple[Conversation, ...]


class MessageDataset(msgspec.Struct, frozen=True, dict=True):
    """The valid conversations of a source, and every problem of the others.

    `rows` counts all rows of the source: `len(conversations)` valid ones plus those with errors.
    `conversions`: what other formats they had; `fixes`: the names of quick-fixes that were applied.
    """

    name: str
    conversations: tuple[Conversation, ...]
    problems: tuple[Problem, ...] = ()
    rows: int = 0
    origin: Origin = Origin("python")
    conversions: tuple[Conversion, ...] = ()
    fixes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.conversations)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "error")

    @property
    def systems(self) -> tuple[str | None, ...]:
        """The distinct system prompts, most frequent first (None: rows without one)."""
        counts: dict[str | None, int] = {}
        for row in self.conversations:
            counts[row.system] = counts.get(row.system, 0) + 1
        return tuple(sorted(counts, key=lambda s: -counts[s]))

    @cached_property
    def sha256(self) -> str:
        """The hash of the messages in order: equal data, equal hash, whatever the source."""
        return content_hash(self.conversations)

    def check(self) -> MessageDataset:
        """The dataset itself, if it can be trained on.

        Raises:
            DatasetError: It has errors or no valid row; carries every problem.
        """
        errors = self.errors
        if errors or not self.conversations:
            raise DatasetError(
                "dataset_invalid",
                problems=self.problems,
                name=self.origin.label or self.name,
                count=len(errors),
                rows=self.rows,
                valid=len(self),
            )
        return self

    def to_jsonl(self, path: Path | str, *, overwrite: bool = False) -> Path:
        """The file written: the valid conversations, one JSON object per line, extra keys kept.

        Never in place of the file that this dataset was read from: its rows with errors would be
        lost.

        Raises:
            DatasetError: That file; another one that holds something else, unless `overwrite`; one
                that can't be written, or whose name doesn't end in `.jsonl`.
        """
        path = Path(path).expanduser()
        if path.suffix.lower() != ".jsonl":
            raise DatasetError("export_type", name=quoted_path(path))
        if self.origin.kind == "file" and _is_same_file(path, self.origin.label):
            raise DatasetError("export_onto_source", name=quoted_path(path))
        return write_output(path, jsonl_lines(self.conversations), overwrite=overwrite)

    def to_hf(self) -> Any:
        """The valid conversations as a `datasets.Dataset`: `messages`, and a column per extra key.

        Extra keys of one plain type have a column of that type, others one of JSON values; keys
        that a row doesn't have are null there. Integers beyond 64 bits become text.
        """
        return exports.to_hf(self.conversations)

    def to_pandas(self) -> Any:
        """The valid conversations as a `pandas.DataFrame`: `messages`, and a column per extra key.

        Raises:
            MissingDependency: pandas is not installed.
        """
        return exports.to_pandas(self.conversations)

    def split(self, ratio: float, seed: int = 0) -> Split:
        """Hold out `ratio` of the rows for validation; duplicates stay on one side.

        The count is rounded half up, at least 1 where there are 2 different rows or more; whole
        groups of duplicates are moved, so it can differ from the ratio where groups are large.
        """
        groups: dict[bytes, list[int]] = {}
        for index, row in enumerate(self.conversations):
            groups.setdefault(duplicate_key(row.messages), []).append(index)
        held_out = set(_hold_out(list(groups.values()), len(self), ratio, seed))
        indexed = list(enumerate(self.conversations))
        return Split(
            tuple(row for i, row in indexed if i not in held_out),
            tuple(row for i, row in indexed if i in held_out),
        )


def _is_same_file(path: Path, other: str) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):  # one of the two is not there, or can't be
        return False


def _hold_out(groups: list[list[int]], rows: int, ratio: float, seed: int) -> list[int]:
    """Row numbers of whole groups, close to `ratio` of all rows, never all of them."""
    if ratio <= 0 or len(groups) < 2:
        return []
    # In decimals: 0.29 of 50 rows is 14.5, which binary fractions would round down.
    share = Decimal(str(ratio)) * rows
    wanted = max(1, min(int(share + Decimal("0.5")), rows - 1))
    random.Random(seed).shuffle(groups)
    chosen: list[int] = []
    for group in groups:
        if len(chosen) + len(group) <= wanted:
            chosen += group
    # Every group alone is larger than the share: the smallest one is the closest there is.
    return chosen or min(groups, key=len)


def duplicate_key(messages: Iterable[Message]) -> bytes:
    """Equal for messages that are the same after NFC and strip: what counts as a duplicate."""
    turns = [(m.role, unicodedata.normalize("NFC", m.content).strip()) for m in messages]
    return hashlib.sha256(_encoder.encode(turns)).digest()


def content_hash(rows: Iterable[Conversation]) -> str:
    """The sha256 of the messages of all rows, in order, as hexadecimal digits."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(_encoder.encode([(m.role, m.content) for m in row.messages]) + b"\n")
    return digest.hexdigest()


def write_jsonl(rows: Iterable[Conversation], path: Path) -> None:
    """Write one JSON object per line, UTF-8, extra keys kept."""
    with path.open("wb") as file:
        file.writelines(jsonl_lines(rows))


def jsonl_lines(rows: Iterable[Conversation]) -> Iterator[bytes]:
    """The lines of a file of these rows."""
    for row in rows:
        # Extra keys hold whatever JSON or Python allows: msgspec refuses integers beyond 64 bits.
        yield json.dumps(row.as_dict(), ensure_ascii=False, default=str).encode() + b"\n"
