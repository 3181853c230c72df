"""`%ft_stop`, `%ft_wait`, `%ft_runs`: control runs and look at them."""

from __future__ import annotations

from IPython.core.magic import line_magic, magics_class
from IPython.display import display

from nbfinetune.core.runs.store import Run
from nbfinetune.display.run import run_text, runs_html, runs_table
from nbfinetune.display.text import table
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly

STOP = Line("%ft_stop", [], takes="run")
WAIT = Line("%ft_wait", [], takes="run")
RUNS = Line("%ft_runs", [Option("log", "what the training code printed and logged")], takes="run")


def _only_word(line: Line, text: str) -> str | None:
    words = line.parse(text).words
    return words[0] if words else None


@magics_class
class RunsMagics(SessionMagics):
    """Runs."""

    @friendly
    @line_magic
    @documented(STOP)
    def ft_stop(self, line: str) -> None:
        """End a run after its current step, with a checkpoint: `%ft_stop` or `%ft_stop RUN`."""
        run = self.session.stop(_only_word(STOP, line))
        state = run.record().state
        over = state in ("finished", "stopped", "failed")
        ending = "stops after this step and keeps a checkpoint"
        say(f"{run.name}: " + (f"already {state}" if over else ending))

    @friendly
    @line_magic
    @documented(WAIT)
    def ft_wait(self, line: str) -> None:
        """Wait until a run has ended: `%ft_wait` or `%ft_wait RUN`.

        Interrupting the cell ends the waiting, not the run.
        """
        job = self.session.job(_only_word(WAIT, line))
        say(run_text(job.name, job.wait()))

    @friendly
    @line_magic
    @documented(RUNS)
    def ft_runs(self, line: str) -> Run | None:
        """List the runs, newest first, or look at one: `%ft_runs` or `%ft_runs RUN`."""
        given = RUNS.parse(line)
        if not given.words:
            self._list()
            return None
        run = self.session.runs.get(given.words[0])
        if not given.log:
            return run
        record = run.record()
        failure = [record.failure.traceback] if record.failure else []
        say("\n".join([*record.log, *failure]) or "nothing was printed or logged")
        return None

    def _list(self) -> None:
        runs = self.session.runs.list()
        head = ["run", "state", "step", "validation loss", "id"]
        text = table(head, runs_table(runs), 110) if runs else "no runs yet"
        bundle = {"text/plain": text}
        display({**bundle, "text/html": runs_html(runs)} if runs else bundle, raw=True)
