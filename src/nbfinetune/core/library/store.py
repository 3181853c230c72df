"""Named datasets on disk. Every content that was kept under a name is a version of it, for good.

    datasets/<id>/  …  (the files in it: `core.library.files`)

A version is filled beside its place and renamed into it: a crash leaves the old state or the new
one. Ids are made of letters that every file system takes; the name is free text and stands inside.
Opening one dataset reads only that one.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library.entries import LONGEST_NAME, Deleted, Entry, Listing, Version
from nbfinetune.core.library.files import (
    Head,
    folder_name,
    keep,
    newest_first,
    read_entry,
    read_version,
    write_head,
)
from nbfinetune.core.quoting import quoted, quoted_path, visible
from nbfinetune.core.rules.rules import Rule

LOCK_SECONDS = 10
"""How long one writer waits for another."""

_ID = re.compile(r"[a-z0-9-]{1,64}")


class DatasetLibrary:
    """All named datasets below one home folder."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "datasets"

    def list(self) -> Listing:
        """All datasets, the one that was kept last first. What is damaged hides nothing else."""
        entries = [entry for path in self._folders() if (entry := read_entry(path)) is not None]
        return Listing(sorted(entries, key=newest_first))

    def save(self, dataset: MessageDataset, name: str | None = None) -> Version:
        """The version that holds the dataset: a new one, or the one that has this content already.

        It becomes the one that the name alone stands for.

        Raises:
            DatasetError: It has errors, a name that can't be one, or it can't be written.
        """
        dataset.check()
        name = _checked(name or dataset.name)
        with self._locked():
            entry = self._named(name)
            path = self.folder / (entry.id if entry else self._new_id(name))
            if entry is None:
                path.mkdir()
                write_head(path, Head(name=name))
            version = keep(dataset, path, entry.versions if entry else ())
            rules = entry.rules if entry else ()
            write_head(path, Head(name=name, current=version.number, rules=rules))
        return version

    def entry(self, reference: str) -> Entry:
        """The dataset that a reference means, with all its versions, whichever it names.

        Raises:
            DatasetError: It is not here; the nearest name is suggested.
        """
        entry, _ = self._meant(reference)
        return entry

    def find(self, reference: str) -> tuple[Entry, Version]:
        """What `name`, `name@2`, `name@3f2a` (of a hash) or a hash's first 6 or more digits mean.

        Raises:
            DatasetError: Nothing here; the nearest name is suggested.
        """
        entry, wanted = self._meant(reference)
        if not wanted:
            return entry, _latest(entry)
        for version in reversed(entry.versions):
            if wanted == str(version.number):
                return entry, version
        for version in reversed(entry.versions):
            if len(wanted) >= 4 and version.sha256.startswith(wanted.lower()):
                return entry, version
        if entry.damaged:
            raise entry.damaged[-1]
        known = ", ".join(f"{v.number} ({v.sha256[:12]})" for v in entry.versions)
        raise DatasetError(
            "library_no_version", name=quoted(entry.name), version=quoted(wanted), known=known
        )

    def open(self, reference: str) -> MessageDataset:
        """The dataset, with its origin; `line` of its rows is that in the kept file.

        Raises:
            DatasetError: It is not here, or not as it was kept.
        """
        entry, version = self.find(reference)
        return read_version(self.folder / entry.id, entry, version)

    def rename(self, reference: str, name: str) -> Entry:
        """The dataset under another name; its versions stay.

        Raises:
            DatasetError: It is not here, the name is taken or can't be one.
        """
        name = _checked(name)
        with self._locked():
            entry, _ = self._meant(reference)
            taken = self._named(name)
            if taken is not None and taken.id != entry.id:
                raise DatasetError("library_name_taken", name=quoted(name))
            self._write_head(entry, Head(name=name, current=entry.current, rules=entry.rules))
        return msgspec.structs.replace(entry, name=name)

    def set_rules(self, reference: str, rules: Sequence[Rule]) -> None:
        """Store these user rules with a dataset, in place of those it had.

        Raises:
            DatasetError: It is not here.
        """
        with self._locked():
            entry, _ = self._meant(reference)
            head = Head(name=entry.name, current=entry.current, rules=tuple(rules))
            self._write_head(entry, head)

    def delete(self, reference: str) -> Deleted:
        """Delete a dataset with all its versions (`name`), or one version (`name@2`).

        Raises:
            DatasetError: It is not here.
        """
        with self._locked():
            entry, wanted = self._meant(reference)
            path = self.folder / entry.id
            gone = _whole(entry)
            if wanted and len(entry.versions) + len(entry.damaged) > 1:
                _, version = self.find(reference)
                path = self._path(entry, version)
                left = tuple(v.number for v in entry.versions if v != version)
                gone = Deleted(entry.name, (version,), whole=False, left=left)
            elif wanted:
                self.find(reference)  # says that there is no such version
            # What is half deleted is no dataset any more.
            doomed = self.folder / f".{path.name}.deleted"
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)
        return gone

    # inside

    def _folders(self) -> Iterator[Path]:
        if self.folder.is_dir():
            for path in sorted(self.folder.iterdir()):
                if _ID.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                    yield path

    def _named(self, name: str) -> Entry | None:
        return next((entry for entry in self.list() if entry.name == name), None)

    def _meant(self, reference: str) -> tuple[Entry, str]:
        """The dataset that a reference begins with, and what it says of the version."""
        entries = self.list()
        whole = unicodedata.normalize("NFC", reference.strip())
        name, _, version = whole.rpartition("@")
        for given, wanted in ((whole, ""), (name, version)):
            for entry in entries:
                if given and given in (entry.name, entry.id):
                    return entry, wanted
        if re.fullmatch(r"[0-9a-fA-F]{6,64}", whole):
            for entry in entries:
                if any(v.sha256.startswith(whole.lower()) for v in entry.versions):
                    return entry, whole
        near = difflib.get_close_matches(whole, [entry.name for entry in entries], n=1)
        suggestion = f". Did you mean {near[0]!r}?" if near else ""
        raise DatasetError("library_unknown", name=quoted(reference), suggestion=suggestion)

    def _new_id(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "dataset"
        stem = f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        # The folder of a dataset that was renamed since may have this id.
        numbered = (stem if n == 1 else f"{stem}-{n}" for n in range(1, 1000))
        return next(i for i in numbered if not (self.folder / i).exists())

    def _write_head(self, entry: Entry, head: Head) -> None:
        for error in entry.damaged:
            if error.code == "format_newer":  # it holds more than we know
                raise error
        write_head(self.folder / entry.id, head)

    def _path(self, entry: Entry, version: Version) -> Path:
        return self.folder / entry.id / folder_name(version)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; what the file system refuses is one of our errors."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.folder / ".lock", timeout=LOCK_SECONDS):
                yield
        except filelock.Timeout:
            raise DatasetError("library_locked", path=self.folder) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise DatasetError(
                "export_failed", name=quoted_path(self.folder), reason=reason
            ) from None


def _whole(entry: Entry) -> Deleted:
    """All that goes with a dataset."""
    rules = tuple(rule.name for rule in entry.rules)
    return Deleted(entry.name, entry.versions, whole=True, damaged=len(entry.damaged), rules=rules)


def _latest(entry: Entry) -> Version:
    if entry.latest is not None:
        return entry.latest
    if not entry.versions:
        raise entry.damaged[-1]
    others = ", ".join(f"{visible(entry.name, LONGEST_NAME)}@{v.number}" for v in entry.versions)
    reason = str(entry.damaged[-1]).split("\n")[0]
    raise DatasetError("library_damaged", name=quoted(entry.name), reason=reason, others=others)


def _checked(name: str) -> str:
    """The name as it is kept: NFC, without outer blanks."""
    name = unicodedata.normalize("NFC", name.strip())
    if not 0 < len(name) <= LONGEST_NAME or any(
        unicodedata.category(c) in ("Cc", "Cs") for c in name
    ):
        raise DatasetError("library_name", name=quoted(name), limit=LONGEST_NAME)
    return name
