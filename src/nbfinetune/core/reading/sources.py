"""Where datasets come from: a file, the body of a cell, Python objects.

Each source gives rows; the same rules and the same survey see them, whatever they came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.chatform import is_chat, read_chat
from nbfinetune.core.reading.checking import Check, Item, Profile, as_path, by_line, file_items
from nbfinetune.core.reading.jsonl import is_json_document, read_json, read_jsonl
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.core.rows import Row


def read_file(
    path: Path | str,
    *,
    name: str | None = None,
    system: str | None = None,
    profile: Profile = "local",
    encoding: str | None = None,
) -> MessageDataset:
    """The dataset in a `.jsonl` or `.json` file, with every problem in it.

    `name` is the file's without its ending unless given; `system` is for conversations that have
    no system prompt; `profile` adds the limits of the platform that the file is meant for;
    `encoding` is for a file that is no UTF-8.

    Raises:
        DatasetError: The file can't be read, or its name ends otherwise.
    """
    path = as_path(path)
    items = file_items(path, profile=profile, encoding=encoding)
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


def source_items(
    text: str, form: Literal["cell", "jsonl", "json"], first_line: int = 1
) -> Iterable[Row | Problem]:
    """Every row of a text, also those that can't be used, and what stands between them."""
    if form == "cell":
        return _cell_reader(text)(text, first_line)
    return (read_json if form == "json" else read_jsonl)(text, first_line)


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
    dataset = _dataset(read_rows(rows), name, origin or Origin("python", name), system)
    numbered = [msgspec.structs.replace(problem, unit="row") for problem in dataset.problems]
    return msgspec.structs.replace(dataset, problems=tuple(numbered))


def from_items(items: Iterable[Row | Problem], *, name: str, origin: Origin) -> MessageDataset:
    """The dataset of rows that were read already, and of what was found between them."""
    return _dataset(items, name, origin, None)


def _dataset(
    items: Iterable[Item],
    name: str,
    origin: Origin,
    system: str | None,
    profile: Profile = "local",
) -> MessageDataset:
    """Every row through the rules, every valid one kept."""
    kept: list[Conversation] = []
    check = Check(system, profile, kept.append)
    found = sorted(check.problems(items), key=by_line)
    conversions = check.converter.conversions()
    return MessageDataset(name, tuple(kept), tuple(found), check.rows, origin, conversions)
