"""A source repaired in steps that can be taken back: files, the session's datasets, the library.

Knows no page. Each step makes something new, and taking it back removes just that: a file that was
changed since, or a dataset that was kept anew, stays, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.fixes.apply import FIXES
from nbfinetune.core.fixes.repair import Preview, Repairable, content
from nbfinetune.core.library.entries import Entry
from nbfinetune.core.quoting import quoted, quoted_path
from nbfinetune.session import Session


@dataclass(frozen=True)
class Kept:
    """A dataset that a step has kept: as which version, and what its name meant before."""

    version: int
    is_new: bool
    version_before: int | None
    before: MessageDataset | None


@dataclass(frozen=True)
class Step:
    """One application of fixes: what the source became, what was made of it on the way."""

    preview: Preview
    source: Repairable
    dataset: MessageDataset
    written: str
    kept: Kept | None


class Repair:
    """One source, as it is and as it was before each step."""

    def __init__(self, session: Session, source: Repairable, dataset: MessageDataset) -> None:
        self._session = session
        self._source = source
        self._dataset = dataset
        self.steps: list[Step] = []

    @property
    def source(self) -> Repairable:
        return self.steps[-1].source if self.steps else self._source

    @property
    def dataset(self) -> MessageDataset:
        """What the source holds now, with every problem that is left."""
        return self.steps[-1].dataset if self.steps else self._dataset

    def apply(self, preview: Preview) -> Step:
        """Make what the preview says. A dataset without errors is kept under its name.

        Raises:
            DatasetError: A file or the library can't be written; then nothing was made.
        """
        written = preview.write()
        try:
            read = preview.after.read()
            done = {*self.dataset.fixes, *preview.found.counts}
            fixes = tuple(fix for fix in FIXES if fix in done)
            dataset = msgspec.structs.replace(read, fixes=fixes)
            usable = not dataset.errors and len(dataset) > 0
            kept = self._keep(dataset) if usable else None
        except DatasetError:
            if preview.out is not None:
                preview.out.unlink(missing_ok=True)
            raise
        self.steps.append(Step(preview, preview.after, dataset, written, kept))
        return self.steps[-1]

    def undo(self) -> tuple[str, ...]:
        """Take the last step back; what was removed and what had to stay, in sentences.

        Raises:
            DatasetError: The library can't be written.
        """
        step = self.steps[-1]
        said = [*self._undo_kept(step), *_undo_file(step)]
        self.steps.pop()
        return tuple(said)

    def _keep(self, dataset: MessageDataset) -> Kept:
        name, session = dataset.name, self._session
        before, in_session = self._entry(name), session.datasets.get(name)
        session.keep(dataset)
        _, version = session.library.find(name)
        known = {one.number for one in before.versions} if before else set()
        latest = before.latest.number if before and before.latest else None
        return Kept(version.number, version.number not in known, latest, in_session)

    def _undo_kept(self, step: Step) -> Iterator[str]:
        """Give the name back what it meant before, unless it means something newer by now."""
        kept, name = step.kept, step.dataset.name
        if kept is None:
            return
        entry, about = self._entry(name), {"name": quoted(name), "version": kept.version_before}
        if not self._is_last(step, entry) or (entry and entry.rules and not kept.version_before):
            yield text.message("repair_other_since", about)
            return
        library = self._session.library
        if kept.version_before is not None:
            library.save(library.open(f"{name}@{kept.version_before}"))
        if entry is not None and kept.is_new:
            library.delete(f"{name}@{kept.version}")
        self._put_back(name, kept.before)
        yield text.message(
            "repair_was_version" if kept.version_before else "repair_was_none", about
        )

    def _is_last(self, step: Step, entry: Entry | None) -> bool:
        """Whether the name still means what the step has kept, here and in the library."""
        assert step.kept is not None
        here = self._session.datasets.get(step.dataset.name) is step.dataset
        there = entry.latest.number if entry and entry.latest else step.kept.version
        return here and there == step.kept.version

    def _put_back(self, name: str, before: MessageDataset | None) -> None:
        if before is None:
            self._session.datasets.pop(name, None)
        else:
            self._session.datasets[name] = before

    def _entry(self, name: str) -> Entry | None:
        with suppress(DatasetError):
            return self._session.library.entry(name)
        return None


def _undo_file(step: Step) -> Iterator[str]:
    """Delete the file that the step wrote, if it is still as it was written."""
    out = step.preview.out
    if out is None:
        return
    yield text.message(_delete(out, step.written), {"out": quoted_path(out.name)})


def _delete(out: Path, written: str) -> str:
    try:
        if content(out) != written:
            return "repair_file_stays"
        out.unlink()
    except FileNotFoundError:
        return "repair_file_gone"
    except OSError:
        return "repair_file_stays"
    return "repair_file_deleted"
