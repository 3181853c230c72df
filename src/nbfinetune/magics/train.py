"""`%ft_train DATASET`: check what can be checked before the wait, then train in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import line_magic, magics_class

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.presets import PRESETS, STARTER
from nbfinetune.core.runs.launched import ENGINES
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly
from nbfinetune.magics.frontend import RunDisplay
from nbfinetune.session import Session
from nbfinetune.training.estimate import Forecast
from nbfinetune.training.job import TrainingJob

LINE = Line(
    "%ft_train",
    [
        Option("name", "the name of the run", "RUN"),
        Option(
            "base-model", f"hub id, folder or {STARTER} [{STARTER}]", "MODEL", choices=(STARTER,)
        ),
        Option("preset", "one of " + ", ".join(PRESETS), "PRESET", choices=tuple(PRESETS)),
        Option(
            "validation",
            "share of the rows, or a dataset of its own [0.1]",
            "SHARE|NAME",
            means="dataset",
        ),
        Option("like", "settings, base model and rows of an earlier run", "RUN", means="run"),
        Option("config", "settings from a file, as %ft_runs RUN --settings writes it", "FILE"),
        Option(
            "engine",
            "thread (of this kernel), or process: survives a restart of the kernel [thread]",
            "ENGINE",
            choices=ENGINES,
        ),
        Option("dry-run", "show what the run would do and take, and start nothing"),
        Option("attach", "wait for the end; interrupting the cell ends the waiting only"),
        Option(
            "detach",
            "return at once, the default in JupyterLab and VS Code; a process also goes on "
            "without this kernel, else it saves and ends ten minutes after it",
        ),
    ],
    settings=True,
    takes="data",
)


@magics_class
class TrainMagics(SessionMagics):
    """Training."""

    def __init__(self, shell: InteractiveShell, session: Session, display: RunDisplay) -> None:
        super().__init__(shell, session)
        self._display = display

    @friendly
    @line_magic
    @documented(LINE)
    def ft_train(self, line: str) -> TrainingJob | Forecast:
        """Train a LoRA on a dataset, in the background; the cell returns at once.

        In Colab, and where nobody looks, it waits for the end instead (`--attach`, `--detach`).
        One run trains at a time: another one waits until it has ended or pauses.

        Example:
            %ft_train pirate --name first-try
            %ft_train pirate --epochs 5 --learning-rate 1e-3
            %ft_train --like first-try --epochs 5
            %ft_train pirate --base-model Qwen/Qwen2.5-0.5B-Instruct --dry-run

        `%ft_wait` waits for the end, `%ft_pause` and `%ft_resume` hold it up and let it go on,
        `%ft_stop` ends it early with a checkpoint.
        """
        given = LINE.parse(line)
        if len(given.words) > 1 or not (given.words or given.like):
            raise ConfigError(
                "arguments_wrong",
                field="line",
                magic="%ft_train",
                reason="name one dataset, as in  %ft_train pirate --name first-try",
            )
        if given.attach and given.detach:
            raise ConfigError(
                "arguments_wrong",
                field="line",
                magic="%ft_train",
                reason="--attach and --detach exclude each other",
            )
        settings: dict[str, Any] = {
            **LINE.settings(given),
            "name": given.name,
            "base_model": given.base_model,
            "preset": given.preset,
            "validation": given.validation,
            "like": given.like,
            "config": given.config,
            "engine": given.engine or "thread",
        }
        dataset = self._dataset(given.words[0]) if given.words else None
        if given.dry_run:
            return self.session.dry_run(dataset, **settings)
        job = self.session.train(dataset, detached=given.detach, **settings)
        if place := self.session.training.place(job.run):
            say(str(place))
        if given.attach or (not given.detach and self._display.should_wait()):
            self._display.wait(job)
        return job

    def _dataset(self, word: str) -> MessageDataset | str:
        """A kept dataset, or a file that is loaded on the way."""
        if word not in self.session.datasets and Path(word).expanduser().is_file():
            return self.session.load_dataset(word)
        return word
