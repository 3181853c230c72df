"""Where datasets come from: a file, the body of a cell, Python objects.

Each source gives rows; the same rules and the same survey see them, whatever they came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

import msgspec

from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.chatform import is_chat, read_chat
from nbfinetune.core.reading.checking import Check, Item, Profile, as_path, by_line, file_items
from nbfinetune.core.reading.jsonl import is_json_document, read_json, read_jsonl
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.core.rows import Row


class Reading(TypedDict, total=False):
    """How a source is read.

    `name`: of the dataset. `system`: for conversations that have no system prompt. `system_key`: a
    key beside `messages` whose text is the row's system prompt. `profile` adds the limits of the
    platform that the rows are meant for. `encoding`: of a file that is no UTF-8.
    """

    name: str | None
    system: str | None
    system_key: str | None
    profile: Profile
    encoding: str | None


def read_file(path: Path | str, **how: Unpack[Reading]) -> MessageDataset:
    """The dataset in a `.jsonl` or `.json` file, with every problem in it.

    Its name is the file's without its ending unless one is given.

    Raises:
        DatasetError: The file can't be read, or its name ends otherwise.
    """
    path = as_path(path)
    items = file_items(path, profile=how.get("profile", "local"), encoding=how.get("encoding"))
    return _dataset(items, how.get("name") or path.stem, Origin("file", str(path)), how)


def read_cell(body: str, *, first_line: int = 2, **how: Unpack[Reading]) -> MessageDataset:
    """The dataset in the body of a cell: JSON Lines, a JSON array, one object, or chat form.

    `first_line` is the number of the body's first line in the editor, where line 1 is the magic.

    Raises:
        DatasetError: There is no name.
    """
    name, body = _name(how), body.rstrip()
    items = _cell_reader(body)(body, first_line)
    return _dataset(items, name, Origin("cell", name, cell=body), how)


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


def from_rows(rows: Any, *, origin: Origin | None = None, **how: Unpack[Reading]) -> MessageDataset:
    """The dataset in a list of `{"messages": [...]}`, a pandas frame or a `datasets.Dataset`.

    `line` of a conversation and of a problem is the number of its row, from 1. `origin`: where
    the rows are from, if that is known better than by their name.

    Raises:
        DatasetError: `rows` is no collection of rows; there is no name.
    """
    name = _name(how)
    dataset = _dataset(read_rows(rows), name, origin or Origin("python", name), how)
    numbered = [msgspec.structs.replace(problem, unit="row") for problem in dataset.problems]
    return msgspec.structs.replace(dataset, problems=tuple(numbered))


def from_items(items: Iterable[Row | Problem], *, name: str, origin: Origin) -> MessageDataset:
    """The dataset of rows that were read already, and of what was found between them."""
    return _dataset(items, name, origin, {})


def _name(how: Reading) -> str:
    name = how.get("name")
    if name is None:
        raise DatasetError("dataset_name_missing")
    return name


def _dataset(items: Iterable[Item], name: str, origin: Origin, how: Reading) -> MessageDataset:
    """Every row through the rules, every valid one kept."""
    kept: list[Conversation] = []
    check = Check(
        how.get("system"),
        how.get("profile", "local"),
        kept.append,
        converter=Converter(system_key=how.get("system_key")),
    )
    found = sorted(check.problems(items), key=by_line)
    conversions = check.converter.conversions()
    return MessageDataset(name, tuple(kept), tuple(found), check.rows, origin, conversions)
