"""An editing session of a dataset: rows are changed, checked again at once, and taken back.

Knows rows, their order and their problems, and every change since the beginning. Knows no page and
no file: `dataset` gives the rows to whoever keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import msgspec

from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.draft.history import Change, History, Kind, Step
from nbfinetune.core.draft.repeats import Repeats, Unit
from nbfinetune.core.draft.rows import (
    DraftRow,
    draft_row,
    plain,
    row_of,
    row_of_text,
    source_texts,
    with_turns,
)
from nbfinetune.core.draft.totals import Totals, count_rows
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading import sources
from nbfinetune.core.rows import Row

PYTHON = Origin("python")


class Draft:
    """Rows with stable ids, in order. `notes`: what was found between the rows of the source.

    `source` is the text that the items were read from: it shows rows that can't be read. `system`
    is for rows that have no system prompt. A row's line is its own for good; a new row gets the
    next number behind the last.
    """

    def __init__(
        self,
        items: Iterable[Row | Problem],
        *,
        name: str,
        origin: Origin = PYTHON,
        source: str = "",
        first_line: int = 1,
        system: str | None = None,
    ) -> None:
        converter = Converter()
        read = list(converter.stream(items))
        rows = [item for item in read if isinstance(item, Row)]
        self.name = name
        self.origin = origin
        self.revision = 0
        self.notes = tuple(item for item in read if isinstance(item, Problem))
        texts = source_texts(source, rows, first_line) if source else repeat("", len(rows))
        self._system = system
        self._rows = {
            row_id: draft_row(row_id, 0, row, text, system)
            for row_id, (row, text) in enumerate(zip(rows, texts, strict=True))
        }
        self._conversions = converter.conversions()
        self._fixes: tuple[str, ...] = ()
        self._order = list(self._rows)
        self._places = {row_id: place for place, row_id in enumerate(self._order)}
        self._lines = {row.id: row.line for row in self._rows.values()}
        self._original = dict(self._rows)
        self._history = History()
        self._repeats = Repeats(self.unit)
        for row in self._rows.values():
            self._repeats.put(row.id, row.conversation)
        self._repeats.compare(self._places, self._lines)
        self._totals: Totals | None = None

    @classmethod
    def of(cls, dataset: MessageDataset) -> Draft:
        """The valid rows of a dataset; those with errors are known by their problems only."""
        rows = [
            Row(conversation.line or number, conversation.as_dict())
            for number, conversation in enumerate(dataset.conversations, start=1)
        ]
        draft = cls(chain(rows, dataset.errors), name=dataset.name, origin=dataset.origin)
        draft._conversions = dataset.conversions
        draft._fixes = dataset.fixes
        return draft

    @property
    def unit(self) -> Unit:
        """What the numbers of rows count: lines of a file or cell, or the rows themselves."""
        return "row" if self.origin.kind in ("python", "hub") else "line"

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(self._order)

    @property
    def can_undo(self) -> bool:
        return bool(self._history.done)

    @property
    def can_redo(self) -> bool:
        return bool(self._history.undone)

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __getitem__(self, row_id: int) -> DraftRow:
        """The row of an id.

        Raises:
            DatasetError: It was deleted, or never was.
        """
        if row_id not in self._rows:
            raise DatasetError("row_gone")
        return self._rows[row_id]

    def problems(self, row_id: int) -> tuple[Problem, ...]:
        """What is wrong with a row, alone and beside the others."""
        repeated = self._repeats.problems.get(row_id)
        return (*self[row_id].problems, *((repeated,) if repeated else ()))

    def at_line(self, line: int) -> int | None:
        """The id of the row that problems call by this number."""
        return next((row_id for row_id in self._order if self._lines[row_id] == line), None)

    def is_changed(self, row_id: int) -> bool:
        """Whether a row is new or reads otherwise than at the beginning."""
        original = self._original.get(row_id)
        return original is None or original.row is not self[row_id].row

    # changes

    def edit(self, row_id: int, value: object) -> Change:
        """Write a row anew; nothing is done where that changes nothing."""
        old = self[row_id]
        return self._write(old, row_of(value, old.line), "")

    def edit_text(self, row_id: int, text: str) -> Change:
        """Write a row anew as JSON text, which may be broken: then it is kept as it is."""
        old = self[row_id]
        return self._write(old, row_of_text(text, old.line), text)

    def edit_turns(self, row_id: int, turns: Sequence[Mapping[str, Any]]) -> Change:
        """Change the messages of a row that can be shown as such; see `with_turns`."""
        old = self[row_id]
        return self._write(old, row_of(with_turns(_object(old), turns), old.line), "")

    def add(self, after: int | None, value: object) -> Change:
        """A new row behind another (None: before all)."""
        index = 0 if after is None else self._places[self[after].id] + 1
        new_id = max(self._lines, default=-1) + 1
        line = max(self._lines.values(), default=0) + 1
        self._lines[new_id] = line
        return self._do(Step(index, None, draft_row(new_id, 0, row_of(value, line))))

    def delete(self, row_id: int) -> Change:
        row = self[row_id]
        return self._do(Step(self._places[row.id], row, None))

    def undo(self) -> Change:
        """Take the last change back; nothing where there is none."""
        return self._apply(self._history.undo())

    def redo(self) -> Change:
        """Do again what was taken back last."""
        return self._apply(self._history.redo())

    def _write(self, old: DraftRow, row: Row, text: str) -> Change:
        # a row that can be read now is like those that always could
        system = self._system if old.text is not None else None
        new = draft_row(old.id, 0, row, text, system)
        if new.text == old.text and repr(new.row.value) == repr(old.row.value):
            return Change(self.revision)
        return self._do(Step(self._places[old.id], old, new))

    def _do(self, step: Step) -> Change:
        return self._apply(self._history.add(step))

    def _apply(self, step: Step | None) -> Change:
        if step is None:
            return Change(self.revision)
        self.revision += 1
        self._totals = None
        place, before, after = step
        row_id = after.id if after else self._order[place]
        if before is None:
            self._order.insert(place, row_id)
        if after is None:
            del self._order[place], self._rows[row_id]
        else:
            self._rows[row_id] = replace(after, version=self.revision)
        if not (before and after):
            self._places = {known: at for at, known in enumerate(self._order)}
        self._repeats.put(row_id, after.conversation if after else None)
        others = self._repeats.compare(self._places, self._lines) - {row_id}
        kind: Kind = "removed" if after is None else "placed" if before is None else "written"
        neighbour = self._order[place - 1] if kind == "placed" and place else None
        return Change(self.revision, kind, row_id, neighbour, tuple(sorted(others)))

    # questions

    def find(self, query: str = "", code: str = "") -> tuple[int, ...]:
        """The ids of rows with `query` in their texts, in any case, and with a problem of `code`.

        `code` may be a severity, too, or `changed`; empty: every row.
        """
        wanted = plain(query.strip())
        fits = self._filter(code)
        return tuple(i for i in self._order if fits(i) and wanted in self._rows[i].searched)

    def _filter(self, code: str) -> Callable[[int], bool]:
        if not code:
            return lambda _id: True
        if code == "changed":
            return self.is_changed
        return lambda i: any(code in (p.code, p.severity) for p in self.problems(i))

    def totals(self) -> Totals:
        """Counts of all rows as they are now."""
        if self._totals is None:
            deleted = len(self._original.keys() - self._rows.keys())
            self._totals = count_rows(
                [self.problems(row_id) for row_id in self._order],
                valid=sum(row.conversation is not None for row in self._rows.values()),
                changed=sum(map(self.is_changed, self._order)) + deleted,
            )
        return self._totals

    def split(self, ratio: float, seed: int) -> frozenset[int]:
        """The ids of the rows that a training with these settings would hold out."""
        kept = {id(row.conversation): row.id for row in self._rows.values() if row.conversation}
        rows = tuple(c for i in self._order if (c := self._rows[i].conversation))
        held_out = MessageDataset(self.name, rows, rows=len(rows)).split(ratio, seed).validation
        return frozenset(kept[id(conversation)] for conversation in held_out)

    def dataset(self, name: str) -> MessageDataset:
        """The valid rows, and every problem of the rows as they are now."""
        rows = (self._rows[row_id].row for row_id in self._order)
        made = sources.from_items(rows, name=name, origin=self.origin)
        problems = tuple(msgspec.structs.replace(p, unit=self.unit) for p in made.problems)
        return msgspec.structs.replace(
            made, problems=problems, conversions=self._conversions, fixes=self._fixes
        )


def _object(row: DraftRow) -> Mapping[str, Any]:
    if row.text is None and isinstance(row.row.value, dict) and "messages" in row.row.value:
        return row.row.value
    raise DatasetError("row_changed")
