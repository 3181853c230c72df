"""Run directories: their names, specs and locks, and the store that lists them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import commit
from nbfinetune.core.runs.events import EventWriter, Notice, StateChanged, TrainStep, Validated
from nbfinetune.core.runs.store import RUN_ID, DataSpec, Run, RunSpec, RunStore, new_run_id
from nbfinetune.display.runs import runs_table

MOMENT = 1795208886.417  # 2026-11-20 21:08:06.417 UTC


def spec(run_id: str = "one", *, name: str = "pirate", second: int = 0) -> RunSpec:
    return RunSpec(
        run_id=run_id,
        name=name,
        created=f"2026-11-20T21:08:{second:02d}.417+00:00",
        base_model="acme/chat",
        preset="standard",
        config=TrainConfig(epochs=5, learning_rate=2e-4, lr_scheduler="linear", seed=7),
        data=DataSpec(
            name="pirate", sha256="ab" * 32, train_rows=9, validation_rows=1, validation="0.1",
            systems=["你是海盗。", None],
        ),
        notices=[Notice("few_steps_few_rows", {"steps": 2, "rows": 9})],
    )  # fmt: skip


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(tmp_path / "home")


@pytest.fixture
def run(store) -> Run:
    return store.create(spec())


# ids


def test_an_id_sorts_by_time_and_can_be_recognised():
    assert new_run_id("first-try", MOMENT) == "20261120-210806-417-first-try"
    assert new_run_id("a", MOMENT) < new_run_id("a", MOMENT + 0.5) < new_run_id("a", MOMENT + 60)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("first try!", "first-try"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "run"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("海盗", "run"),
        ("海盗 v2", "v2"),
        ("", "run"),
        (" \t\n", "run"),
        ("a\x00b", "a-b"),
        ("C:\\temp\\x", "C-temp-x"),
        ("a/b", "a-b"),
        ("<img src=x>", "img-src-x"),
        ("v1.2_final", "v1.2_final"),
        ("x" * 300, "x" * 40),
        ("é" * 300, "run"),
    ],
)
def test_any_name_gives_a_safe_id(name, slug):
    found = new_run_id(name, MOMENT)
    assert found == f"20261120-210806-417-{slug}"
    assert RUN_ID.fullmatch(found)
    assert Path(found).name == found


@pytest.mark.parametrize("name", ["../x", "海盗", "x" * 300, "", "..", "a\nb"])
def test_a_run_of_any_name_stays_in_its_folder_and_is_found_by_name_and_id(store, name):
    run = store.create(spec(new_run_id(name, MOMENT), name=name))
    assert run.path.parent == store.folder
    assert run.name == name
    assert [r.id for r in store.list()] == [run.id]
    assert store.get(name).id == store.get(run.id).id == run.id


# specs


def test_a_spec_is_read_as_it_was_written(run):
    assert run.spec == spec()
    assert Run(run.path).spec.sha256 == spec().sha256
    assert (run.id, run.name) == ("one", "pirate")


def test_a_spec_is_plain_json_with_its_version(run):
    fields = json.loads((run.path / "spec.json").read_bytes())
    assert fields["v"] == 1
    assert fields["config"] == msgspec.to_builtins(spec().config)
    assert fields["data"]["systems"] == ["你是海盗。", None]


def test_the_hash_changes_with_the_spec():
    assert spec().sha256 != spec(name="other").sha256
    assert re.fullmatch(r"[0-9a-f]{64}", spec().sha256)


def test_unknown_fields_of_a_spec_are_ignored(run):
    path = run.path / "spec.json"
    fields = json.loads(path.read_bytes())
    fields["mood"] = "good"
    fields["config"]["wings"] = 2
    path.write_text(json.dumps(fields))
    assert run.spec == spec()


@pytest.mark.parametrize("extra", [{}, {"config": "another shape"}])
def test_a_spec_of_a_newer_version_is_refused_with_the_way_out(run, extra):
    path = run.path / "spec.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "v": 2, **extra}))
    with pytest.raises(RunError) as error:
        _ = run.spec
    assert str(error.value) == (
        f"{path} was written by a newer nbfinetune (format 2, this one reads 1)\n"
        "Upgrade with  pip install -U nbfinetune"
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"name":"\xff"}'])
def test_a_damaged_spec_is_refused_with_its_path(run, content):
    path = run.path / "spec.json"
    path.write_bytes(content)
    with pytest.raises(RunError) as error:
        _ = run.spec
    assert str(error.value).startswith(f"{path} can't be read: ")


def test_a_missing_spec_is_refused_with_its_path(tmp_path):
    with pytest.raises(RunError) as error:
        _ = Run(tmp_path / "gone").spec
    assert str(error.value).startswith(f"{tmp_path / 'gone' / 'spec.json'} can't be read: ")


def test_a_run_holds_private_data_and_only_its_owner_may_look(run):
    assert run.path.stat().st_mode & 0o777 == 0o700
    assert sorted(p.name for p in run.path.iterdir()) == ["data", "spec.json"]


# the store


def test_runs_are_listed_newest_first(store):
    for run_id, second in [("b", 1), ("a", 3), ("c", 2)]:
        store.create(spec(run_id, second=second))
    assert [run.id for run in store.list()] == ["a", "c", "b"]


def test_a_damaged_run_is_listed_last_under_its_id_and_hides_no_other(store):
    store.create(spec("good"))
    store.create(spec("bad", second=9)).path.joinpath("spec.json").write_text("{")
    assert [run.name for run in store.list()] == [spec("good").name, "bad"]
    assert store.get(spec("good").name).id == "good"
    assert [row[0] for row in runs_table(store.list())] == [spec("good").name, "bad"]


def test_runs_of_one_moment_are_listed_by_their_ids(store):
    for run_id in "bac":
        store.create(spec(run_id))
    assert [run.id for run in store.list()] == ["a", "b", "c"]


def test_a_store_without_a_folder_is_empty(store):
    assert store.list() == []
    assert store.find("pirate") is None


def test_what_is_no_run_is_not_listed(store, run):
    (store.folder / "notes.txt").write_text("x")
    (store.folder / "empty").mkdir()
    (store.folder / "not an id").mkdir()
    (store.folder / "not an id" / "spec.json").write_bytes(spec().as_json())
    assert [r.id for r in store.list()] == ["one"]


def test_a_name_used_again_means_the_newest_run_and_older_ones_keep_their_ids(store):
    store.create(spec("old", second=1))
    store.create(spec("new", second=2))
    assert store.get("pirate").id == "new"
    assert store.get("old").id == "old"


def test_a_name_wins_over_an_id(store):
    store.create(spec("first", second=1, name="pirate"))
    store.create(spec("second", second=2, name="first"))
    assert store.get("first").id == "second"


def test_one_id_is_one_run(store, run):
    with pytest.raises(FileExistsError):
        store.create(spec())


@pytest.mark.parametrize(
    ("asked", "suggestion"), [("pirat", ". Did you mean 'pirate'?"), ("zzz", "")]
)
def test_an_unknown_run_is_refused_with_the_nearest_name(store, run, asked, suggestion):
    assert store.find(asked) is None
    with pytest.raises(RunError) as error:
        store.get(asked)
    assert str(error.value) == (f"there is no run {asked!r}{suggestion}\n%ft_runs lists the runs.")


# checkpoints and control


def test_only_committed_checkpoints_count_and_in_the_order_of_their_steps(run):
    for step in (10, 9, 100):
        commit(run.checkpoint_path(step), step=step, epoch=1, spec_sha256="",
               fill=lambda folder: (folder / "x").write_bytes(b"x"))  # fmt: skip
    run.checkpoint_path(200).mkdir()  # without a record
    (run.path / "checkpoints" / "step-7.incomplete").mkdir()
    (run.path / "checkpoints" / "step-best").mkdir()
    assert run.steps() == [9, 10, 100]
    assert run.checkpoint_path(9) == run.path / "checkpoints" / "step-9"


def test_a_run_without_checkpoints_has_no_steps(run):
    assert run.steps() == []


def test_a_command_is_seen_by_everybody_who_looks(run):
    assert not run.requested("stop")
    run.request("stop")
    run.request("stop")
    assert Run(run.path).requested("stop")
    assert not run.requested("pause")


# the lock and the state


def test_a_second_opener_is_refused_and_told_who_holds_the_run(run):
    with run.locked():
        assert run.is_locked()
        with pytest.raises(RunError) as error, Run(run.path).locked():
            pass
    said = str(error.value)
    assert re.fullmatch(
        rf"run one is in use by process {os.getpid()} on \S+ "
        r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\n"
        r"Stop it there, or start a new run\.",
        said,
    )


def test_the_lock_is_released_however_the_block_is_left(run):
    with run.locked():
        pass
    assert not run.is_locked()
    with pytest.raises(ZeroDivisionError), run.locked():
        _ = 1 / 0
    assert not run.is_locked()
    with run.locked():
        assert run.is_locked()


HOLDER = """
import os, sys
from pathlib import Path
from nbfinetune.core.runs.events import EventWriter, StateChanged
from nbfinetune.core.runs.store import Run
run = Run(Path(sys.argv[1]))
with run.locked():
    EventWriter(run.events).emit(StateChanged(state="training"))
    print(os.getpid(), flush=True)
    sys.stdin.read()
    os._exit(9)  # no clean end: as if it had been killed
