"""A dataset as a report: what is in it, what is wrong with it, how its first rows read."""

from __future__ import annotations

from statistics import median

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.messages import Conversation
from nbfinetune.display.html import box, esc, facts, note

SHOWN_ROWS = 3
SHOWN_PROBLEMS = 20


def dataset_html(dataset: MessageDataset) -> str:
    """The report for a notebook."""
    state = "ready to train" if not dataset.errors else f"{len(dataset.errors)} problems"
    chip = "good" if not dataset.errors else "bad"
    head = f"<h4>{esc(dataset.name)}<span class='chip {chip}'>{esc(state)}</span></h4>"
    problems = "".join(note(p) for p in dataset.problems[:SHOWN_PROBLEMS])
    more = len(dataset.problems) - SHOWN_PROBLEMS
    rest = f"<div class='quiet'>… and {more} more</div>" if more > 0 else ""
    rows = "".join(conversation_html(row) for row in dataset.conversations[:SHOWN_ROWS])
    return box(head + facts(_facts(dataset)) + problems + rest + rows)


def conversation_html(row: Conversation) -> str:
    """One conversation as chat bubbles."""
    turns = []
    for message in row.messages:
        kind = "system" if message.role == "system" else f"turn {message.role}"
        turns.append(f"<div class='{kind}' title='{message.role}'>{esc(message.content)}</div>")
    return f"<div class='chat'>{''.join(turns)}</div>"


def dataset_text(dataset: MessageDataset) -> str:
    """The report for a terminal."""
    lines = [dataset.name + ": " + ", ".join(f"{value} {name}" for name, value in _facts(dataset))]
    lines += [f"  {problem}" for problem in dataset.problems[:SHOWN_PROBLEMS]]
    for row in dataset.conversations[:1]:
        lines += [f"  {m.role + ':':<10} {m.content}" for m in row.messages]
    return "\n".join(lines)


def _facts(dataset: MessageDataset) -> list[tuple[str, object]]:
    rows = dataset.conversations
    lengths = sorted(sum(len(m.content) for m in row.messages) for row in rows) or [0]
    turns = sum(m.role == "assistant" for row in rows for m in row.messages)
    systems = len([s for s in dataset.systems if s is not None])
    valid = f"{len(rows)} of {dataset.rows}" if dataset.rows != len(rows) else len(rows)
    return [
        ("rows", valid),
        ("answers", turns),
        ("characters in the median row", f"{median(lengths):g}"),
        ("in the longest", lengths[-1]),
        ("system prompt" if systems == 1 else "system prompts", systems),
    ]
