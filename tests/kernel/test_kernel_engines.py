"""Runs of both engines in real kernels: buttons, interrupts, restarts; what is found afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nbfinetune.core.runs.launched import ENGINES, read_launched
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.engines import processes
from tests.kernel.conftest import HELPERS, _dataset
from tests.kernel.driver import Kernel
from tests.kernel.test_kernel_training import (
    assert_stopped_with_checkpoint,
    start,
    the_run,
    until_state,
    until_trained,
)

DEADLINE_SECONDS = 120.0
LONG = "%ft_train pirate --epochs 10 --batch-size 1 --validation 0"


def until(seen: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not seen():
        assert time.monotonic() < end, "never seen"
        time.sleep(0.05)


def learns(run: Run) -> None:
    """It learns further from now on."""
    step = run.record().step
    until(lambda: run.record().step > step)


def test_the_buttons_hold_a_run_up_and_let_it_go_on_while_a_cell_is_busy(
    trainer: Kernel, home: Path
) -> None:
    panel = start(trainer, f"{LONG} --name buttons")
    until_trained(trainer, panel)
    subshell = trainer.subshell()
    busy = subshell and trainer.start("import threading; threading.Event().wait(120)")

    trainer.tell(panel.view, {"t": "command", "command": "pause"}, subshell)
    until_state(trainer, panel, "paused")
    run = the_run(home, "buttons")
    step = run.record().step
    trainer.tell(panel.view, {"t": "command", "command": "resume"}, subshell)
    until_trained(trainer, panel, beyond=step)
    if busy:
        trainer.interrupt()
        trainer.finish(busy)
    trainer.run("%ft_stop")
    until_state(trainer, panel, "stopped")

    assert run.steps()[0] == step
    assert_stopped_with_checkpoint(run)


def test_an_interrupt_does_not_reach_a_process_and_it_is_stopped_through_its_run(
    trainer: Kernel, home: Path
) -> None:
    panel = start(trainer, f"{LONG} --engine process --name apart")
    until_trained(trainer, panel)
    run = the_run(home, "apart")
    worker = psutil.Process(read_launched(run.path).pid)

    cell = trainer.start("print('here'); _ft_line('ft_wait', '')")
    trainer.wait_for(lambda m: m["msg_type"] == "stream", cell=cell)
    trainer.interrupt()
    ended = trainer.finish(cell)
    learns(run)
    second = trainer.run("%ft_train pirate --max-steps 1 --name second")
    trainer.run("%ft_stop apart")
    waited = trainer.run("%ft_wait second")

    assert ended.reply["ename"] == "KeyboardInterrupt"
    assert second.shown[0] == (
        "second waits, number 1 in the queue: it starts when apart has ended or pauses"
    )
    assert waited.shown[0].startswith("second: finished\n")
    assert_stopped_with_checkpoint(run)
    until(lambda: not worker.is_running())


@pytest.fixture
def kernels(tmp_path: Path) -> Iterator[Callable[[], Kernel]]:
    """Starts kernels one after the other that work in the same home."""
    started: list[Kernel] = []
    home = tmp_path / "home"

    def another() -> Kernel:
        folder = tmp_path / f"kernel-{len(started)}"
        folder.mkdir()
        kernel = Kernel(folder, {"NBFINETUNE_HOME": str(home)})
        started.append(kernel)
        for code in ("%load_ext nbfinetune", HELPERS):
            cell = kernel.run(code)
            assert cell.status == "ok", cell.traceback
        return kernel

    yield another
    for kernel in started:
        kernel.kill()
    for run in RunStore(home).list():
        if (launched := read_launched(run.path)) is not None:
            processes.end(launched, 5)


@pytest.mark.parametrize("engine", ENGINES)
def test_after_a_restart_a_run_is_found_and_can_be_controlled(kernels, tmp_path, engine) -> None:
    first = kernels()
    first.run(_dataset("pirate", rows=240))
    started = first.run(f"{LONG} --name kept --engine {engine}")
    assert started.status == "ok", started.traceback
    run = the_run(tmp_path / "home", "kept")
    until(lambda: run.record().step > 2)
    first.shut_down()
    worker = read_launched(run.path)
    gone = run.record()
    if engine == "process":
        learns(run)

    second = kernels()
    listed = second.run("%ft_runs").shown[0].splitlines()[2]
    resumed = second.run("%ft_resume kept").shown[0] if engine == "thread" else ""
    until(lambda: run.record().state == "training")
    shown = second.run("%ft_runs kept")
    learns(run)
    kept_by = second.value("__import__('os').getpid()")
    keeper = read_launched(run.path).keeper_pid
    second.run("%ft_stop kept")
    waited = second.run("%ft_wait kept")

    if engine == "thread":
        assert gone.state == "interrupted"
        assert resumed == f"kept: goes on from step {gone.step}"
    else:
        assert gone.state == "training"
        assert not processes.is_alive(worker)
    assert listed.split()[:2] == ["kept", gone.state]
    assert keeper == kept_by
    assert "comm_open" in shown.kinds  # a live view, not a picture
    assert waited.shown[0].startswith("kept: stopped\n")
    assert_stopped_with_checkpoint(run)
