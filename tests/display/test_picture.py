"""A run as JSON: whole, in pieces, thinned."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import (
    AnyEvent,
    Committed,
    Failed,
    Logged,
    Notice,
    Noticed,
    Planned,
    Removed,
    Resumed,
    Sampled,
    State,
    StateChanged,
    TrainStep,
    Validated,
)
from nbfinetune.core.runs.record import RunRecord, fold
from nbfinetune.core.runs.store import DataSpec, RunSpec
from nbfinetune.display.picture import MOST_LINES, MOST_POINTS, counts, picture, thinned

SPEC = RunSpec(
    run_id="20260102-first", name="first", created="2026-01-02T03:04:05+00:00",
    base_model="starter", preset="fast", config=TrainConfig(),
    data=DataSpec(name="pirate", sha256="", train_rows=9, validation_rows=1),
)  # fmt: skip
STORY: list[AnyEvent] = [
    StateChanged(wall=100.0, state="training"),
    Planned(
        wall=101.0, total_steps=4, epochs=2, train_rows=8, validation_rows=1, tokens=9000,
        trained_tokens=400, parameters=1000, trained_parameters=50, device="cpu", dtype="float32",
        notices=[Notice("no_validation")],
    ),
    Validated(wall=102.0, epoch=0, loss=3.25),
    TrainStep(step=1, wall=103.0, epoch=0.5, loss=2.123456789, learning_rate=1e-4, grad_norm=1.5,
              tokens=300, seconds=0.5, memory_bytes=2_000_000),
    TrainStep(step=2, wall=104.0, epoch=1.0, loss=None, learning_rate=5e-5, grad_norm=None),
    Committed(step=2, wall=105.0, epoch=1.0, path="checkpoints/step-2", validation_loss=1.5),
    Sampled(step=2, wall=106.0, row=0, prompt="p", reference="r", answer="a"),
    Logged(step=2, wall=107.0, text="a line"),
    Failed(step=2, wall=108.0, reason="ValueError: no", traceback="…"),
    StateChanged(step=2, wall=110.0, state="failed"),
]  # fmt: skip


def test_a_whole_run_is_one_message() -> None:
    notice = str(Notice("no_validation"))

    assert picture(SPEC, fold(STORY)) == {
        "v": 1,
        "generation": 0,
        "head": {
            "state": "failed", "ended": True, "step": 2, "total_steps": 4, "epoch": 1.0,
            "epochs": 2, "elapsed_seconds": 10.0, "remaining_seconds": None,
            "tokens_per_second": 600.0, "memory_bytes": None, "best_step": 2, "commands": [],
        },
        "about": {"from": 0, "to": 1, "items": [
            {"id": "20260102-first", "name": "first", "base_model": "starter", "preset": "fast",
             "data": "pirate"}]},
        "plan": {"from": 0, "to": 1, "items": [
            {"line": "8 rows to train, 1 to validate · 400 of 9,000 tokens are trained · "
                     "50 weights (5.0%) · cpu, float32", "notices": [notice]}]},
        "train": {"from": 0, "to": 2, "items": [
            [1, 2.1235, 1e-4, 1.5, 600.0, 2_000_000], [2, None, 5e-5, None, None, None]]},
        "validation": {"from": 0, "to": 1, "items": [[0, 3.25]]},
        "checkpoints": {"from": 0, "to": 1, "items": [[2, 1.0, 1.5]]},
        "samples": {"from": 0, "to": 1, "items": [
            {"step": 2, "row": 0, "prompt": "p", "reference": "r", "answer": "a"}]},
        "log": {"from": 0, "to": 1, "items": ["a line"]},
        "failure": {"from": 0, "to": 1, "items": ["ValueError: no"]},
    }  # fmt: skip


def test_a_run_of_which_nothing_is_known_is_a_head_alone() -> None:
    message = picture(None, RunRecord())

    assert list(message) == ["v", "generation", "head"]
    assert message["head"]["state"] == "queued"


def offsets(message: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {
        k: (v["from"], v["to"]) for k, v in message.items() if isinstance(v, dict) and "to" in v
    }


def test_pieces_carry_what_is_new_and_where_it_belongs() -> None:
    have: dict[str, int] = {}
    pieces = []
    record = RunRecord()
    for event in STORY:
        piece = picture(SPEC, record.apply([event]), have, ["stop"])
        have = counts(piece, have)
        pieces.append(offsets(piece))

    assert pieces == [
        {"about": (0, 1)}, {"plan": (0, 1)}, {"validation": (0, 1)}, {"train": (0, 1)},
        {"train": (1, 2)}, {"checkpoints": (0, 1)}, {"samples": (0, 1)}, {"log": (0, 1)},
        {"failure": (0, 1)}, {},
    ]  # fmt: skip
    assert have == counts(picture(SPEC, fold(STORY)))


def test_commands_are_offered_until_the_run_has_ended() -> None:
    assert picture(SPEC, fold(STORY[:2]), None, ["stop"])["head"]["commands"] == ["stop"]
    assert picture(SPEC, fold(STORY), None, ["stop"])["head"]["commands"] == []


def test_a_page_that_has_more_than_there_is_is_told_from_the_beginning() -> None:
    """The log was begun anew, or the page talks of another run."""
    message = picture(SPEC, fold(STORY), {"train": 50, "failure": 1, "log": -3})

    assert (message["train"]["from"], message["train"]["to"]) == (0, 2)
    assert message["log"] == {"from": 0, "to": 1, "items": ["a line"]}
    assert "failure" not in message
    fresh = picture(SPEC, fold(STORY[:1]), {"train": 50})
    assert fresh["train"] == {"from": 0, "to": 0, "items": []}


def saved(step: int) -> Committed:
    return Committed(step=step, epoch=step / 10, path=f"checkpoints/step-{step}")


def test_a_checkpoint_that_made_room_leaves_the_page_though_another_one_came() -> None:
    record = fold([saved(1), saved(2), saved(3)])
    first = picture(None, record)
    after = picture(None, record.apply([Removed(step=1), saved(4)]), counts(first))

    assert [item[0] for item in first["checkpoints"]["items"]] == [1, 2, 3]
    assert after["checkpoints"] == {
        "from": 0, "to": 5, "items": [[2, 0.2, None], [3, 0.3, None], [4, 0.4, None]]
    }  # fmt: skip
    assert offsets(picture(None, record, counts(after, counts(first)))) == {}


def test_where_a_run_went_back_every_page_starts_over() -> None:
    """The lists are as long as before: their lengths alone would say that nothing is new."""
    record = fold(
        [*steps([3.0, 2.0, 1.0]), saved(1), Noticed(step=3, notice=Notice("no_validation"))]
    )
    has = counts(picture(None, record))
    gone_on = [Resumed(step=1, attempt=2), *steps([3.0, 2.5, 1.5])[1:]]
    message = picture(None, record.apply(gone_on), has)

    assert (has["generation"], message["generation"]) == (0, 1)
    assert offsets(message) == {"train": (0, 3), "checkpoints": (0, 1)}
    assert [row[1] for row in message["train"]["items"]] == [3.0, 2.5, 1.5]
    assert offsets(picture(None, record, counts(message, has))) == {}
    assert counts(message, has) == {"generation": 1, "train": 3, "checkpoints": 1}


def test_going_on_behind_the_last_step_begins_nothing_anew() -> None:
    record = fold([*steps([3.0, 2.0]), StateChanged(state="stopped")])
    has = counts(picture(None, record))
    message = picture(None, record.apply([Resumed(step=2, attempt=2), *steps([3, 2, 1])[2:]]), has)

    assert (message["generation"], offsets(message)) == (0, {"train": (2, 3)})


def test_what_showed_while_training_is_told_as_it_comes() -> None:
    notice = Notice("stopped_early", {"count": 2, "step": 4})
    record = fold([Noticed(step=6, notice=Notice("no_validation")), Noticed(step=8, notice=notice)])

    assert picture(None, record, {"notices": 1})["notices"] == {
        "from": 1, "to": 2, "items": [str(notice)]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "offered"),
    [("queued", ["stop"]), ("training", ["stop", "pause"]), ("paused", ["stop", "resume"]),
     ("finished", [])],
)  # fmt: skip
def test_a_button_is_there_where_it_makes_sense(state: State, offered: list[str]) -> None:
    record = fold([StateChanged(state=state)])

    assert picture(None, record, None, ["stop", "pause", "resume"])["head"]["commands"] == offered


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_plain_json(value: float) -> None:
    step = TrainStep(step=1, epoch=1, loss=value, learning_rate=value, grad_norm=value)
    message = picture(SPEC, fold([step, Validated(step=1, epoch=1, loss=value)]))

    assert json.loads(json.dumps(message, allow_nan=False)) == message
    assert message["train"]["items"] == [[1, None, None, None, None, None]]
    assert message["validation"]["items"] == [[1, None]]


def steps(losses: list[float | None]) -> list[TrainStep]:
    return [
        TrainStep(step=i + 1, epoch=1, loss=loss, learning_rate=0.1, grad_norm=1.0)
        for i, loss in enumerate(losses)
    ]


def test_a_short_curve_is_not_thinned() -> None:
    events = steps([3.0, None, 2.0])

    assert thinned(events, most=3) is events


def test_of_every_stretch_of_a_long_curve_the_lowest_and_the_highest_loss_stay() -> None:
    # four points at most: stretches of six; the ends stay, too
    losses = [5.0, 9.0, 1.0, 4.0, 4.0, 4.0, 3.0, 3.0, 8.0, 0.5, 3.0, 2.0]

    kept = [event.step for event in thinned(steps(losses), most=4)]

    assert kept == [1, 2, 3, 9, 10, 12]


def test_steps_without_a_finite_loss_are_never_thinned_away() -> None:
    losses: list[float | None] = [2.0] * 600
    losses[123] = losses[124] = None
    losses[300:400] = [None] * 100

    kept = [event.step - 1 for event in thinned(steps(losses), most=20)]

    assert {123, 124, *range(300, 400)} <= set(kept)
    assert len(kept) < 200
    assert kept == sorted(set(kept))


def test_a_long_run_is_sent_thinned_and_counted_whole() -> None:
    record = fold(steps([1.0 + (i % 7) for i in range(50_000)]))

    section = picture(SPEC, record)["train"]

    assert (section["from"], section["to"]) == (0, 50_000)
    assert len(section["items"]) <= MOST_POINTS + 2
    assert section["items"][0][0] == 1
    assert section["items"][-1][0] == 50_000


def test_of_a_long_log_the_last_lines_are_sent() -> None:
    record = fold([Logged(text=str(i)) for i in range(MOST_LINES + 5)])

    section = picture(SPEC, record)["log"]

    assert (section["from"], section["to"]) == (0, MOST_LINES + 5)
    assert (section["items"][0], section["items"][-1]) == ("5", str(MOST_LINES + 4))
