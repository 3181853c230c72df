"""The status of a run, in a notebook and in a terminal."""

from __future__ import annotations

import re

import pytest

from nbfinetune.core.runs.events import (
    Committed,
    Failed,
    Logged,
    Notice,
    Planned,
    Sampled,
    StateChanged,
    TrainStep,
    Validated,
)
from nbfinetune.core.runs.record import RunRecord, fold
from nbfinetune.display.run import duration, loss_text, run_facts, run_html, run_text

PLAN = Planned(
    wall=100.0, total_steps=4, epochs=2, train_rows=8, validation_rows=1, tokens=1090,
    trained_tokens=40, parameters=10000, trained_parameters=640, device="cpu", dtype="float32",
    notices=[Notice("no_validation")],
)  # fmt: skip


def step(number: int, loss: float | None) -> TrainStep:
    return TrainStep(
        step=number, wall=100.0 + 10 * number, epoch=number / 2, loss=loss, learning_rate=0.1,
        grad_norm=1.0,
    )  # fmt: skip


RUNNING = [
    StateChanged(wall=100.0, state="training"),
    PLAN,
    Validated(wall=100.0, epoch=0.0, loss=3.0),
    step(1, 2.5),
    step(2, 2.25),
    Validated(step=2, wall=120.0, epoch=1.0, loss=1.75),
    Committed(step=2, wall=120.0, epoch=1.0, path="checkpoints/step-2", validation_loss=1.75),
]
FINISHED = [*RUNNING, step(3, 1.5), step(4, 1.25), StateChanged(wall=145.0, state="finished")]


def test_the_figures_of_a_run_that_trains():
    assert run_facts(fold(RUNNING)) == [
        ("step", "2 / 4"),
        ("epoch", "1.0 / 2"),
        ("time", "20 s"),
        ("left", "about 20 s"),
        ("training loss", "2.250"),
        ("validation loss", "3.000 → 1.750"),
        ("checkpoints", "1, best step-2"),
    ]


def test_the_figures_of_a_run_that_has_finished():
    assert run_facts(fold(FINISHED)) == [
        ("step", "4 / 4"),
        ("epoch", "2.0 / 2"),
        ("time", "45 s"),
        ("training loss", "1.250"),
        ("validation loss", "3.000 → 1.750"),
        ("checkpoints", "1, best step-2"),
    ]


def test_a_loss_that_is_no_number_is_never_shown_as_one():
    facts = dict(run_facts(fold([PLAN, step(1, None), Validated(epoch=0.0, loss=None)])))
    assert (facts["training loss"], facts["validation loss"]) == ("not a number", "not a number")
    assert (loss_text(None), loss_text(0.0), loss_text(1.23456)) == ("not a number", "0.000",
                                                                     "1.235")  # fmt: skip


def test_the_status_in_a_terminal():
    assert run_text("first try", fold(FINISHED)) == (
        "first try: finished\n"
        "  step 4 / 4, epoch 2.0 / 2, time 45 s, training loss 1.250, "
        "validation loss 3.000 → 1.750, checkpoints 1, best step-2\n"
        "  no validation rows: the best checkpoint can't be told from the last one. "
        "Add rows, or give --validation 0.1."
    )


def test_a_failure_is_told_with_its_reason():
    record = fold([Failed(reason="OSError: <28>"), StateChanged(state="failed")])
    assert run_text("x", record).split("\n")[-1] == "  OSError: <28>"
    assert "OSError: &lt;28&gt;" in run_html("x", record)
    assert "<span class='chip bad'>failed</span>" in run_html("x", record)


@pytest.mark.parametrize(
    ("state", "chip", "has_bar"),
    [("queued", "busy", True), ("preparing", "busy", True), ("training", "busy", True),
     ("finished", "good", False), ("stopped", "", False), ("failed", "bad", False),
     ("interrupted", "bad", False)],
)  # fmt: skip
def test_the_state_has_its_colour_and_a_bar_while_it_goes_on(state, chip, has_bar):
    source = run_html("x", fold([StateChanged(state=state)]))
    assert f"<span class='chip {chip}'>{state}</span>" in source
    assert ("role='progressbar'" in source) is has_bar


@pytest.mark.parametrize(
    ("state", "waiting"),
    [("queued", "Waits for its turn …"), ("preparing", "Loading torch and the model …"),
     ("failed", "")],
)  # fmt: skip
def test_what_is_waited_for_before_there_is_a_plan(state, waiting):
    source = run_html("x", fold([StateChanged(state=state)]))
    found = re.findall(r"<div class='quiet'>(.*?)</div>", source)
    assert found == ([waiting] if waiting else [])


def test_a_run_that_prepares_says_how_far_its_model_is():
    said = [Logged(text="asking …"), Logged(text="downloading <b>: 1 MB of 2 MB (50 %)")]
    record = fold([StateChanged(state="preparing"), *said])
    assert "<div class='quiet'>downloading &lt;b&gt;: 1 MB of 2 MB (50 %)</div>" in run_html(
        "x", record
    )
    assert run_text("x", record).split("\n")[-1] == "  downloading <b>: 1 MB of 2 MB (50 %)"


def test_the_bar_shows_the_share_of_the_steps():
    assert "aria-valuenow='50.0'" in run_html("x", fold(RUNNING))
    assert "style='width:50.0%'" in run_html("x", fold(RUNNING))


def test_the_plan_is_told_in_one_line():
    assert (
        "8 rows to train, 1 to validate · 40 of 1,090 tokens are trained · "
        "640 weights (6.4%) · cpu, float32"
    ) in run_html("x", fold(RUNNING))


def sample(number: int, row: int, answer: str) -> Sampled:
    return Sampled(step=number, row=row, prompt=f"p{row}", reference=f"r{row}", answer=answer)


def test_samples_are_read_by_prompt_from_the_oldest_to_the_newest_change():
    record = fold(
        [sample(2, 0, "a"), sample(2, 1, "x"), sample(4, 0, "a"), sample(4, 1, "y"),
         sample(6, 0, "b"), sample(6, 1, "x")]
    )  # fmt: skip
    table = run_html("run", record).split("<table>")[1].split("</table>")[0]
    assert re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", table, re.S) == [
        ("p0", "<span class='answer'>step 2</span>a\n<span class='answer'>step 6</span>b", "r0"),
        ("p1", "<span class='answer'>step 2</span>x\n<span class='answer'>step 4</span>y\n"
               "<span class='answer'>step 6</span>x", "r1"),
    ]  # fmt: skip


def test_an_empty_record_can_be_shown():
    assert run_text("x", RunRecord()) == "x: queued\n  time 0 s"
    assert "<svg" not in run_html("x", RunRecord())


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"), (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (60, "1 min 0 s"),
        (200, "3 min 20 s"), (3599.4, "59 min 59 s"), (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"), (90000, "25 h 0 min"),
    ],
)  # fmt: skip
def test_durations(seconds, shown):
    assert duration(seconds) == shown