"""


def test_another_process_holds_the_lock_until_it_is_gone_and_then_the_run_is_interrupted(run):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = holder.stdout.readline().strip()
    assert run.record().state == "training"
    with pytest.raises(RunError, match=f"in use by process {pid} on "), run.locked():
        pass
    holder.communicate("")
    assert holder.returncode == 9
    assert run.record().state == "interrupted"
    with run.locked():
        pass


@pytest.mark.parametrize("state", ["queued", "preparing", "training"])
def test_a_run_whose_worker_is_gone_is_interrupted(run, state):
    writer = EventWriter(run.events)
    writer.emit(StateChanged(state=state))
    with run.locked():
        assert run.record().state == state
    assert run.record().state == "interrupted"
    writer.close()


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_a_run_that_ended_stays_as_it_ended(run, state):
    writer = EventWriter(run.events)
    writer.emit(StateChanged(state="training"))
    writer.emit(StateChanged(state=state))
    writer.close()
    assert run.record().state == state


def test_the_summary_holds_what_a_list_shows(run):
    writer = EventWriter(run.events)
    for event in (
        StateChanged(state="training"),
        TrainStep(step=2, epoch=1, loss=1.5, learning_rate=0.1, grad_norm=1.0),
        Validated(step=2, epoch=1, loss=1.25),
        StateChanged(step=2, state="finished"),
    ):
        writer.emit(event)
    writer.close()
    record = run.record()
    run.write_summary(record)
    assert json.loads((run.path / "state.json").read_bytes()) == {
        "v": 1, "state": "finished", "step": 2, "total_steps": 0, "train_loss": 1.5,
        "validation_loss": 1.25, "updated": record.updated,
    }  # fmt: skip
