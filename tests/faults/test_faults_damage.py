"""Checkpoints that were made to do harm: nothing in them runs, and each is refused by name.

Those that were damaged by chance are in tests/training/test_resume.py, file by file.
"""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nbfinetune.chat.loading import load_base
from nbfinetune.chat.local import LocalModel
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import RECORD, commit, verify
from nbfinetune.core.runs.resuming import starting_point
from nbfinetune.core.runs.store import Run
from nbfinetune.training import worker
from nbfinetune.training.channel import Channel
from nbfinetune.training.snapshots import OPTIMIZER, WEIGHTS
from tests.training.runs import HELD_OUT, ROWS, StopAfter, prepare, train


class Hostile:
    """A pickle that writes a file when it is read."""

    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self._canary),)


@pytest.fixture
def stopped(tiny, tmp_path) -> Run:
    """A run with checkpoints of the steps 1 to 4."""
    run = prepare(
        tmp_path, tiny, ROWS, HELD_OUT, batch_size=2, epochs=2, save_every=1, keep_checkpoints=9
    )
    assert train(run, StopAfter(run, 4)).state == "stopped"
    run.fulfil("stop")
    return run


def recommitted(checkpoint: Path, change) -> None:
    """Change the files and write a commit record that fits them, as somebody hostile would."""
    before = verify(checkpoint)
    files = {entry.name: (checkpoint / entry.name).read_bytes() for entry in before.files}

    def fill(folder: Path) -> None:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        change(folder)

    commit(
        checkpoint,
        step=before.step,
        epoch=before.epoch,
        spec_sha256=before.spec_sha256,
        fill=fill,
    )


def pickled(name: str, canary: Path):
    return lambda folder: (folder / name).write_bytes(pickle.dumps(Hostile(canary)))


def zipped(name: str, canary: Path):
    return lambda folder: torch.save({"a": Hostile(canary)}, folder / name)


def not_finite(name: str, _canary: Path):
    def change(folder: Path) -> None:
        tensors = load_file(folder / name)
        first = next(key for key in tensors if tensors[key].dim())
        tensors[first] = tensors[first].float() * torch.nan
        save_file(tensors, folder / name)

    return change


def importing(_name: str, _canary: Path):
    def change(folder: Path) -> None:
        config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        config["auto_mapping"] = {"base_model_class": "x", "parent_library": "antigravity"}
        (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")

    return change


REPLACED = [
    (WEIGHTS, pickled), (WEIGHTS, zipped), (WEIGHTS, not_finite),
    (OPTIMIZER, pickled), (OPTIMIZER, zipped), (OPTIMIZER, not_finite),
    ("adapter_config.json", importing), ("adapter_config.json", pickled),
]  # fmt: skip


@pytest.mark.parametrize(("name", "made"), REPLACED)
def test_a_hostile_file_is_refused_and_runs_nothing(stopped, tmp_path, name, made):
    canary = tmp_path / "canary"
    recommitted(stopped.checkpoint_path(4), made(name, canary))
    told = stopped.record().train
    channel = Channel(stopped)
    worker.run(stopped, channel)
    channel.close()
    record = stopped.record()
    assert record.state == "failed"
    assert str(stopped.checkpoint_path(4)) in record.failure.reason
    assert record.train == told
    assert not canary.exists()
    assert starting_point(stopped, at=3) == 3


@pytest.mark.parametrize("name", ["rng_state.pth", "training_args.bin", "adapter_model.bin"])
@pytest.mark.parametrize("made", [pickled, zipped])
def test_files_beside_the_committed_ones_are_never_read(stopped, tmp_path, name, made):
    canary = tmp_path / "canary"
    made(name, canary)(stopped.checkpoint_path(4))
    channel = Channel(stopped)
    worker.run(stopped, channel)
    channel.close()
    assert stopped.record().state == "finished"
    assert not canary.exists()


@pytest.mark.parametrize(("name", "made"), [REPLACED[0], REPLACED[1], REPLACED[6], REPLACED[7]])
def test_nobody_talks_to_a_hostile_checkpoint(tiny, stopped, tmp_path, name, made):
    canary = tmp_path / "canary"
    recommitted(stopped.checkpoint_path(4), made(name, canary))
    with pytest.raises(RunError):
        LocalModel(load_base(str(tiny))).chat(stopped.checkpoint_path(4)).reply(
            HELD_OUT[0].prompt, SamplingParams(max_tokens=2)
        )
    assert not canary.exists()


@pytest.mark.parametrize("name", ["../../spec.json", "/etc/hostname", "link"])
def test_a_record_that_points_elsewhere_is_refused(stopped, name):
    checkpoint = stopped.checkpoint_path(4)
    (checkpoint / "link").symlink_to("/etc/hostname")
    record = json.loads((checkpoint / RECORD).read_text("utf-8"))
    record["files"][0]["name"] = name
    (checkpoint / RECORD).write_text(json.dumps(record), "utf-8")
    with pytest.raises(RunError, match="is missing"):
        starting_point(stopped)


CHANGING = [
    {"layer_replication": [[0, 2], [0, 2]]}, {"bias": "all"}, {"use_dora": True},
    {"init_lora_weights": "pissa"}, {"modules_to_save": ["norm"]}, {"target_modules": "(a+)+$"},
    {"trainable_token_indices": [1]}, {"of_a_later_version": True},
]  # fmt: skip


@pytest.mark.parametrize("setting", CHANGING)
def test_an_adapter_that_would_change_the_base_is_refused(tiny, stopped, setting):
    model = LocalModel(load_base(str(tiny)))
    prompt, short = HELD_OUT[0].prompt, SamplingParams(max_tokens=4)
    said = model.chat(stopped.checkpoint_path(3)).reply(prompt, short).text
    base = model.chat().reply(prompt, short).text

    def change(folder: Path) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **setting}), "utf-8")

    recommitted(stopped.checkpoint_path(4), change)
    with pytest.raises(RunError, match="plain LoRA"):
        model.chat(stopped.checkpoint_path(4)).reply(prompt, short)
    assert model.chat().reply(prompt, short).text == base
    assert model.chat(stopped.checkpoint_path(3)).reply(prompt, short).text == said
