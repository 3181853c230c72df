"""The role of a chat model: messages in, a reply out. Knows nothing about torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from nbfinetune.core.messages import Message

FinishReason = Literal["stop", "length", "stopped"]
"""`stop`: the model ended its turn. `length`: max_tokens reached. `stopped`: the user said so."""

OnText = Callable[[str], None]
ShouldStop = Callable[[], bool]


class SamplingParams(msgspec.Struct, frozen=True, kw_only=True):
    """How the next token is chosen. The defaults are greedy: the same prompt, the same answer."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, with the tokens of its prompt and of itself, and the seconds that it took."""

    text: str
    finish_reason: FinishReason = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class ChatModel(Protocol):
    """Anything that answers messages."""

    def reply(
        self,
        messages: Sequence[Message],
        params: SamplingParams,
        on_text: OnText | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Reply:
        """The next answer; `on_text` gets its text so far, each time that it grew."""
        ...

    def reply_many(
        self,
        prompts: Sequence[Sequence[Message]],
        params: SamplingParams,
        should_stop: ShouldStop | None = None,
    ) -> list[Reply]:
        """An answer for each prompt, in order."""
        ...


class ScriptedChat:
    """A chat model that says what a function says: for tests, lessons and rules.

    Text arrives word by word, as from a real model.
    """

    def __init__(self, answer: Callable[[Sequence[Message]], str]) -> None:
        self._answer = answer

    def reply(
        self,
        messages: Sequence[Message],
        params: SamplingParams,
        on_text: OnText | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Reply:
        start = time.perf_counter()
        words = self._answer(messages).split(" ")
        said: list[str] = []
        reason: FinishReason = "stop"
        for word in words:
            if should_stop is not None and should_stop():
                reason = "stopped"
                break
            if len(said) == params.max_tokens:
                reason = "length"
                break
            said.append(word)
            if on_text is not None:
                on_text(" ".join(said))
        return Reply(
            text=" ".join(said),
            finish_reason=reason,
            prompt_tokens=sum(len(m.content.split()) for m in messages),
            completion_tokens=len(said),
            seconds=time.perf_counter() - start,
        )

    def reply_many(
        self,
        prompts: Sequence[Sequence[Message]],
        params: SamplingParams,
        should_stop: ShouldStop | None = None,
    ) -> list[Reply]:
        return [self.reply(p, params, should_stop=should_stop) for p in prompts]
