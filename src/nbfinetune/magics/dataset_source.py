"""Which dataset `%ft_dataset` means: a cell's body, a kept one, a file, a variable, a named set.

With `--fix` what is read is the repaired source; how that is shown is known to `magics.repair`.
"""

from __future__ import annotations

import typing
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

from IPython.core.interactiveshell import InteractiveShell

from nbfinetune.chat.columns import read_system
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError, DatasetError
from nbfinetune.core.library.named import is_named, load_named, set_name
from nbfinetune.core.library.samples import PREFIX as SAMPLE
from nbfinetune.core.library.source import read_source
from nbfinetune.core.quoting import quoted
from nbfinetune.core.reading.checking import Profile
from nbfinetune.core.reading.sources import Reading, from_rows, read_cell, read_file
from nbfinetune.magics.arguments import Option
from nbfinetune.session import Session

PROFILES = typing.get_args(Profile)

READING = (
    Option("name", "the name of a loaded dataset", "NAME"),
    Option(
        "system", "system prompt of the rows that have none: text or @file", "TEXT", means="system"
    ),
    Option("system-key", "a key beside messages that holds the system prompt", "KEY"),
    Option("encoding", "of a file that is no UTF-8, for example gbk", "ENCODING"),
    Option(
        "profile",
        f"add the limits of a platform: {', '.join(PROFILES)} [local]",
        "PROFILE",
        choices=PROFILES,
    ),
)


class Found(NamedTuple):
    """A dataset, the quick-fixes that changed it, whether it is to be kept."""

    dataset: MessageDataset
    fixed: tuple[str, ...] = ()
    is_new: bool = True


def how_to_read(given: Namespace) -> Reading:
    """What the line says about reading.

    Raises:
        ConfigError: There is no such profile.
        RunError: The file with the system prompt can't be read.
    """
    profile: Profile = given.profile or "local"
    if profile not in PROFILES:
        allowed = " or ".join(PROFILES)
        raise ConfigError("setting_wrong_type", field="profile", value=profile, allowed=allowed)
    return {
        "name": given.name,
        "system": None if given.system is None else read_system(given.system),
        "system_key": given.system_key,
        "profile": profile,
        "encoding": given.encoding,
    }


def of_cell(shell: InteractiveShell, given: Namespace, word: str | None, line: str,
            body: str) -> Found:  # fmt: skip
    """The dataset in a cell's body."""
    how: Reading = {**how_to_read(given), "name": given.name or word}
    _refuse_encoding(given, "%%ft_dataset")
    if given.fix is None or how["name"] is None:
        return Found(read_cell(body, **how))
    from nbfinetune.magics.repair import repaired_cell

    body, found = repaired_cell(shell, line, body, given.fix)
    return Found(read_cell(body, **how), tuple(found.counts))


def of_line(shell: InteractiveShell, session: Session, given: Namespace, word: str) -> Found:
    """The dataset that the word means.

    Raises:
        DatasetError: There is no such source, or it can't be read.
    """
    asked = (given.name, given.system, given.system_key, given.profile, given.encoding, given.fix)
    as_it_is = all(value is None for value in asked)
    if as_it_is and _is_kept(shell, session, word):
        return Found(session.datasets[word], is_new=False)
    if is_named(word):
        return _of_name(word, given)
    path = Path(word).expanduser()
    if path.suffix in (".json", ".jsonl") or path.is_file():
        return _of_file(path, given)
    _refuse_encoding(given, word)
    if word in shell.user_ns:
        return _of_rows(shell.user_ns[word], word, given)
    kept = _kept_before(session, word)
    return Found(kept, is_new=False) if as_it_is else _of_rows(kept, kept.name, given)


def _of_name(word: str, given: Namespace) -> Found:
    """The dataset of a sample or a hub."""
    _refuse_encoding(given, word)
    how = how_to_read(given)
    if given.fix is None or word.startswith(SAMPLE):
        return Found(read_source(word, **how))
    from nbfinetune.magics.repair import repaired_rows

    rows, origin = load_named(word)
    rows, fixed = repaired_rows(rows, given.fix)
    named: Reading = {**how, "name": given.name or set_name(word)}
    return Found(from_rows(rows, origin=origin, **named), fixed)


def _of_file(path: Path, given: Namespace) -> Found:
    how: Reading = {**how_to_read(given), "name": given.name or path.stem}
    if given.fix is None:
        return Found(read_file(path, **how))
    from nbfinetune.magics.repair import repaired_file

    written, found = repaired_file(path, given.fix, given.encoding)
    if written != path:
        how["encoding"] = None  # what was written is UTF-8
    return Found(read_file(written, **how), tuple(found.counts))


def _of_rows(rows: Any, name: str, given: Namespace) -> Found:
    how: Reading = {**how_to_read(given), "name": given.name or name}
    if given.fix is None:
        return Found(read_source(rows, **how))
    from nbfinetune.magics.repair import repaired_rows

    repaired, fixed = repaired_rows(rows, given.fix)
    return Found(read_source(repaired if fixed else rows, **how), fixed)


def _is_kept(shell: InteractiveShell, session: Session, name: str) -> bool:
    """Whether the dataset of that name is meant; rows in a variable may have changed since."""
    kept = session.datasets.get(name)
    if kept is None or kept.origin.kind != "python":
        return kept is not None
    value = shell.user_ns.get(name)
    return value is None or isinstance(value, MessageDataset)


def _kept_before(session: Session, reference: str) -> MessageDataset:
    """A dataset of the library: by its name, or an older version of it (`pirate@2`)."""
    try:
        return session.dataset(reference)
    except DatasetError as error:
        if error.code != "library_unknown":
            raise
        suggestion = error.params["suggestion"]
        raise DatasetError(
            "dataset_source_unknown", source=reference, suggestion=suggestion
        ) from None


def _refuse_encoding(given: Namespace, source: str) -> None:
    """An encoding is that of a file; anywhere else it would do nothing."""
    if given.encoding is not None:
        raise ConfigError("encoding_for_files", field="encoding", source=quoted(source))
