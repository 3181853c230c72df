"""Who looks at this shell, and what that means for a run: live below the cell, or waited for."""

from __future__ import annotations

import sys
from typing import Any, Literal

from traitlets import Bool
from traitlets.config import Configurable

from nbfinetune.core.runs.store import Run
from nbfinetune.magics.base import say
from nbfinetune.session import current
from nbfinetune.training.job import TrainingJob

FrontEnd = Literal["page", "runner", "terminal"]
REFRESH_SECONDS = 0.25


class NbFinetune(Configurable):
    """`%config NbFinetune.plain_view = True` shows runs in ipywidgets' own widgets."""

    plain_view = Bool(False, help="for pages that can't load our chart").tag(config=True)


def front_end(shell: Any) -> FrontEnd:
    """A page with widgets, a runner that only collects outputs (nbclient …), or a terminal.

    A runner says that nobody is there to answer a question; pages always let cells ask.
    """
    if getattr(shell, "kernel", None) is None:
        return "terminal"
    return "page" if shell.get_parent().get("content", {}).get("allow_stdin", True) else "runner"


class RunDisplay:
    """How the runs of one shell are shown."""

    def __init__(self, shell: Any, config: NbFinetune) -> None:
        self._shell = shell
        self._config = config
        self._waited_for: tuple[str, int] | None = None

    def should_wait(self) -> bool:
        """Whether a cell that trains waits for the end unless it is told otherwise.

        Colab shows nothing of a background thread while no cell runs
        (https://github.com/googlecolab/colabtools/issues/3373); a runner ends with its last cell.
        """
        return "google.colab" in sys.modules or front_end(self._shell) != "page"

    def wait(self, job: TrainingJob) -> None:
        """Show the run until it has ended; an interrupt ends the waiting, not the run.

        Raises:
            RunError: The run failed.
        """
        self._waited_for = (job.run.id, self._shell.execution_count)
        panel = self._panel(job)
        panel.show()
        try:
            while not job.wait_a_moment(REFRESH_SECONDS):
                panel.refresh()
        except KeyboardInterrupt:
            panel.follow()
            say(f"{job.name} goes on in the background: %ft_wait waits for it, %ft_stop ends it")
            return
        panel.leave_picture()
        job.wait()

    def show(self, job: TrainingJob) -> None:
        """Below the cell: live where it trains and somebody looks.

        Raises:
            NotImplementedError: Otherwise; IPython then shows the picture that stays.
        """
        if self._waited_for == (job.run.id, self._shell.execution_count):
            return  # this very cell has shown it
        if not job.running or front_end(self._shell) != "page":
            raise NotImplementedError
        panel = self._panel(job)
        panel.show()
        panel.follow()

    def show_run(self, run: Run) -> None:
        """As `show`; the run may train in another process."""
        self.show(current().jobs.get(run.id) or TrainingJob(run))

    def _panel(self, job: TrainingJob) -> Any:
        if front_end(self._shell) == "page":
            from nbfinetune.panels.run import RunPanel

            return RunPanel(job, plain=self._config.plain_view)
        from nbfinetune.panels.text import TextPanel

        return TextPanel(job)
