"""A page's words reach a run's view while a cell runs, where the kernel can hear them at all.

ipykernel 7.4 needs help with that (`panels.comms`); the last test fails once it doesn't.
"""

from __future__ import annotations

import pytest

from tests.kernel.driver import Cell, Kernel, Message
from tests.kernel.test_kernel_training import Panel

# an ended run, so that nothing but the page makes the view speak
RUN = """
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import EventWriter, StateChanged
from nbfinetune.core.runs.store import DataSpec, RunSpec
from nbfinetune.panels.run import RunPanel
from nbfinetune.training.job import TrainingJob

_run = _ft.runs.create(RunSpec(
    run_id="{id}", name="{id}", created="2026-01-02T03:04:05+00:00", base_model="starter",
    preset="starter", config=TrainConfig(),
    data=DataSpec(name="pirate", sha256="", train_rows=9, validation_rows=1)))
_writer = EventWriter(_run.events)
_writer.emit(StateChanged(state="finished"))
_panel = RunPanel(TrainingJob(_run))
_panel.show()
"""

# busy until the page was heard, or until the test has seen that it isn't
BUSY = """
from pathlib import Path
from threading import Event
_heard, _over = Event(), Path("{over}")
_panel.view.on_msg(lambda *_: _heard.set())
print("here")
while not (_heard.wait(0.02) or _over.exists()):
    pass
print("heard" if _heard.is_set() else "not heard")
"""

WITHOUT_HELP = "vars(_panel.view.comm).pop('_reply_subshell_for', None)\n"


@pytest.fixture
def subshell(kernel: Kernel) -> str | None:
    return kernel.subshell()


def panel(kernel: Kernel, name: str, then: str = "") -> Panel:
    cell = kernel.run(RUN.format(id=name) + then)
    assert cell.status == "ok", cell.traceback
    return Panel.of(cell)


def pull_while_busy(kernel: Kernel, panel: Panel, subshell: str | None) -> Cell:
    """A page asks while a cell runs; the cell ends once the page's subshell has had its turn."""
    over = kernel.folder / f"{panel.view}.over"
    busy = kernel.start(BUSY.format(over=over))
    kernel.wait_for(lambda m: m["msg_type"] == "stream", cell=busy)
    kernel.tell(panel.view, {"t": "pull", "have": {}}, subshell)
    if subshell is not None:
        kernel.echo(subshell)
    over.touch()
    return kernel.finish(busy)


def answered(panel: Panel, message: Message) -> bool:
    return panel.news(message).get("head", {}).get("state") == "finished"


def test_a_page_is_heard_while_a_cell_runs_where_the_kernel_has_subshells(
    kernel: Kernel, subshell: str | None
) -> None:
    ended = panel(kernel, "heard")

    cell = pull_while_busy(kernel, ended, subshell)

    heard = "heard" if subshell else "not heard"
    assert cell.printed == f"here\n{heard}\n"


def test_a_page_that_was_not_heard_at_once_is_answered_after_the_cell(kernel: Kernel) -> None:
    ended = panel(kernel, "later")

    pull_while_busy(kernel, ended, None)

    kernel.wait_for(lambda m: answered(ended, m) and "about" in ended.news(m))


def test_ipykernel_still_needs_help_to_hear_a_page_while_a_cell_runs(
    kernel: Kernel, subshell: str | None
) -> None:
    bare = panel(kernel, "bare", WITHOUT_HELP)

    cell = pull_while_busy(kernel, bare, subshell)

    # Once this fails, ipykernel hears pages by itself: remove `panels.comms` and this test.
    assert cell.printed == "here\nnot heard\n"
