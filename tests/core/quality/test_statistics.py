"""The figures of a dataset, counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.quality.statistics import (
    Bin,
    Drift,
    Leakage,
    Lengths,
    RoleFigures,
    Statistics,
    SystemUse,
    describe,
    leakage,
    lengths,
    script_of,
)

FOX = "the quick brown fox jumps over the lazy dog and then it sleeps in the warm sun until noon"


def row(question: str, answer: str, system: str | None = None) -> Conversation:
    first = () if system is None else (Message("system", system),)
    return Conversation((*first, Message("user", question), Message("assistant", answer)))


def test_a_dataset_is_described():
    more = (Message("user", "c"), Message("assistant", "dd"))
    rows = [
        row("a", "bbb", "You are kind."),
        row("a", "ccc", "You are kind."),
        row(" a", "bbb\n", "You are kind."),
        row("你好", "您好", "You are kind"),
        Conversation((*row("a", FOX).messages, *more)),
        Conversation((*row("a", FOX.replace("noon", "four")).messages, *more)),
    ]
    assert describe(rows) == Statistics(
        rows=6,
        answers=8,
        multi_turn=2,
        roles=(
            RoleFigures("system", 4, 13 * 3 + 12),
            RoleFigures("user", 8, 1 + 1 + 2 + 2 + 2 + 2),
            RoleFigures("assistant", 8, 3 + 3 + 4 + 2 + 2 * (len(FOX) + 2)),
        ),
        lengths=Lengths(
            16, 18.0, 93,
            (Bin(10, 20, 4), *(Bin(low, low + 10, 0) for low in range(20, 90, 10)),
             Bin(90, 100, 2)),
        ),
        scripts=(("latin", 5), ("chinese", 1)),
        systems=(
            SystemUse("You are kind.", 3, 0), SystemUse(None, 2, 4), SystemUse("You are kind", 1, 3)
        ),
        drifts=(Drift(0, 2),),
        duplicates=((0, 2),),
        near_duplicates=((4, 5),),
        conflicts=((0, 1, 2),),
    )  # fmt: skip


def test_nothing_has_figures_too():
    assert describe([]) == Statistics(0, 0, 0, (), Lengths(), (), (), (), (), (), ())


def test_of_duplicates_only_one_is_called_nearly_the_same():
    near = FOX.replace("noon", "four")
    found = describe([row("a", FOX), row("a", FOX), row("a", near), row("a", near)])
    assert (found.duplicates, found.near_duplicates) == (((0, 1), (2, 3)), ((0, 2),))


def test_what_validation_shares_with_training_is_found_once():
    train = [row("a", "1"), row("b", "2"), row("b", "2"), row("c", FOX)]
    validation = [row("b", " 2"), row("a", "other"), row("c ", FOX + "!"), row("new", "new")]
    validation[2] = row("d", FOX)
    assert leakage(train, validation) == Leakage(same=((0, 1),), question=((1, 0),), near=((2, 3),))
    assert leakage(train, []) == leakage([], validation) == Leakage()


@pytest.mark.parametrize(
    ("values", "bins"),
    [
        ([7], (Bin(7, 8, 1),)),
        ([0, 0, 1], (Bin(0, 1, 2), Bin(1, 2, 1))),
        ([3, 14], tuple(Bin(n, n + 1, int(n in (3, 14))) for n in range(3, 15))),
        ([3, 27], tuple(Bin(n, n + 5, int(n in (0, 25))) for n in range(0, 30, 5))),
        ([10] * 30 + [5000], (*(Bin(n, n + 2, 30 if n == 10 else 0) for n in range(10, 34, 2)),
                              Bin(34, None, 1))),
    ],
)  # fmt: skip
def test_bins_have_round_borders_and_one_for_all_that_is_far_out(values, bins):
    assert lengths(values).bins == bins


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_every_length_is_in_one_bin(values):
    found = lengths(values)
    assert (found.shortest, found.longest) == (min(values), max(values))
    assert len(found.bins) <= 13
    for one, following in zip(found.bins, found.bins[1:], strict=False):
        assert one.high == following.low
    for place in found.bins:
        high = place.high or 10**7
        assert place.count == sum(place.low <= value < high for value in values)
    assert sum(place.count for place in found.bins) == len(values)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("What is the capital of France?", "latin"),
        ("Où est l'été ?", "latin"),
        ("法国的首都是哪里？", "chinese"),
        ("我用 GPT 写代码，效果不错", "chinese"),
        ("The word 鞋 means shoe in Chinese", "latin"),
        ("鞋易净 shoe cleaner 很好 very good", "mixed"),
        ("Как дела?", "other"),
        ("こんにちは", "other"),
        ("12 + 3 = 15 😀", "none"),
        ("", "none"),
    ],
)
def test_the_script_of_a_text(text, script):
    assert script_of(text) == script
