"""Messages and conversations: the values that everything else is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant"]


class Message(msgspec.Struct, frozen=True):
    """One turn. `extra` keeps keys without effect on training (`weight`, `name` …) for export."""

    role: Role
    content: str
    extra: dict[str, Any] = {}

    def as_dict(self) -> dict[str, Any]:
        return {"role": self.role, "content": self.content, **self.extra}


class Conversation(msgspec.Struct, frozen=True):
    """Messages in order. `line`: where the row begins in its source, 1-based; `extra` as above."""

    messages: tuple[Message, ...]
    line: int | None = None
    extra: dict[str, Any] = {}

    @property
    def system(self) -> str | None:
        """The system prompt, None where there is none."""
        first = self.messages[0]
        return first.content if first.role == "system" else None

    @property
    def prompt(self) -> tuple[Message, ...]:
        """Everything before the last answer: what a model is asked to continue."""
        return self.messages[:-1]

    @property
    def answer(self) -> str:
        """The last message: the reference to compare a model's reply with."""
        return self.messages[-1].content

    def as_dict(self) -> dict[str, Any]:
        return {"messages": [m.as_dict() for m in self.messages], **self.extra}


def conversation(turns: Iterable[Mapping[str, str]]) -> Conversation:
    """A conversation from `{"role", "content"}` mappings that are known to be valid."""
    return Conversation(tuple(Message(t["role"], t["content"]) for t in turns))  # type: ignore[arg-type]
