"""Rows that were tokenized before, by what they say: a second run, a resume and the run behind a
`--dry-run` find them here.

In memory, beside the one tokenizer and template that they were made with, so that nothing can be
taken for another model's; not on disk, where reading them would save less than imports take.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

from nbfinetune.core.dataset import content_hash
from nbfinetune.core.messages import Conversation
from nbfinetune.templates.labels import LabelledRow, Turn, labelled

MOST_TOKENS = 16_000_000
"""Of 4 bytes each. Beyond that, the rows that were asked for longest ago go."""


class _Kept(NamedTuple):
    ids: array[int]
    turns: tuple[Turn, ...]


class RowCache:
    """Labelled rows by the sha256 of their messages. Safe from several threads."""

    def __init__(self, most_tokens: int = MOST_TOKENS) -> None:
        self._most = most_tokens
        self._rows: dict[str, _Kept] = {}
        self._tokens = 0
        self._lock = Lock()

    def get(self, row: Conversation) -> LabelledRow | None:
        """A row of the caller's own, or None."""
        key = content_hash([row])
        with self._lock:
            kept = self._rows.pop(key, None)
            if kept is None:
                return None
            self._rows[key] = kept  # the last one again
        return labelled(kept.ids.tolist(), kept.turns)

    def put(self, row: Conversation, ids: Sequence[int], turns: tuple[Turn, ...]) -> None:
        """Keep ids and the tokens of each answer."""
        key = content_hash([row])
        with self._lock:
            self._forget(key)
            self._rows[key] = _Kept(array("i", ids), turns)
            self._tokens += len(ids)
            while self._tokens > self._most:
                self._forget(next(iter(self._rows)))

    def _forget(self, key: str) -> None:
        kept = self._rows.pop(key, None)
        if kept is not None:
            self._tokens -= len(kept.ids)
