"""The worker imported before its turn: once, in silence, and with the same failure as without."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbfinetune.core.runs.store import RunStore
from nbfinetune.engines import ahead
from nbfinetune.engines.queue import TrainingQueue
from nbfinetune.engines.thread import start
from nbfinetune.session import Session
from nbfinetune.training import preflight
from tests.models import rows_of
from tests.training.runs import prepare

DEADLINE_SECONDS = 30

WORKS = """
from nbfinetune.core.runs.events import StateChanged
print("an old library warns")
def run(target, channel, *_how):
    channel.emit(StateChanged(state="finished"))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let this be the source of the worker."""
    monkeypatch.setattr(ahead, "WORKER", "worker_of_a_test")
    monkeypatch.setattr(ahead, "_begun", None)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the source changes within a second

    def write(source: str) -> None:
        (tmp_path / "worker_of_a_test.py").write_text(source)

    yield write
    sys.modules.pop("worker_of_a_test", None)


def begun() -> None:
    """Begin, and wait for the end."""
    ahead.begin()
    assert ahead._begun is not None
    ahead._begun.thread.join(DEADLINE_SECONDS)


def told_by_a_run(home: Path) -> tuple[str, str, list[str]]:
    """How a run in this process ends: its state, why it failed, what was printed meanwhile."""
    run = prepare(home, "starter")
    job = TrainingQueue(RunStore(home), {"thread": start}).submit(run, "thread")
    job.wait_a_moment(DEADLINE_SECONDS)
    record = run.record()
    return record.state, record.failure.reason if record.failure else "", record.log


def test_what_is_imported_ahead_is_what_the_run_works_with(module, tmp_path, capsys):
    module(WORKS)
    begun()
    assert told_by_a_run(tmp_path) == ("finished", "", ["an old library warns"])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("early", [True, False])
def test_a_failing_import_is_told_by_the_run_ahead_or_not(module, tmp_path, capsys, early):
    module("import no_such_package_here")
    if early:
        begun()
    reason = "ModuleNotFoundError: No module named 'no_such_package_here'"
    assert told_by_a_run(tmp_path) == ("failed", reason, [])
    assert capsys.readouterr() == ("", "")


def test_what_has_failed_is_tried_again_when_somebody_begins_anew(module, tmp_path):
    module("import no_such_package_here")
    begun()
    module(WORKS)  # the package was installed meanwhile
    begun()
    assert told_by_a_run(tmp_path)[0] == "finished"


def test_all_who_ask_at_once_get_the_one_module_whole(module, tmp_path):
    module("import time\nimported = []\ntime.sleep(0.05)\nimported.append(1)")
    ahead.begin()
    found: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(ahead.worker(print).imported))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    ahead.begin()  # a second run that is started meanwhile
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert found == [[1]] * 4
    assert all(one is found[0] for one in found)


@pytest.mark.parametrize("is_on", [True, False])
def test_collecting_is_as_it_was_also_behind_a_failure(module, is_on):
    module("import gc\nassert not gc.isenabled()\nraise OSError('half there')")
    before = gc.isenabled()
    (gc.enable if is_on else gc.disable)()
    try:
        begun()
        with pytest.raises(OSError, match=r"^half there$"):
            ahead.worker(print)
        assert (gc.isenabled(), gc.get_freeze_count()) == (is_on, 0)
    finally:
        (gc.enable if before else gc.disable)()


def test_it_begins_for_a_run_of_this_process_and_not_for_data_or_another_process(
    tmp_path, monkeypatch
):
    events: list[str] = []
    session = Session(tmp_path)
    monkeypatch.setattr(ahead, "begin", lambda: events.append("begun"))
    monkeypatch.setattr(preflight, "freeze", lambda *_: events.append("frozen"))
    rows = session.load_dataset(rows_of([("one", "uno"), ("two", "dos")]), name="numbers")
    monkeypatch.setattr(
        session.training.queue, "submit", lambda *_, detached: events.append("submitted")
    )
    session.train(rows, engine="process")
    assert events == ["frozen", "submitted"]
    session.train(rows)
    assert events[2:] == ["begun", "frozen", "submitted"]
