"""What a captured thread writes goes to its sink, what other threads write goes where it went."""

from __future__ import annotations

import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest

from nbfinetune.engines.capture import Hook, captured

DEADLINE_SECONDS = 20


class Stream(io.StringIO):
    """Like a kernel's stream: it has a method of its own."""

    def kernels_own(self) -> str:
        return "reached"


Streams = tuple[Stream, Stream]


@pytest.fixture
def replace_streams(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Streams]:
    """Puts stand-ins for `sys.stdout` and `sys.stderr`; pytest puts its own before each test."""

    def replace() -> Streams:
        out, err = Stream(), Stream()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        return out, err

    return replace


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger of a library, and the root's handlers put back afterwards."""
    logger = logging.getLogger("a.library")
    root = logging.getLogger()
    handlers, own = list(root.handlers), list(logger.handlers)
    yield logger
    root.handlers[:], logger.handlers[:], logger.propagate = handlers, own, True


def run_captured(work: Callable[[], None], publisher: Any = None) -> list[str]:
    """The lines that `work` leaves when it runs in a captured thread."""
    lines: list[str] = []

    def captured_work() -> None:
        with captured(lines.append, publisher):
            work()

    thread = Thread(target=captured_work)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()
    return lines


def test_prints_become_lines_and_reach_no_stream(replace_streams: Callable[[], Streams]) -> None:
    streams = replace_streams()

    def work() -> None:
        print("one\ntwo")
        print("three", file=sys.stderr)
        sys.stdout.write("no end")

    assert run_captured(work) == ["one", "two", "three", "no end"]
    assert [stream.getvalue() for stream in streams] == ["", ""]


def test_blank_lines_are_dropped(replace_streams: Callable[[], Streams]) -> None:
    replace_streams()

    assert run_captured(lambda: print("\n\n  \nword\n")) == ["word"]


def test_of_a_progress_bar_the_last_state_is_kept(replace_streams: Callable[[], Streams]) -> None:
    replace_streams()

    def work() -> None:
        for percent in (0, 50, 100):
            sys.stderr.write(f"\rbar: {percent}%")
        sys.stderr.write("\nnext\n")

    assert run_captured(work) == ["bar: 100%", "next"]


def test_a_real_progress_bar_leaves_one_line(replace_streams: Callable[[], Streams]) -> None:
    replace_streams()

    from tqdm import tqdm

    lines = run_captured(lambda: [None for _ in tqdm(range(3), desc="bar")] and None)

    assert len(lines) == 1
    assert lines[0].startswith("bar: 100%")


def test_log_records_come_with_level_and_name_also_through_handlers_with_the_old_stream(
    replace_streams: Callable[[], Streams], logger: logging.Logger
) -> None:
    streams = replace_streams()

    logging.getLogger().addHandler(logging.StreamHandler(streams[1]))
    loner = logging.getLogger("a.library.of.its.own")
    loner.addHandler(logging.StreamHandler(streams[1]))

    def work() -> None:
        logger.warning("be careful")
        loner.error("worse")

    lines = run_captured(work)
    loner.handlers.clear()

    assert lines == ["WARNING a.library: be careful", "ERROR a.library.of.its.own: worse"]
    assert streams[1].getvalue() == ""


def test_warnings_are_lines(replace_streams: Callable[[], Streams]) -> None:
    streams = replace_streams()

    def work() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            # pytest replaces this function: the one of Python writes to sys.stderr
            warnings.showwarning = lambda message, category, *rest, **more: print(
                f"{category.__name__}: {message}", file=sys.stderr
            )
            warnings.warn("old", stacklevel=1)

    assert run_captured(work) == ["UserWarning: old"]
    assert streams[1].getvalue() == ""


def test_other_threads_write_to_the_stream_meanwhile(
    replace_streams: Callable[[], Streams], logger: logging.Logger
) -> None:
    streams = replace_streams()

    root_handler = logging.StreamHandler(streams[1])
    logging.getLogger().addHandler(root_handler)
    inside, go_on = Event(), Event()
    lines: list[str] = []

    def work() -> None:
        with captured(lines.append):
            inside.set()
            assert go_on.wait(DEADLINE_SECONDS)
            print("from the captured thread")

    thread = Thread(target=work)
    thread.start()
    assert inside.wait(DEADLINE_SECONDS)
    print("from here")
    sys.stdout.flush()
    logger.warning("logged here")
    reached = sys.stdout.kernels_own()  # type: ignore[attr-defined]
    go_on.set()
    thread.join(DEADLINE_SECONDS)

    assert lines == ["from the captured thread"]
    assert streams[0].getvalue() == "from here\n"
    assert streams[1].getvalue() == "logged here\n"
    assert reached == "reached"


def test_two_threads_have_a_sink_each_whoever_ends_first(
    replace_streams: Callable[[], Streams],
) -> None:
    streams = replace_streams()

    both, first_gone = threading.Barrier(2, timeout=DEADLINE_SECONDS), Event()
    sinks: dict[str, list[str]] = {"short": [], "long": []}

    def work(name: str) -> None:
        with captured(sinks[name].append):
            both.wait()
            print(name)
            if name == "long":
                assert first_gone.wait(DEADLINE_SECONDS)
                print("still captured")

    threads = {name: Thread(target=work, args=(name,)) for name in sinks}
    for thread in threads.values():
        thread.start()
    threads["short"].join(DEADLINE_SECONDS)
    first_gone.set()
    threads["long"].join(DEADLINE_SECONDS)

    assert sinks == {"short": ["short"], "long": ["long", "still captured"]}
    assert (sys.stdout, sys.stderr) == streams


def test_everything_is_put_back_also_after_an_exception(
    replace_streams: Callable[[], Streams], logger: logging.Logger
) -> None:
    streams = replace_streams()

    handler = logging.StreamHandler(streams[1])
    logging.getLogger().addHandler(handler)
    before = list(logging.getLogger().handlers)
    raised: list[str] = []

    def work() -> None:
        try:
            with captured(lambda _line: None):
                raise ValueError("inside")
        except ValueError as error:
            raised.append(str(error))

    thread = Thread(target=work)
    thread.start()
    thread.join(DEADLINE_SECONDS)

    assert raised == ["inside"]
    assert (sys.stdout, sys.stderr) == streams
    assert logging.getLogger().handlers == before
    assert handler.filters == []


def test_a_stream_that_somebody_has_replaced_meanwhile_is_left_alone(
    replace_streams: Callable[[], Streams],
) -> None:
    streams = replace_streams()

    another = Stream()

    def work() -> None:
        sys.stdout = another

    run_captured(work)

    assert sys.stdout is another
    assert sys.stderr is streams[1]


class Publisher:
    """Like a kernel's publisher: hooks see a message first, and None ends its way."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self.published: list[dict[str, Any]] = []

    def register_hook(self, hook: Hook) -> None:
        self.hooks.append(hook)

    def unregister_hook(self, hook: Hook) -> bool:
        self.hooks.remove(hook)
        return True

    def publish(self, message: dict[str, Any] | None) -> None:
        for hook in self.hooks:
            message = message and hook(message)
        if message:
            self.published.append(message)


def test_displays_leave_their_text_and_are_not_published(
    replace_streams: Callable[[], Streams],
) -> None:
    replace_streams()

    publisher = Publisher()

    def work() -> None:
        publisher.publish({"content": {"data": {"text/plain": "a frame", "text/html": "<b>"}}})
        publisher.publish({"content": {"wait": False}})

    assert run_captured(work, publisher) == ["a frame"]
    assert (publisher.published, publisher.hooks) == ([], [])
