"""The commit record of a checkpoint: written last, so that what has one is whole.

A checkpoint is a directory `step-N` with files and `commit.json`: their names, sizes and sha256.
It is filled beside its place and renamed into it; a crash leaves the old state or the new one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from nbfinetune.core.errors import RunError

FORMAT = 1
RECORD = "commit.json"


class FileEntry(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


class CommitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What `commit.json` holds. `spec_sha256` ties the weights to the run that made them."""

    v: int = FORMAT
    step: int
    epoch: float
    spec_sha256: str
    files: list[FileEntry]


class _Head(msgspec.Struct):
    v: int = FORMAT


def commit(
    target: Path, *, step: int, epoch: float, spec_sha256: str, fill: Callable[[Path], None]
) -> CommitRecord:
    """Let `fill` write the files, then make them a committed checkpoint at `target`.

    Whatever goes wrong on the way is raised, and leaves what was there before.
    """
    staging = target.with_name(target.name + ".incomplete")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True)
        fill(staging)
        files = [_entry(_synced(path)) for path in sorted(staging.iterdir())]
        record = CommitRecord(step=step, epoch=epoch, spec_sha256=spec_sha256, files=files)
        _write_synced(staging / RECORD, msgspec.json.format(msgspec.json.encode(record)))
        _sync_directory(staging)
        _put_in_place(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    _sync_directory(target.parent)
    return record


def _put_in_place(staging: Path, target: Path) -> None:
    """Rename it, and back what was there before where that fails."""
    if not target.exists():
        staging.rename(target)
        return
    before = target.with_name(target.name + ".removed")
    shutil.rmtree(before, ignore_errors=True)
    target.rename(before)
    try:
        staging.rename(target)
    except BaseException:
        before.rename(target)
        raise
    shutil.rmtree(before, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a checkpoint: at once it is none any more, then its files go."""
    leaving = path.with_name(path.name + ".removed")
    shutil.rmtree(leaving, ignore_errors=True)
    path.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def is_committed(path: Path) -> bool:
    """Whether the commit record exists. It says nothing about later damage: see `verify`."""
    return (path / RECORD).is_file()


def verify(path: Path) -> CommitRecord:
    """The commit record of a checkpoint whose files are all as they were written.

    Raises:
        RunError: No or a damaged record, a newer format, or a file that differs from it.
    """
    try:
        raw = (path / RECORD).read_bytes()
        version = msgspec.json.decode(raw, type=_Head).v
        if version > FORMAT:
            raise RunError("format_newer", path=path / RECORD, found=version, supported=FORMAT)
        record = msgspec.json.decode(raw, type=CommitRecord)
    except (OSError, ValueError) as error:  # msgspec's errors and UnicodeDecodeError
        raise RunError("checkpoint_damaged", path=path, reason=str(error)) from None
    for entry in record.files:
        _verify_file(path, entry)
    return record


def _verify_file(path: Path, entry: FileEntry) -> None:
    file = path / entry.name
    # A record from somebody else must not make us read outside its own folder.
    if Path(entry.name).name != entry.name or file.is_symlink() or not file.is_file():
        raise RunError("checkpoint_damaged", path=path, reason=f"{entry.name} is missing")
    if _entry(file) != entry:
        raise RunError("checkpoint_damaged", path=path, reason=f"{entry.name} has changed")


def _synced(path: Path) -> Path:
    with path.open("r+b") as file:  # Windows syncs only what could be written to
        os.fsync(file.fileno())
    return path


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(path.name, path.stat().st_size, digest)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file as a whole: readers see the old content or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write_synced(temporary, content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    if os.name == "nt":  # directories can't be opened there; rename is durable enough
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
