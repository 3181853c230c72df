"""`%ft_resume RUN`: let a run go on where it was, shown as `%ft_train` shows it."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import line_magic, magics_class

from nbfinetune.core.runs.launched import ENGINES
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly
from nbfinetune.magics.frontend import RunDisplay
from nbfinetune.session import Session
from nbfinetune.training.job import TrainingJob

RESUME = Line(
    "%ft_resume",
    [
        Option("engine", "another engine than before", "ENGINE", choices=ENGINES),
        Option("detach", "return at once; a process also goes on without this kernel"),
    ],
    takes="run",
)


@magics_class
class ResumeMagics(SessionMagics):
    """Runs that go on."""

    def __init__(self, shell: InteractiveShell, session: Session, display: RunDisplay) -> None:
        super().__init__(shell, session)
        self._display = display

    @friendly
    @line_magic
    @documented(RESUME)
    def ft_resume(self, line: str) -> TrainingJob:
        """Let a run go on: one that is paused, or one that ended before its last step.

        Example:
            %ft_resume first-try
            %ft_resume first-try@step-40

        It goes on from its newest checkpoint, or from the one that is named. In Colab, and where
        nobody looks, the cell waits for the end.
        """
        given = RESUME.parse(line)
        name = given.words[0] if given.words else None
        said, job = self.session.training.resume(name, engine=given.engine, detached=given.detach)
        say(str(said))
        if job.running and not given.detach and self._display.should_wait():
            self._display.wait(job)
        return job
