"""Which checkpoints make room for newer ones. By step: clocks jump, and copies lose their times."""

from __future__ import annotations

from collections.abc import Sequence

FEWEST = 2
"""So many committed checkpoints always stay: one of them may turn out to be damaged."""


def superfluous(steps: Sequence[int], keep: int, best: int | None) -> list[int]:
    """The steps to remove, ascending: all but the newest `keep`, and never the `best`."""
    newest = sorted(steps)[-max(keep, FEWEST) :]
    return sorted(set(steps) - set(newest) - {best})
