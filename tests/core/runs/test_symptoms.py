"""The symptom watch on made-up curves: each symptom, and the nearest healthy run beside it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest

from nbfinetune.core import text
from nbfinetune.core.runs.events import (
    AnyEvent,
    Committed,
    Notice,
    Noticed,
    Sampled,
    TrainStep,
    Validated,
)
from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.symptoms import SymptomWatch, named_lines
from nbfinetune.core.text.training import TRAINING

RATE = 2e-4
SYMPTOMS = [
    "loss_spike", "loss_rising", "loss_flat", "overfit", "worse_than_base", "answers_unchanged",
    "answers_endless", "answers_same",
]  # fmt: skip


def step(number: int, loss: float | None, rate: float = RATE) -> TrainStep:
    return TrainStep(step=number, epoch=0.0, loss=loss, learning_rate=rate, grad_norm=1.0)


def measured(number: int, loss: float | None) -> Validated:
    return Validated(step=number, epoch=0.0, loss=loss)


def sample(number: int, answer: str, *, row: int = 0, ending: str = "ended", tokens: int = 10,
           reference: str = "right", reference_tokens: int = 10) -> Sampled:  # fmt: skip
    return Sampled(
        step=number, row=row, prompt="?", reference=reference, answer=answer, ending=ending,
        tokens=tokens, reference_tokens=reference_tokens,
    )  # fmt: skip


def seen(
    events: Sequence[AnyEvent], total: int = 100, lines: Callable[[int], str] = str
) -> list[tuple[int, Notice]]:
    """What a watch says, and at which step."""
    watch = SymptomWatch(total)
    return [(e.step, notice) for e in events for notice in watch.see(e, lines(e.step))]


def codes(events: Sequence[AnyEvent], total: int = 100) -> list[str]:
    return [notice.code for _, notice in seen(events, total)]


def falling(steps: int, first: float = 3.0, last: float = 1.0, noise: float = 0.15) -> list[float]:
    """Losses of a healthy run: an exponential fall with noise in proportion."""
    chance = random.Random(7)
    fall = [last + (first - last) * math.exp(-4 * i / steps) for i in range(steps)]
    return [value * math.exp(chance.gauss(0, noise)) for value in fall]


def steps_of(losses: Sequence[float | None]) -> list[TrainStep]:
    return [step(number, loss) for number, loss in enumerate(losses, 1)]


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.15, 0.4])
@pytest.mark.parametrize("last", [1.0, 0.05, 0.001])
def test_a_healthy_run_is_not_remarked_on(noise, last):
    losses = falling(300, last=last, noise=noise)
    held_out = [measured(n, 3.1 * math.exp(-n / 100) + last) for n in range(0, 301, 50)]
    events = sorted([*steps_of(losses), *held_out], key=lambda e: e.step)
    assert codes(events, 300) == []


# spikes


def test_a_spike_is_told_once_with_its_rows():
    losses = falling(60, noise=0.05)
    losses[40] = losses[50] = 9.0
    lines = {41: "3, 17, 40"}
    told = seen(steps_of(losses), lines=lambda number: lines.get(number, "1, 2"))
    usual = f"{sorted(losses[20:40])[9] / 2 + sorted(losses[20:40])[10] / 2:.3g}"
    params = {"step": 41, "loss": "9", "usual": usual, "lines": "3, 17, 40"}
    assert told == [(41, Notice("loss_spike", params))]


@pytest.mark.parametrize(
    ("usual", "noise", "odd"),
    [
        (2.0, 0.05, 2.9),  # high, but not half as high again
        (0.05, 0.05, 0.3),  # six times as high, and still nothing to look at
        (1.0, 0.8, 6.0),  # batches of one row: their losses differ tenfold anyhow
    ],
)
def test_what_is_merely_high_is_no_spike(usual, noise, odd):
    losses = falling(60, first=usual, last=usual, noise=noise)
    losses[40] = odd
    # this noise alone is no spike either
    assert "loss_spike" not in codes(steps_of(losses), 1000)


def test_the_first_steps_have_nothing_to_be_compared_with():
    assert codes(steps_of([1.0] * 9 + [9.0])) == []
    assert codes(steps_of([1.0] * 10 + [9.0])) == ["loss_spike"]


# the training loss rises


def test_a_loss_that_climbs_for_good_is_told_with_a_lower_rate():
    losses = [2.0] * 10 + [2.0 + 0.05 * i for i in range(60)]
    # the median of the last ten is 3.2 there: half as high again, and 0.2
    params = {"before": "2", "now": "3.23", "rate": "2e-05"}
    assert seen(steps_of(losses), 1000) == [(40, Notice("loss_rising", params))]


def test_a_loss_that_climbs_and_comes_back_is_not():
    losses = [2.0] * 10 + [2.9] * 10 + [2.0] * 30
    assert codes(steps_of(losses), 1000) == []


# flat


def test_a_validation_loss_that_does_not_move_is_told_with_a_higher_rate():
    events = [measured(0, 2.3), *steps_of([2.3] * 40), measured(40, 2.29)]
    params = {"before": "2.3", "now": "2.29", "step": 40, "rate": "0.002"}
    assert seen(events) == [(40, Notice("loss_flat", params))]


@pytest.mark.parametrize(
    ("events", "total"),
    [
        ([measured(0, 2.3), *steps_of([2.3] * 40), measured(40, 2.27)], 100),  # 1.3 % is a move
        ([measured(0, 0.08), *steps_of([0.08] * 40), measured(40, 0.08)], 100),  # nothing to learn
        ([measured(0, 2.3), *steps_of([2.3] * 30), measured(30, 2.3)], 100),  # not a third yet
        ([measured(0, 2.3), *steps_of([2.3] * 19), measured(19, 2.3)], 19),  # known to be short
        (
            [measured(0, 2.3), measured(8, 5.0), *steps_of([2.3] * 40), measured(40, 2.3)],
            100,
        ),  # wild
    ],
)
def test_what_moves_or_is_too_short_to_tell_is_not_flat(events, total):
    assert codes(events, total) == []


def test_without_validation_rows_stretches_of_the_training_loss_are_compared():
    noisy = [2.3 * math.exp(random.Random(i).gauss(0, 0.02)) for i in range(120)]
    assert codes(steps_of(noisy), 120) == ["loss_flat"]
    falls = [loss - 0.001 * i for i, loss in enumerate(noisy)]
    assert codes(steps_of(falls), 120) == []


# learnt by heart


def course(validation: Sequence[float], train: Sequence[float]) -> list[AnyEvent]:
    """Epochs of ten steps: the mean training loss of each, and what was measured behind it."""
    events: list[AnyEvent] = [measured(0, 3.0)]
    for epoch, (held_out, mean) in enumerate(zip(validation, train, strict=True)):
        events += [step(epoch * 10 + i, mean) for i in range(1, 11)]
        events.append(measured(epoch * 10 + 10, held_out))
    return events


def test_a_validation_loss_that_rises_while_the_training_loss_falls_names_the_best_step():
    told = seen(course([2.0, 1.5, 1.6, 1.7], [2.0, 1.4, 1.0, 0.6]), 40)
    assert told == [(40, Notice("overfit", {"step": 20, "before": "1.5", "now": "1.7"}))]


@pytest.mark.parametrize(
    ("validation", "train"),
    [
        ([2.0, 1.5, 1.6, 1.64], [2.0, 1.4, 1.0, 0.6]),  # hardly more than a level
        ([2.0, 1.5, 1.7, 1.45], [2.0, 1.4, 1.0, 0.6]),  # it came back
        ([2.0, 1.5, 1.49, 1.7], [2.0, 1.4, 1.0, 0.6]),  # one measurement may be a wave
        ([2.0, 1.5, 1.6, 1.7], [1.0, 1.0, 1.3, 1.4]),  # the training loss rises, too
        ([0.5, 0.02, 0.03, 0.04], [2.0, 1.4, 1.0, 0.6]),  # a share of nearly nothing
    ],
)
def test_what_is_no_learning_by_heart(validation, train):
    assert codes(course(validation, train), 40) == []


def test_a_model_that_only_gets_worse_at_other_rows_is_told_with_what_it_was():
    told = seen(course([3.2, 3.4, 3.5], [2.0, 1.8, 1.7]), 30)
    params = {"before": "3", "now": "3.4", "rate": "2e-05"}
    assert (20, Notice("worse_than_base", params)) in told
    assert codes(course([3.05, 3.1, 2.9], [2.0, 1.8, 1.7]), 30) == []


# the answers


def test_answers_that_never_change_are_told_in_the_second_half():
    before = [sample(0, "base"), sample(0, "also base", row=1)]
    at = {n: [sample(n, "base"), sample(n, "also base", row=1)] for n in (40, 50)}
    events = [step(1, 2.0), *before, *at[40], *at[50]]
    params = {"step": 50, "count": 2, "rate": "0.002"}
    assert seen(events) == [(50, Notice("answers_unchanged", params))]


@pytest.mark.parametrize(
    "later",
    [
        [sample(50, "base"), sample(50, "other", row=1)],  # one changed
        [sample(50, "base")],  # the other is not there yet
        [sample(50, "base"), sample(50, "also base", row=1, ending="stopped")],  # for lack of time
    ],
)
def test_answers_that_may_have_changed_are_not(later):
    before = [sample(0, "base"), sample(0, "also base", row=1)]
    assert codes([step(1, 2.0), *before, *later]) == []


def test_answers_that_were_right_from_the_beginning_need_no_change():
    events = [sample(0, "right"), step(1, 2.0), sample(60, "right ")]
    assert codes(events) == []


def endless(number: int, row: int = 0, reference_tokens: int = 10) -> Sampled:
    said = f"and {number} and and"
    return sample(number, said, row=row, ending="cut", tokens=96, reference_tokens=reference_tokens)


def test_answers_that_do_not_end_where_the_reference_is_short_are_told():
    events = [endless(0), endless(0, 1), step(1, 2.0), endless(60), endless(60, 1)]
    params = {"count": 2, "of": 2, "tokens": 96, "step": 60}
    assert seen(events) == [(60, Notice("answers_endless", params))]


def test_one_endless_answer_to_everything_is_told_with_a_lower_rate_and_nothing_else():
    def broken(number: int, said: str = "!!!!") -> list[AnyEvent]:
        rows = enumerate(("Paris", "Rome"))
        return [
            sample(number, said, row=row, ending="cut", tokens=96, reference=meant)
            for row, meant in rows
        ]

    events = [*broken(0, "?"), step(1, 2.0), *broken(60), *broken(80)]
    params = {"count": 2, "step": 60, "rate": "2e-05"}
    assert seen(events) == [(60, Notice("answers_same", params))]


@pytest.mark.parametrize(
    "events",
    [
        [endless(40)],  # there is still time to learn it
        [endless(0)],  # the base model
        [endless(60, reference_tokens=80)],  # the reference is as long
        [endless(60), sample(60, "a", row=1)],  # one of two
    ],
)
def test_long_answers_that_may_be_as_they_should_are_not(events):
    before = [endless(0, row) for row in range(len(events))]
    assert codes([*before, step(1, 2.0), *events]) == []


def test_of_a_run_too_short_to_learn_no_answer_is_remarked_on():
    assert codes([endless(0), step(1, 2.0), endless(19)], 19) == []
    assert codes([endless(0), step(1, 2.0), endless(20)], 20) == ["answers_endless"]


# in general


def test_a_step_without_a_loss_breaks_nothing():
    assert codes([*steps_of([2.0, None] * 20), measured(40, None)], 400) == []


def test_a_resumed_run_knows_what_was_told_and_does_not_say_it_again():
    losses = falling(60, noise=0.05)
    losses[40] = 9.0
    story: list[AnyEvent] = [measured(0, 2.3), *steps_of(losses)]
    noticed = [Noticed(step=41, notice=notice) for _, notice in seen(story)]
    told = fold([*story, *noticed, Committed(step=60, epoch=1, path="")])
    watch = SymptomWatch(100, told)
    assert watch.see(step(61, 9.0)) == []
    assert [n.code for n in watch.see(measured(61, 2.3))] == ["loss_flat"]


def test_every_symptom_has_a_cause_and_a_way_out_in_both_languages():
    params = dict.fromkeys(
        ["step", "loss", "usual", "lines", "before", "now", "rate", "count", "of", "tokens"], "7"
    )
    said = set()
    for language in ("en", "zh"):
        text.set_language(language)
        for code in SYMPTOMS:
            assert TRAINING[code].way_out(language)
            said.add(str(Notice(code, params)))
    assert len(said) == 2 * len(SYMPTOMS)


def test_lines_are_named_in_their_order():
    assert named_lines([21, None, 3, 8]) == "3, 8, 21"
