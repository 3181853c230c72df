"""The picture of a run: a pure fold over its events. Every view is a function of this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nbfinetune.core.runs.events import (
    ENDED,
    AnyEvent,
    Committed,
    Environment,
    Failed,
    Logged,
    Noticed,
    Planned,
    Removed,
    Resumed,
    Sampled,
    State,
    StateChanged,
    TrainStep,
    Validated,
)

PACE_STEPS = 20
WORKING: frozenset[State] = frozenset({"preparing", "training"})


@dataclass
class RunRecord:
    """What the events up to now say. Lists are in the order of the log."""

    state: State = "queued"
    step: int = 0
    plan: Planned | None = None
    environment: Environment | None = None
    train: list[TrainStep] = field(default_factory=list)
    validation: list[Validated] = field(default_factory=list)
    checkpoints: list[Committed] = field(default_factory=list)
    samples: list[Sampled] = field(default_factory=list)
    notices: list[Noticed] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    failure: Failed | None = None
    started: float | None = None
    updated: float | None = None
    training_since: float | None = None
    training_from: int = 0
    """When, and behind which step, the present stretch of training began."""
    voided: int = 0
    """How often an attempt began behind a step that an earlier one had passed: lists shrank."""
    removed: int = 0
    """Checkpoints that left the list to make room; each of them was in it before."""
    attempt: int = 0
    worked_seconds: float = 0.0
    working_since: float | None = None
    """What stretches of preparing and training took that are over; when the present one began."""

    def apply(self, events: Iterable[AnyEvent]) -> RunRecord:
        """Take in further events; returns itself."""
        step, wall = self.step, self.updated
        for event in events:
            if event.attempt != self.attempt:
                # one that was cut off worked until its last word
                self._work_until(wall, goes_on=False)
                self.attempt = event.attempt
            wall = event.wall
            if self.started is None:
                self.started = wall
            if event.step > step:
                step = event.step
            if type(event) is TrainStep:  # nearly all of them: a long run has a million
                self.train.append(event)
            else:
                self.step = step
                self._apply(event)
                step = self.step
        self.step, self.updated = step, wall
        return self

    def _work_until(self, wall: float | None, *, goes_on: bool) -> None:
        if self.working_since is not None and wall is not None:
            self.worked_seconds += max(0.0, wall - self.working_since)
        self.working_since = wall if goes_on else None

    def _apply(self, event: AnyEvent) -> None:
        match event:
            case StateChanged():
                self.state = event.state
                self._work_until(event.wall, goes_on=event.state in WORKING)
                if event.state == "training":
                    self.training_since, self.training_from = event.wall, self.step
            case Planned():
                self.plan = event
            case Environment():
                self.environment = event
            case Validated():
                self.validation.append(event)
            case Committed():
                self.checkpoints.append(event)
            case Sampled():
                self.samples.append(event)
            case Resumed():
                self._go_back_to(event.step)
            case Removed():
                before = len(self.checkpoints)
                self.checkpoints = [c for c in self.checkpoints if c.step != event.step]
                self.removed += before - len(self.checkpoints)
            case Noticed():
                self.notices.append(event)
            case Logged():
                self.log.append(event.text)
            case Failed():
                self.failure = event

    def _go_back_to(self, step: int) -> None:
        """Forget what was told of steps behind this one, and how the last attempt ended."""
        self.voided += self.step > step
        self.step, self.failure = step, None
        self.train = [event for event in self.train if event.step <= step]
        self.validation = [event for event in self.validation if event.step <= step]
        self.checkpoints = [event for event in self.checkpoints if event.step <= step]
        self.samples = [event for event in self.samples if event.step <= step]
        self.notices = [event for event in self.notices if event.step <= step]

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def progress(self) -> float:
        """The share of steps that are done, 0 to 1."""
        if self.state == "finished":
            return 1.0
        return min(1.0, self.step / self.plan.total_steps) if self.plan else 0.0

    @property
    def elapsed_seconds(self) -> float:
        """What preparing and training took, without waiting and pauses; never negative, whatever
        the clock did.
        """
        if self.working_since is None or self.updated is None:
            return self.worked_seconds
        return self.worked_seconds + max(0.0, self.updated - self.working_since)

    @property
    def remaining_seconds(self) -> float | None:
        """At the mean pace since training began or went on; None before two steps of that are
        done, while the run is paused, and once it has ended.
        """
        done = self.step - self.training_from
        if self.plan is None or self.training_since is None or done < 2:
            return None
        if self.state != "training":
            return None
        spent = max(0.0, (self.updated or 0.0) - self.training_since)
        return spent / done * max(0, self.plan.total_steps - self.step)

    @property
    def tokens_per_second(self) -> float | None:
        """Over the latest steps, validation and samples apart; None where it is not known."""
        latest = self.train[-PACE_STEPS:]
        seconds = sum(event.seconds for event in latest)
        return sum(event.tokens for event in latest) / seconds if seconds > 0 else None

    @property
    def train_loss(self) -> float | None:
        return self.train[-1].loss if self.train else None

    @property
    def validation_loss(self) -> float | None:
        return self.validation[-1].loss if self.validation else None

    @property
    def best_checkpoint(self) -> Committed | None:
        """The lowest validation loss; the newest one where none was measured."""
        measured = [c for c in self.checkpoints if c.validation_loss is not None]
        if measured:
            return min(measured, key=lambda c: c.validation_loss or 0.0)
        return self.checkpoints[-1] if self.checkpoints else None


def fold(events: Iterable[AnyEvent]) -> RunRecord:
    """The record of all these events."""
    return RunRecord().apply(events)
