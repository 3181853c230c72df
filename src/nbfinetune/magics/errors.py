"""Our errors in a notebook: what happened and the way out, no traceback; *Run All* stops."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from nbfinetune.core.errors import NbFinetuneError

P = ParamSpec("P")
R = TypeVar("R")


def friendly(magic: Callable[P, R]) -> Callable[P, R]:
    """Let a magic's own errors be shown as their message. Other exceptions keep their traceback."""

    @functools.wraps(magic)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return magic(*args, **kwargs)
        except NbFinetuneError as error:
            shown = f"{type(error).__name__}: {error}".split("\n")
            # IPython shows these lines instead of a traceback (7.34 and newer)
            error._render_traceback_ = lambda: shown  # type: ignore[attr-defined]
            raise

    return wrapped
