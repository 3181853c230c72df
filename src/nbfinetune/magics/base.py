"""What all magics share: the shell they run in and the session they speak to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, magics_class
from IPython.display import display

from nbfinetune.chat.waiting import Waiting
from nbfinetune.session import Session


@magics_class
class SessionMagics(Magics):
    """Magics of one session."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        super().__init__(shell)
        self.session = session


SOON_SECONDS = 1.5
"""What is over sooner leaves no trace below a cell."""


@contextmanager
def waiting_below() -> Iterator[Waiting]:
    """Somebody who waits in this cell: how far it is stands below it, once that takes a while.

    Interrupting the cell ends the waiting.
    """
    line: Any = None
    began = 0.0

    def tell(text: str) -> None:
        nonlocal line, began
        bundle = {"text/plain": text}
        began = began or monotonic()
        if monotonic() - began < SOON_SECONDS:
            return
        if line is None:
            line = display(bundle, raw=True, display_id=True)
        else:
            line.update(bundle, raw=True)

    yield Waiting(tell)
    if line is not None:
        line.update({"text/plain": ""}, raw=True)


def say(text: str) -> None:
    """A line below the cell, as text."""
    display({"text/plain": text}, raw=True)
