"""How people name models: `base`, `first-try@last`, `first-try@all`, `base=@prompt.txt`.

The grammar, and what `@…` means for a run; which run or model a name stands for is decided by the
session.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from nbfinetune.core.errors import ConfigError, RunError
from nbfinetune.core.quoting import visible
from nbfinetune.core.runs.store import Run

_AT = re.compile(r"best|last|all|step-\d+")


class Column(msgspec.Struct, frozen=True):
    """A model and its system prompt; `system` None: the one that the model was trained with."""

    model: str
    at: str | None = None
    system: str | None = None

    @property
    def label(self) -> str:
        return self.model + (f"@{self.at}" if self.at else "")


def parse_column(text: str) -> Column:
    """Read `MODEL[@best|last|all|step-N][=SYSTEM]`; SYSTEM is text, or `@file` that holds it."""
    name, equals, system = text.partition("=")
    model, at_sign, at = name.rpartition("@")
    if at_sign and not _AT.fullmatch(at):
        raise _unreadable(text, f"'@{at}' is none of @best, @last, @all, @step-N")
    if not at_sign:
        model = name
    if not model:
        raise _unreadable(text, "the model is missing")
    return Column(model, at if at_sign else None, read_system(system) if equals else None)


def read_system(text: str) -> str:
    """The text itself, or the content of the file in `@file`."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text("utf-8").strip()
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or a NUL in the name
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        path = visible(text[1:], 200)
        raise ConfigError("system_unreadable", field="system", path=path, reason=reason) from None


def trained_system(run: Run) -> str | None:
    """The system prompt of most of the rows that a run was trained on."""
    systems = run.spec.data.systems
    return systems[0] if systems else None


def steps_meant(run: Run, at: str | None) -> list[int]:
    """The checkpoints meant by `@best` (also where nothing is said), `@last`, `@step-N`, `@all`."""
    committed = run.steps()
    if at == "all" and committed:
        return committed
    if at == "last" and committed:
        return committed[-1:]
    if at is not None and at.startswith("step-"):
        step = int(at.removeprefix("step-"))
        if step not in committed:
            there = ", ".join(f"step-{s}" for s in committed) or "-"
            raise RunError("no_checkpoint", run=run.name, suffix=f" {at} ({there})")
        return [step]
    best = run.record().best_checkpoint
    if best is None or best.step not in committed:
        raise RunError("no_checkpoint", run=run.name, suffix="")
    return [best.step]


def _unreadable(text: str, reason: str) -> ConfigError:
    return ConfigError("column_syntax", field="column", column=text, reason=reason)
