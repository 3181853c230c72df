"""Workers killed at random moments, saving at every step: the step they were in is lost at most."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from nbfinetune.core.runs.launched import ENGINES
from nbfinetune.core.runs.resuming import starting_point
from nbfinetune.core.runs.store import Run
from tests.faults.conftest import Zygote
from tests.models import talk
from tests.training.runs import HELD_OUT, ROWS, prepare, train

KILLS = 30
SETTINGS = {
    "learning_rate": 5e-3, "epochs": 10, "batch_size": 1, "lora_dropout": 0.2, "seed": 3,
    "save_every": 1, "keep_checkpoints": 3,
}  # fmt: skip
MANY_ROWS = [*ROWS, *(talk(f"question {i}", f"answer {i * i}") for i in range(32))]
PATIENCE_SECONDS = 60.0


def curve(run: Run) -> list[tuple]:
    record = run.record()
    steps = [(e.step, e.loss, e.grad_norm, e.learning_rate) for e in record.train]
    return [*steps, *((e.step, e.loss) for e in record.validation)]


@pytest.fixture(scope="module")
def undisturbed(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = prepare(tmp_path_factory.mktemp("whole"), tiny, MANY_ROWS, HELD_OUT, **SETTINGS)
    assert train(run).state == "finished"
    return run


def kill_at_random(zygote: Zygote, engine: str, run: Run, chance: random.Random) -> None:
    """Start a worker and kill it a moment after its first step, wherever it is then."""
    before = run.record()
    pid = zygote.start(engine, run.path)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while run.record().train[len(before.train) :] == [] or run.record().ended:
        assert time.monotonic() < deadline, "no step was made"
        time.sleep(0.005)
    time.sleep(chance.random() * 0.3)
    os.kill(pid, signal.SIGKILL)
    assert zygote.wait(pid) == -signal.SIGKILL


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_is_killed_again_and_again_goes_on(zygote, tiny, tmp_path, undisturbed, engine):
    run = prepare(tmp_path, tiny, MANY_ROWS, HELD_OUT, **SETTINGS)
    chance, lost, torn = random.Random(4), [], 0
    for _ in range(KILLS):
        kill_at_random(zygote, engine, run, chance)
        record = run.record()
        assert record.state == "interrupted"
        lost.append(record.step - starting_point(run))
        folders = (run.path / "checkpoints").iterdir()
        torn += any(path.name.endswith((".incomplete", ".removed")) for path in folders)
    assert zygote.wait(zygote.start(engine, run.path)) == 0
    print(f"{engine}: {KILLS} kills, {torn} times an unfinished folder was left, ", end="")
    print(f"at most {max(lost)} step lost")
    assert max(lost) <= 1
    assert run.record().state == "finished"
    assert curve(run) == curve(undisturbed)
    assert len(run.steps()) in (3, 4)  # the newest three, and the best
