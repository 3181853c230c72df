"""Where a run can go on: its newest whole checkpoint, with the data and the settings it began with.

Nothing is repaired or skipped silently: what differs is named, and an older checkpoint offered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.store import SPEC, Run, RunSpec


def starting_point(run: Run, at: int | None = None) -> int:
    """The step behind which a new attempt goes on: 0 where nothing was committed yet.

    `at` names a checkpoint in place of the newest one.

    Raises:
        RunError: The checkpoint is damaged, or the data or the settings are not those it was made
            with; the message names what and offers an older one.
    """
    spec = run.spec
    _check_data(run.path / "data", spec)
    steps = run.steps()
    if at is not None and at not in steps:
        there = ", ".join(f"step-{step}" for step in steps) or "-"
        raise RunError("no_checkpoint", run=spec.name, suffix=f" step-{at} ({there})")
    if not steps:
        return 0
    step = steps[-1] if at is None else at
    try:
        record = verify(run.checkpoint_path(step))
    except RunError as error:
        raise _offer(run, steps, step, error) from None
    if record.spec_sha256 != spec.sha256:
        # a newer version may know more settings, each as it was meant before it had a name
        changes = ", ".join(changed(_spec_of(run.checkpoint_path(step)), spec))
        if changes:
            raise RunError("spec_changed", name=run.name, changes=changes)
    return step


def changed(before: RunSpec, now: RunSpec) -> Iterator[str]:
    """What differs between two specs, field by field: `learning_rate 0.002 → 0.001`."""
    old, new = (msgspec.to_builtins(spec) for spec in (before, now))
    for part in ("config", "data"):
        old |= {f"{part}.{name}": value for name, value in old.pop(part).items()}
        new |= {f"{part}.{name}": value for name, value in new.pop(part).items()}
    for name, value in new.items():
        if old.get(name) != value:
            yield f"{name.removeprefix('config.')} {old.get(name)} → {value}"


def set_aside(run: Run, after: int, attempt: int) -> None:
    """Rename the checkpoints behind step `after`: they belong to an earlier attempt, and stay."""
    for step in run.steps():
        if step > after:
            path = run.checkpoint_path(step)
            path.rename(path.with_name(f"{path.name}.before-attempt-{attempt}"))


def file_sha256(path: Path) -> str:
    """The hash of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_data(folder: Path, spec: RunSpec) -> None:
    for name, expected in spec.data.files.items():
        path = folder / name
        if not path.is_file() or file_sha256(path) != expected:
            raise RunError("data_changed", file=path, name=spec.name)


def _spec_of(checkpoint: Path) -> RunSpec:
    return msgspec.json.decode((checkpoint / SPEC).read_bytes(), type=RunSpec)


def _offer(run: Run, steps: list[int], damaged: int, error: RunError) -> RunError:
    """The error, with the newest older checkpoint that is whole where there is one."""
    for step in reversed([step for step in steps if step < damaged]):
        try:
            verify(run.checkpoint_path(step))
        except RunError:
            continue
        reason = str(error).splitlines()[0]
        return RunError("checkpoint_offered", reason=reason, name=run.name, step=step)
    return error
