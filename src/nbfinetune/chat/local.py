"""A base model on this machine and any number of LoRA checkpoints on it, each a `ChatModel`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from nbfinetune.chat.decoding import Generated, generate
from nbfinetune.chat.loading import BaseModel
from nbfinetune.chat.model import OnText, Reply, SamplingParams, ShouldStop
from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Message

BATCH = 16


class LocalModel:
    """One loaded base and those who speak with it: chat, comparison, samples, a run that trains.

    Whoever computes takes a turn, for one batch of answers; see `chat.turns`.
    """

    def __init__(self, base: BaseModel) -> None:
        self.base = base
        self._stop_ids = base.stop_ids()

    def chat(self, checkpoint: Path | None = None) -> LocalChat:
        """The base itself, or the base with the LoRA of a committed checkpoint directory."""
        return LocalChat(lambda: self, checkpoint)

    def answer(
        self,
        checkpoint: Path | None,
        prompts: Sequence[Sequence[Message]],
        params: SamplingParams,
        on_text: OnText | None = None,
        should_stop: ShouldStop | None = None,
    ) -> list[Reply]:
        """Replies in the order of the prompts, computed in batches."""
        ids = [self.base.template.prompt_ids(messages) for messages in prompts]
        replies: list[Reply] = []
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with self._computing(checkpoint) as model:
                replies += self._batch(model, batch, params, on_text, should_stop)
        return replies

    @contextmanager
    def _computing(self, checkpoint: Path | None) -> Iterator[Any]:
        """A turn with the model, and that checkpoint or none on it."""
        base = self.base
        with base.turn():
            adapter = None
            if checkpoint is not None:
                adapter = base.adapters.load(base.model, checkpoint, str(base.device))
            base.adapters.activate(base.model, adapter)
            yield base.model.eval()

    def _batch(
        self,
        model: Any,
        ids: list[list[int]],
        params: SamplingParams,
        on_text: OnText | None,
        should_stop: ShouldStop | None,
    ) -> list[Reply]:
        longest, limit = max(map(len, ids)), self.base.context_length
        if longest >= limit:
            raise ModelError("prompt_too_long", tokens=longest, limit=limit, model=self.base.name)
        room = msgspec.structs.replace(params, max_tokens=min(params.max_tokens, limit - longest))

        def show(_row: int, answer: Generated) -> None:
            if on_text is not None:
                on_text(self._text(answer).rstrip("\ufffd"))  # half a character waits for its rest

        began = time.perf_counter()
        answers = generate(model, ids, room, self._stop_ids, on_token=show, should_stop=should_stop)
        seconds = (time.perf_counter() - began) / len(ids)
        return [
            Reply(
                text=self._text(answer),
                finish_reason=answer.finish_reason,
                prompt_tokens=len(prompt),
                completion_tokens=len(answer.ids),
                seconds=seconds,
            )
            for prompt, answer in zip(ids, answers, strict=True)
        ]

    def _text(self, answer: Generated) -> str:
        text: str = self.base.tokenizer.decode(answer.ids, skip_special_tokens=True)
        return text


class LocalChat:
    """A `ChatModel`: the base, or the base with one checkpoint.

    `model` is asked for each answer: a base that was unloaded in between is loaded again.
    """

    def __init__(self, model: Callable[[], LocalModel], checkpoint: Path | None = None) -> None:
        self._find = model
        self.checkpoint = checkpoint

    @property
    def model(self) -> LocalModel:
        return self._find()

    def reply(
        self,
        messages: Sequence[Message],
        params: SamplingParams,
        on_text: OnText | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Reply:
        return self.model.answer(self.checkpoint, [messages], params, on_text, should_stop)[0]

    def reply_many(
        self,
        prompts: Sequence[Sequence[Message]],
        params: SamplingParams,
        should_stop: ShouldStop | None = None,
    ) -> list[Reply]:
        return self.model.answer(self.checkpoint, prompts, params, should_stop=should_stop)
