"""Quick-fixes of what a dataset is read from: a file to a new file, a cell's body, Python rows.

The original is never changed. Which fixes there are: `core.fixes.apply`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.fixes.apply import FIXES, Fixed, Form, Patch, apply_fixes
from nbfinetune.core.fixes.edits import Refusal
from nbfinetune.core.fixes.messages import MESSAGE_FIXES, has_errors
from nbfinetune.core.fixes.outline import OPENERS
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted, quoted_path
from nbfinetune.core.reading.chatform import is_chat
from nbfinetune.core.reading.checking import file_text
from nbfinetune.core.reading.jsonl import is_json_document
from nbfinetune.core.reading.python_rows import given_rows
from nbfinetune.core.rows import Row
from nbfinetune.core.validation import check_row

_BEGINS_ROW = re.compile(rf"^[{re.escape(OPENERS)}]", re.MULTILINE)


@dataclass(frozen=True)
class FixedRows:
    """Python rows after the fixes; of a list, those that needed none are the same objects.

    A row with values that JSON has not is as it was given. Lines are numbers of rows, from 1.
    """

    rows: tuple[Any, ...]
    patches: tuple[Patch, ...]
    refused: tuple[Refusal, ...]
    left: tuple[Problem, ...]


def fix_names(given: str) -> tuple[str, ...]:
    """The fixes of `all`, or of names with commas between them, in the order they are applied.

    Raises:
        DatasetError: There is no fix of that name.
    """
    names = [name.strip().replace("-", "_") for name in given.split(",") if name.strip()]
    for name in names:
        if name not in (*FIXES, "all"):
            raise DatasetError("fix_unknown", name=quoted(name), known=", ".join(FIXES))
    return FIXES if "all" in names else tuple(fix for fix in FIXES if fix in names)


def form_of_file(path: Path) -> Form:
    """What a file of that name is to hold."""
    return "json" if path.suffix.lower() == ".json" else "jsonl"


def form_of_cell(body: str) -> Form:
    """What a cell's body is to be, by what is in it, also where its brackets are full-width."""
    text = body.lstrip()
    if text.startswith(("{", "[")):
        return "json" if is_json_document(body) else "jsonl"
    return "jsonl" if _BEGINS_ROW.search(body) and not is_chat(body) else "chat"


def fix_cell(body: str, names: Collection[str] = FIXES, first_line: int = 2) -> Fixed:
    """The new body of a cell. Line 1 of the editor is the magic."""
    return apply_fixes(body, form_of_cell(body), names, first_line)


def fix_file(
    path: Path,
    names: Collection[str] = FIXES,
    *,
    out: Path | None = None,
    encoding: str | None = None,
) -> Fixed:
    """What the fixes make of a file, if it is to become `out` (itself, unless given).

    The name of `out` decides between one object per line and one array.

    Raises:
        DatasetError: The file can't be read at all, or there is no such encoding.
    """
    decoded = file_text(path, encoding=encoding)
    if decoded.text is None:
        problem = decoded.problems[0]
        raise DatasetError(problem.phrase, problems=decoded.problems, **problem.params)
    bom = "\ufeff" if any(problem.code == "bom" for problem in decoded.problems) else ""
    return apply_fixes(bom + decoded.text, form_of_file(out or path), names)


def fix_rows(rows: Any, names: Collection[str] = FIXES) -> FixedRows:
    """The rows of a list, frame or dataset after those fixes that apply to Python objects.

    Raises:
        DatasetError: `rows` is no collection of rows.
    """
    chosen = [name for name in names if name in MESSAGE_FIXES]
    as_given = isinstance(rows, (list, tuple))
    kept: list[Any] = []
    patches: list[Patch] = []
    refused: list[Refusal] = []
    left: list[Problem] = []
    for given, row in given_rows(rows):
        found = _fixed_row(row.value, chosen, row.line) if _is_broken(row) else None
        if found is not None and found.patches:
            row = replace(row, value=json.loads(found.text))
            kept.append(row.value)
        else:
            kept.append(given if as_given or row.problems else row.value)
        if found is not None:
            patches += found.patches
            refused += found.refused
        left += _problems(row)
    return FixedRows(tuple(kept), tuple(patches), tuple(refused), tuple(left))


def _is_broken(row: Row) -> bool:
    """Whether a rule is broken that can be judged: values that are no JSON stay as they are."""
    return not row.problems and has_errors(row.value)


def _fixed_row(value: object, names: Collection[str], line: int) -> Fixed | None:
    """The row as a line of JSON after the fixes; None if it is none or nothing changes."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return None
    return apply_fixes(text, "jsonl", names, line)


def _problems(row: Row) -> Iterator[Problem]:
    for problem in check_row(Converter().convert(row)):
        if problem.severity == "error":
            yield problem


def write_new(text: str, out: Path) -> None:
    """Write a repaired text to a file that doesn't exist yet, as UTF-8: whole or not at all.

    Raises:
        DatasetError: It exists, can't be written, or its name ends otherwise.
    """
    if out.suffix.lower() not in (".jsonl", ".json"):
        raise DatasetError("file_type", got=quoted_path(out.name))
    try:
        with out.open("xb") as file:
            _fill(file, text.encode("utf-8", "surrogateescape"), out)
    except FileExistsError:
        raise DatasetError("fix_file_exists", out=quoted_path(out)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError("fix_file_unwritable", out=quoted_path(out), reason=reason) from None


def _fill(file: BinaryIO, raw: bytes, out: Path) -> None:
    """Write into a new file; a half one is deleted, so that a next try can be made."""
    try:
        file.write(raw)
        file.flush()
    except OSError:
        out.unlink(missing_ok=True)
        raise
