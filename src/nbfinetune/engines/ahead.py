"""The worker and all that it needs (torch, transformers, PEFT), imported before its turn comes.

Takes seconds, so it begins in a thread while the rows of a run are still checked and written. What
the packages print, and why they can't be imported, is told by the run that needs them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Lock, Thread
from types import ModuleType

from nbfinetune.engines.capture import captured

WORKER = "nbfinetune.training.worker"


class _Import:
    """One import, under way or done. `error` is what ended it."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.error: BaseException | None = None
        self.thread = Thread(target=self._work, name="nbfinetune-import", daemon=True)
        self.thread.start()

    @property
    def failed(self) -> bool:
        return not self.thread.is_alive() and self.error is not None

    def _work(self) -> None:
        with captured(self.printed.append):
            try:
                _imported()
            except BaseException as error:  # whatever a broken package raises
                self.error = error


_lock = Lock()
_begun: _Import | None = None


def begin() -> None:
    """Begin the import, and return at once. One that failed is tried again: somebody may have
    installed what was missing.
    """
    global _begun
    with _lock:
        if _begun is None or _begun.failed:
            _begun = _Import()


def worker(tell: Callable[[str], None]) -> ModuleType:
    """The module of the worker, imported here where nobody has begun; `tell` gets what was printed
    elsewhere.

    Raises:
        Exception: Whatever the import raises, in whichever thread.
    """
    global _begun
    with _lock:
        begun, _begun = _begun, None
    if begun is not None:
        begun.thread.join()
        for line in begun.printed:
            tell(line)
        if begun.error is not None:  # tried again, torch would only say that it is half there
            raise begun.error
    return _imported()


def _imported() -> ModuleType:
    with _uncollected():
        return import_module(WORKER)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing is collected meanwhile: modules stay, and visiting them again and again took a sixth
    of the time. They are old afterwards, not young ones that the next collections would visit.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # puts everything into the oldest generation
            gc.enable()
