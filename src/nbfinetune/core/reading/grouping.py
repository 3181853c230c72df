"""Problems of one kind together: what every report shows, in a notebook and in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from nbfinetune.core.problems import Problem, Severity

_ORDER: tuple[Severity, ...] = ("error", "warning", "advice")


class ProblemGroup(msgspec.Struct, frozen=True):
    """Problems with one code, one severity and one way out, in the order they were found."""

    code: str
    severity: Severity
    way_out: str
    members: tuple[Problem, ...]

    @property
    def message(self) -> str | None:
        """What all of them say; None where they differ."""
        messages = {problem.message for problem in self.members}
        return messages.pop() if len(messages) == 1 else None


def grouped(problems: Iterable[Problem]) -> tuple[ProblemGroup, ...]:
    """Errors, then warnings, then advice; within each the kind that was found first, first."""
    groups: dict[tuple[Severity, str, str], list[Problem]] = {}
    for problem in problems:
        key = (problem.severity, problem.code, problem.way_out)
        groups.setdefault(key, []).append(problem)
    made = [ProblemGroup(code, severity, way_out, tuple(members))
            for (severity, code, way_out), members in groups.items()]  # fmt: skip
    return tuple(sorted(made, key=lambda group: _ORDER.index(group.severity)))
