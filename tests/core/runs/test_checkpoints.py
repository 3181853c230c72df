"""Commit records: what has one is whole, and every damage is refused with its reason."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import (
    CommitRecord,
    FileEntry,
    commit,
    is_committed,
    verify,
    write_atomically,
)

WEIGHTS, CONFIG = bytes(range(256)) * 4, b'{"r": 8}'


def fill(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(WEIGHTS)
    (folder / "config.json").write_bytes(CONFIG)


def save(target: Path, step: int = 3) -> CommitRecord:
    return commit(target, step=step, epoch=1.5, spec_sha256="ab" * 32, fill=fill)


@pytest.fixture
def saved(tmp_path) -> Path:
    save(tmp_path / "step-3")
    return tmp_path / "step-3"


def reason(path: Path) -> str:
    """Why `verify` refuses, without the frame of the message."""
    with pytest.raises(RunError) as error:
        verify(path)
    head, tail = f"checkpoint {path} does not match its commit record: ", "\nUse another checkpoint"
    said = str(error.value)
    assert said.startswith(head)
    assert tail in said
    return said[len(head) : said.index(tail)]


def test_the_record_names_every_file_with_its_size_and_hash(saved):
    expected = CommitRecord(
        v=1,
        step=3,
        epoch=1.5,
        spec_sha256="ab" * 32,
        files=[
            FileEntry("config.json", 8, hashlib.sha256(CONFIG).hexdigest()),
            FileEntry("weights.bin", 1024, hashlib.sha256(WEIGHTS).hexdigest()),
        ],
    )
    assert save(saved) == expected
    assert verify(saved) == expected
    assert is_committed(saved)


def test_the_folder_holds_the_files_and_their_record_and_nothing_else(saved):
    assert sorted(p.name for p in saved.iterdir()) == ["commit.json", "config.json", "weights.bin"]
    assert sorted(p.name for p in saved.parent.iterdir()) == ["step-3"]


def test_what_was_at_the_place_before_is_replaced_as_a_whole(saved):
    (saved / "left-over.txt").write_text("old")
    save(saved, step=4)
    assert sorted(p.name for p in saved.iterdir()) == ["commit.json", "config.json", "weights.bin"]
    assert verify(saved).step == 4


@pytest.mark.parametrize("after", ["nothing", "one file"])
def test_a_crash_while_filling_leaves_the_old_checkpoint(saved, after):
    def crash(folder: Path) -> None:
        if after == "one file":
            (folder / "weights.bin").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    before = verify(saved)
    with pytest.raises(OSError, match="No space left"):
        commit(saved, step=9, epoch=9.0, spec_sha256="", fill=crash)
    assert verify(saved) == before
    assert (saved / "weights.bin").read_bytes() == WEIGHTS


def test_a_crash_while_filling_a_new_place_leaves_no_checkpoint_and_the_next_try_works(tmp_path):
    def crash(folder: Path) -> None:
        (folder / "old.txt").write_bytes(b"half")
        raise KeyboardInterrupt

    target = tmp_path / "step-5"
    with pytest.raises(KeyboardInterrupt):
        commit(target, step=5, epoch=1.0, spec_sha256="", fill=crash)
    assert not is_committed(target)
    assert [entry.name for entry in save(target).files] == ["config.json", "weights.bin"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-5"]


def flip(path: Path, position: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(bytes(content))


def link_outside(folder: Path) -> None:
    outside = folder.parent / "outside.bin"
    outside.write_bytes(WEIGHTS)
    (folder / "weights.bin").unlink()
    (folder / "weights.bin").symlink_to(outside)


def become_folder(folder: Path) -> None:
    (folder / "weights.bin").unlink()
    (folder / "weights.bin").mkdir()


DAMAGE = {
    "missing": (lambda f: (f / "weights.bin").unlink(), "weights.bin is missing"),
    "empty": (lambda f: (f / "weights.bin").write_bytes(b""), "weights.bin has changed"),
    "truncated": (lambda f: (f / "weights.bin").write_bytes(WEIGHTS[:-1]),
                  "weights.bin has changed"),
    "longer": (lambda f: (f / "weights.bin").write_bytes(WEIGHTS + b"x"),
               "weights.bin has changed"),
    "first bit flipped": (lambda f: flip(f / "weights.bin"), "weights.bin has changed"),
    "last bit flipped": (lambda f: flip(f / "weights.bin", -1), "weights.bin has changed"),
    "other file flipped": (lambda f: flip(f / "config.json", 3), "config.json has changed"),
    "a link": (link_outside, "weights.bin is missing"),
    "a folder": (become_folder, "weights.bin is missing"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_file_is_refused_with_its_name(saved, damage, said):
    damage(saved)
    assert reason(saved) == said


@pytest.mark.parametrize(
    "name", ["../outside.bin", "/etc/hostname", "..", ".", "", "sub/weights.bin"]
)
def test_a_record_never_makes_us_read_outside_its_folder(saved, name):
    (saved.parent / "outside.bin").write_bytes(WEIGHTS)
    (saved / "sub").mkdir()
    (saved / "sub" / "weights.bin").write_bytes(WEIGHTS)
    record = json.loads((saved / "commit.json").read_bytes())
    record["files"][1]["name"] = name
    (saved / "commit.json").write_text(json.dumps(record))
    assert reason(saved) == f"{name} is missing"


def test_a_folder_without_a_record_is_no_checkpoint(saved):
    (saved / "commit.json").unlink()
    assert not is_committed(saved)
    assert "No such file" in reason(saved)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"v": 1}', b'{"v": "one"}', b"\xff", b'{"v":1,"spec_sha256":"\xff"}'],
)
def test_a_record_that_cannot_be_read_is_refused(saved, content):
    (saved / "commit.json").write_bytes(content)
    assert reason(saved)


def test_whatever_byte_of_the_record_is_damaged_it_is_refused_or_says_the_same(saved):
    whole, before = (saved / "commit.json").read_bytes(), verify(saved)
    read = []
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 0x80  # no longer ASCII, here not even UTF-8
        (saved / "commit.json").write_bytes(bytes(broken))
        with suppress(RunError):
            read.append(verify(saved))
    # the name of the version field is not missed: it has a default
    assert read == [before]


def test_unknown_fields_of_a_record_are_ignored(saved):
    record = json.loads((saved / "commit.json").read_bytes())
    (saved / "commit.json").write_text(json.dumps({**record, "mood": "good"}))
    assert verify(saved).step == 3


@pytest.mark.parametrize("extra", [{}, {"files": "another shape"}])
def test_a_record_of_a_newer_format_is_refused_with_the_way_out(saved, extra):
    record = json.loads((saved / "commit.json").read_bytes())
    (saved / "commit.json").write_text(json.dumps({**record, "v": 2, **extra}))
    with pytest.raises(RunError) as error:
        verify(saved)
    assert str(error.value) == (
        f"{saved / 'commit.json'} was written by a newer nbfinetune (format 2, this one reads 1)\n"
        "Upgrade with  pip install -U nbfinetune"
    )


def test_a_copied_checkpoint_is_as_good_as_the_first(saved, tmp_path):
    copy = shutil.copytree(saved, tmp_path / "elsewhere")
    assert verify(copy) == verify(saved)


def test_a_file_is_replaced_as_a_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "state.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_files_are_synced_as_every_system_allows_it(tmp_path, monkeypatch):
    """Windows syncs only what was opened for writing."""
    fcntl, synced, fsync = pytest.importorskip("fcntl"), [], os.fsync

    def strict(fd: int) -> None:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
                raise OSError(9, "Bad file descriptor")
            synced.append(fd)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", strict)
    save(tmp_path / "step-3")
    assert verify(tmp_path / "step-3").step == 3
    assert len(synced) == 3  # both files, and their record
