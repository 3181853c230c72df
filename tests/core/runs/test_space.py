"""Full disks and folders that refuse: the old state or the new one, and an error with numbers."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs import space
from nbfinetune.core.runs.checkpoints import commit, is_committed, verify, write_atomically
from nbfinetune.core.runs.events import EventWriter, Failed, Logged, StateChanged, read_events
from nbfinetune.core.runs.follow import Follower
from nbfinetune.core.runs.store import Run

CALLS = ("write", "fsync", "rename", "replace", "mkdir", "open")


class NthFails:
    """Lets the n-th of all calls that change the disk fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, nth: int, error: int) -> None:
        self.left, self.error = nth, error
        for name in CALLS:
            monkeypatch.setattr(os, name, self._counted(getattr(os, name)))
        for name in ("write_bytes", "mkdir", "rename", "replace"):
            monkeypatch.setattr(Path, name, self._counted(getattr(Path, name)))

    def _counted(self, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **named: object) -> object:
            self.left -= 1
            if self.left == 0:
                raise OSError(self.error, os.strerror(self.error))
            return call(*args, **named)

        return counted


def filled(text: bytes) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(text)
        (folder / "config.json").write_bytes(b"{}")

    return fill


def committed(target: Path, step: int) -> None:
    fill = filled(b"weights of %d" % step)
    commit(target, step=step, epoch=1.0, spec_sha256="", fill=fill)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("there", [False, True], ids=["a new place", "in place of another"])
def test_whichever_call_of_a_commit_fails_the_old_state_is_there_or_the_new_one(
    tmp_path, monkeypatch, there, error
):
    """Fail the n-th write, sync, rename …, n = 1, 2, … until none fails any more."""
    states = []
    for nth in range(1, 60):
        folder = tmp_path / str(nth)
        folder.mkdir()
        committed(folder / "step-1", 1)
        target = folder / ("step-1" if there else "step-2")
        with monkeypatch.context() as patched:
            failing = NthFails(patched, nth, error)
            try:
                committed(target, 2)
                failed = False
            except OSError:
                failed = True
        found = verify(target).step if is_committed(target) else None
        states.append((failed, found))
        assert found in ({1, 2} if there else {None, 2})
        assert there or verify(folder / "step-1").step == 1
        left = {p.name for p in folder.iterdir()} - {"step-1.removed"}  # goes with the next commit
        assert left == {"step-1", *([target.name] if found else [])}
        if failing.left > 0:
            break
    assert states[-1] == (False, 2)
    assert sum(failed for failed, _ in states) >= 5
    assert states[0] == (True, 1 if there else None)


def test_whichever_call_of_a_replacement_fails_the_file_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    for nth in range(1, 20):
        with monkeypatch.context() as patched:
            failing = NthFails(patched, nth, errno.ENOSPC)
            try:
                write_atomically(path, b"new")
            except OSError:
                assert path.read_bytes() == b"old"
        assert [p.name for p in tmp_path.iterdir()] == ["state.json"]
        if failing.left > 0:
            break
    assert path.read_bytes() == b"new"
    assert nth > 2


def small_disk(monkeypatch: pytest.MonkeyPatch, room: int) -> dict[str, int]:
    """`os.write` has so many bytes left; removing the reserve gives its bytes back."""
    disk = {"room": room}
    really_write = os.write

    def write(fd: int, line: bytes) -> int:
        if disk["room"] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = line[: disk["room"]]  # a disk takes what it can before it refuses
        disk["room"] -= len(part)
        return really_write(fd, part)

    really_release = space.Reserve.release

    def release(reserve: space.Reserve) -> bool:
        there = really_release(reserve)
        disk["room"] += space.RESERVE_BYTES if there else 0
        return there

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(space.Reserve, "release", release)
    return disk


def test_on_a_full_disk_the_log_still_tells_how_the_run_ended(tmp_path, monkeypatch):
    writer = EventWriter(tmp_path / "events.jsonl")
    small_disk(monkeypatch, 500)
    told = [f"line {number}" for number in range(20)]
    with pytest.raises(RunError, match="disk full") as error:
        [writer.emit(Logged(text=line)) for line in told]
    writer.emit(Failed(reason=str(error.value)))
    writer.emit(StateChanged(state="failed"))
    writer.close()

    events = list(read_events(tmp_path / "events.jsonl"))
    lines = [e.text for e in events if isinstance(e, Logged)]
    assert lines == told[: len(lines)]
    assert 1 < len(lines) < len(told)
    assert [e.seq for e in events] == list(range(len(lines) + 2))
    assert events[-1].state == "failed"
    assert [p.name for p in tmp_path.iterdir()] == ["events.jsonl"]


def test_where_somebody_took_the_room_that_was_kept_this_process_still_knows_the_end(
    tmp_path, monkeypatch
):
    run = Run(tmp_path)
    writer = EventWriter(run.events)
    writer.emit(StateChanged(state="training"))
    follower = Follower(run, lambda: False)
    (tmp_path / "reserve").unlink()
    small_disk(monkeypatch, 10)
    with pytest.raises(RunError, match="disk full"):
        writer.emit(Logged(text="does not fit"))
    writer.emit(Failed(reason="disk full: …"))
    writer.emit(StateChanged(state="failed"))

    record = follower.record()
    assert (record.state, record.failure.reason) == ("failed", "disk full: …")
    assert [type(event).__name__ for event in read_events(run.events)] == ["StateChanged"]
    writer.close()
    EventWriter(run.events).close()  # another attempt begins without them
    assert Follower(run, lambda: False).record().state == "interrupted"


def test_a_line_that_does_not_fit_leaves_no_part_of_it(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    writer = EventWriter(path)
    writer.emit(Logged(text="fits"))
    (tmp_path / "reserve").unlink()  # somebody else took the room
    disk = small_disk(monkeypatch, 10)
    with pytest.raises(RunError, match="disk full"):
        writer.emit(Logged(text="does not"))
    disk["room"] = 1000
    writer.emit(Logged(text="fits again"))

    assert [e.text for e in read_events(path)] == ["fits", "fits again"]


def test_too_little_room_is_told_with_numbers_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 3_400_000)
    )
    with pytest.raises(RunError) as error, space.needing(tmp_path / "step-3", 52_000_000):
        pytest.fail("there is no room for it")
    assert str(error.value) == (
        f"disk full: {tmp_path / 'step-3'} needs 52 MB, free 3.4 MB\n"
        "What was committed is whole. Make room, then go on from there with  %ft_resume."
    )


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0"),
        ValueError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_known_by_its_number_or_its_words(tmp_path, error):
    with pytest.raises(RunError, match="disk full"), space.needing(tmp_path, 10):
        raise error


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), ValueError("no")])
def test_other_errors_are_no_full_disk(tmp_path, error):
    with pytest.raises(type(error)) as raised, space.needing(tmp_path, 10):
        raise error
    assert raised.value is error


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("a file where a folder should be")
    with pytest.raises(RunError) as error:
        space.check_writable(tmp_path / "file" / "runs")
    assert str(error.value).startswith(f"can't write to {tmp_path / 'file'}: ")


def test_a_folder_that_takes_files_is_made_and_left_empty(tmp_path):
    space.check_writable(tmp_path / "new" / "runs")
    assert list((tmp_path / "new" / "runs").iterdir()) == []
