"""Answers side by side: as a table for a notebook and for a terminal."""

from __future__ import annotations

from nbfinetune.chat.compare import Comparison
from nbfinetune.chat.model import Reply
from nbfinetune.display.html import box, esc
from nbfinetune.display.text import table

SHOWN_SYSTEM = 60


def comparison_html(comparison: Comparison) -> str:
    """One row per prompt, one column per model, the system prompt below its name."""
    heads = "".join(
        f"<th>{esc(label)}<br><span class='quiet'>{esc(_system(system))}</span></th>"
        for label, system in zip(comparison.labels, comparison.systems, strict=True)
    )
    body = "".join(
        f"<tr><td class='quiet'>{esc(prompt)}</td>"
        + "".join(f"<td>{_reply_html(reply)}</td>" for reply in replies)
        + "</tr>"
        for prompt, replies in zip(comparison.prompts, comparison.replies, strict=True)
    )
    return box(f"<table><tr><th>prompt</th>{heads}</tr>{body}</table>")


def comparison_text(comparison: Comparison, width: int = 110) -> str:
    """The same table in characters."""
    rows = [
        [prompt, *(_reply_text(r) for r in replies)]
        for prompt, replies in zip(comparison.prompts, comparison.replies, strict=True)
    ]
    return table(["prompt", *comparison.labels], rows, width)


def _system(system: str | None) -> str:
    if system is None:
        return "no system prompt"
    return system if len(system) <= SHOWN_SYSTEM else system[: SHOWN_SYSTEM - 1] + "…"


def _reply_html(reply: Reply) -> str:
    cut = "<span class='answer'>cut at max tokens</span>" if _is_cut(reply) else ""
    return esc(reply.text) + cut


def _reply_text(reply: Reply) -> str:
    return reply.text + (" [cut]" if _is_cut(reply) else "")


def _is_cut(reply: Reply) -> bool:
    return reply.finish_reason == "length"
