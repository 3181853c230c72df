"""Whose turn it is to compute on a device: first come, first served.

A training run takes a turn for each step, a chat one for each answer; both come from threads of
their own. So neither waits for more than one turn of the other, and a step sees the model as the
step before left it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock, get_ident


class Turns:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._queue: deque[object] = deque()
        self._holder: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Inside, nobody else has the turn. Not to be nested: who waits for himself waits long."""
        ticket = object()
        with self._changed:
            if self._holder == get_ident():
                raise RuntimeError("this thread has the turn already")
            self._queue.append(ticket)
            try:
                self._changed.wait_for(lambda: self._queue[0] is ticket)
            except BaseException:  # an interrupted cell waits no more
                self._leave(ticket)
                raise
            self._holder = get_ident()
        try:
            yield
        finally:
            with self._changed:
                self._holder = None
                self._leave(ticket)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._changed:
            return max(0, len(self._queue) - 1)

    def _leave(self, ticket: object) -> None:
        self._queue.remove(ticket)
        self._changed.notify_all()


_by_device: dict[str, Turns] = {}
_lock = Lock()


def turns_of(device: object) -> Turns:
    """The turns of a device. One queue for all its models: two that compute at once would share
    its cores and add up their memory, and the number of threads is a setting of the process.
    """
    with _lock:
        return _by_device.setdefault(str(device), Turns())
