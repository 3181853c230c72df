"""Conversations as tables of other packages, which are imported only when one is asked for.

Knows how extra keys become columns, so that what is read back is what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from nbfinetune.core.errors import DatasetError, MissingDependency
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quoting import visible

_PLAIN = {str: "string", bool: "bool", int: "int64", float: "float64"}


def to_hf(rows: Sequence[Conversation]) -> Any:
    """A `datasets.Dataset`: `messages`, and a column for each extra key.

    Raises:
        DatasetError: An extra key, or a value of one, that such a table can't hold.
    """
    package = import_package("datasets")
    message = {"role": package.Value("string"), "content": package.Value("string")}
    message |= _columns(package, (m.extra for row in rows for m in row.messages))
    features = {"messages": package.List(message)}
    features |= _columns(package, (row.extra for row in rows))
    records = [row.as_dict() for row in rows]
    columns = {name: [record.get(name) for record in records] for name in features}
    try:
        return package.Dataset.from_dict(columns, features=package.Features(features))
    except (ValueError, TypeError, OverflowError) as error:  # pyarrow's errors are among them
        reason = visible(" ".join(str(error).split()), 200)
        raise DatasetError("export_table", reason=reason) from None


def to_pandas(rows: Sequence[Conversation]) -> Any:
    """A `pandas.DataFrame` of objects: pandas would turn integers beside gaps into fractions."""
    records = [row.as_dict() for row in rows]
    columns = dict.fromkeys(["messages", *(key for record in records for key in record)])
    return import_package("pandas").DataFrame(records, columns=list(columns), dtype=object)


def import_package(name: str, package: str | None = None) -> Any:
    """The module `name` of `package`.

    Raises:
        MissingDependency: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise MissingDependency("dependency_missing", package=package or name) from None


def _columns(package: Any, extras: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A type for each key: that of its values where all are plain and alike, else JSON."""
    kinds: dict[str, set[str]] = {}
    for extra in extras:
        for key, value in extra.items():
            kinds.setdefault(key, set()).add(_kind(value))
    return {
        key: package.Value(next(iter(found))) if len(found) == 1 and "json" not in found
        else package.Json()
        for key, found in kinds.items()
    }  # fmt: skip


def _kind(value: object) -> str:
    kind = _PLAIN.get(type(value), "json")
    fits = kind != "int64" or (isinstance(value, int) and -(2**63) <= value < 2**63)
    return kind if fits else "json"
