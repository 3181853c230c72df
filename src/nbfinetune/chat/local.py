"""A base model on this machine and any number of LoRA checkpoints on it, each a `ChatModel`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from peft import PeftModel

from nbfinetune.chat.decoding import Generated, generate
from nbfinetune.chat.loading import BaseModel
from nbfinetune.chat.model import OnText, Reply, SamplingParams, ShouldStop
from nbfinetune.core.errors import ModelError, RunError
from nbfinetune.core.messages import Message
from nbfinetune.core.runs.checkpoints import verify

BATCH = 16


class LocalModel:
    """One loaded base; checkpoints are put on it when asked for. One generation at a time."""

    def __init__(self, base: BaseModel) -> None:
        self.base = base
        self._peft: Any = None
        self._adapters: dict[Path, str] = {}
        self._lock = Lock()
        self._stop_ids = base.stop_ids()

    def chat(self, checkpoint: Path | None = None) -> LocalChat:
        """The base itself, or the base with the LoRA of a committed checkpoint directory."""
        return LocalChat(self, checkpoint)

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
        with self._lock, self.base.computing():
            model, context = self._with_adapter(checkpoint)
            with context:
                for start in range(0, len(ids), BATCH):
                    batch = ids[start : start + BATCH]
                    replies += self._batch(model, batch, params, on_text, should_stop)
        return replies

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

    def _with_adapter(self, checkpoint: Path | None) -> tuple[Any, Any]:
        """The model to call, and the context in which that adapter (or none) is active."""
        if checkpoint is None:
            if self._peft is None:
                return self.base.model, nullcontext()
            return self._peft, self._peft.disable_adapter()
        name = self._adapters.get(checkpoint) or self._load(checkpoint)
        self._peft.set_adapter(name)
        return self._peft, nullcontext()

    def _load(self, checkpoint: Path) -> str:
        check_adapter(checkpoint)
        name = f"adapter{len(self._adapters)}"
        # without an initialisation that draws from the global generator: a run may be training
        options = {"adapter_name": name, "low_cpu_mem_usage": True}
        if self._peft is None:
            self._peft = PeftModel.from_pretrained(self.base.model, checkpoint, **options)
        else:
            self._peft.load_adapter(checkpoint, **options)
        self._peft.eval()
        self._adapters[checkpoint] = name
        return name


class LocalChat:
    """A `ChatModel`: the base, or the base with one checkpoint."""

    def __init__(self, model: LocalModel, checkpoint: Path | None) -> None:
        self.model = model
        self.checkpoint = checkpoint

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


def check_adapter(checkpoint: Path) -> None:
    """Refuse a checkpoint that is damaged or that asks PEFT for anything but plain LoRA weights.

    Raises:
        RunError: What is wrong with it.
    """
    names = {entry.name for entry in verify(checkpoint).files}
    if not {"adapter_model.safetensors", "adapter_config.json"} <= names:
        raise RunError("checkpoint_damaged", path=checkpoint, reason="it holds no LoRA weights")
    config = msgspec.json.decode((checkpoint / "adapter_config.json").read_bytes())
    # auto_mapping would import a module that the file names
    plain = isinstance(config, dict) and config.get("peft_type") == "LORA"
    if not plain or config.get("auto_mapping"):
        raise RunError("checkpoint_damaged", path=checkpoint, reason="it is not a plain LoRA")
