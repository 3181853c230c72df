"""`%%ft_dataset NAME`, `%ft_dataset SOURCE --name NAME`: write or load a dataset, and check it."""

from __future__ import annotations

from argparse import Namespace

import msgspec
from IPython.core.magic import line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError, DatasetError
from nbfinetune.core.presets import STARTER
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.closer import LOOKS, closer_looks
from nbfinetune.magics.dataset_library import (
    KEEPING,
    all_datasets,
    is_about_library,
    use_library,
)
from nbfinetune.magics.dataset_source import READING, Found, how_to_read, of_cell, of_line
from nbfinetune.magics.errors import friendly

LINE = Line(
    "%ft_dataset",
    [
        *READING,
        Option("fix", "show quick-fixes, or apply them", "[all|NAME,…]", choices=("all",)),
        Option("edit", "open the studio: search, edit, split, save"),
        *LOOKS,
        Option(
            "base-model",
            "show the rows in the tokens of this model, as the loss sees them",
            "MODEL",
            choices=(STARTER,),
        ),
        *KEEPING,
        Option("to", "write the rows into a new .jsonl file", "FILE"),
        Option("overwrite", "let --to and --review replace a file that holds something else"),
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
    def ft_dataset(self, line: str, cell: str | None = None) -> object:
        """Write a message dataset in a cell, or load one, and check every row.

        Example:
            %%ft_dataset pirate --system "You are a pirate."
            user: What is the capital of France?
            assistant: Ahoy! The capital o' France be Paris, arr!

            user: What is the opposite of hot?
            assistant: Ahoy! The opposite o' hot be cold, arr!

        The body can also be JSON lines. `%ft_dataset rows.jsonl --name pirate` loads a file, a
        Python variable, `sample:pirate` or `hf:org/set`. What is valid is kept, with its versions:
        `%ft_dataset pirate` opens it again, `pirate@2` an older version; `%ft_dataset` alone lists
        the datasets.
        """
        given = LINE.parse(line)
        word = _one_word(given)
        if is_about_library(given):
            return use_library(self.session, LINE, given, word, cell=cell is not None)
        if cell is None and word is None:
            return all_datasets(self.session, LINE, given)
        dataset, fixed, is_new = self._source(given, word, line, cell)
        if fixed:
            dataset = msgspec.structs.replace(dataset, fixes=fixed)
        if given.fix == "":
            return None  # they are shown, and nothing is done
        if given.edit:
            self._edit(dataset, given)
            return None
        if is_new:
            self._keep(dataset, given, line)
        if given.to is not None:
            path = dataset.to_jsonl(given.to, overwrite=given.overwrite)
            say(text.message("rows_written", {"path": path, "rows": len(dataset)}))
        return self._shown(dataset, given)

    def _source(self, given: Namespace, word: str | None, line: str, body: str | None) -> Found:
        """The dataset that is meant."""
        if body is not None:
            return of_cell(self.shell, given, word, line, body)
        assert word is not None
        return of_line(self.shell, self.session, given, word)

    def _shown(self, dataset: MessageDataset, given: Namespace) -> object:
        """What the cell gives back: the dataset, or the last of what was asked for instead."""
        looks = list(closer_looks(dataset, given))
        values = [look for look in looks if not isinstance(look, str)]
        for value in values[:-1]:
            display(value)
        for said in looks:
            if isinstance(said, str):
                say(said)
        return values[-1] if values else None if looks else dataset

    def _edit(self, dataset: MessageDataset, given: Namespace) -> None:
        """The studio, also with the rows that can't be trained on where their text is at hand."""
        from nbfinetune.api.looks import keep_version
        from nbfinetune.core.draft.opening import open_draft
        from nbfinetune.panels.studio import studio

        display(studio(open_draft(dataset, **how_to_read(given)), keep_version))

    def _keep(self, dataset: MessageDataset, given: Namespace, line: str) -> None:
        """Keep a dataset that can be trained on; show what is wrong with another one.

        Raises:
            DatasetError: It has errors: the report is shown, so one line is enough.
        """
        try:
            self.session.keep(dataset)
        except DatasetError as error:
            if error.code != "dataset_invalid":
                raise
            from nbfinetune.magics.repair import offer_repairs

            offer_repairs(self.shell, self.session, dataset, line, how_to_read(given))
            error.say_briefly("dataset_refused")
            raise


def _one_word(given: Namespace) -> str | None:
    """The name or the source on the line.

    Raises:
        ConfigError: There are several words.
    """
    if len(given.words) > 1:
        reason = "one name or source, got " + " ".join(given.words)
        raise ConfigError("arguments_wrong", field="line", magic="%ft_dataset", reason=reason)
    return given.words[0] if given.words else None
