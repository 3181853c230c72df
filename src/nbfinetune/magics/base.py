"""What all magics share: the shell they run in and the session they speak to."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, magics_class
from IPython.display import display

from nbfinetune.session import Session


@magics_class
class SessionMagics(Magics):
    """Magics of one session."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        super().__init__(shell)
        self.session = session


def say(text: str) -> None:
    """A line below the cell, as text."""
    display({"text/plain": text}, raw=True)
