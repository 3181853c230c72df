"""Where datasets come from: a file, the body of a cell, Python objects.

Each source gives rows; the same rules and the same survey see them, whatever they came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from nbfinetune.core.chatform import is_chat, read_chat
from nbfinetune.core.convert import Converter
from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.encoding import decode
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.jsonl import is_json_document, read_json, read_jsonl
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.python_rows import read_rows
from nbfinetune.core.quoting import quoted
from nbfinetune.core.rows import Row
from nbfinetune.core.survey import Survey
from nbfinetune.core.validation import check_row, conversation_of

Profile = Literal["local", "siliconcloud"]

UPLOAD_BYTES = 10_000_000
UPLOAD_ROWS = 1000
"""What the hosted platform takes at most: profile `siliconcloud`."""


def read_file(
    path: Path | str,
    *,
    name: str | None = None,
    system: str | None = None,
    profile: Profile = "local",
) -> MessageDataset:
    """The dataset in a `.jsonl` or `.json` file, with every problem in it.

    `name` is the file's without its ending unless given; `system` is for conversations that have
    no system prompt; `profile` adds the limits of the platform that the file is meant for.

    Raises:
        DatasetError: The file can't be read, or its name ends otherwise.
    """
    path = Path(path).expanduser()
    raw = _bytes(path)
    text, found = decode(raw)
    if text is None:
        items: Iterable[Row | Problem] = found
    else:
        read = read_json if path.suffix.lower() == ".json" else read_jsonl
        items = chain(found, read(text))
    if profile == "siliconcloud":
        items = chain(_upload_limits(path, len(raw)), items)
    origin = Origin("file", str(path))
    return _dataset(items, name or path.stem, origin, system, profile)


def read_cell(
    body: str, *, name: str, system: str | None = None, first_line: int = 2
) -> MessageDataset:
    """The dataset in the body of a cell: JSON Lines, a JSON array, one object, or chat form.

    `first_line` is the number of the body's first line in the editor, where line 1 is the magic.
    """
    body = body.rstrip()
    items = _cell_reader(body)(body, first_line)
    return _dataset(items, name, Origin("cell", name, cell=body), system)


def _cell_reader(body: str) -> Callable[[str, int], Iterable[Row | Problem]]:
    """The form of a cell's body, by what is in it."""
    if body.lstrip().startswith(("{", "[")):
        return read_json if is_json_document(body) else read_jsonl
    # Rows under a sentence or a code fence, as language models write them, are still rows.
    has_rows = re.search(r"^[{\[]", body, re.MULTILINE) is not None
    return read_jsonl if has_rows and not is_chat(body) else read_chat


def from_rows(
    rows: Any, *, name: str, system: str | None = None, origin: Origin | None = None
) -> MessageDataset:
    """The dataset in a list of `{"messages": [...]}`, a pandas frame or a `datasets.Dataset`.

    `line` of a conversation and of a problem is the number of its row, from 1. `origin`: where
    the rows are from, if that is known better than by their name.

    Raises:
        DatasetError: `rows` is no collection of rows.
    """
    return _dataset(read_rows(rows), name, origin or Origin("python", name), system)


def from_items(items: Iterable[Row | Problem], *, name: str, origin: Origin) -> MessageDataset:
    """The dataset of rows that were read already, and of what was found between them."""
    return _dataset(items, name, origin, None)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise DatasetError("file_is_folder", name=quoted(str(path)))
    if path.suffix.lower() not in (".jsonl", ".json"):
        raise DatasetError("file_type", got=quoted(path.name))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DatasetError("file_missing", name=quoted(str(path))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError("file_unreadable", name=quoted(str(path)), reason=reason) from None


def _upload_limits(path: Path, size: int) -> Iterator[Problem]:
    if path.suffix.lower() != ".jsonl":
        yield _file_error("file_type", "upload", got=quoted(path.name))
    if size > UPLOAD_BYTES:
        yield _file_error("size_limit", limit=UPLOAD_BYTES, got=size)


def _dataset(
    items: Iterable[Row | Problem],
    name: str,
    origin: Origin,
    system: str | None,
    profile: Profile = "local",
) -> MessageDataset:
    """Every row through the rules, every valid one kept."""
    survey, converter = Survey(), Converter()
    found: list[Problem] = []
    kept: list[Conversation] = []
    for item in converter.stream(items):
        if isinstance(item, Problem):
            found.append(item)
            continue
        survey.see(item)
        problems = check_row(item)
        found += problems
        if not any(problem.severity == "error" for problem in problems):
            kept.append(conversation_of(item, system))
            found += survey.keep(kept[-1])
    found += survey.summary()
    found += _row_count(survey.rows, profile, any(p.severity == "error" for p in found))
    found.sort(key=lambda p: (p.line is None, p.line))
    conversions = converter.conversions()
    return MessageDataset(name, tuple(kept), tuple(found), survey.rows, origin, conversions)


def _row_count(rows: int, profile: Profile, any_error: bool) -> Iterator[Problem]:
    if rows == 0 and not any_error:
        yield _file_error("no_rows")
    if profile == "siliconcloud" and rows > UPLOAD_ROWS:
        yield _file_error("row_limit", limit=UPLOAD_ROWS, got=rows)


def _file_error(code: str, kind: str = "", **params: str | int) -> Problem:
    return Problem(code=code, kind=kind, severity="error", params=params)
