"""The dataset studio: what each page is answered. The draft in the kernel is the truth.

Every answer carries the draft's revision: a page that missed one asks anew. What changes the draft
is told to all pages. Knows no widget; `panels.studio_view` carries the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any, assert_never

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.draft.history import Change
from nbfinetune.core.errors import DatasetError, MissingDependency, NbFinetuneError
from nbfinetune.core.library.entries import LONGEST_NAME
from nbfinetune.display import draft as shown
from nbfinetune.panels import studio_messages as says

MOST_LINES = 300
"""Rows that one answer tells of; a page is told to ask for the rest."""

NEW_ROW = {"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]}

Answer = dict[str, Any]
OnSave = Callable[[str, MessageDataset], str | None]
"""Keeps a dataset under a name and says what was kept; an `NbFinetuneError` is shown."""


def studio(draft: Draft, on_save: OnSave) -> Any:
    """The widget that shows and edits a draft.

    Raises:
        MissingDependency: anywidget is not installed.
    """
    try:
        from nbfinetune.panels.studio_view import StudioView
    except ImportError:
        raise MissingDependency("studio_needs_anywidget") from None
    return StudioView(Studio(draft, on_save))


class Studio:
    """Answers the pages of one draft."""

    def __init__(self, draft: Draft, on_save: OnSave) -> None:
        self.draft = draft
        self._on_save = on_save
        self._division = (0.1, 0)
        self.saved: shown.Saved | None = None
        # JupyterLab's pages are heard in a thread of their own
        self._one_at_a_time = RLock()

    def answer(self, message: object) -> list[Answer]:
        """What the pages are told when one of them says this; nothing if it is nonsense."""
        asked = says.heard(message)
        if asked is None:
            return []
        with self._one_at_a_time:
            try:
                answers = list(self._answers(asked))
            except NbFinetuneError as error:
                answers = [{"t": "refused", "text": str(error)}]
            about = {"page": asked.page, "seq": asked.seq, "revision": self.draft.revision}
            return [{**answer, **about} for answer in answers]

    def _answers(self, asked: says.Message) -> Iterator[Answer]:
        match asked:
            case says.Find():
                yield {"t": "found", "ids": self._found(asked), **self._head()}
            case says.Lines():
                here = [row_id for row_id in asked.ids if row_id in self.draft]
                yield {"t": "lines", "rows": self._lines(here)}
            case says.Open():
                yield {"t": "opened", "row": shown.whole(self.draft, asked.id)}
            case says.Divide():
                if asked.ratio is not None and asked.seed is not None:
                    self._division = (asked.ratio, asked.seed)
                yield self._divided()
            case says.Save():
                yield {"t": "saved", "text": self._save(asked.name.strip()), **self._head()}
            case says.Edit() | says.Delete() | says.Add() | says.Undo() | says.Redo():
                yield self._told(self._operate(asked))
            case _:
                assert_never(asked)

    def _operate(self, asked: says.Operation) -> Change:
        match asked:
            case says.Edit():
                return self._edit(asked)
            case says.Delete():
                return self.draft.delete(asked.id)
            case says.Add():
                return self.draft.add(asked.after, NEW_ROW)
            case says.Undo():
                return self.draft.undo()
            case says.Redo():
                return self.draft.redo()

    def _edit(self, asked: says.Edit) -> Change:
        if self.draft[asked.id].version != asked.version:
            raise DatasetError("row_changed")
        if asked.turns is not None:
            return self.draft.edit_turns(asked.id, [turn.as_dict() for turn in asked.turns])
        return self.draft.edit_text(asked.id, asked.text or "")

    def _told(self, change: Change) -> Answer:
        """A change for all pages, with everything that they show otherwise now."""
        here = change.row is not None and change.row in self.draft
        own = (change.row,) if change.row is not None and here else ()
        return {
            "t": "changed",
            "kind": change.kind,
            "id": change.row,
            "after": change.after,
            "row": shown.whole(self.draft, own[0]) if own else None,
            "rows": self._lines([*own, *change.others[:MOST_LINES]]),
            "stale": len(change.others) > MOST_LINES,
            **self._head(),
        }

    def _found(self, asked: says.Find) -> list[int]:
        found = self._fitting(asked.query, asked.code)
        keep = set(asked.keep) - set(found)
        if not keep:
            return list(found)
        wanted = keep.union(found)
        return [row_id for row_id in self.draft.ids if row_id in wanted]

    def _fitting(self, query: str, code: str) -> tuple[int, ...]:
        if code not in ("train", "validation"):
            return self.draft.find(query, code)
        held_out = self.draft.split(*self._division)
        wanted = code == "validation"
        return tuple(
            row_id
            for row_id in self.draft.find(query)
            if self.draft[row_id].conversation and (row_id in held_out) == wanted
        )

    def _lines(self, ids: list[int]) -> list[Answer]:
        return [shown.line(self.draft, row_id) for row_id in ids]

    def _head(self) -> Answer:
        return {"head": shown.head(self.draft, self.saved)}

    def _divided(self) -> Answer:
        ratio, seed = self._division
        held_out = self.draft.split(ratio, seed)
        return {"t": "divided", "ratio": ratio, "seed": seed, "held_out": sorted(held_out)}

    def _save(self, name: str) -> str:
        if not 0 < len(name) <= LONGEST_NAME:
            raise DatasetError("name_needed", limit=LONGEST_NAME)
        said = self._on_save(name, self.draft.dataset(name)) or ""
        self.saved = shown.Saved(name, self.draft.revision)
        return f"{said}\n{text.message('studio_next', {'name': _word(name)})}".lstrip()


def _word(name: str) -> str:
    """A name as one word of a magic's line."""
    quote = "'" if '"' in name else '"'
    return name if name.isidentifier() else f"{quote}{name}{quote}"
