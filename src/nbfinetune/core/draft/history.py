"""What an operation did to a draft, and every operation since the beginning: undone, done again.

Knows steps, not how they are applied.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from nbfinetune.core.draft.rows import DraftRow

Kind = Literal["nothing", "written", "placed", "removed"]


class Change(NamedTuple):
    """What an operation did to `row`; "nothing" where all is as it was.

    `after`: the row before one that was placed (None: it is the first). `others`: ids of rows whose
    problems came or went with it.
    """

    revision: int
    kind: Kind = "nothing"
    row: int | None = None
    after: int | None = None
    others: tuple[int, ...] = ()


class Step(NamedTuple):
    """A row of this place, before and after; None: it isn't there."""

    place: int
    before: DraftRow | None
    after: DraftRow | None

    def reversed(self) -> Step:
        return Step(self.place, self.after, self.before)


class History:
    """The steps that were done, and those that were taken back and can be done again."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.undone: list[Step] = []

    def add(self, step: Step) -> Step:
        """A new step: what was taken back before can't be done again."""
        self.done.append(step)
        self.undone.clear()
        return step

    def undo(self) -> Step | None:
        """What takes the last step back; None where there is none."""
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return self.undone[-1].reversed()

    def redo(self) -> Step | None:
        """The step that was taken back last; None where there is none."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]
