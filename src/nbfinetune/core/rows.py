"""A row as it was read, before any rule is applied to it.

Knows where a row and its values stand in their source. Knows nothing of messages and roles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted

_SHALLOW = re.compile(r"\$(?:\.\w+|\[[^]]*\]){0,3}")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Broken:
    """Stands for a value that a problem was reported for: the rules say nothing more about it."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a JSON value, the line it begins on, and what the reader found wrong with it.

    `places` gives the line of the values inside a row that spans several lines, by JSON path.
    `moved` is for a row that was converted: paths in `value` to paths in the source.
    """

    line: int
    value: object
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def source_path(self, path: str) -> str:
        """The path that the user knows a value by: the one in the source."""
        known = path
        while known and known not in self.moved:
            known = _around(known)
        return self.moved[known] + path[len(known) :] if known else path

    def line_of(self, path: str) -> int:
        """The line of the value at source path `path`, or of the nearest value around it."""
        while path and path not in self.places:
            path = _around(path)
        return self.places.get(path, self.line)


def child(path: str, key: str) -> str:
    """The JSON path of a key: `$.role`, or `$['my key']` where it is no plain word."""
    return f"{path}.{key}" if _IDENTIFIER.fullmatch(key) else f"{path}[{quoted(key)}]"


def shallow(path: str) -> str:
    """The first three steps of a path: where something too deep begins."""
    found = _SHALLOW.match(path)
    return found.group() if found else path


def _around(path: str) -> str:
    """The path of the value around a value; empty at the top."""
    return path[: max(path.rfind("."), path.rfind("["), 0)]
