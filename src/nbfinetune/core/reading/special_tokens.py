"""Special tokens of a model inside the contents of a dataset, where they are read as what they are.

Knows tokens as plain strings; which ones a model has, and which of them end or begin a turn, is
known to whoever has its tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted


def special_token_problems(
    conversations: Iterable[Conversation],
    control: Collection[str],
    special: Collection[str] = (),
    *,
    allow: bool = False,
) -> Iterator[Problem]:
    """One problem for each token in each message, in order.

    A token of `control` lets a text break out of its turn: an error, with `allow` a warning.
    One of `special` is no more than unusual: a warning.
    """
    tokens = sorted({*control, *special} - {""}, key=len, reverse=True)
    if not tokens:
        return
    known = re.compile("|".join(map(re.escape, tokens)))
    for conversation in conversations:
        for index, message in enumerate(conversation.messages):
            for token, count in _found(known, message).items():
                breaks_out = token in control and not allow
                yield Problem(
                    code="special_token_in_content" if token in control else "special_token",
                    severity="error" if breaks_out else "warning",
                    line=conversation.line,
                    path=f"$.messages[{index}].content",
                    params={"got": quoted(token), "count": count},
                )


def _found(known: re.Pattern[str], message: Message) -> dict[str, int]:
    """How often each token is in the message, in the order of their first places."""
    counts: dict[str, int] = {}
    for token in known.findall(message.content):
        counts[token] = counts.get(token, 0) + 1
    return counts
