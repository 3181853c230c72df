"""What can be known before the wait: rows on each side, optimizer steps, whether they are enough.

Needs no model. What needs the tokenizer (trained tokens, cut rows) is in `training.tokenizing`.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from pathlib import Path
from typing import Literal

import msgspec

from nbfinetune.core.config import SETTINGS, TrainConfig
from nbfinetune.core.dataset import MessageDataset, Split, duplicate_key, jsonl_lines, write_jsonl
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.reading.sources import read_file
from nbfinetune.core.runs.events import Notice
from nbfinetune.core.runs.space import RESERVE_BYTES, check_writable, needing
from nbfinetune.core.runs.store import Run, RunSpec, RunStore
from nbfinetune.training.schedule import optimizer_steps

ENOUGH_STEPS = 20
"""Below this many optimizer steps a LoRA has hardly left its start."""


def split_rows(dataset: MessageDataset, validation: float | MessageDataset, seed: int) -> Split:
    """Training and validation rows; `validation` is a share of the rows or a dataset of its own.

    Raises:
        DatasetError: A dataset has errors, or nothing is left to train on.
    """
    dataset.check()
    if isinstance(validation, MessageDataset):
        split = Split(dataset.conversations, validation.check().conversations)
    else:
        split = dataset.split(validation, seed)
    if not split.train:
        raise DatasetError("too_few_rows", rows=0)
    return split


def overlap_notices(split: Split) -> list[Notice]:
    """A notice where rows of a validation set of its own were trained on."""
    known = {duplicate_key(row.messages) for row in split.train}
    count = sum(duplicate_key(row.messages) in known for row in split.validation)
    return [Notice("validation_overlap", {"count": count})] if count else []


def step_notices(train_rows: int, config: TrainConfig) -> list[Notice]:
    """A notice where the run is too short to learn, with the option that cures it."""
    steps = optimizer_steps(train_rows, config)
    if steps >= ENOUGH_STEPS or config.max_steps:
        return []
    per_epoch = math.ceil(train_rows / config.batch_size)
    limit = int(SETTINGS["epochs"].high or config.epochs)
    epochs = min(limit, math.ceil(ENOUGH_STEPS / per_epoch))
    params: dict[str, str | int | float] = {
        "steps": steps, "epochs": epochs, "more_steps": epochs * per_epoch
    }  # fmt: skip
    if epochs == config.epochs:
        return [Notice("few_steps_few_rows", {"steps": steps, "rows": train_rows})]
    return [Notice("few_steps", params)]


def hashes(split: Split) -> dict[str, str]:
    """The files that `write_rows` writes, and their sha256."""
    found = {}
    for side, rows in split._asdict().items():
        digest = hashlib.sha256()
        for line in jsonl_lines(rows):
            digest.update(line)
        found[f"{side}.jsonl"] = digest.hexdigest()
    return found


def write_rows(split: Split, folder: Path) -> None:
    """Freeze the rows with the run, and the lines of their source that messages name."""
    for side, rows in split._asdict().items():
        write_jsonl(rows, folder / f"{side}.jsonl")
        (folder / f"{side}.lines.json").write_bytes(msgspec.json.encode([r.line for r in rows]))


def freeze(runs: RunStore, spec: RunSpec, split: Split) -> Run:
    """A new run with its rows on disk; nothing of it stays where that fails.

    Raises:
        RunError: The folder can't be written to, or the disk is full.
    """
    check_writable(runs.folder)
    rows = sum(len(line) for side in split for line in jsonl_lines(side))
    with needing(runs.folder, rows + RESERVE_BYTES):
        try:
            run = runs.create(spec)
            write_rows(split, run.path / "data")
        except FileExistsError:  # another kernel's run of this millisecond
            raise
        except OSError:
            shutil.rmtree(runs.folder / spec.run_id, ignore_errors=True)
            raise
    return run


def read_rows(folder: Path, side: Literal["train", "validation"]) -> tuple[Conversation, ...]:
    """The frozen rows of one side, each with the line of its source."""
    path = folder / f"{side}.jsonl"
    if not path.stat().st_size:
        return ()
    lines = msgspec.json.decode((folder / f"{side}.lines.json").read_bytes(), type=list[int | None])
    rows = read_file(path).conversations
    return tuple(
        msgspec.structs.replace(row, line=line) for row, line in zip(rows, lines, strict=True)
    )
