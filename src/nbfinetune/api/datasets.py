"""The dataset library from Python: read, keep, list, open, rename, delete, compare, mark."""

from __future__ import annotations

from pathlib import Path

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.library import diff as library_diff
from nbfinetune.core.library.entries import Deleted, Entry, Listing
from nbfinetune.core.library.source import Source, read_source
from nbfinetune.core.reading.checking import Profile
from nbfinetune.core.rules.rules import Marks
from nbfinetune.session import current


def load_dataset(
    source: Source,
    *,
    name: str | None = None,
    system: str | None = None,
    system_key: str | None = None,
    profile: Profile = "local",
    encoding: str | None = None,
) -> MessageDataset:
    """Load and check a dataset: a `.jsonl` or `.json` file, `sample:NAME`, `hf:org/set`, a list of
    rows, a pandas frame or a `datasets.Dataset`. Rows of other formats (Alpaca, ShareGPT,
    prompt/completion …) are converted, and the dataset says so. It is kept in the library.

    `system` is given to every conversation that has no system prompt; `system_key` names a key
    beside `messages` that holds one; `profile` adds the limits of a platform that the file will be
    uploaded to; `encoding` is for a file that is no UTF-8.

    Raises:
        DatasetError: It has errors; `problems` lists all of them.
    """
    return current().load_dataset(
        source, name=name, system=system, system_key=system_key, profile=profile, encoding=encoding
    )


def validate(
    source: Source,
    *,
    name: str | None = None,
    system: str | None = None,
    system_key: str | None = None,
    profile: Profile = "local",
    encoding: str | None = None,
) -> MessageDataset:
    """The same dataset with every problem in it (`.problems`, `.errors`), whatever they are:
    nothing is raised for them, and nothing is kept.

    Raises:
        DatasetError: There is no such source, or it can't be read at all.
    """
    if name is None and not isinstance(source, (str, Path, MessageDataset)):
        name = "rows"
    return read_source(
        source, name=name, system=system, system_key=system_key, profile=profile, encoding=encoding
    )


def datasets() -> Listing:
    """All datasets of the library, the one that was kept last first."""
    return current().library.list()


def open_dataset(name: str) -> MessageDataset:
    """A dataset of the library; `"pirate@2"` or `"pirate@3f2a"` (of its hash) is an older version.

    Raises:
        DatasetError: It was never kept; the nearest name is suggested.
    """
    return current().dataset(name)


def versions(name: str) -> Entry:
    """Every version of a dataset with its origin, conversions and fixes, and the kept rules.

    Raises:
        DatasetError: It was never kept.
    """
    return current().library.entry(name)


def rename_dataset(name: str, to: str) -> Entry:
    """The dataset under its new name; its versions and rules stay.

    Raises:
        DatasetError: It was never kept; the name is taken or can't be one.
    """
    return current().rename_dataset(name, to)


def delete_dataset(name: str) -> Deleted:
    """Delete a dataset with all its versions and rules, or one version: `"pirate@2"`.

    What is returned says what is gone, and names the runs that were trained on it: they have their
    own copies of the rows.

    Raises:
        DatasetError: It was never kept.
    """
    return current().delete_dataset(name)


def diff(before: MessageDataset | str, after: MessageDataset | str) -> library_diff.DatasetDiff:
    """What makes `after` of `before`, row by row: datasets, or names as `open_dataset` takes them.

    Raises:
        DatasetError: One of them was never kept.
    """
    return library_diff.diff(dataset_of(before), dataset_of(after))


def rule(name: str, source: str | None = None, *, on: str | None = None) -> Marks | None:
    """What a rule says of each row of the dataset named `on`, of the newest one where none is; None
    where there is none yet. The rule is kept with the dataset.

    `source` writes the rule as `%%ft_rule` does, for example `"lacks(answer, user)"`; without it
    the rule of that name marks again.

    Raises:
        ConfigError: There is no such rule, or it can't be read.
        DatasetError: There is no such dataset.
    """
    return current().rule(name, source, on)


def dataset_of(given: MessageDataset | str) -> MessageDataset:
    """The dataset itself, or the one of that name."""
    return given if isinstance(given, MessageDataset) else open_dataset(given)
