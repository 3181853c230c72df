"""`%ft_dataset NAME --versions`, `--rename`, `--delete`: what is done with kept datasets."""

from __future__ import annotations

from argparse import Namespace

from nbfinetune.core.errors import ConfigError
from nbfinetune.core.library.entries import Deleted, Entry, Listing
from nbfinetune.magics.arguments import Line, Option
from nbfinetune.session import Session

KEEPING = (
    Option("versions", "list the versions of a dataset; NAME@2 opens one"),
    Option("rename", "give a dataset another name", "NEW"),
    Option("delete", "delete a dataset, or one version: NAME@2; runs keep their copies"),
)


def is_about_library(given: Namespace) -> bool:
    """Whether the line wants something of the library rather than of the rows."""
    return bool(given.versions or given.rename is not None or given.delete)


def use_library(
    session: Session, line: Line, given: Namespace, word: str | None, *, cell: bool
) -> Entry | Deleted:
    """What was asked for: the versions, the dataset under its new name, what was deleted.

    Raises:
        ConfigError: No dataset is named, or there is more on the line.
        DatasetError: It was never kept; the new name is taken or can't be one.
    """
    asked, *others = named_options(line, given)
    if word is None or others or cell:
        raise ConfigError("library_only", field=asked)
    if given.versions:
        return session.library.entry(word)
    if given.rename is not None:
        return session.rename_dataset(word, given.rename)
    return session.delete_dataset(word)


def all_datasets(session: Session, line: Line, given: Namespace) -> Listing:
    """The library, where nothing is named.

    Raises:
        ConfigError: An option that is about a dataset.
    """
    for name in named_options(line, given):
        raise ConfigError("dataset_not_named", field=name)
    return session.library.list()


def named_options(line: Line, given: Namespace) -> list[str]:
    """The options that are on the line, those of the library first."""
    first = [option.name for option in KEEPING]
    names = sorted((o.name for o in line.options), key=lambda name: name not in first)
    return [n for n in names if getattr(given, n.replace("-", "_")) not in (None, False)]
