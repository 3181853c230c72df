"""The files of the dataset library: one folder per dataset, one below it per version.

    <id>/  dataset.json  0001-3f2a91c07b5e/ rows.jsonl  version.json  cell.txt

Knows the formats; which dataset is meant, and who may write: `core.library.store`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from nbfinetune.core.dataset import MessageDataset, Origin, jsonl_lines, write_jsonl
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library.entries import FORMAT, Entry, Version
from nbfinetune.core.reading.sources import read_file
from nbfinetune.core.rules.rules import Rule
from nbfinetune.core.runs.checkpoints import write_atomically

ROWS = "rows.jsonl"

_VERSION = re.compile(r"(\d{4,})-[0-9a-f]{12}")
_RECORD, _CELL, _HEAD = "version.json", "cell.txt", "dataset.json"


class Head(msgspec.Struct, kw_only=True):
    """`dataset.json`."""

    v: int = FORMAT
    name: str
    current: int = 0
    rules: tuple[Rule, ...] = ()


T = TypeVar("T", Head, Version)


def keep(dataset: MessageDataset, path: Path, versions: tuple[Version, ...]) -> Version:
    """Write the dataset below `path`, unless one of its versions has this very content."""
    same = _same(dataset, versions)
    if same is not None:
        _restore(dataset, path / folder_name(same), same)
        return same
    staging = path / ".incomplete"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    write_jsonl(dataset.conversations, staging / ROWS)
    with (staging / ROWS).open("r+b") as rows:
        os.fsync(rows.fileno())
    # Also above those that are damaged: a number is never given twice.
    taken = [int(found[1]) for p in path.iterdir() if (found := _VERSION.fullmatch(p.name))]
    version = Version(
        number=max(taken, default=0) + 1,
        sha256=dataset.sha256,
        file_sha256=_digest(staging / ROWS),
        rows=len(dataset),
        saved=datetime.now(UTC).isoformat("T", "milliseconds"),
        origin=_provenance(dataset.origin),
        conversions=dataset.conversions,
        fixes=dataset.fixes,
    )
    if dataset.origin.cell:
        write_atomically(staging / _CELL, dataset.origin.cell.encode(errors="backslashreplace"))
    _write(staging / _RECORD, version)
    staging.rename(path / folder_name(version))
    return version


def _same(dataset: MessageDataset, versions: tuple[Version, ...]) -> Version | None:
    """The version with this content; without a write, since cells are run again and again."""
    alike = [version for version in versions if version.sha256 == dataset.sha256]
    if not alike:
        return None
    digest = hashlib.sha256()
    for line in jsonl_lines(dataset.conversations):
        digest.update(line)
    return next((v for v in reversed(alike) if v.file_sha256 == digest.hexdigest()), None)


def _restore(dataset: MessageDataset, folder: Path, version: Version) -> None:
    """Give a version its rows back if they were damaged since: they are those of the dataset."""
    try:
        _verify(folder / ROWS, version)
    except DatasetError:
        beside = folder / ".incomplete"
        write_jsonl(dataset.conversations, beside)
        beside.replace(folder / ROWS)


def _provenance(origin: Origin) -> Origin:
    """The origin as it is kept: a file with its hash, a cell without its body: that is a file."""
    if origin.kind == "file" and not origin.sha256:
        with suppress(OSError, ValueError):
            origin = msgspec.structs.replace(origin, sha256=_digest(Path(origin.label)))
    return msgspec.structs.replace(origin, cell="")


def folder_name(version: Version) -> str:
    return f"{version.number:04d}-{version.file_sha256[:12]}"


def read_version(path: Path, entry: Entry, version: Version) -> MessageDataset:
    """The dataset of a version, `path` being the folder of its entry.

    Raises:
        DatasetError: Its rows are not there, or not as they were kept.
    """
    folder = path / folder_name(version)
    _verify(folder / ROWS, version)
    read = read_file(folder / ROWS, name=entry.name)
    origin = version.origin
    with suppress(FileNotFoundError):
        cell = (folder / _CELL).read_bytes().decode(errors="replace")
        origin = msgspec.structs.replace(origin, cell=cell)
    return msgspec.structs.replace(
        read, origin=origin, conversions=version.conversions, fixes=version.fixes
    )


def write_head(path: Path, head: Head) -> None:
    """Say what the dataset is called and which version its name stands for."""
    _write(path / _HEAD, head)


def read_entry(path: Path) -> Entry | None:
    """What a folder holds; None where nothing was ever kept in it."""
    damaged: list[DatasetError] = []
    head = Head(name=path.name)
    try:
        head = _read(path / _HEAD, Head)
    except DatasetError as error:
        damaged.append(error)
    versions: list[Version] = []
    try:
        found = [p for p in path.iterdir() if _VERSION.fullmatch(p.name) and not p.is_symlink()]
    except OSError as error:
        unreadable = _damaged(path, error.strerror or str(error))
        return Entry(path.name, path.name, (), damaged=(unreadable,))
    for folder in found:
        try:
            version = _read(folder / _RECORD, Version)
            if folder_name(version) != folder.name:
                raise _damaged(folder / _RECORD, "it belongs to another version")
            versions.append(version)
        except DatasetError as error:
            damaged.append(error)
    if not found and (not damaged or not (path / _HEAD).exists()):
        return None
    versions.sort(key=lambda v: v.number)
    return Entry(path.name, head.name, tuple(versions), head.current, head.rules, tuple(damaged))


def _verify(rows: Path, version: Version) -> None:
    try:
        changed = _digest(rows) != version.file_sha256
    except OSError as error:
        raise _damaged(rows, error.strerror or str(error)) from None
    if changed:
        raise _damaged(rows, "it has changed since it was kept")


def newest_first(entry: Entry) -> tuple[float, str]:
    """By the moment of the last version; what is damaged comes last."""
    try:
        saved = datetime.fromisoformat(entry.versions[-1].saved).timestamp()
    except (IndexError, ValueError):
        saved = 0.0
    return (-saved, entry.id)


def _read(path: Path, kind: type[T]) -> T:
    try:
        raw = path.read_bytes()
        found = msgspec.json.decode(raw, type=dict[str, object]).get("v", FORMAT)
        if isinstance(found, int) and found > FORMAT:
            raise DatasetError("format_newer", path=path, found=found, supported=FORMAT)
        return msgspec.json.decode(raw, type=kind)
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, reason: str) -> DatasetError:
    return DatasetError("file_damaged", path=path, reason=reason)


def _write(path: Path, record: Head | Version) -> None:
    write_atomically(path, msgspec.json.format(msgspec.json.encode(record)))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
