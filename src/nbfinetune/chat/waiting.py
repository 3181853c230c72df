"""Who waits for a model to be fetched and loaded, and may not want to wait any longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Waiting(NamedTuple):
    """`tell` hears, in the user's language, how far it is; `should_stop` is asked all the while."""

    tell: Callable[[str], None] = lambda _text: None
    should_stop: Callable[[], bool] = lambda: False


PATIENT = Waiting()
"""Waits to the end and wants to hear nothing."""
