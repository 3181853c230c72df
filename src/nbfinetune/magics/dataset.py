"""`%%ft_dataset NAME`, `%ft_dataset SOURCE --name NAME`: write or load a dataset, and check it."""

from __future__ import annotations

import typing
from argparse import Namespace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from IPython.core.magic import line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from nbfinetune.chat.columns import read_system
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError, DatasetError
from nbfinetune.core.library.entries import Entry
from nbfinetune.core.library.named import is_named
from nbfinetune.core.library.source import read_source
from nbfinetune.core.presets import STARTER
from nbfinetune.core.reading import sources
from nbfinetune.core.reading.checking import Profile, file_text
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
        Option("fix", "show quick-fixes, or apply them", "[all|NAME,…]", choices=("all",)),
        Option("edit", "open the studio: search, edit, split, save"),
        Option("diff", "what another dataset or version has else", "NAME", means="dataset"),
        Option("quality", "the quality card: style, topics, repetition"),
        Option("review", "write a page on which somebody judges 30 rows", "FILE"),
        Option(
            "base-model",
            "show the rows in the tokens of this model, as the loss sees them",
            "MODEL",
            choices=(STARTER,),
        ),
        Option("encoding", "of a file that is no UTF-8, for example gbk", "ENCODING"),
    ],
    takes="rows",
    body="conversations",
)


class Found(NamedTuple):
    """A dataset, the quick-fixes that changed it, whether it is to be kept."""

    dataset: MessageDataset
    fixed: tuple[str, ...] = ()
    is_new: bool = True


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
        dataset, fixed, is_new = self._source(given, word, line, cell)
        if fixed:
            dataset = msgspec.structs.replace(dataset, fixes=fixed)
        if given.fix == "":
            return None  # they are shown, and nothing is done
        if given.edit:
            self._edit(dataset, word, cell, given)
            return None
        if is_new:
            self._keep(dataset)
        if given.to is not None:
            dataset.to_jsonl(Path(given.to).expanduser())
        return None if self._look_closer(dataset, given) else dataset

    def _look_closer(self, dataset: MessageDataset, given: Namespace) -> bool:
        """Show what was asked for in place of the report; whether anything was."""
        if not any((given.diff, given.quality, given.review, given.base_model)):
            return False
        from nbfinetune.core.library.diff import diff
        from nbfinetune.magics.closer import show_quality, show_tokens, write_review

        if given.diff is not None:
            say(diff(dataset, self.session.dataset(given.diff)).text())
        if given.quality:
            show_quality(dataset)
        if given.review is not None:
            write_review(dataset, Path(given.review).expanduser())
            say(f"{given.review} written: open it in a browser, judge the rows, save them there")
        if given.base_model is not None:
            show_tokens(dataset, given.base_model)
        return True

    def _source(self, given: Namespace, word: str | None, line: str, body: str | None) -> Found:
        """The dataset that is meant."""
        if body is None:
            assert word is not None
            return self._read(given, word)
        name = given.name or word
        if name is None:
            raise DatasetError("dataset_name_missing")
        fixed: tuple[str, ...] = ()
        if given.fix is not None:
            from nbfinetune.magics.repair import repaired_cell

            body, found = repaired_cell(self.shell, line, body, given.fix)
            fixed = tuple(found.counts)
        return Found(sources.read_cell(body, name=name, system=_system(given)), fixed)

    def _read(self, given: Namespace, source: str) -> Found:
        if given.name is None and given.system is None and self._is_kept(source):
            return Found(self.session.datasets[source], is_new=False)
        path = Path(source).expanduser()
        fixed: tuple[str, ...] = ()
        if is_named(source):
            return Found(read_source(source, name=given.name, system=_system(given)))
        if path.suffix in (".json", ".jsonl") or path.is_file():
            name = given.name or path.stem
            if given.fix is not None:
                from nbfinetune.magics.repair import repaired_file

                path, found = repaired_file(path, given.fix, given.encoding)
                fixed = tuple(found.counts)
            read = read_source(
                path,
                name=name,
                system=_system(given),
                profile=_profile(given),
                encoding=None if fixed else given.encoding,  # what was written is UTF-8
            )
            return Found(read, fixed)
        if source in self.shell.user_ns:
            rows = self.shell.user_ns[source]
        else:
            rows = self._kept_before(source)
            if given.name is None and given.system is None:
                return Found(rows, is_new=False)
        if given.fix is not None:
            from nbfinetune.magics.repair import repaired_rows

            rows, fixed = repaired_rows(rows, given.fix)
        name = given.name or source
        return Found(read_source(rows, name=name, system=_system(given)), fixed)

    def _edit(
        self, dataset: MessageDataset, word: str | None, body: str | None, given: Namespace
    ) -> None:
        """The studio, also with the rows that can't be trained on where their text is at hand."""
        from nbfinetune.core.draft.draft import Draft
        from nbfinetune.panels.studio import studio

        path = Path(word or "").expanduser()
        named: dict[str, Any] = {"name": dataset.name, "origin": dataset.origin}
        named["system"] = _system(given)
        if body is not None:
            text = body.rstrip()
            items = sources.source_items(text, "cell", 2)
            draft = Draft(items, **named, source=text, first_line=2)
        elif dataset.origin.kind == "file" and path.is_file():
            text = file_text(path, encoding=given.encoding).text or ""
            form: Literal["json", "jsonl"] = "json" if path.suffix.lower() == ".json" else "jsonl"
            draft = Draft(sources.source_items(text, form), **named, source=text)
        else:
            draft = Draft.of(dataset)
        display(studio(draft, self._save))

    def _save(self, name: str, dataset: MessageDataset) -> str:
        kept = self.session.keep(msgspec.structs.replace(dataset, name=name))
        _, version = self.session.library.find(name)
        return f"{name}: {len(kept)} rows kept as version {version.number}"

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
            if error.code != "dataset_invalid":
                raise
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
