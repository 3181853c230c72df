"""A run in a real kernel: cells go on, nothing leaks, Stop works, an interrupt is not a stop."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.store import Run, RunStore
from tests.kernel.driver import Cell, Kernel, Message

LATENCY_SECONDS = 0.05
EXECUTIONS = 60

# hundreds of steps with the defaults, thousands of short ones: no test waits for the end of these
USUAL = "%ft_train pirate --epochs 10 --validation 0 --name "
LONG = "%ft_train pirate --epochs 10 --batch-size 1 --validation 0 --name "
SHORT = "%ft_train pirate --max-steps 2 --batch-size 2 --validation 0 --name "


@dataclass(frozen=True)
class Panel:
    """The panel that a `%ft_train` cell left: the comms of its models and the id of its display."""

    view: str
    comms: frozenset[str]
    display: str

    @staticmethod
    def of(cell: Cell) -> Panel:
        opened = {m["content"]["comm_id"]: _state(m) for m in cell.of_kind("comm_open")}
        models = {state["_model_name"]: comm for comm, state in opened.items()}
        shown = cell.of_kind("display_data")[0]
        display = shown["content"]["transient"]["display_id"]
        return Panel(models["AnyModel"], frozenset(opened), display)

    def owns(self, message: Message) -> bool:
        """Whether the panel itself sent this: it may arrive in the name of any cell."""
        content = message["content"]
        if message["msg_type"] in ("comm_msg", "comm_close"):
            return content["comm_id"] in self.comms
        if message["msg_type"] == "update_display_data":
            return content["transient"]["display_id"] == self.display
        return False

    def news(self, message: Message) -> Message:
        """What this message tells the page about the run; empty where it is something else."""
        if message["msg_type"] != "comm_msg" or message["content"]["comm_id"] != self.view:
            return {}
        content = message["content"]["data"].get("content", {})
        return content if content.get("t") == "news" else {}


def _state(message: Message) -> dict[str, Any]:
    return dict(message["content"]["data"]["state"])


def start(kernel: Kernel, command: str) -> Panel:
    cell = kernel.run(command)
    assert cell.status == "ok", cell.traceback
    return Panel.of(cell)


def until_trained(kernel: Kernel, panel: Panel, beyond: int = 0) -> None:
    """The page hears of a step after `beyond`."""
    kernel.wait_for(lambda m: bool((n := panel.news(m)) and "train" in n and _step(n) > beyond))


def until_state(kernel: Kernel, panel: Panel, state: str) -> None:
    kernel.wait_for(lambda m: panel.news(m).get("head", {}).get("state") == state)


def _step(news: Message) -> int:
    return int(news["head"]["step"])


def the_run(home: Path, name: str) -> Run:
    return RunStore(home).get(name)


def assert_stopped_with_checkpoint(run: Run) -> None:
    """It ended before its time, and everything that it learned is in a whole checkpoint."""
    record = run.record()
    assert record.plan is not None
    assert record.state == "stopped"
    assert 0 < record.step < record.plan.total_steps
    commit = verify(run.checkpoint_path(record.step))
    assert (commit.step, commit.spec_sha256) == (record.step, run.spec.sha256)
    assert {"adapter_config.json", "adapter_model.safetensors"} <= {f.name for f in commit.files}


def percentile_95(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


def test_cells_run_promptly_while_a_run_trains_and_nothing_leaks_into_them(
    trainer: Kernel, home: Path, report: Callable[[str], None]
) -> None:
    idle = percentile_95([trainer.run("1+1").seconds for _ in range(EXECUTIONS)])
    panel = start(trainer, USUAL + "background")
    until_trained(trainer, panel)

    rounds = []
    cells: list[Cell] = []
    # What else the machine does is not ours: the best of three rounds counts, and where even the
    # idle kernel is slow, the limit is a multiple of that.
    limit = max(LATENCY_SECONDS, 4 * idle)
    for _ in range(3):
        latest = [trainer.run("1+1") for _ in range(EXECUTIONS)]
        cells += latest
        rounds.append(percentile_95([cell.seconds for cell in latest]))
        if rounds[-1] < limit:
            break
    still_training = trainer.value("_ft.job('background').running")
    measured = ", ".join(f"{seconds * 1000:.1f}" for seconds in rounds)
    report(f"1+1, 95th percentile in ms: idle {idle * 1000:.1f}, while a run trains {measured}")

    trainer.run("%ft_stop background")
    until_state(trainer, panel, "stopped")
    trainer.run("%ft_wait background")
    assert still_training
    assert min(rounds) < limit
    own = [[m["msg_type"] for m in trainer.of(c.id) if not panel.owns(m)] for c in cells]
    assert own == [["status", "execute_input", "execute_result", "status"]] * len(cells)
    assert [c.shown for c in cells] == [["2"]] * len(cells)
    assert_stopped_with_checkpoint(the_run(home, "background"))


def test_the_stop_button_ends_the_run_with_a_committed_checkpoint(
    trainer: Kernel, home: Path
) -> None:
    panel = start(trainer, LONG + "button")
    until_trained(trainer, panel)

    trainer.tell(panel.view, {"t": "command", "command": "stop"})

    until_state(trainer, panel, "stopped")
    assert_stopped_with_checkpoint(the_run(home, "button"))


def test_the_panel_ends_as_a_static_picture_in_its_own_cell(trainer: Kernel) -> None:
    panel = start(trainer, SHORT + "picture")

    last = trainer.wait_for(lambda m: m["msg_type"] == "update_display_data" and panel.owns(m))

    data = last["content"]["data"]
    assert sorted(data) == ["application/vnd.nbfinetune.run+json", "image/png", "text/plain"]
    assert data["text/plain"].startswith("picture: finished\n  step 2 / 2, ")
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    saved = data["application/vnd.nbfinetune.run+json"]
    assert (saved["head"]["state"], saved["head"]["commands"]) == ("finished", [])
    assert [row[0] for row in saved["train"]["items"]] == [1, 2]


def test_an_interrupt_ends_the_cell_and_not_the_run(trainer: Kernel, home: Path) -> None:
    panel = start(trainer, LONG + "interrupted")
    until_trained(trainer, panel)

    ends = []
    for waiting in ("import threading; threading.Event().wait(120)", "_ft_line('ft_wait', '')"):
        # not flushed: the kernel's own thread sends it a moment later, when the cell is waiting;
        # an interrupt in the middle of a flush can get lost in ipykernel 6
        cell = trainer.start(f"print('here'); {waiting}")
        trainer.wait_for(lambda m: m["msg_type"] == "stream", cell=cell)
        trainer.interrupt()
        ends.append(trainer.finish(cell))
    alive = trainer.value("_ft.job('interrupted').running")
    before = trainer.value("_ft.job('interrupted').record().step")
    until_trained(trainer, panel, beyond=before)
    stopped = trainer.run("%ft_stop interrupted")
    waited = trainer.run("%ft_wait interrupted")

    names = [end.reply.get("ename", end.status) for end in ends]
    assert names == ["KeyboardInterrupt", "KeyboardInterrupt"], [end.traceback for end in ends]
    assert alive
    assert stopped.shown == ["interrupted: stops after this step and keeps a checkpoint"]
    assert waited.shown[0].startswith("interrupted: stopped\n")
    assert_stopped_with_checkpoint(the_run(home, "interrupted"))


def test_a_failure_inside_training_is_shown_and_stops_whoever_waits(
    trainer: Kernel, home: Path
) -> None:
    panel = start(trainer, SHORT + "broken --target-modules nowhere")

    waited = trainer.run("%ft_wait broken")
    until_state(trainer, panel, "failed")
    log = trainer.run("%ft_runs broken --log")

    record = the_run(home, "broken").record()
    assert record.state == "failed"
    assert record.failure is not None
    assert "arget modules" in record.failure.reason
    assert waited.status == "error"
    assert waited.traceback == [
        f"RunError: run broken failed: {record.failure.reason.splitlines()[0]}",
        "The whole story:  %ft_runs broken --log",
    ]
    assert "Traceback (most recent call last)" in log.shown[0]


# Stands in for a library that is loud while it trains; torch and the rest are loaded as ever.
LOUD = """
from nbfinetune.training import worker as _worker
_quiet = _worker.run

