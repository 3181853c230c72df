"""How many rows of a draft have which problem. Knows the problems of each row, not the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from nbfinetune.core.problems import Problem, Severity


@dataclass(frozen=True)
class Totals:
    """Counts of rows. `problems`: rows with each code, errors first, then the most frequent.

    `changed`: rows that are new or read otherwise than at the beginning, and those deleted since.
    """

    rows: int
    valid: int
    errors: int
    warnings: int
    changed: int
    problems: tuple[tuple[Severity, str, int], ...]


def count_rows(problems: Collection[tuple[Problem, ...]], *, valid: int, changed: int) -> Totals:
    """The totals of rows with these problems each."""
    found: Counter[tuple[Severity, str]] = Counter()
    severities: Counter[Severity] = Counter()
    for of_row in problems:
        codes = {(problem.severity, problem.code) for problem in of_row}
        found.update(codes)
        severities.update({severity for severity, _code in codes})
    by_weight = sorted(found.items(), key=lambda item: (item[0][0] != "error", -item[1]))
    return Totals(
        rows=len(problems),
        valid=valid,
        errors=severities["error"],
        warnings=severities["warning"],
        changed=changed,
        problems=tuple((severity, code, count) for (severity, code), count in by_weight),
    )
