"""What the dataset library says of its datasets: values. How they lie on disk: `library.files`."""

from __future__ import annotations

import msgspec

from nbfinetune.core import text
from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.quoting import visible
from nbfinetune.core.rules.rules import Rule

FORMAT = 1
LONGEST_NAME = 200


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """`version.json`: one content and where it came from.

    `sha256` is that of the messages (`MessageDataset.sha256`, which runs name, too),
    `file_sha256` that of `rows.jsonl`, extra keys included: what makes a version another one.
    """

    v: int = FORMAT
    number: int
    sha256: str
    file_sha256: str
    rows: int
    saved: str
    origin: Origin
    conversions: tuple[Conversion, ...] = ()
    fixes: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """One named dataset: its versions, oldest first; `damaged` are those that can't be read.

    `current` is the number of the version that was kept last, 0 where there is none. The user
    rules belong to all versions.
    """

    id: str
    name: str
    versions: tuple[Version, ...]
    current: int = 0
    rules: tuple[Rule, ...] = ()
    damaged: tuple[DatasetError, ...] = ()

    @property
    def latest(self) -> Version | None:
        """The version that was kept last; the newest where that one was deleted.

        None where damage leaves open which it is: an older one is never taken for it silently.
        """
        kept = [version for version in self.versions if version.number == self.current]
        return next(iter(kept or (() if self.damaged else self.versions[-1:])), None)


class Listing(tuple[Entry, ...]):
    """Datasets of the library, the one that was kept last first."""

    __slots__ = ()


class Deleted(msgspec.Struct, frozen=True):
    """What was deleted: these versions of a dataset, or `whole` with all of them and its rules.

    `damaged` versions went with it unread; `left` stay. `runs`: names of those that were trained
    on what is gone; each has its own copy of the rows.
    """

    name: str
    versions: tuple[Version, ...]
    whole: bool
    damaged: int = 0
    left: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What is gone, what stays: a line each."""
        rows = ({"number": v.number, "rows": v.rows} for v in self.versions)
        params = {
            "name": visible(self.name, LONGEST_NAME),
            "versions": ", ".join(text.message("deleted_rows", row) for row in rows) or "-",
            "left": ", ".join(map(str, self.left)),
            "damaged": self.damaged,
            "rules": ", ".join(visible(rule, LONGEST_NAME) for rule in self.rules),
            "runs": ", ".join(visible(run, LONGEST_NAME) for run in self.runs),
        }
        codes = ["deleted_dataset" if self.whole else "deleted_version"]
        codes += [f"deleted_{kind}" for kind in ("damaged", "rules", "runs") if getattr(self, kind)]
        return "\n".join(text.message(code, params) for code in codes)
