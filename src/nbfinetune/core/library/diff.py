"""What differs between two datasets, row by row: values, and a text to read.

A row that asks the same is the same row, changed; what the users say decides. Knows no files.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset, duplicate_key
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quoting import visible


class Changed(NamedTuple):
    """One row in both, with the same question; anything else about it differs."""

    before: Conversation
    after: Conversation


class DatasetDiff(NamedTuple):
    """Rows of the second dataset against the first, each in the order of its own dataset.

    `kept` rows are the same in both, extra keys included; `reordered`: they follow each other
    differently.
    """

    added: tuple[Conversation, ...]
    removed: tuple[Conversation, ...]
    changed: tuple[Changed, ...]
    kept: int
    reordered: bool

    @property
    def same(self) -> bool:
        """Whether both hold the same rows in the same order."""
        return not (self.added or self.removed or self.changed or self.reordered)

    def text(self, limit: int = 20) -> str:
        """The counts, then the first `limit` rows of each kind: `-` before, `+` after."""
        if self.same:
            return text.message("diff_same", {"rows": self.kept})
        counts = {"added": len(self.added), "removed": len(self.removed)}
        counts |= {"changed": len(self.changed), "kept": self.kept}
        lines = [text.message("diff_counts", counts)]
        if self.reordered:
            lines.append(text.message("diff_reordered", {}))
        lines += _shown("diff_changed", self.changed, (_between(c) for c in self.changed), limit)
        lines += _shown("diff_removed", self.removed, (_all(r, "-") for r in self.removed), limit)
        lines += _shown("diff_added", self.added, (_all(r, "+") for r in self.added), limit)
        return "\n".join(lines)


def diff(before: MessageDataset, after: MessageDataset) -> DatasetDiff:
    """What makes `after` of `before`; of equal rows as many are kept as are in both."""
    keys = [[_row_key(row) for row in data.conversations] for data in (before, after)]
    both = Counter(keys[0]) & Counter(keys[1])
    left, kept = _without(before.conversations, keys[0], both)
    right, kept_after = _without(after.conversations, keys[1], both)
    waiting: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for index, row in enumerate(left):
        waiting[_question_key(row)].append(index)
    changed: list[Changed] = []
    added: list[Conversation] = []
    found: set[int] = set()
    for row in right:
        asked = waiting[_question_key(row)]
        if asked:
            index = asked.popleft()
            found.add(index)
            changed.append(Changed(left[index], row))
        else:
            added.append(row)
    removed = tuple(row for index, row in enumerate(left) if index not in found)
    return DatasetDiff(tuple(added), removed, tuple(changed), len(kept), kept != kept_after)


def _without(
    rows: Iterable[Conversation], keys: list[bytes], both: Counter[bytes]
) -> tuple[list[Conversation], list[bytes]]:
    """The rows that are not in both, and the keys of those that are, in order."""
    rest, left, kept = both.copy(), [], []
    for row, key in zip(rows, keys, strict=True):
        if rest[key]:
            rest[key] -= 1
            kept.append(key)
        else:
            left.append(row)
    return left, kept


def _row_key(row: Conversation) -> bytes:
    written = json.dumps(row.as_dict(), sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).digest()


def _question_key(row: Conversation) -> bytes:
    return duplicate_key(message for message in row.messages if message.role == "user")


def _shown(
    heading: str, rows: tuple[object, ...], rendered: Iterable[list[str]], limit: int
) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield text.message(heading, {"count": len(rows)})
    for _, lines in zip(range(limit), rendered, strict=False):
        yield from lines
        yield ""
    if len(rows) > limit:
        yield text.message("more_problems", {"count": len(rows) - limit})


def row_lines(row: Conversation) -> list[str]:
    """A row to read: a line per message and extra key, uncut, nothing invisible."""
    lines = []
    for message in row.messages:
        lines.append(f"{message.role}: {_whole(message.content)}")
        lines += [f"  {_whole(key)}: {_value(value)}" for key, value in message.extra.items()]
    return lines + [f"{_whole(key)}: {_value(value)}" for key, value in row.extra.items()]


def _between(changed: Changed) -> list[str]:
    before, after = row_lines(changed.before), row_lines(changed.after)
    compared = difflib.unified_diff(before, after, lineterm="", n=len(before))
    return [f"  {line[0]} {line[1:]}" for line in list(compared)[3:]]


def _all(row: Conversation, sign: str) -> list[str]:
    return [f"  {sign} {line}" for line in row_lines(row)]


def _value(value: object) -> str:
    return _whole(json.dumps(value, ensure_ascii=False, default=str))


def _whole(content: str) -> str:
    return visible(content, len(content))
