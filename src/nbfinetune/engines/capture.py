"""Everything that one thread prints, logs, warns or displays goes to its sink, never to a cell.

Output of a background thread would land in whichever cell was run last. Streams are told apart by
thread; log handlers that hold an older stream are silenced for the thread; a display hook, which is
thread-local in IPython, swallows displays. Other threads notice nothing.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

Sink = Callable[[str], None]
Hook = Callable[[dict[str, Any]], dict[str, Any] | None]


class DisplayPublisher(Protocol):
    """IPython's display publisher, as far as we need it."""

    def register_hook(self, hook: Hook) -> None: ...
    def unregister_hook(self, hook: Hook) -> bool: ...


class _Lines(io.TextIOBase):
    """A text stream that hands whole lines to a sink; of a line rewritten with `\\r` its end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._open = ""

    def write(self, text: str) -> int:
        *whole, self._open = (self._open + text).split("\n")
        for line in whole:
            self._emit(line)
        self._open = self._open[-10_000:]  # a progress bar that never ends its line
        return len(text)

    def finish(self) -> None:
        self._emit(self._open)
        self._open = ""

    def _emit(self, line: str) -> None:
        shown = line.rstrip("\r").rsplit("\r", 1)[-1]
        if shown.strip():
            self._sink(shown)


_streams: dict[int, _Lines] = {}
_originals: dict[str, Any] = {}
_lock = threading.RLock()


class _Switch(io.TextIOBase):
    """Stands in for `sys.stdout` or `sys.stderr` and asks which thread is writing."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def write(self, text: str) -> int:
        lines = _streams.get(threading.get_ident())
        return lines.write(text) if lines is not None else int(self._original.write(text))

    def flush(self) -> None:
        if threading.get_ident() not in _streams:
            self._original.flush()

    def isatty(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)  # fileno, encoding, the kernel's own methods


class _NotFromUs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread not in _streams


_not_from_us = _NotFromUs()


@contextmanager
def captured(sink: Sink, publisher: DisplayPublisher | None = None) -> Iterator[None]:
    """Inside the thread to capture: lines go to `sink` until the block is left."""
    ident = threading.get_ident()
    lines = _Lines(sink)
    own_handler = _thread_handler(lines, ident)
    with _lock:
        if not _streams:
            _install()
        _streams[ident] = lines
    silenced = _silence_handlers()
    logging.getLogger().addHandler(own_handler)
    hook = _display_hook(lines)
    if publisher is not None:
        publisher.register_hook(hook)
    try:
        yield
    finally:
        if publisher is not None:
            publisher.unregister_hook(hook)
        logging.getLogger().removeHandler(own_handler)
        lines.finish()
        with _lock:
            del _streams[ident]
            if not _streams:
                _uninstall(silenced)


def _install() -> None:
    for name in ("stdout", "stderr"):
        _originals[name] = getattr(sys, name)
        setattr(sys, name, _Switch(_originals[name]))


def _uninstall(silenced: list[logging.Handler]) -> None:
    for name, original in _originals.items():
        if isinstance(getattr(sys, name), _Switch):  # somebody else may have replaced it since
            setattr(sys, name, original)
    _originals.clear()
    for handler in silenced:
        handler.removeFilter(_not_from_us)


def _thread_handler(lines: _Lines, ident: int) -> logging.Handler:
    handler = logging.StreamHandler(cast(Any, lines))
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(lambda record: record.thread == ident)
    return handler


def _silence_handlers() -> list[logging.Handler]:
    """Handlers that hold the old stream (transformers', datasets', the root's) bypass ours."""
    known = [x for x in logging.Logger.manager.loggerDict.values() if isinstance(x, logging.Logger)]
    silenced = []
    for logger in [logging.getLogger(), *known]:
        for handler in logger.handlers:
            writes = isinstance(handler, logging.StreamHandler)
            if writes and not isinstance(handler, logging.FileHandler):
                handler.addFilter(_not_from_us)
                silenced.append(handler)
    return silenced


def _display_hook(lines: _Lines) -> Hook:
    def hook(message: dict[str, Any]) -> None:
        shown = message.get("content", {}).get("data", {}).get("text/plain")
        if shown:
            lines.write(f"{shown}\n")

    return hook
