"""Nearly equal texts: found, grouped, and never by chance."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.quality.similar import (
    NEAR,
    differ_little,
    likeness,
    near_groups,
    near_pairs,
    shingles,
    tokens,
)

LONG = "the quick brown fox jumps over the lazy dog and then it sleeps in the warm sun until noon"


def test_tokens_are_words_and_single_chinese_characters():
    assert tokens("Hello, WORLD! 鞋易净 ＡＢＣ１2") == ["hello", "world", "鞋", "易", "净", "abc12"]


def test_likeness_is_the_share_of_common_pairs_of_words():
    # pairs: ab bc cd against ab bc ce: two of four
    assert likeness(shingles("a b c d"), shingles("a b c e")) == 0.5
    assert likeness(shingles("A b, c!"), shingles("a B c")) == 1
    assert likeness(shingles("😀"), shingles("😁")) == 0


def test_one_changed_word_in_twenty_is_near_and_in_five_is_not():
    texts = [LONG, LONG.replace("noon", "night"), "a b c d e", "a b c d f"]
    assert near_groups(texts) == ((0, 1),)


def test_chinese_texts_are_compared_by_characters():
    text = "外表如山般坚硬，内心却如竹般空虚，山风一来便东倒西歪。"
    assert near_groups([text, "完全不同的一句话", text.replace("歪", "斜")]) == ((0, 2),)


def test_members_are_near_the_first_of_their_group_not_only_one_another():
    words = LONG.split()
    steps = [" ".join([*(f"n{i}" for i in range(k)), *words[k:]]) for k in range(6)]
    # of 18 pairs each step changes one more: 16 of 20 are shared by 0 and 2, 15 of 21 by 0 and 3
    assert near_groups(steps) == ((0, 1, 2), (3, 4))
    assert [round(likeness(shingles(steps[0]), shingles(s)), 2) for s in steps[1:4]] == [
        0.89, 0.8, 0.71
    ]  # fmt: skip
    assert NEAR == 0.8


def test_for_each_text_its_first_like_among_others_is_found():
    others = ["nothing alike", LONG, LONG + "!"]
    assert near_pairs(["something else", LONG.upper()], others) == ((1, 1),)


def test_a_template_that_all_share_makes_nobody_near():
    """Half of each text is the same: the rarest words decide, and it takes no time."""
    rng = random.Random(0)
    texts = [
        f"{LONG} " + " ".join(f"w{rng.randrange(4000)}" for _ in range(20)) for _ in range(300)
    ]
    assert near_groups(texts) == ()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=14).map(" ".join), max_size=14))
def test_of_short_texts_every_like_is_found(texts):
    """Texts with fewer pairs than a sketch holds: the same as comparing all with all."""
    expected: dict[int, list[int]] = {}
    firsts: list[int] = []
    for i, text in enumerate(texts):
        near = [f for f in firsts if likeness(shingles(texts[f]), shingles(text)) >= NEAR]
        if near:
            expected.setdefault(near[0], [near[0]]).append(i)
        else:
            firsts.append(i)
    assert near_groups(texts) == tuple(tuple(expected[f]) for f in sorted(expected))


def edits(a: str, b: str) -> int:
    """The edit distance, by the whole table."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.text("ab", min_size=30, max_size=44), st.text("ab", min_size=30, max_size=44))
def test_up_to_three_edits_in_thirty_characters_are_little(a, b):
    assert differ_little(a, b) == (a != b and edits(a, b) <= 3)


@pytest.mark.parametrize(
    ("a", "b", "little"),
    [
        ("You are a pirate.", "You are a pirate.", False),
        ("You are a pirate.", "You are a pirate. ", True),
        ("You are a pirate.", "you are a pirate", True),
        ("You are a pirate.", "You are a pirade.", True),
        ("You are a pirate.", "You are a parrot.", False),
        ("你是智说新语生成器", "你是智说新语生成器。", True),
        ("你是智说新语生成器", "你是知说新语生成器", True),
        ("A", "B", False),
        ("是", "否", False),
        ("one", "", False),
        ("x" * 500 + "A" + "y" * 500 + "B", "x" * 500 + "C" + "y" * 500 + "D", True),
    ],
)
def test_a_slip_is_told_from_another_prompt(a, b, little):
    assert differ_little(a, b) is little
    assert differ_little(b, a) is little


def test_no_two_of_a_thousand_different_texts_are_near():
    rng = random.Random(1)
    texts = [" ".join(f"w{rng.randrange(900)}" for _ in range(60)) for _ in range(1000)]
    assert near_groups(texts) == ()
    pairs = combinations(rng.sample(texts, 20), 2)
    assert max(likeness(shingles(a), shingles(b)) for a, b in pairs) < NEAR
