"""The loss curve: where its points are, which ticks it has."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from nbfinetune.core.runs.events import Planned, StateChanged, TrainStep, Validated
from nbfinetune.core.runs.record import RunRecord, fold
from nbfinetune.display.curve import curve_svg, nice_ticks


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (2.0, [0, 0.5, 1, 1.5, 2]),
        (2.01, [0, 1, 2, 3]),
        (1.0, [0, 0.25, 0.5, 0.75, 1]),
        (4.0, [0, 1, 2, 3, 4]),
        (5.0, [0, 2, 4, 6]),
        (8.0, [0, 2, 4, 6, 8]),
        (10.0, [0, 2.5, 5, 7.5, 10]),
        (0.08, [0, 0.02, 0.04, 0.06, 0.08]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (100.0, [0, 25, 50, 75, 100]),
        (1200.0, [0, 500, 1000, 1500]),
        (0.0, [0, 1]),
        (-1.0, [0, 1]),
    ],
)
def test_ticks_are_round_and_reach_the_highest_value(highest, ticks):
    assert nice_ticks(highest) == pytest.approx(ticks)
    assert nice_ticks(highest)[-1] >= highest


def test_ticks_of_any_size_are_few_and_evenly_spaced():
    for power in range(-12, 13):
        for lead in (1, 1.1, 1.9, 2.6, 3.3, 4.9, 5.1, 7.7, 9.99):
            highest = lead * 10.0**power
            ticks = nice_ticks(highest)
            assert ticks[0] == 0
            assert ticks[-1] >= highest * 0.999999 or power < -9  # rounded at ten digits
            assert 2 <= len(ticks) <= 6


def plan(total: int) -> Planned:
    return Planned(
        total_steps=total, epochs=1, train_rows=8, validation_rows=1, tokens=9, trained_tokens=4,
        parameters=10, trained_parameters=6, device="cpu", dtype="float32",
    )  # fmt: skip


def record(train, validation=(), *, total=4, state="finished") -> RunRecord:
    return fold(
        [
            plan(total),
            *(TrainStep(step=s, epoch=1, loss=x, learning_rate=0.1, grad_norm=1) for s, x in train),
            *(Validated(step=s, epoch=1, loss=x) for s, x in validation),
            StateChanged(state=state),
        ]
    )


def lines(svg: str) -> list[list[tuple[float, float]]]:
    """The points of each polyline."""
    return [
        [tuple(map(float, point.split(","))) for point in path.split()]
        for path in re.findall(r'<polyline points="([^"]*)"', svg)
    ]


def test_points_stand_where_their_step_and_loss_say():
    # the plot is 580 wide from x = 46 and 192 high above y = 206; the highest tick is 2
    svg = curve_svg(record([(1, 2.0), (2, 1.5), (3, 1.0), (4, 0.5)], [(0, 1.75), (4, 0.25)]))
    assert lines(svg) == [
        [(191.0, 14.0), (336.0, 62.0), (481.0, 110.0), (626.0, 158.0)],
        [(46.0, 38.0), (626.0, 182.0)],
    ]
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert dots == [("46.0", "38.0"), ("626.0", "182.0")]


def test_a_run_that_trains_leaves_room_for_its_rest_and_an_ended_one_does_not():
    points = [(1, 2.0), (2, 1.0)]
    assert lines(curve_svg(record(points, state="training")))[0][-1] == (336.0, 110.0)
    assert lines(curve_svg(record(points, state="stopped")))[0][-1] == (626.0, 110.0)


def test_what_is_no_number_is_left_out():
    svg = curve_svg(record([(1, 2.0), (2, None), (3, 1.0), (4, None)], [(0, None), (4, None)]))
    assert lines(svg) == [[(239.3, 14.0), (626.0, 110.0)]]
    assert "nan" not in svg.lower()
    assert "none" not in svg.replace('fill="none"', "").lower()
    assert "validation loss" not in svg


@pytest.mark.parametrize(
    "empty",
    [RunRecord(), record([]), record([(1, 2.0)]), record([(1, None), (2, None)])],
    ids=["nothing", "no steps", "one point", "no numbers"],
)
def test_before_the_second_value_there_is_no_curve(empty):
    assert curve_svg(empty) == ""


def test_a_curve_of_zeros_can_be_drawn():
    assert lines(curve_svg(record([(1, 0.0), (2, 0.0)])))[0] == [(336.0, 206.0), (626.0, 206.0)]


def test_the_curve_is_well_formed_and_told_to_who_cannot_see_it():
    svg = curve_svg(record([(1, 2.0), (4, 0.5)], [(0, 1.75), (4, 0.25)]))
    root = ElementTree.fromstring(svg)
    assert (root.get("role"), root.get("aria-label")) == ("img", "Loss over 4 steps, from 1.75")
    words = [element.text for element in root.iter("text")]
    assert words == ["0", "0.5", "1", "1.5", "2", "0", "1", "2", "3", "4", "step",
                     "training loss", "validation loss"]  # fmt: skip
