"""A row as it was read, before any rule is applied to it.

Knows where a row and its values stand in their source. Knows nothing of messages and roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nbfinetune.core.problems import Problem


class Broken:
    """Stands for a value that a problem was reported for: the rules say nothing more about it."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a JSON value, the line it begins on, and what the reader found wrong with it.

    `places` gives the line of the values inside a row that spans several lines, by JSON path.
    """

    line: int
    value: object
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, path: str) -> int:
        """The line of the value at `path`; of the nearest value around it where there is none."""
        while path and path not in self.places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get(path, self.line)
