"""`%%ft_dataset NAME`, `%ft_dataset SOURCE --name NAME`: write or load a dataset, and check it."""

from __future__ import annotations

import typing
from argparse import Namespace
from pathlib import Path

from IPython.core.magic import line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from nbfinetune.chat.columns import read_system
from nbfinetune.core import sources
from nbfinetune.core.checking import Profile
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError, DatasetError
from nbfinetune.core.library_files import Entry
from nbfinetune.core.named import is_named
from nbfinetune.display.text import table
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly

PROFILES = typing.get_args(Profile)
LINE = Line(
    "%ft_dataset",
    [
        Option("name", "the name of a loaded dataset", "NAME"),
        Option(
            "system",
            "system prompt of the rows that have none: text or @file",
            "TEXT",
            means="system",
        ),
        Option("to", "write the rows into a new .jsonl file", "FILE"),
        Option(
            "profile",
            f"add the limits of a platform: {', '.join(PROFILES)} [local]",
            "PROFILE",
            choices=PROFILES,
        ),
        Option("encoding", "of a file that is no UTF-8, for example gbk", "ENCODING"),
    ],
    takes="rows",
    body="conversations",
)


@magics_class
class DatasetMagics(SessionMagics):
    """Datasets."""

    @friendly
    @no_var_expand
    @line_cell_magic
    @documented(LINE)
    def ft_dataset(self, line: str, cell: str | None = None) -> MessageDataset | None:
        """Write a message dataset in a cell, or load one, and check every row.

        Example:
            %%ft_dataset pirate --system "You are a pirate."
            user: What is the capital of France?
            assistant: Ahoy! The capital o' France be Paris, arr!

            user: What is the opposite of hot?
            assistant: Ahoy! The opposite o' hot be cold, arr!

        The body can also be JSON lines. `%ft_dataset rows.jsonl --name pirate` loads a file, a
        Python variable, `sample:pirate` or `hf:org/set`; `%ft_dataset` alone lists the datasets.
        """
        given = LINE.parse(line)
        if len(given.words) > 1:
            raise ConfigError(
                "arguments_wrong",
                field="line",
                magic="%ft_dataset",
                reason="one name or source, got " + " ".join(given.words),
            )
        word = given.words[0] if given.words else None
        if cell is None and word is None:
            self._list()
            return None
        dataset = self._written(given, word, cell) if cell is not None else self._read(given, word)
        if dataset is not self.session.datasets.get(dataset.name):
            self._keep(dataset)
        if given.to is not None:
            dataset.to_jsonl(Path(given.to).expanduser())
        return dataset

    def _written(self, given: Namespace, word: str | None, body: str) -> MessageDataset:
        name = given.name or word
        if name is None:
            raise DatasetError("dataset_name_missing")
        return sources.read_cell(body, name=name, system=_system(given))

    def _read(self, given: Namespace, source: str | None) -> MessageDataset:
        assert source is not None
        if given.name is None and given.system is None and self._is_kept(source):
            return self.session.datasets[source]
        path = Path(source).expanduser()
        if is_named(source) or path.suffix in (".json", ".jsonl") or path.is_file():
            return self.session.read_dataset(
                source,
                name=given.name,
                system=_system(given),
                profile=_profile(given),
                encoding=given.encoding,
            )
        if source in self.shell.user_ns:
            rows = self.shell.user_ns[source]
        else:
            rows = self._kept_before(source)
            if given.name is None and given.system is None:
                return rows
        return self.session.read_dataset(rows, name=given.name or source, system=_system(given))

    def _kept_before(self, reference: str) -> MessageDataset:
        """A dataset of the library: by its name, or an older version of it (`pirate@2`)."""
        try:
            return self.session.dataset(reference)
        except DatasetError as error:
            if error.code != "library_unknown":
                raise
            raise DatasetError("dataset_source_unknown", source=reference) from None

    def _keep(self, dataset: MessageDataset) -> None:
        """Keep a dataset that can be trained on; show what is wrong with another one.

        Raises:
            DatasetError: It has errors: the report is shown, so one line is enough.
        """
        try:
            self.session.keep(dataset)
        except DatasetError as error:
            display(dataset)
            error.say_briefly("dataset_refused")
            raise

    def _is_kept(self, name: str) -> bool:
        """Whether the dataset of that name is meant; rows in a variable may have changed since."""
        kept = self.session.datasets.get(name)
        if kept is None or kept.origin.kind != "python":
            return kept is not None
        value = self.shell.user_ns.get(name)
        return value is None or isinstance(value, MessageDataset)

    def _list(self) -> None:
        entries = self.session.library.list()
        head = ["dataset", "rows", "versions", "hash", "kept", "from"]
        rows = [_listed(entry) for entry in entries]
        say(table(head, rows, 110) if rows else NONE)


NONE = "no datasets yet: write one with  %%ft_dataset NAME"


def _listed(entry: Entry) -> tuple[str, ...]:
    latest = entry.latest
    if latest is None:
        return (entry.name, "", "damaged", "", "", "")
    origin = latest.origin.label or latest.origin.kind
    count = str(len(entry.versions))
    return (entry.name, str(latest.rows), count, latest.sha256[:12], latest.saved[:16], origin)


def _system(given: Namespace) -> str | None:
    return None if given.system is None else read_system(given.system)


def _profile(given: Namespace) -> Profile:
    if given.profile is None:
        return "local"
    if given.profile not in PROFILES:
        raise ConfigError(
            "setting_wrong_type",
            field="profile",
            value=given.profile,
            allowed=" or ".join(PROFILES),
        )
    profile: Profile = given.profile
    return profile
