"""A cell that waits for its run: where nobody looks, in Colab, and where it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbfinetune.core.runs.checkpoints import verify
from tests.kernel.driver import Cell, Kernel
from tests.kernel.test_kernel_training import LONG, SHORT, Panel, the_run, until_trained

SAVED = ["application/vnd.nbfinetune.run+json", "image/png", "text/plain"]

# what Colab's kernels have loaded, as far as anybody here looks at it
AS_IN_COLAB = "import sys, types; sys.modules['google.colab'] = types.ModuleType('google.colab')"


def last_shown(cell: Cell) -> dict[str, object]:
    return dict(cell.of_kind("display_data", "update_display_data")[-1]["content"]["data"])


def test_where_nobody_looks_the_cell_waits_and_leaves_the_picture(
    trainer: Kernel, home: Path
) -> None:
    cell = trainer.finish(trainer.start(SHORT + "runner", page=False))

    assert (cell.status, the_run(home, "runner").record().state) == ("ok", "finished")
    assert sorted(last_shown(cell)) == SAVED
    assert cell.of_kind("comm_open", "execute_result") == []  # no widgets, and shown only once


def test_a_failed_run_stops_run_all_where_the_cell_waits(trainer: Kernel) -> None:
    cell = trainer.finish(trainer.start(SHORT + "bad --target-modules nowhere", page=False))

    assert cell.status == "error"
    assert cell.traceback[0].startswith("RunError: run bad failed: ")
    assert "bad: failed" in str(last_shown(cell)["text/plain"])


@pytest.mark.parametrize("option", ["--attach", ""])
def test_an_attached_cell_shows_the_run_live_and_then_the_picture(
    trainer: Kernel, option: str
) -> None:
    before = "" if option else AS_IN_COLAB
    trainer.run(before)
    try:
        cell = trainer.run(f"{SHORT} live{len(option)} {option}")
    finally:
        trainer.run("sys.modules.pop('google.colab', None)" if before else "")

    panel = Panel.of(cell)
    told = [news for m in cell.messages if (news := panel.news(m))]
    assert [row[0] for news in told for row in news.get("train", {}).get("items", [])] == [1, 2]
    assert sorted(last_shown(cell)) == SAVED
    assert cell.of_kind("execute_result") == []
    assert len(cell.of_kind("display_data")) == 1


def test_an_interrupt_ends_the_waiting_and_the_run_goes_on_and_is_still_shown(
    trainer: Kernel, home: Path
) -> None:
    waiting = trainer.start(LONG + "let-go --attach")
    trainer.wait_for(lambda m: m["msg_type"] == "display_data", cell=waiting)
    shown = Panel.of(_so_far(trainer, waiting))
    until_trained(trainer, shown)
    trainer.interrupt()
    cell = trainer.finish(waiting)
    step = trainer.value("_ft.job('let-go').record().step")

    until_trained(trainer, shown, beyond=step)
    alive = trainer.value("_ft.job('let-go').running")
    trainer.run("%ft_stop let-go")
    trainer.run("%ft_wait let-go")

    assert (cell.status, alive) == ("ok", True)
    assert cell.shown[1:] == [
        "let-go goes on in the background: %ft_wait waits for it, %ft_stop ends it"
    ]
    assert the_run(home, "let-go").record().state == "stopped"


def test_a_page_may_ask_to_wait_and_a_runner_not_to(trainer: Kernel, home: Path) -> None:
    both = trainer.run(SHORT + "both --attach --detach")
    detached = trainer.finish(trainer.start(LONG + "detached --detach", page=False))
    running = trainer.value("_ft.job('detached').running")

    assert both.traceback == [
        "ConfigError: --attach and --detach exclude each other",
        "See  %ft_train?",
    ]
    assert (detached.status, running) == ("ok", True)


def test_what_is_printed_after_a_captured_training_cell_is_not_lost(trainer: Kernel) -> None:
    captured = trainer.run("%%capture kept\nprint('in the cell')\n" + SHORT + "quiet --detach")
    after = [trainer.run("print('mine')") for _ in range(3)]
    trainer.run("%ft_wait quiet")
    last = trainer.run("print('at the end')")

    assert (captured.status, captured.printed) == ("ok", "")
    assert [cell.printed for cell in after] == ["mine\n"] * 3
    assert last.printed == "at the end\n"
    assert trainer.value("kept.stdout").startswith("in the cell\n")


def test_a_kernel_that_is_shut_down_leaves_an_interrupted_run_with_a_checkpoint(
    tmp_path: Path,
) -> None:
    kernel = Kernel(tmp_path)
    rows = "\n\n".join(f"user: What is {i}?\nassistant: It is {i}." for i in range(40))
    for code in ("%load_ext nbfinetune", f"%%ft_dataset d\n{rows}"):
        assert kernel.run(code).status == "ok"
    panel = Panel.of(kernel.run("%ft_train d --name cut --batch-size 1 --epochs 10"))
    until_trained(kernel, panel)

    kernel.shut_down()

    run = the_run(tmp_path / "home", "cut")
    record = run.record()
    assert (record.state, record.failure) == ("interrupted", None)
    assert verify(run.checkpoint_path(record.step)).step == record.step


def _so_far(kernel: Kernel, identifier: str) -> Cell:
    return Cell(identifier, {}, tuple(kernel.of(identifier)), 0.0)
