"""A run goes on where it was: step by step the same as one that nothing happened to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from safetensors.torch import load_file

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.events import AnyEvent, Committed, Resumed, TrainStep, read_events
from nbfinetune.core.runs.resuming import starting_point
from nbfinetune.core.runs.store import Run
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training import losses, worker
from nbfinetune.training.channel import Channel
from nbfinetune.training.packing import Pack, pack
from tests.models import byte_ids
from tests.training.runs import HELD_OUT, ROWS, StopAfter, prepare, train

# dropout, weight decay, a schedule, batches that don't divide the rows: everything that has a state
SETTINGS = {
    "learning_rate": 1e-2, "epochs": 3, "batch_size": 3, "lora_dropout": 0.2, "weight_decay": 0.1,
    "save_every": 1, "keep_checkpoints": 100,
}  # fmt: skip
STEPS = 9


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory) -> Run:
    """A run that nothing happens to."""
    run = prepare(tmp_path_factory.mktemp("whole"), tiny, ROWS, HELD_OUT, **SETTINGS)
    assert train(run).state == "finished"
    return run


class Killed(BaseException):
    """The process is gone: nothing more is written."""


class KillAt(Channel):
    """A channel whose process dies when it tells of `kind` at `step`."""

    def __init__(self, run: Run, kind: type[AnyEvent], step: int) -> None:
        super().__init__(run)
        self._kind, self._step = kind, step

    def emit(self, event: AnyEvent) -> None:
        if isinstance(event, self._kind) and event.step == self._step:
            raise Killed
        super().emit(event)


def killed(run: Run, kind: type[AnyEvent], step: int) -> None:
    channel = KillAt(run, kind, step)
    with pytest.raises(Killed):
        worker.run(run, channel)
    channel.close()


def resumed(run: Run, at: int | None = None) -> Run:
    channel = Channel(run)
    worker.run(run, channel, at)
    channel.close()
    return run


def told(run: Run) -> list[tuple]:
    """Everything that a run computed, without times."""
    record = run.record()
    steps = [(e.step, e.epoch, e.loss, e.grad_norm, e.learning_rate) for e in record.train]
    measured = [(e.step, e.loss) for e in record.validation]
    said = [(e.step, e.row, e.answer) for e in record.samples]
    return [*steps, *measured, *said, record.state, record.step]


def same_checkpoints(one: Run, other: Run) -> bool:
    def files(run: Run) -> dict[tuple[int, str], dict]:
        return {
            (step, name): {k: v.tolist() for k, v in load_file(path / name).items()}
            for step in run.steps()
            for path in [run.checkpoint_path(step)]
            for name in ("adapter_model.safetensors", "optimizer.safetensors")
        }

    return files(one) == files(other)


@pytest.mark.parametrize(
    ("kind", "step"), [(TrainStep, 1), (TrainStep, 5), (Committed, 5), (TrainStep, STEPS)]
)
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tiny, tmp_path, whole, kind, step):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    killed(run, kind, step)
    assert run.record().state == "interrupted"
    resumed(run)
    assert told(run) == told(whole)
    assert same_checkpoints(run, whole)


def test_a_stopped_run_goes_on_and_its_stop_is_not_obeyed_again(tiny, tmp_path, whole):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    assert train(run, StopAfter(run, 4)).state == "stopped"
    run.fulfil("stop")
    resumed(run)
    assert [e.loss for e in run.record().train] == [e.loss for e in whole.record().train]
    assert same_checkpoints(run, whole)


def test_many_interruptions_make_no_difference(tiny, tmp_path, whole):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    for step in (2, 3, 3, 7):
        killed(run, TrainStep, step)
    resumed(run)
    assert told(run) == told(whole)
    assert {e.attempt for e in read_events(run.events)} == {1, 2, 3, 4, 5}


def test_rows_that_share_what_they_begin_with_and_drop_go_on_to_the_bit(
    tiny, tmp_path, monkeypatch
):
    shared: list[int] = []

    def seen(rows: Sequence[LabelledRow]) -> Pack:
        found = pack(rows)
        shared.append(found.shared if len(rows) > 1 else 0)
        return found

    monkeypatch.setattr(losses, "pack", seen)
    settings = {**SETTINGS, "lora_dropout": 0.1, "micro_batch_size": 2,
                "gradient_checkpointing": True}  # fmt: skip
    one, other = (
        prepare(tmp_path / name, tiny, ROWS, HELD_OUT, **settings) for name in ("one", "other")
    )
    assert train(one).state == "finished"
    # the trial of the model, a pair and a single row in each step, what is measured in between
    prompt = len(byte_ids("<|im_start|>system\nSpanish.<|im_end|>\n<|im_start|>user\n"))
    assert sum(n >= prompt for n in shared) >= STEPS
    assert all(n == 0 or n >= prompt for n in shared[1:])
    killed(other, TrainStep, 5)
    resumed(other)
    assert told(other) == told(one)
    assert same_checkpoints(other, one)


def test_a_finished_run_that_is_resumed_learns_nothing_more(tiny, tmp_path, whole):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    train(run)
    resumed(run)
    assert told(run) == told(whole)
    assert run.steps() == list(range(1, STEPS + 1))


def test_going_on_from_an_older_checkpoint_keeps_the_newer_ones_aside(tiny, tmp_path, whole):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    killed(run, TrainStep, 6)
    resumed(run, at=3)
    assert told(run) == told(whole)
    kept = sorted(p.name for p in (run.path / "checkpoints").iterdir() if "before" in p.name)
    assert kept == ["step-4.before-attempt-2", "step-5.before-attempt-2"]
    assert verify(run.path / "checkpoints" / kept[0]).step == 4
    assert [e.step for e in read_events(run.events) if isinstance(e, Resumed)] == [3]


# what can't go on


@pytest.fixture
def interrupted(tiny, tmp_path) -> Run:
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, **SETTINGS)
    killed(run, TrainStep, 5)
    return run


FILES = [
    "adapter_model.safetensors", "adapter_config.json", "optimizer.safetensors", "spec.json"
]  # fmt: skip


def test_a_run_without_a_checkpoint_begins_anew(tiny, tmp_path):
    assert starting_point(prepare(tmp_path, tiny)) == 0


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "removed": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "flipped": flip,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_every_damage_is_named_and_the_checkpoint_before_is_offered(interrupted, name, damage):
    DAMAGES[damage](interrupted.checkpoint_path(4) / name)
    with pytest.raises(RunError) as error:
        starting_point(interrupted)
    first, way_out = str(error.value).splitlines()
    assert str(interrupted.checkpoint_path(4)) in first
    assert name in first
    assert way_out == "Go on from the one before:  %ft_resume spanish@step-3"
    assert starting_point(interrupted, at=3) == 3


def test_other_settings_are_refused_with_what_differs(interrupted):
    spec = json.loads((interrupted.path / "spec.json").read_text("utf-8"))
    spec["config"] |= {"learning_rate": 0.5, "epochs": 4}
    (interrupted.path / "spec.json").write_text(json.dumps(spec), "utf-8")
    with pytest.raises(RunError) as error:
        starting_point(interrupted)
    assert str(error.value) == (
        "the settings are not those that this run began with: "
        "learning_rate 0.01 → 0.5, epochs 3 → 4\n"
        "Put spec.json back, or train anew with  %ft_train DATASET --like spanish."
    )


def test_a_setting_that_the_version_before_did_not_know_is_no_change(interrupted):
    checkpoint = interrupted.checkpoint_path(4)
    older = json.loads((checkpoint / "spec.json").read_text("utf-8"))
    del older["config"]["max_grad_norm"]  # as if it had come later; its default was meant before
    content = json.dumps(older).encode()
    (checkpoint / "spec.json").write_bytes(content)
    record = json.loads((checkpoint / "commit.json").read_text("utf-8"))
    record["spec_sha256"] = "0" * 64
    for entry in record["files"]:
        if entry["name"] == "spec.json":
            entry |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (checkpoint / "commit.json").write_text(json.dumps(record), "utf-8")
    assert starting_point(interrupted) == 4


def test_other_data_is_refused(interrupted):
    path = interrupted.path / "data" / "train.jsonl"
    path.write_bytes(path.read_bytes().replace(b"uno", b"una"))
    with pytest.raises(RunError) as error:
        starting_point(interrupted)
    assert str(error.value).startswith(f"{path} is not the data that this run began with")


def test_a_step_without_a_checkpoint_is_named_with_those_that_have_one(interrupted):
    with pytest.raises(RunError, match=r"step-7 \(step-1, step-2, step-3, step-4\)"):
        starting_point(interrupted, at=7)


def test_a_worker_tells_what_keeps_it_from_going_on(interrupted):
    (interrupted.checkpoint_path(4) / FILES[0]).unlink()
    record = resumed(interrupted).record()
    assert record.state == "failed"
    assert record.failure.reason.endswith("%ft_resume spanish@step-3")
    assert [e.step for e in record.train] == [1, 2, 3, 4]  # nothing was lost
