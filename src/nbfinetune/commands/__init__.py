"""`python -m nbfinetune COMMAND`: one module per command.

Each adds its parser and, run, yields outcomes: what is printed as soon as it is known, and what
becomes the exit status.
"""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """A piece of output, and its exit status; that of several is the highest.

    `end` is printed behind it: nothing, where more of the same line follows.
    """

    output: str
    status: int = 0
    end: str = "\n"
