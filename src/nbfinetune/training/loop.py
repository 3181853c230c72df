"""The way of a run from its first step to its last: learn, measure, commit, obey.

Knows the run, its channel and its schedule; how a step learns is the learner's.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.errors import RunError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.runs.checkpoints import commit, remove
from nbfinetune.core.runs.events import (
    AnyEvent,
    Committed,
    Notice,
    Noticed,
    Removed,
    StateChanged,
    TrainStep,
    Validated,
    read_events,
)
from nbfinetune.core.runs.record import RunRecord, fold
from nbfinetune.core.runs.rotation import superfluous
from nbfinetune.core.runs.space import needing
from nbfinetune.core.runs.store import Run
from nbfinetune.core.runs.symptoms import SymptomWatch, named_lines
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.channel import Channel
from nbfinetune.training.estimate import long_notices
from nbfinetune.training.learner import Learner
from nbfinetune.training.measures import SAMPLED_ROWS, finite, memory_bytes, samples
from nbfinetune.training.schedule import Step, learning_rate, optimizer_steps, schedule
from nbfinetune.training.snapshots import size_bytes, write_files

Ending = Literal["finished", "stopped", "interrupted"]
POLL_SECONDS = 0.2
PACED_STEPS = 5
"""The first steps, whose pace tells whether the whole run is a long one."""

START = Step(0, 0.0, (), ends_epoch=False)


@dataclass(frozen=True)
class Rows:
    """The rows of a run: as they are trained and measured, and the held-out ones as they read.

    `lines`: where each training row stands in its source.
    """

    train: Sequence[LabelledRow]
    validation: Sequence[LabelledRow]
    held_out: Sequence[Conversation]
    lines: Sequence[int | None] = ()


class TrainingLoop:
    """Trains `learner.model` on `rows`, tells `channel`, and obeys what arrives there."""

    def __init__(
        self, run: Run, channel: Channel, base: BaseModel, learner: Learner, rows: Rows, lora: Any
    ) -> None:
        self._run, self._channel = run, channel
        self._base, self._learner, self._rows, self._lora = base, learner, rows, lora
        self._config = run.spec.config
        self._total = optimizer_steps(len(rows.train), self._config)
        self._done = START
        self._committed = 0
        self._measured: dict[int, float] = {}
        """Validation losses by step: finite ones, the base model's apart."""
        self._watch = SymptomWatch(self._total)
        self._told: set[str] = set()
        self._paces: list[float] = []

    def run(self, after: int = 0) -> Ending:
        """Train the steps behind step `after`, whose state the learner has.

        Raises:
            RunError: The loss or the weights are no finite numbers any more; memory is too small.
        """
        steps = schedule(len(self._rows.train), self._config)
        for self._done in islice(steps, after):
            pass
        self._tell_what_is_missing(fold(read_events(self._run.events)))
        if after and self._is_enough():  # the last attempt was cut off before it came to this
            return self._end()
        for step in steps:
            if ending := self._obey():
                return ending
            self._learn(step)
            self._tell_of_a_long_run(step)
            if self._saves(step):
                self._checkpoint()
            elif _every(self._config.eval_every, step):
                self._validate()
            if self._is_enough():
                break
        return self._end()

    def _tell(self, event: AnyEvent, lines: str = "") -> None:
        """Tell it, and what shows with it. `lines`: those of the step's rows."""
        self._channel.emit(event)
        for notice in self._watch.see(event, lines):
            self._channel.emit(Noticed(step=event.step, notice=notice))

    def _tell_what_is_missing(self, told: RunRecord) -> None:
        """Before the first step, or where an earlier attempt was cut off: all of this moment."""
        self._watch = SymptomWatch(self._total, told)
        self._told = {event.notice.code for event in told.notices}
        here = self._committed = self._done.number
        self._measured = {v.step: v.loss for v in told.validation if v.step and v.loss is not None}
        # at step 0 the LoRA adds nothing yet: these are the base model's loss and answers
        if here == 0 and not told.validation:
            self._validate()
        if here and here not in [checkpoint.step for checkpoint in told.checkpoints]:
            self._tell_commit(self._measured.get(here))
        self._sample({sample.row for sample in told.samples if sample.step == here})

    def _learn(self, step: Step) -> None:
        rate = learning_rate(step.number, self._total, self._config)
        began = time.perf_counter()
        rows = [self._rows.train[i] for i in step.rows]
        with self._base.computing():
            learned = self._learner.step(rows, number=step.number, learning_rate=rate)
        self._done = step
        self._tell(
            TrainStep(
                step=step.number,
                epoch=step.epoch,
                loss=finite(learned.loss),
                learning_rate=rate,
                grad_norm=finite(learned.grad_norm),
                tokens=learned.tokens,
                seconds=round(time.perf_counter() - began, 6),
                memory_bytes=memory_bytes(self._base.device),
            ),
            named_lines([self._rows.lines[i] for i in step.rows] if self._rows.lines else []),
        )
        if not learned.finite and not learned.skipped:
            code = "gradient_not_finite" if finite(learned.loss) is not None else "loss_not_finite"
            value = learned.grad_norm if finite(learned.loss) is not None else learned.loss
            raise RunError(code, value=value, step=step.number)

    def _tell_of_a_long_run(self, step: Step) -> None:
        """Once some steps show how long they take; a run in this kernel ends with it."""
        if len(self._paces) == PACED_STEPS:
            return
        self._paces.append(time.monotonic())
        if len(self._paces) == PACED_STEPS and "long_run" not in self._told:
            pace = (self._paces[-1] - self._paces[0]) / (PACED_STEPS - 1)
            left = pace * (self._total - step.number)
            for notice in long_notices(left, self._run.spec.engine):
                self._channel.emit(Noticed(step=step.number, notice=notice))

    def _saves(self, step: Step) -> bool:
        last = step.ends_epoch or step.number == self._total
        return last or _every(self._config.save_every, step)

    def _is_enough(self) -> bool:
        """Whether the validation loss has not fallen for as long as the user has patience."""
        patience, best = self._config.early_stop_patience, self._best()
        if not patience or best is None:
            return False
        since = sum(step > best for step in self._measured)
        if since < patience:
            return False
        if "stopped_early" not in self._told:
            notice = Notice("stopped_early", {"count": since, "step": best})
            self._channel.emit(Noticed(step=self._done.number, notice=notice))
        return True

    def _best(self) -> int | None:
        """The step with the lowest validation loss."""
        return min(self._measured, key=self._measured.__getitem__, default=None)

    def _end(self) -> Ending:
        self._keep()
        return "finished"

    def _obey(self) -> Ending | None:
        """Do what was asked for since the last step; how the run ends, if it does."""
        if self._channel.requested("save"):
            self._channel.fulfil("save")
            self._keep()
        if self._channel.requested("pause"):
            self._pause()
        if not self._channel.requested("stop"):
            return None
        self._keep()
        return "interrupted" if self._channel.interrupted else "stopped"

    def _pause(self) -> None:
        """Wait until the run may go on. What was learned is on disk, so nothing waits in vain."""
        self._keep()
        self._channel.emit(StateChanged(step=self._done.number, state="paused"))
        while self._channel.requested("pause") and not self._channel.requested("stop"):
            time.sleep(POLL_SECONDS)
        if not self._channel.requested("stop"):
            self._channel.emit(StateChanged(step=self._done.number, state="training"))

    def _keep(self) -> None:
        """A checkpoint of this moment, where there is none and something was learned."""
        if self._done.number > self._committed:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Measure, commit, then show what the model says now."""
        step, epoch = self._done.number, self._done.epoch
        # the loss of a step is taken before its update: what it broke shows only here
        if not all(bool(w.isfinite().all()) for w in self._learner.weights().values()):
            raise RunError("weights_not_finite", step=step)
        # a process that is about to end has no time to measure
        loss = None if self._channel.interrupted else self._validate()
        target = self._run.checkpoint_path(step)
        with needing(target, size_bytes(self._learner)):
            commit(
                target,
                step=step,
                epoch=epoch,
                spec_sha256=self._run.spec.sha256,
                fill=lambda folder: write_files(folder, self._run, self._learner, self._lora),
            )
        self._committed = step
        self._tell_commit(loss)
        self._make_room()
        if not self._channel.requested("stop"):  # who stops doesn't want to wait
            self._sample()

    def _tell_commit(self, loss: float | None) -> None:
        step, epoch = self._done.number, self._done.epoch
        path = str(self._run.checkpoint_path(step).relative_to(self._run.path))
        self._channel.emit(Committed(step=step, epoch=epoch, path=path, validation_loss=loss))

    def _make_room(self) -> None:
        """Remove checkpoints beyond those that are kept; the best of them stays."""
        steps = self._run.steps()
        measured = [step for step in steps if step in self._measured]
        best = min(measured, key=self._measured.__getitem__, default=None)
        for step in superfluous(steps, self._config.keep_checkpoints, best):
            self._channel.emit(Removed(step=step))
            remove(self._run.checkpoint_path(step))

    def _validate(self) -> float | None:
        """The loss on the held-out rows, told once for a step; None where there are none."""
        if self._done.number in self._measured:
            return self._measured[self._done.number]
        with self._base.computing():
            loss = self._learner.measure(self._rows.validation, number=self._done.number)
        if loss is None:
            return None
        step, epoch, loss = self._done.number, self._done.epoch, finite(loss)
        if step and loss is not None:
            self._measured[step] = loss
        self._tell(Validated(step=step, epoch=epoch, loss=loss))
        return loss

    def _sample(self, known: Collection[int] = ()) -> None:
        """Answers to the first held-out rows, but those that are `known`."""
        if set(known) >= set(range(len(self._rows.held_out[:SAMPLED_ROWS]))):
            return
        with self._base.computing():
            told = samples(
                self._base,
                self._learner.model,
                self._rows.held_out,
                self._done.number,
                lambda: self._channel.requested("stop"),
            )
            for sample in told:
                if sample.row not in known:
                    self._tell(sample)


def _every(steps: int, step: Step) -> bool:
    """Whether the step is one of every so many; 0 means none is."""
    return bool(steps) and step.number % steps == 0
