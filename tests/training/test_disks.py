"""Runs on full disks, real ones: a small file system in memory for each."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbfinetune.core.errors import RunError
from nbfinetune.session import Session
from tests.training.runs import PLAIN, StopAfter, prepare, train

WAY_OUT = "\nWhat was committed is whole. Make room, then go on from there with  %ft_resume."
SIZES_KB = (0, 8, 80, 136, 260, 400, 1500)


def can_mount(folder: str) -> bool:
    """Whether this machine lets a user mount disks in a namespace of his own."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", folder]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def outcomes(tiny, tmp_path_factory):
    """How a run of six checkpoints ended on each disk, by its size."""
    folder = tmp_path_factory.mktemp("disks")
    if not can_mount(str(folder)):
        pytest.skip("no disks can be mounted here")
    script = [sys.executable, "-m", "tests.training.small_disks", str(tiny), str(folder)]
    told = subprocess.run(
        ["unshare", "-rm", *script, *map(str, SIZES_KB)], capture_output=True, text=True, check=True
    )
    found = map(json.loads, told.stdout.splitlines())
    return folder, {outcome.pop("size"): outcome for outcome in found}


def test_a_folder_that_can_only_be_read_is_refused_by_name_and_at_once(outcomes):
    folder, by_size = outcomes
    refused = by_size[0].pop("refused")
    assert by_size[0].pop("seconds") < 1
    assert by_size[0] == {"left": []}
    assert refused.startswith(f"can't write to {folder / '0'}: Read-only file system\n")


def test_a_run_does_not_go_on_in_a_folder_that_can_only_be_read(tiny, tmp_path, monkeypatch):
    session = Session(tmp_path)
    run = prepare(tmp_path, tiny, batch_size=4, epochs=2, **PLAIN)
    train(run, StopAfter(run, 1))
    told = run.events.read_bytes()

    def refuse(path, content):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(RunError, match=f"can't write to {run.path}: Read-only file system"):
        session.training.resume("spanish")
    assert run.events.read_bytes() == told
    assert session.jobs == {}


def test_where_the_rows_do_not_fit_there_is_no_run(outcomes):
    folder, by_size = outcomes
    assert by_size[8]["left"] == ["runs"]
    runs = folder / "8" / "runs"
    assert by_size[8]["refused"] == f"disk full: {runs} needs 67 kB, free 8.2 kB" + WAY_OUT


def test_where_not_even_the_log_fits_the_run_says_so_in_it(outcomes):
    _, by_size = outcomes
    assert by_size[80].pop("reason").startswith("disk full: ")
    assert by_size[80] == {
        "state": "failed", "told": [], "whole": [], "folders": [],
        "others": ["data", "events.jsonl", "spec.json"],
    }  # fmt: skip


@pytest.mark.parametrize(("size_kb", "steps"), [(136, 0), (260, 1), (400, 2)])
def test_where_a_checkpoint_does_not_fit_those_before_it_are_whole(outcomes, size_kb, steps):
    folder, by_size = outcomes
    found = by_size[size_kb]
    failed = folder / str(size_kb) / "runs" / "one" / "checkpoints" / f"step-{steps + 1}"
    assert found["state"] == "failed"
    assert found["reason"].startswith(f"disk full: {failed} needs 164 kB, free ")
    assert found["reason"].endswith(WAY_OUT)
    before = list(range(1, steps + 1))
    assert (found["told"], found["whole"]) == (before, before)
    assert found["folders"] == [f"step-{step}" for step in before]
    assert "reserve" not in found["others"]


def test_where_all_fits_the_run_ends_and_leaves_nothing_beside_it(outcomes):
    _, by_size = outcomes
    assert by_size[1500] == {
        "state": "finished", "reason": "", "told": [1, 2, 3, 4, 5, 6], "whole": [1, 2, 3, 4, 5, 6],
        "folders": [f"step-{step}" for step in range(1, 7)],
        "others": ["checkpoints", "data", "events.jsonl", "spec.json"],
    }  # fmt: skip
