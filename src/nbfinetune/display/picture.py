"""A run as plain JSON: what the page draws from, live in pieces or saved in a notebook whole.

A message is what is new since the counts that the page already has; a saved picture is the message
since nothing. Every list only grows and every section says which part of it it carries, so pieces
that get lost, arrive twice or late are told apart, and a page that asks again heals. Where a run
was resumed behind a step that it had passed, lists shrink: that begins a new generation, of which a
page has nothing.

    {"v": 1, "generation": 0, "head": {"state": …, "step": …, …},
     "train": {"from": 120, "to": 122, "items": [[121, 2.34, 0.0019, 1.3, 5120, 812], …]}, …}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from nbfinetune.core.runs.events import Planned, State, TrainStep
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import RunSpec
from nbfinetune.display.run import plan_line

MIME = "application/vnd.nbfinetune.run+json"
FORMAT = 1
DIGITS = 5
"""Significant digits of what is drawn; the log has all of them."""
MOST_POINTS = 2000
"""Longer pieces of a curve are thinned; lowest and highest losses stay."""
MOST_LINES = 1000
"""Of the log, in one message; the page asks for more, a saved picture has the last ones."""

Counts = Mapping[str, int]
"""Items per section, and the generation that they are of."""

_MEANT_FOR: Mapping[str, State] = {"pause": "training", "resume": "paused"}
"""Commands that make sense in one state only; the others do until the run has ended."""


def picture(
    spec: RunSpec | None,
    record: RunRecord,
    have: Counts | None = None,
    commands: Sequence[str] = (),
) -> dict[str, Any]:
    """What a page that has `have` (items per section) still needs; all of it without `have`.

    `commands` are what its buttons may ask for. A section is present only with something new; one
    that is shorter than the page believes was begun anew and is sent from 0.
    """
    have = _of_generation(record.voided, have)
    message: dict[str, Any] = {"v": FORMAT, "generation": record.voided}
    message["head"] = _head(record, commands)
    for name, items in _lists(spec, record).items():
        start = have.get(name, 0)
        start = start if 0 <= start <= len(items) else 0
        if start < len(items) or start < have.get(name, 0):
            new = items[start:]
            message[name] = {"from": start, "to": start + len(new), "items": _ROWS[name](new)}
    changes = len(record.checkpoints) + 2 * record.removed
    if changes > have.get("checkpoints", 0):
        # a list that also loses items is sent whole, and counted by its changes
        items = [[e.step, e.epoch, _short(e.validation_loss)] for e in record.checkpoints]
        message["checkpoints"] = {"from": 0, "to": changes, "items": items}
    return message


def counts(message: Mapping[str, Any], have: Counts | None = None) -> dict[str, int]:
    """What a page has that took in `message` after `have`."""
    generation = message["generation"]
    new = {
        name: part["to"]
        for name, part in message.items()
        if isinstance(part, dict) and "to" in part
    }
    return {**_of_generation(generation, have), **new, "generation": generation}


def _of_generation(generation: int, have: Counts | None) -> Counts:
    """What a page has of this generation: nothing where it has an earlier one."""
    return have if have and have.get("generation", 0) == generation else {}


def _lists(spec: RunSpec | None, record: RunRecord) -> dict[str, Sequence[Any]]:
    return {
        "about": [spec] if spec else [],
        "plan": [record.plan] if record.plan else [],
        "train": record.train,
        "validation": record.validation,
        "samples": record.samples,
        "notices": record.notices,
        "log": record.log,
        "failure": [record.failure] if record.failure else [],
    }


def _head(record: RunRecord, commands: Sequence[str]) -> dict[str, Any]:
    plan, best = record.plan, record.best_checkpoint
    return {
        "state": record.state,
        "ended": record.ended,
        "step": record.step,
        "total_steps": plan.total_steps if plan else None,
        "epoch": round(record.train[-1].epoch, 2) if record.train else None,
        "epochs": plan.epochs if plan else None,
        "elapsed_seconds": round(record.elapsed_seconds, 1),
        "remaining_seconds": _short(record.remaining_seconds),
        "tokens_per_second": _short(record.tokens_per_second),
        "memory_bytes": (record.train[-1].memory_bytes if record.train else 0) or None,
        "best_step": best.step if best else None,
        "commands": offered(record, commands),
    }


def offered(record: RunRecord, commands: Sequence[str]) -> list[str]:
    """Those of the commands that make sense now."""
    meant = [c for c in commands if _MEANT_FOR.get(c, record.state) == record.state]
    return [] if record.ended else meant


def _about(specs: Sequence[RunSpec]) -> list[Any]:
    return [
        {"id": s.run_id, "name": s.name, "base_model": s.base_model, "preset": s.preset,
         "data": s.data.name}
        for s in specs
    ]  # fmt: skip


def _plan(plans: Sequence[Planned]) -> list[Any]:
    return [{"line": plan_line(p), "notices": [str(n) for n in p.notices]} for p in plans]


def _train(events: Sequence[TrainStep]) -> list[Any]:
    """`[step, loss, learning rate, gradient norm, tokens per second, bytes]` per step."""
    return [
        [
            e.step,
            _short(e.loss),
            _short(e.learning_rate),
            _short(e.grad_norm),
            _short(e.tokens / e.seconds) if e.seconds > 0 else None,
            e.memory_bytes or None,
        ]
        for e in thinned(events)
    ]


def thinned(events: Sequence[TrainStep], most: int = MOST_POINTS) -> Sequence[TrainStep]:
    """At most about `most` of them: the lowest and the highest loss of every stretch, in order.

    Steps without a finite loss always stay: they are what one looks for. So do the ends.
    """
    if len(events) <= most:
        return events
    width = math.ceil(len(events) / (most / 2))
    losses = [event.loss for event in events]
    kept = {0, len(events) - 1}
    for start in range(0, len(losses), width):
        stretch = losses[start : start + width]
        finite = cast("list[float]", stretch)
        if None in stretch:  # rare, and a million losses are looked at
            kept.update(start + i for i, loss in enumerate(stretch) if loss is None)
            finite = [loss for loss in stretch if loss is not None]
        if finite:
            kept.add(start + stretch.index(min(finite)))
            kept.add(start + stretch.index(max(finite)))
    return [events[i] for i in sorted(kept)]


def _short(value: float | None) -> float | None:
    """Five significant digits: what a screen can show, in a third of the bytes."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")


_ROWS: dict[str, Callable[[Sequence[Any]], list[Any]]] = {
    "about": _about,
    "plan": _plan,
    "train": _train,
    "validation": lambda events: [[e.step, _short(e.loss)] for e in events],
    "samples": lambda events: [
        {"step": e.step, "row": e.row, "prompt": e.prompt, "reference": e.reference,
         "answer": e.answer}
        for e in events
    ],
    "notices": lambda events: [str(e.notice) for e in events],
    "log": lambda lines: list(lines[-MOST_LINES:]),
    "failure": lambda events: [e.reason for e in events],
}  # fmt: skip
