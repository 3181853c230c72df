"""What one kernel holds: datasets, jobs, loaded models. Knows nothing of IPython or widgets.

Every magic ends in one method here; the functions of the package's root are the same methods of the
kernel's one session.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from nbfinetune.chat.columns import Column, parse_column, steps_meant, trained_system
from nbfinetune.chat.compare import Comparison, Contender, compare
from nbfinetune.chat.model import SamplingParams
from nbfinetune.chat.models import How, Models, as_here, how_of
from nbfinetune.chat.waiting import PATIENT, Waiting
from nbfinetune.core.dataset import MessageDataset, Split
from nbfinetune.core.errors import ConfigError, DatasetError, ModelError, RunError
from nbfinetune.core.library.entries import Deleted, Entry
from nbfinetune.core.library.source import Source, read_source
from nbfinetune.core.library.store import DatasetLibrary
from nbfinetune.core.presets import STARTER
from nbfinetune.core.reading.sources import Reading
from nbfinetune.core.rules.rules import Marks, Rule, RuleBook, mark
from nbfinetune.core.runs.launched import EngineName
from nbfinetune.core.runs.store import Run, RunSpec, RunStore
from nbfinetune.engines import ahead, process, thread
from nbfinetune.engines.control import RunControl
from nbfinetune.engines.launch import Launch
from nbfinetune.engines.queue import Start, TrainingQueue
from nbfinetune.training import preflight
from nbfinetune.training.job import TrainingJob
from nbfinetune.training.planning import VALIDATION_SHARE, plan, rows_of, validation_share
from nbfinetune.training.settings_file import GivenSettings, Validation, read_settings

if TYPE_CHECKING:
    from nbfinetune.core.quality.statistics import TokenFigures
    from nbfinetune.engines.capture import DisplayPublisher
    from nbfinetune.training.estimate import Forecast


class Session:
    """One kernel's work. `home` is the folder that everything is written to."""

    def __init__(self, home: Path, publisher: DisplayPublisher | None = None) -> None:
        self.home = home
        self.publisher = publisher
        self.runs = RunStore(home)
        self.library = DatasetLibrary(home)
        self.datasets: dict[str, MessageDataset] = {}
        """Those that this kernel has read; the library has all that were ever kept."""
        self.token_figures: dict[str, TokenFigures] = {}
        """Those that somebody has asked for, by the hash of the dataset."""
        self.rules = RuleBook()
        engines: dict[EngineName, Start] = {
            "thread": self._start_thread, "process": process.start
        }  # fmt: skip
        self.training = RunControl(self.runs, TrainingQueue(self.runs, engines))
        self.models = Models()

    # datasets

    def load_dataset(self, source: Source, **how: Unpack[Reading]) -> MessageDataset:
        """What is read from the source, kept under its name.

        Raises:
            DatasetError: It has errors; `problems` lists all of them. Or there is no such source.
        """
        return self.keep(read_source(source, **how))

    def keep(self, dataset: MessageDataset) -> MessageDataset:
        """Keep a dataset under its name, as a new version of an older one.

        Raises:
            DatasetError: It has errors; `problems` lists all of them. Or it can't be written.
        """
        self.library.save(dataset)
        self.datasets[dataset.name] = dataset
        return dataset

    def dataset(self, reference: str) -> MessageDataset:
        """The dataset of that name; `name@2` and `name@3f2a` mean older versions of it.

        Raises:
            DatasetError: It was never kept, with the nearest name.
        """
        if reference not in self.datasets:
            dataset = self.library.open(reference)
            for rule in self.library.entry(reference).rules:
                self.rules.offer(rule)
            if reference != dataset.name:
                return dataset
            self.datasets[reference] = dataset
        return self.datasets[reference]

    def rename_dataset(self, reference: str, name: str) -> Entry:
        """The dataset under its new name; all its versions and rules stay.

        Raises:
            DatasetError: It was never kept; the name is taken or can't be one.
        """
        old = self.library.entry(reference).name
        entry = self.library.rename(reference, name)
        self.datasets = {
            entry.name if key == old else key: data for key, data in self.datasets.items()
        }
        if entry.name in self.datasets:
            renamed = msgspec.structs.replace(self.datasets[entry.name], name=entry.name)
            self.datasets[entry.name] = renamed
        return entry

    def delete_dataset(self, reference: str) -> Deleted:
        """Delete a dataset, or one version of it (`name@2`), and say what is gone.

        Runs have their own copies of the rows that they were trained on.

        Raises:
            DatasetError: It was never kept.
        """
        gone = self.library.delete(reference)
        self.datasets.pop(gone.name, None)
        hashes = {version.sha256 for version in gone.versions}
        return msgspec.structs.replace(gone, runs=self._trained_on(hashes))

    def _trained_on(self, hashes: set[str]) -> tuple[str, ...]:
        """The names of runs whose rows were one of these contents."""
        names = []
        for run in self.runs.list():
            with suppress(RunError):  # whose spec can't be read
                if run.spec.data.sha256 in hashes:
                    names.append(run.name)
        return tuple(names)

    def rule(self, name: str, source: str | None = None, on: str | None = None) -> Marks | None:
        """What a rule says of a dataset or a file: of the newest one where none is named, None
        where there is none. It is kept with the dataset.

        `source` writes the rule anew: expressions, a function or patterns, as in `%%ft_rule`.

        Raises:
            ConfigError: There is no such rule, or it can't be read.
            DatasetError: There is no such dataset.
        """
        check = self.rules.check(name) if source is None else self.rules.write(name, source)
        data = self._marked(on)
        if data is None:
            return None
        if data.name in self.datasets:
            self._store_rule(data.name, check.rule)
        return mark(check, data.conversations)

    def _marked(self, reference: str | None) -> MessageDataset | None:
        if reference is None:
            return next(reversed(self.datasets.values()), None)
        if reference not in self.datasets and reference.endswith((".json", ".jsonl")):
            return self.load_dataset(reference)
        return self.dataset(reference)

    def _store_rule(self, dataset: str, rule: Rule) -> None:
        """Keep a rule with a dataset of the library, in place of one of its name."""
        others = [kept for kept in self.library.entry(dataset).rules if kept.name != rule.name]
        self.library.set_rules(dataset, [*others, rule])

    # training

    def train(
        self,
        dataset: MessageDataset | str | None = None,
        *,
        name: str | None = None,
        base_model: str | None = None,
        preset: str | None = None,
        validation: Validation | None = None,
        like: str | None = None,
        config: str | Path | None = None,
        engine: str = "thread",
        detached: bool = False,
        **settings: Any,
    ) -> TrainingJob:
        """Check everything that can be checked before the wait, then train in the background, as
        soon as nothing else trains here.

        `settings` are the fields of `TrainConfig`. What is not named comes from the file `config`,
        then from the run that this one is to be `like`, then from the preset. Without a dataset
        the rows of that run are taken, on both sides.
        `engine`: `thread` or `process`; the latter goes on when this kernel ends, for as long as
        its lease, and `detached` without one.

        Raises:
            DatasetError: The data can't be trained on.
            ConfigError: A setting with a value that it can't take.
            RunError: The run can't be written, or there is no run to be like.
        """
        given = GivenSettings(
            base_model=base_model, preset=preset, validation=validation, values=settings
        )
        if engine == "thread":
            ahead.begin()  # takes seconds, in which rows are checked and written
        spec, split = self._planned(dataset, given, name, like, config, engine)
        self.training.queue.adopt()
        run = preflight.freeze(self.runs, spec, split)
        return self.training.queue.submit(run, spec.engine, detached=detached)

    def dry_run(
        self,
        dataset: MessageDataset | str | None = None,
        *,
        name: str | None = None,
        base_model: str | None = None,
        preset: str | None = None,
        validation: Validation | None = None,
        like: str | None = None,
        config: str | Path | None = None,
        engine: str = "thread",
        **settings: Any,
    ) -> Forecast:
        """What `train` would do and take: rows, tokens, steps, memory, time, disk. Starts nothing.

        Raises:
            DatasetError, ModelError: The data can't be trained on, or not with this model.
            ConfigError: A setting with a value that it can't take.
            RunError: There is no run to be like.
        """
        from nbfinetune.training.dry_run import forecast

        given = GivenSettings(
            base_model=base_model, preset=preset, validation=validation, values=settings
        )
        spec, split = self._planned(dataset, given, name, like, config, engine)
        return forecast(spec, split, self.models, self.home)

    def _planned(
        self,
        dataset: MessageDataset | str | None,
        given: GivenSettings,
        name: str | None,
        like: str | None,
        config: str | Path | None,
        engine: str,
    ) -> tuple[RunSpec, Split]:
        """The spec of a run and its rows, from what is said here, in a file and by another run."""
        told = given if config is None else given.over(read_settings(Path(config).expanduser()))
        model = None if like is None else self.runs.get(like)
        told = told if model is None else told.over(GivenSettings.of(model.spec))
        validation = told.validation
        if dataset is not None:
            data = self.dataset(dataset) if isinstance(dataset, str) else dataset
        elif model is not None:
            data, held_out = rows_of(model)
            validation = held_out if given.validation is None else validation
        else:
            raise ConfigError("dataset_or_like", field="dataset")
        return plan(
            data,
            self._validation(VALIDATION_SHARE if validation is None else validation),
            told.values,
            name=name or data.name,
            base_model=told.base_model or STARTER,
            preset=told.preset,
            engine=engine,
        )

    def _validation(self, given: Validation) -> float | MessageDataset:
        if isinstance(given, MessageDataset):
            return given
        if isinstance(given, str):
            with suppress(DatasetError):
                return self.dataset(given)
        return validation_share(given)

    @property
    def jobs(self) -> dict[str, TrainingJob]:
        """The handles of the runs of this kernel by id, the latest last."""
        return self.training.queue.jobs

    def job(self, reference: str | None = None) -> TrainingJob:
        """The handle of that run, wherever it trains, or of the newest one of this kernel."""
        return self.training.job(reference)

    def _start_thread(self, launch: Launch) -> None:
        thread.start(launch, self.publisher, self.models)

    # answers

    def contenders(self, columns: Sequence[str], waiting: Waiting = PATIENT) -> list[Contender]:
        """The models behind `base`, `first-try@all`, `starter=@prompt.txt` …, loaded."""
        parsed = [parse_column(text) for text in columns]
        beside = next((run for c in parsed if (run := self._run_of(c)) is not None), None)
        return [c for column in parsed for c in self._resolve(column, beside, waiting)]

    def compare(
        self,
        columns: Sequence[str],
        prompts: Sequence[str],
        params: SamplingParams | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        waiting: Waiting = PATIENT,
    ) -> Comparison:
        """Every model answers every prompt; greedy unless `params` say otherwise.

        Raises:
            RunError, ModelError: A name that stands for nothing here.
        """
        if not columns:
            raise ConfigError("column_missing", field="column", magic="%%ft_compare")
        if not prompts:
            raise ConfigError("prompts_missing", field="prompts")
        contenders = self.contenders(columns, waiting)
        return compare(contenders, prompts, params or SamplingParams(), on_progress)

    def _run_of(self, column: Column) -> Run | None:
        return None if column.model == "base" else self.runs.find(column.model)

    def _resolve(self, column: Column, beside: Run | None, waiting: Waiting) -> list[Contender]:
        run = self._run_of(column)
        if run is None:
            if column.at is not None:
                self.runs.get(column.model)  # says that there is no such run
            if column.model == "base" and beside is not None:
                chat = self.models.chat(*self._base_of(beside), waiting=waiting)
            else:
                name = STARTER if column.model == "base" else self._base_name(column.model)
                chat = self.models.chat(name, waiting=waiting)
            return [Contender(column.label, chat, column.system)]
        system = column.system if column.system is not None else trained_system(run)
        base = self._base_of(run)
        steps = steps_meant(run, column.at)
        labels = [f"{column.model}@step-{s}" if column.at == "all" else column.label for s in steps]
        paths = [run.checkpoint_path(step) for step in steps]
        return [
            Contender(label, self.models.chat(*base, path, waiting), system)
            for label, path in zip(labels, paths, strict=True)
        ]

    def _base_of(self, run: Run) -> tuple[str, How]:
        """The base model of a run, loaded as it was for the training, where that can be here."""
        return run.spec.base_model, as_here(how_of(run.spec.config))

    def _base_name(self, name: str) -> str:
        """A model that is no run: `starter`, a folder or a hub id."""
        if name == STARTER or "/" in name or Path(name).is_dir():
            return name
        near = difflib.get_close_matches(name, [*(r.name for r in self.runs.list()), STARTER], n=1)
        suggestion = f". Did you mean {near[0]!r}?" if near else ""
        raise ModelError("model_unknown", name=name, suggestion=suggestion)


_current: Session | None = None


def current() -> Session:
    """This kernel's session, made at the first call: `NBFINETUNE_HOME`, else `./nbfinetune`."""
    global _current
    if _current is None:
        home = Path(os.environ.get("NBFINETUNE_HOME") or "nbfinetune")
        _current = Session(home.expanduser().resolve())
    return _current