def _loud(target, channel, *how):
    import logging, os, sys, warnings
    from IPython.display import clear_output, display, update_display
    from tqdm import tqdm
    print("printed")
    print("to stderr", file=sys.stderr)
    logging.getLogger("a.library").warning("logged")
    _handler_logger.warning("through a handler with the old stream")
    warnings.warn("warned")
    for _ in tqdm(range(3), desc="bar"):
        pass
    display("displayed")
    handle = display("with a handle", display_id="of-the-worker")
    handle.update("updated")
    clear_output()
    print("an open line", end="")
    _quiet(target, channel, *how)

import logging, sys
_handler_logger = logging.getLogger("with.its.own.handler")
_handler_logger.propagate = False
_handler_logger.addHandler(logging.StreamHandler(sys.stderr))
_worker.run = _loud
"""


def test_what_training_prints_logs_warns_or_displays_goes_to_its_log_and_to_no_cell(
    trainer: Kernel, home: Path
) -> None:
    trainer.run(LOUD)
    panel = start(trainer, SHORT + "loud")
    cells = [trainer.run("1+1") for _ in range(5)]
    waited = trainer.run("%ft_wait loud")
    until_state(trainer, panel, "finished")
    after = trainer.run("_worker.run = _quiet; print('mine')")
    shown = trainer.run("%ft_runs loud --log").shown[0]

    own = [[m["msg_type"] for m in trainer.of(c.id) if not panel.owns(m)] for c in cells]
    assert own == [["status", "execute_input", "execute_result", "status"]] * len(cells)
    assert [k for k in waited.kinds if not k.startswith(("comm_", "update_"))] == ["display_data"]
    assert after.printed == "mine\n"
    log = the_run(home, "loud").record().log
    assert log[:2] == ["printed", "to stderr"]
    assert "WARNING a.library: logged" in log
    assert any(line.endswith("UserWarning: warned") for line in log)
    assert any(line.startswith("bar: 100%") for line in log)
    assert [line for line in log if "display" in line or "updated" in line or "handle" in line] == [
        "'displayed'",
        "'with a handle'",
        "'updated'",
    ]
    assert any(line.startswith("an open line") for line in log)
    assert shown.startswith("printed\nto stderr\n")
