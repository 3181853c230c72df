"""From the trainer to the run: steps, validation losses, checkpoints with samples, a stop."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from nbfinetune.chat.decoding import generate
from nbfinetune.chat.loading import BaseModel
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.errors import RunError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.runs.checkpoints import commit
from nbfinetune.core.runs.events import Committed, Sampled, TrainStep, Validated
from nbfinetune.core.runs.store import Run
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.batches import mean_loss
from nbfinetune.training.channel import Channel

SAMPLED_ROWS = 3
SAMPLE_TOKENS = 96


class Recorder(TrainerCallback):
    """Tells the run what happens and obeys its control files, at every optimizer step."""

    def __init__(
        self,
        run: Run,
        channel: Channel,
        base: BaseModel,
        validation: Sequence[Conversation],
        labelled: Sequence[LabelledRow],
        pad_id: int,
    ) -> None:
        self._run = run
        self._channel = channel
        self._base = base
        self._validation = validation
        self._labelled = labelled
        self._pad_id = pad_id
        self._spec_sha256 = run.spec.sha256
        self._batch_size = run.spec.config.micro_batch_size or run.spec.config.batch_size
        self._committed = -1
        self._began = 0.0
        self._tokens = 0.0
        self.stopped = False

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # at step 0 the LoRA adds nothing yet: these are the base model's loss and answers
        self._validate(state, kwargs["model"])
        self._sample(state, kwargs["model"])

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._began = time.perf_counter()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs is None or "loss" not in logs:
            return
        # here, not at the end of the step: a GPU is done only when the loss can be read
        seconds = time.perf_counter() - self._began
        loss, norm = _finite(logs["loss"]), _finite(logs.get("grad_norm"))
        before, self._tokens = self._tokens, logs.get("num_tokens", 0.0)
        self._channel.emit(
            TrainStep(
                step=state.global_step,
                epoch=round(state.epoch or 0.0, 4),
                loss=loss,
                learning_rate=logs["learning_rate"],
                grad_norm=norm,
                tokens=int(self._tokens - before),
                seconds=round(seconds, 6),
                memory_bytes=_memory_bytes(self._base.device),
            )
        )
        if loss is None:
            raise RunError("loss_not_finite", value=logs["loss"], step=state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._channel.requested("stop"):
            self.stopped = True
            control.should_training_stop = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if not self.stopped:
            self.checkpoint(state, kwargs["model"])

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # also after a stop or max_steps in the middle of an epoch: what was learned is kept
        if state.global_step > 0 and state.global_step != self._committed:
            self.checkpoint(state, kwargs["model"])

    def checkpoint(self, state: TrainerState, model: Any) -> None:
        """Measure, commit, then show what the model says now."""
        # the loss of a step is taken before its update: what it broke shows only here
        if not all(bool(p.isfinite().all()) for p in model.parameters() if p.requires_grad):
            raise RunError("weights_not_finite", step=state.global_step)
        # a process that is about to end has no time to measure
        loss = None if self._channel.interrupted else self._validate(state, model)
        step, epoch = state.global_step, round(state.epoch or 0.0, 4)
        target = self._run.checkpoint_path(step)

        def fill(folder: Path) -> None:
            model.save_pretrained(folder)
            (folder / "README.md").unlink(missing_ok=True)  # PEFT's card is an empty form

        commit(target, step=step, epoch=epoch, spec_sha256=self._spec_sha256, fill=fill)
        self._committed = step
        path = str(target.relative_to(self._run.path))
        self._channel.emit(Committed(step=step, epoch=epoch, path=path, validation_loss=loss))
        if not self.stopped:
            self._sample(state, model)

    def _validate(self, state: TrainerState, model: Any) -> float | None:
        loss = mean_loss(model, self._labelled, self._pad_id, self._batch_size)
        if loss is None:
            return None
        epoch = round(state.epoch or 0.0, 4)
        loss = _finite(loss)
        self._channel.emit(Validated(step=state.global_step, epoch=epoch, loss=loss))
        return loss

    def _sample(self, state: TrainerState, model: Any) -> None:
        """Answers to the first held-out rows, greedy, so that checkpoints can be compared."""
        rows = self._validation[:SAMPLED_ROWS]
        if not rows:
            return
        prompts = [self._base.template.prompt_ids(row.prompt) for row in rows]
        params = SamplingParams(max_tokens=SAMPLE_TOKENS)
        was_training = model.training
        model.eval()
        answers = generate(
            model,
            prompts,
            params,
            self._base.stop_ids(),
            should_stop=lambda: self._channel.requested("stop"),
        )
        model.train(was_training)
        for number, (row, answer) in enumerate(zip(rows, answers, strict=True)):
            self._channel.emit(
                Sampled(
                    step=state.global_step,
                    row=number,
                    prompt=row.prompt[-1].content,
                    reference=row.answer,
                    answer=self._base.tokenizer.decode(answer.ids, skip_special_tokens=True),
                )
            )


def _memory_bytes(device: torch.device) -> int:
    """The most that tensors held on a GPU so far; on a CPU what the process holds now."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return int(psutil.Process().memory_info().rss)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
