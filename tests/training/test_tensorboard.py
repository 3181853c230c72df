"""What TensorBoard shows is what the run's log says."""

from __future__ import annotations

import math

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from nbfinetune.core.runs.events import Resumed, TrainStep, Validated
from nbfinetune.training.tensorboard import TensorBoard
from tests.training.runs import HELD_OUT, ROWS, prepare, train


def shown(folder) -> dict[str, list[tuple[int, float]]]:
    read = EventAccumulator(str(folder))
    read.Reload()
    return {tag: [(e.step, e.value) for e in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def step(number: int, loss: float | None) -> TrainStep:
    return TrainStep(step=number, epoch=1.0, loss=loss, learning_rate=0.5, grad_norm=2.0)


def test_a_run_reports_its_curves(tiny, tmp_path):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, epochs=2, batch_size=4, report_to="tensorboard")
    record = train(run)
    curves = shown(run.path / "tensorboard")
    assert dict(curves["loss/train"]) == pytest.approx({e.step: e.loss for e in record.train})
    told = {e.step: e.loss for e in record.validation}
    assert dict(curves["loss/validation"]) == pytest.approx(told)
    assert set(curves) == {
        "loss/train", "loss/validation", "learning_rate", "gradient_norm", "tokens_per_second",
        "memory_bytes",
    }  # fmt: skip


def test_a_run_that_does_not_ask_writes_nothing(tiny, tmp_path):
    run = prepare(tmp_path, tiny, epochs=1)
    train(run)
    assert not (run.path / "tensorboard").exists()


def test_a_loss_that_is_no_number_is_a_gap(tmp_path):
    board = TensorBoard(tmp_path)
    for event in (step(1, 3.0), step(2, None), step(3, 2.0), Validated(step=3, epoch=1, loss=None)):
        board(event)
    board.close()
    assert shown(tmp_path)["loss/train"] == [(1, 3.0), (3, 2.0)]
    assert not any(math.isnan(v) for curve in shown(tmp_path).values() for _, v in curve)


def test_what_a_resumed_run_went_back_over_is_hidden(tmp_path):
    board = TensorBoard(tmp_path)
    for event in (step(1, 3.0), step(2, 9.0), Resumed(step=1), step(2, 2.0)):
        board(event)
    board.close()
    assert shown(tmp_path)["loss/train"] == [(1, 3.0), (2, 2.0)]
