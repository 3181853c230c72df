"""What differs between two datasets, for a notebook: counts, then rows with their changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TypeVar

from nbfinetune.core import text
from nbfinetune.core.library.diff import Changed, DatasetDiff, row_lines
from nbfinetune.core.messages import Conversation
from nbfinetune.display.fixes import Change, diff
from nbfinetune.display.html import box, esc

SHOWN_ROWS = 20

T = TypeVar("T")


def diff_html(found: DatasetDiff) -> str:
    """Changed rows word by word, then those that went and came."""
    head, *rest = found.text(limit=0).split("\n")
    reordered = f"<div class='quiet'>{esc(rest[0])}</div>" if found.reordered else ""
    return box(
        f"<b>{esc(head)}</b>{reordered}"
        + _part("diff_changed", found.changed, _changed_html)
        + _part("diff_removed", found.removed, lambda row: _row_html(row, "bad"))
        + _part("diff_added", found.added, lambda row: _row_html(row, "good"))
    )


def diff_text(found: DatasetDiff) -> str:
    """The same for a terminal: `-` before, `+` after."""
    return found.text()


def _part(heading: str, rows: Sequence[T], render: Callable[[T], str]) -> str:
    if not rows:
        return ""
    title = text.message(heading, {"count": len(rows)})
    shown = "".join(f"<div class='chat'>{render(row)}</div>" for row in rows[:SHOWN_ROWS])
    more = len(rows) - SHOWN_ROWS
    rest = text.message("more_problems", {"count": more}) if more > 0 else ""
    return f"<h4>{esc(title)}</h4>{shown}<div class='quiet'>{esc(rest)}</div>"


def _row_html(row: Conversation, kind: str) -> str:
    return "".join(f"<div><span class='{kind}'>{esc(line)}</span></div>" for line in row_lines(row))


def _changed_html(changed: Changed) -> str:
    """The lines of both; what went and what came is marked word by word."""
    before, after = (row_lines(row) for row in changed)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    lines = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            lines += [f"<span class='quiet'>{esc(line)}</span>" for line in before[a:b]]
        else:
            pairs = zip_longest(before[a:b], after[c:d], fillvalue="")
            lines += ["".join(map(_span, diff(old, new))) for old, new in pairs]
    return "".join(f"<div>{line}</div>" for line in lines)


def _span(change: Change) -> str:
    kind = {"same": "", "gone": "bad", "new": "good"}[change.kind]
    return f"<span class='{kind}' title='{change.kind}'>{esc(change.text)}</span>"
