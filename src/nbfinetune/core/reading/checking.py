"""One pass over rows, whatever they came from: rules, survey, limits. Holds nothing of a row.

A file is read as it is checked (`file_items`), so that its size doesn't matter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted, quoted_path
from nbfinetune.core.reading.encoding import Decoded, decode, open_blocks
from nbfinetune.core.reading.fast_rows import PlainRows, conversation_of_plain
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.reading.stream import stream_jsonl
from nbfinetune.core.reading.stream_json import stream_array, stream_json
from nbfinetune.core.reading.survey import Survey
from nbfinetune.core.rows import Row
from nbfinetune.core.validation import check_row, conversation_of

Profile = Literal["local", "siliconcloud"]
Item = PlainRows | Row | Problem

UPLOAD_BYTES = 10_000_000
UPLOAD_ROWS = 1000
"""What the hosted platform takes at most: profile `siliconcloud`."""

_FIRST_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 17
"""How much of a file its encoding is judged by, and how much of it is read at once."""


@dataclass
class Check:
    """The counts are those of what was seen so far; `keep` is called with each valid row.

    `system` is for conversations that have no system prompt; `profile` adds the limits of the
    platform that the rows are meant for.
    """

    system: str | None = None
    profile: Profile = "local"
    keep: Callable[[Conversation], None] | None = None
    valid: int = 0
    errors: int = 0
    survey: Survey = field(default_factory=Survey)
    converter: Converter = field(default_factory=Converter)

    def __post_init__(self) -> None:
        """Raises:
        DatasetError: There is no such profile: its limits would be taken for kept.
        """
        if self.profile not in (known := get_args(Profile)):
            raise DatasetError(
                "profile_unknown", name=quoted(str(self.profile)), known=", ".join(known)
            )

    @property
    def rows(self) -> int:
        return self.survey.rows

    def problems(self, items: Iterable[Item]) -> Iterator[Problem]:
        """Everything wrong: first with each row, in order; then with rows beside others, by line;
        then with the whole."""
        for problem in self._found(items):
            self.errors += problem.severity == "error"
            yield problem

    def _found(self, items: Iterable[Item]) -> Iterator[Problem]:
        for item in items:
            if isinstance(item, Problem):
                yield item
            elif isinstance(item, Row):
                yield from self._row(self.converter.convert(item))
            else:
                self._plain(item)
        summary = sorted(self.survey.summary(), key=by_line)
        yield from merge(self.survey.repeats(), summary, key=by_line)
        if self.rows == 0 and not self.errors:
            yield _file_error("no_rows")
        if self.profile == "siliconcloud" and self.rows > UPLOAD_ROWS:
            yield _file_error("row_limit", limit=UPLOAD_ROWS, got=self.rows)

    def _row(self, row: Row) -> Iterator[Problem]:
        self.survey.see(row)
        problems = check_row(row)
        if not any(problem.severity == "error" for problem in problems):
            self.valid += 1
            conversation = conversation_of(row, self.system)
            self.survey.keep(conversation)
            if self.keep:
                self.keep(conversation)
        yield from problems

    def _plain(self, plain: PlainRows) -> None:
        self.valid += len(plain.rows)
        self.survey.see_plain(plain, self.system)
        if self.keep:
            for line, row in zip(plain.lines, plain.rows, strict=True):
                self.keep(conversation_of_plain(row, line, self.system))


def by_line(problem: Problem) -> tuple[bool, int]:
    """The order of problems in a report: by line, those of the whole at the end."""
    return problem.line is None, problem.line or 0


def file_items(
    path: Path, *, profile: Profile = "local", encoding: str | None = None
) -> Iterator[Item]:
    """The rows of a `.jsonl` or `.json` file as they are read, and what is wrong beside them.

    Raises:
        DatasetError: The file can't be read, its name ends otherwise, there is no such encoding.
    """
    size = _size(path)
    if profile == "siliconcloud":
        yield from _upload_limits(path, size)
    opened = open_blocks(_blocks(path), encoding)
    yield from opened.problems
    if opened.blocks is None:
        return
    head = next(opened.blocks, b"")
    blocks = chain([head], opened.blocks)
    if path.suffix.lower() == ".json":
        yield from stream_json(blocks)
    elif _opens_array(head):
        yield from stream_array(blocks)
    else:
        yield from stream_jsonl(blocks)


def file_text(path: Path, *, encoding: str | None = None) -> Decoded:
    """The whole text of such a file, without BOM, and what was found on the way.

    Raises:
        DatasetError: As above.
    """
    _size(path)
    return decode(b"".join(_blocks(path)), encoding)


def as_path(source: Path | str) -> Path:
    """The path with the user's folder for `~`, where that is known."""
    return Path(os.path.expanduser(source))


def _opens_array(head: bytes) -> bool:
    text = head[:10_000].decode("utf-8", "surrogateescape")
    return text.startswith("[", skip_blanks(text, 0))


def _size(path: Path) -> int:
    if path.is_dir():
        raise DatasetError("file_is_folder", name=quoted_path(path))
    if path.suffix.lower() not in (".jsonl", ".json"):
        raise DatasetError("file_type", got=quoted_path(path.name))
    try:
        return path.stat().st_size
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _blocks(path: Path) -> Iterator[bytes]:
    """The bytes of the file; the first block is large enough to judge it by."""
    try:
        with path.open("rb") as file:
            size = _FIRST_BYTES
            while block := file.read(size):
                yield block
                size = _BLOCK_BYTES
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError | ValueError) -> DatasetError:
    if isinstance(error, FileNotFoundError):
        return DatasetError("file_missing", name=quoted_path(path))
    reason = getattr(error, "strerror", None) or str(error)
    return DatasetError("file_unreadable", name=quoted_path(path), reason=reason)


def _upload_limits(path: Path, size: int) -> Iterator[Problem]:
    if path.suffix.lower() != ".jsonl":
        yield _file_error("file_type", "upload", got=quoted_path(path.name))
    if size > UPLOAD_BYTES:
        yield _file_error("size_limit", limit=UPLOAD_BYTES, got=size)


def _file_error(code: str, kind: str = "", **params: str | int) -> Problem:
    return Problem(code=code, kind=kind, severity="error", params=params)
