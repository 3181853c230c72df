"""A conversation with one model, as bubbles."""

from __future__ import annotations

from collections.abc import Sequence

from nbfinetune.chat.model import Reply
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.display.dataset import conversation_html
from nbfinetune.display.html import box, esc, note

ENDS = {"length": "cut at max tokens", "stopped": "stopped"}


def column_html(label: str, messages: Sequence[Message], reply: Reply | None = None) -> str:
    """The conversation so far; below it what the last reply cost, once it is complete."""
    cost = ""
    if reply is not None:
        facts = [f"{reply.completion_tokens} tokens", f"{reply.seconds:.1f} s"]
        facts += [ENDS[reply.finish_reason]] if reply.finish_reason in ENDS else []
        cost = f"<div class='quiet'>{esc(' · '.join(facts))}</div>"
    bubbles = conversation_html(Conversation(tuple(messages)))
    return box(f"<h4>{esc(label)}</h4>{bubbles}{cost}")


def notice_html(text: str) -> str:
    """One sentence above the columns."""
    return box(note(text))
