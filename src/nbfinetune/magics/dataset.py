"""`%%ft_dataset NAME`, `%ft_dataset SOURCE --name NAME`: write or load a dataset, and check it."""

from __future__ import annotations

from pathlib import Path

from IPython.core.magic import line_cell_magic, magics_class, no_var_expand

from nbfinetune.chat.columns import read_system
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError, DatasetError
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly

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

        The body can also be JSON lines. `%ft_dataset rows.jsonl --name pirate` loads a file or a
        Python variable; `%ft_dataset` alone lists the datasets.
        """
        given = LINE.parse(line)
        system = None if given.system is None else read_system(given.system)
        if len(given.words) > 1:
            raise ConfigError(
                "arguments_wrong",
                field="line",
                magic="%ft_dataset",
                reason="one name or source, got " + " ".join(given.words),
            )
        word = given.words[0] if given.words else None
        if cell is not None:
            name = given.name or word
            if name is None:
                raise DatasetError("dataset_name_missing")
            return self.session.read_cell(cell, name, system)
        if word is None:
            self._list()
            return None
        return self._load(word, given.name, system)

    def _load(self, source: str, name: str | None, system: str | None) -> MessageDataset:
        if name is None and system is None and self._is_kept(source):
            return self.session.datasets[source]
        path = Path(source).expanduser()
        if path.suffix in (".json", ".jsonl") or path.is_file():
            return self.session.load_dataset(path, name=name, system=system)
        if source not in self.shell.user_ns:
            raise DatasetError("dataset_source_unknown", source=source)
        rows = self.shell.user_ns[source]
        return self.session.load_dataset(rows, name=name or source, system=system)

    def _is_kept(self, name: str) -> bool:
        """Whether the dataset of that name is meant; rows in a variable may have changed since."""
        kept = self.session.datasets.get(name)
        if kept is None or kept.origin.kind != "python":
            return kept is not None
        value = self.shell.user_ns.get(name)
        return value is None or isinstance(value, MessageDataset)

    def _list(self) -> None:
        kept = self.session.datasets.values()
        lines = [f"{d.name:<24} {len(d):>6} rows   {d.sha256[:12]}" for d in kept]
        say("\n".join(lines) or "no datasets yet: write one with  %%ft_dataset NAME")
