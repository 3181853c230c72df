"""`%ft_stop`, `%ft_pause`, `%ft_wait`, `%ft_runs`: control runs and look at them."""

from __future__ import annotations

import argparse
from pathlib import Path

from IPython.core.magic import line_magic, magics_class
from IPython.display import display

from nbfinetune.core import text
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.runs.store import Run
from nbfinetune.display.run import run_text
from nbfinetune.display.runs import details_html, details_text, runs_html, runs_text
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly

NOW = Option("now", "end the process of a run that does not obey; loses what it did not save")
STOP = Line("%ft_stop", [NOW], takes="run")
PAUSE = Line("%ft_pause", [], takes="run")
WAIT = Line("%ft_wait", [], takes="run")
RUNS = Line(
    "%ft_runs",
    [
        Option("details", "base model, settings, data, versions and hardware"),
        Option("settings", "every setting, as a file for  %ft_train --config"),
        Option("code", "the same training as a plain script for TRL"),
        Option("to", "write the settings or the script into a new file", "FILE"),
        Option("log", "what the training code printed and logged"),
        Option("rename", "call it otherwise; its id stays", "NAME"),
        Option("note", "keep a note with it; an empty one takes it away", "TEXT"),
        Option("delete", "remove it, with its checkpoints"),
    ],
    takes="run",
)


_OF_A_RUN = ("details", "settings", "code", "log", "delete", "rename", "note")


def _word(given: argparse.Namespace) -> str | None:
    return given.words[0] if given.words else None


@magics_class
class RunsMagics(SessionMagics):
    """Runs."""

    @friendly
    @line_magic
    @documented(STOP)
    def ft_stop(self, line: str) -> None:
        """End a run after its current step, with a checkpoint: `%ft_stop` or `%ft_stop RUN`.

        One that waits is taken out of the queue. `%ft_resume` lets it go on later.
        """
        given = STOP.parse(line)
        say(str(self.session.training.stop(_word(given), now=given.now)))

    @friendly
    @line_magic
    @documented(PAUSE)
    def ft_pause(self, line: str) -> None:
        """Hold a run up after its current step, with a checkpoint: `%ft_pause` or `%ft_pause RUN`.

        Meanwhile the processor is free, and a run that waits may train.
        """
        say(str(self.session.training.pause(_word(PAUSE.parse(line)))))

    @friendly
    @line_magic
    @documented(WAIT)
    def ft_wait(self, line: str) -> None:
        """Wait until a run has ended: `%ft_wait` or `%ft_wait RUN`.

        Interrupting the cell ends the waiting, not the run.
        """
        job = self.session.job(_word(WAIT.parse(line)))
        say(run_text(job.name, job.wait()))

    @friendly
    @line_magic
    @documented(RUNS)
    def ft_runs(self, line: str) -> Run | None:
        """List the runs, newest first, or look at one: `%ft_runs` or `%ft_runs RUN`.

        A run that trains is shown live, whichever kernel has started it.
        """
        given = RUNS.parse(line)
        name = _word(given)
        if given.to is not None and bool(given.settings) == bool(given.code):
            raise ConfigError(
                "arguments_wrong",
                field="line",
                magic="%ft_runs",
                reason="--to writes either --settings or --code",
            )
        if name is None:
            self._list(given)
            return None
        if not self._changed(name, given) and not self._told(name, given):
            return self.session.job(name).run
        return None

    def _changed(self, name: str, given: argparse.Namespace) -> bool:
        """Whether something was to be changed; it is then."""
        training = self.session.training
        said = []
        if given.delete:
            said.append(training.delete(name))
        else:
            if given.note is not None:
                said.append(training.note(name, given.note))
            if given.rename is not None:
                said.append(training.rename(name, given.rename))
        if said:
            say("\n".join(map(str, said)))
        return bool(said)

    def _told(self, name: str, given: argparse.Namespace) -> bool:
        """Whether its details or its log were asked for; they are shown then."""
        run = self.session.runs.get(name)
        if given.details:
            shown = {"text/plain": details_text(run), "text/html": details_html(run)}
            display(shown, raw=True)
        if given.settings or given.code:
            self._hand_out(run, given)
        if given.log:
            say(_log(run))
        return any((given.details, given.log, given.settings, given.code))

    def _hand_out(self, run: Run, given: argparse.Namespace) -> None:
        """The settings or the script of a run: shown, or written where a file is named."""
        from nbfinetune.core.output import write_output
        from nbfinetune.training.script import shown_script, write_script
        from nbfinetune.training.settings_file import settings_text

        if given.to is None:
            say((shown_script(run) if given.code else settings_text(run.spec)).rstrip())
            return
        path = Path(given.to).expanduser()
        if given.code:
            rows = write_script(run, path)
            say(text.message("script_written", {"path": path, "rows": rows}))
        else:
            write_output(path, [settings_text(run.spec).encode()])
            say(text.message("settings_written", {"path": path}))

    def _list(self, given: argparse.Namespace) -> None:
        if any(vars(given)[name] for name in _OF_A_RUN):
            raise ConfigError(
                "arguments_wrong",
                field="line",
                magic="%ft_runs",
                reason="name a run, as in  %ft_runs first-try --log",
            )
        runs = self.session.runs.list()
        if not runs:
            say(text.message("runs_none", {}))
            return
        display({"text/plain": runs_text(runs), "text/html": runs_html(runs)}, raw=True)


def _log(run: Run) -> str:
    """What was printed and logged, what its process left on its streams, and the failure."""
    record = run.record()
    failure = [record.failure.traceback] if record.failure else []
    told = [*record.log, run.log.rstrip(), *failure]
    return "\n".join(filter(None, told)) or text.message("no_output", {})
