"""The quality card: each finding from rows that have it, and silence about rows that don't."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.quality.card import Finding, assess
from nbfinetune.core.quality.topics import SAMPLED, Topic, Topics, topics_of
from nbfinetune.core.text.quality import QUALITY

WORDS = "amber birch cedar daisy ember fern grove hazel iris jade".split()  # noqa: SIM905
PLAIN = [f"The {a} stands beside the {b}, as ever." for a in WORDS for b in WORDS[:2]]


def row(question: str, answer: str, system: str | None = None) -> Conversation:
    first = () if system is None else (Message("system", system),)
    return Conversation((*first, Message("user", question), Message("assistant", answer)))


def card(*answers: str) -> list[tuple[str, tuple[int, ...]]]:
    """The findings for 20 plain answers and these ones, without those about coverage."""
    rows = [row(f"{i}?", answer) for i, answer in enumerate((*PLAIN, *answers))]
    return [(f.code, f.rows) for f in assess(rows).findings if f.aspect != "coverage"]


def test_of_plain_rows_there_is_nothing_to_say():
    assert card() == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("The oak stands beside the elm, as ever, " * 4 + "as ever.", "quality_length_high"),
        ("Oak.", "quality_length_low"),
        ("The oak. Beside. An elm. As, ever. So!?"[:-2] + ".", "quality_sentence_low"),
        ("The oak; (beside) - the - elm: as, ever.", "quality_punctuation_high"),
        ("The oak stands beside the elm, as ever!", "quality_exclaims_with"),
        ("Does the oak stand beside it, as ever?", "quality_asks_with"),
        ("The oak stands beside the elm, as ever 🌳.", "quality_emoji_with"),
        ("**The oak** stands beside it, as ever.", "quality_layout_with"),
        ("The oak stands beside\nthe elm, as ever.", "quality_lines_with"),
        ("The oak stands beside the elm, as ever", "quality_ended_without"),
        ("The oak (您) stands beside it, as ever.", "quality_polite_with"),
        ("The oak stands beside the elm, as ever,", "quality_cut"),
    ],
)
def test_the_one_answer_that_is_unlike_the_others_is_named(answer, code):
    found = card(answer)
    assert (code, (20,)) in found
    assert all(rows == (20,) for _, rows in found)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a: a + " Yes!", "quality_exclaims_without"),
        (lambda a: a + " Is it?", "quality_asks_without"),
        (lambda a: a[:-1] + " 🌳.", "quality_emoji_without"),
        (lambda a: "**Note** " + a, "quality_layout_without"),
        (lambda a: "So:\n" + a, "quality_lines_without"),
        (lambda a: a[:-1], "quality_ended_with"),
        (lambda a: "您" + a, "quality_polite_without"),
    ],
)
def test_the_one_answer_without_a_habit_of_the_others_is_named(change, code):
    rows = [row(f"{i}?", change(a) if i else a) for i, a in enumerate(PLAIN)]
    assert (code, (0,)) in [(f.code, f.rows) for f in assess(rows).findings]


def test_a_habit_of_many_is_no_exception():
    rows = [row(f"{i}?", a[:-1] + "!" * (i % 2) + ".") for i, a in enumerate(PLAIN)]
    assert not [f for f in assess(rows).findings if f.code.startswith("quality_exclaims")]


@pytest.mark.parametrize(
    ("usual", "other", "code"),
    [
        ("One. Two. Three. Four. Five.", "One two three four five six.", "quality_sentence_high"),
        ("One, two, three, four, five.", "One two three four five six.", "quality_punctuation_low"),
    ],
)
def test_longer_sentences_and_less_punctuation_are_named(usual, other, code):
    rows = [row(f"{i}? {a}", usual) for i, a in enumerate(PLAIN)]
    rows[3] = row("3?", other)
    found = {f.code: f.rows for f in assess(rows).findings if f.aspect == "style"}
    assert found == {code: (3,)}


def test_a_row_is_unlike_the_others_in_one_measure_only():
    """One that is far too long has a long sentence, too: that says nothing new."""
    codes = [code for code, _ in card("The oak stands beside the elm " * 9 + "as ever.")]
    assert codes == ["quality_length_high"]


def test_outliers_come_farthest_first():
    found = dict(card("Oak, as ever. " * 20, "Oak, as ever. " * 90))
    assert found["quality_length_high"] == (21, 20)


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ("疾苦，。", True), ("好。。", True), ("等等。。。", False), ("Yes,, sir.", True),
        ("Well,. yes", True), ("Wait...", False), ("One, two; three.", False),
        ("真的？！", False), ("他说：“好，”", False),
    ],
)  # fmt: skip
def test_two_punctuation_marks_where_one_belongs_are_named(answer, slip):
    codes = [finding.code for finding in assess([row("q", answer)]).findings]
    assert ("quality_doubled" in codes) is slip


def test_a_term_as_a_question_is_no_other_language():
    codes = [finding.code for finding in assess([row("GPT-4", "一个语言模型。")]).findings]
    assert "quality_script" not in codes


def test_conflicts_duplicates_drift_and_language_are_named_with_their_rows():
    rows = [
        row("a", "one", "Be kind, always."),
        row("a", "two", "Be kind, always."),
        row("b", "one two three", "Be kind, always."),
        row("b", "one two three", "Be kind, always"),
        row("c", "one", "Be kind, always."),
        row("c", "one", "Be kind, always."),
        row("What is the capital of France?", "巴黎是法国的首都。", "Be kind, always."),
    ]
    found = [f for f in assess(rows).findings if f.aspect != "coverage"]
    assert found == [
        Finding("quality_conflicts", "accuracy", (0, 1), {"count": 1, "rows": 2}),
        Finding("quality_script", "style", (6,), {"count": 1}),
        Finding("quality_drift", "style", (3,), {"count": 1, "rows": 1}),
        Finding("quality_duplicates", "repetition", (4, 5), {"count": 1, "rows": 2}),
        Finding("quality_near", "repetition", (2, 3), {"count": 1, "rows": 2}),
        Finding("quality_same_answer", "repetition", (0, 4, 5), {"count": 3}),
    ]
    assert found[0].message == "questions with different answers: 1 (2 rows)"
    assert found[0].way_out == (
        "Keep the best answer of each, unless the model shall vary: it learns a blend of all."
    )


COOKING = [f"How do I bake bread with {w} flour in the oven?" for w in WORDS]
TRAVEL = [f"Which train goes from {p} station to the airport?" for p in "ABCDEFGHIJ"]


def test_topics_are_groups_of_questions_named_by_their_words():
    found = topics_of([*COOKING, *TRAVEL, "zzz"])
    assert [topic.rows for topic in found.topics] == [tuple(range(10)), tuple(range(10, 20))]
    bread, train = (set(topic.words) for topic in found.topics)
    assert bread <= {"bake", "bread", "flour", "oven"}
    assert train <= {"train", "goes", "station", "airport"}
    assert (found.looked_at, found.alone) == (21, (20,))


def test_chinese_topics_are_named_by_neighbouring_characters():
    weather = [f"{place}今天天气怎么样？" for place in "东西南北中上下左右前"]
    money = [f"{bank}银行利率多少？" for bank in "东西南北中上下左右前"]
    found = topics_of([*weather, *money])
    assert [topic.rows for topic in found.topics] == [tuple(range(10)), tuple(range(10, 20))]
    assert set(found.topics[0].words) <= {"今天", "天天", "天气"}
    assert {"银行", "利率"} & set(found.topics[1].words)


def test_few_texts_and_texts_without_common_words_have_no_topics():
    assert topics_of(["bread"] * 11) == Topics(11)
    lonely = [f"{a}{b}" for a in "abcdefgh" for b in ("xyz", "uvw")]
    assert topics_of(lonely) == Topics(16, (), tuple(range(16)))


def test_of_many_texts_a_sample_is_drawn_by_the_seed():
    texts = [f"{COOKING[i % 10]} {i}" if i % 2 else TRAVEL[i % 10] for i in range(SAMPLED + 500)]
    found = topics_of(texts, seed=1)
    assert found.looked_at == SAMPLED
    assert found == topics_of(texts, seed=1)
    assert {i for t in found.topics for i in t.rows} != {
        i for t in topics_of(texts, seed=2).topics for i in t.rows
    }


def test_topics_are_the_same_in_every_process():
    program = (
        "from tests.core.quality.test_card import COOKING, TRAVEL\n"
        "from nbfinetune.core.quality.topics import topics_of\n"
        "print(topics_of([*COOKING, *TRAVEL, *COOKING[:3]]))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(said) == 1


def test_a_topic_that_is_too_large_and_topics_that_are_too_small_are_named():
    cooking = [f"{COOKING[0]} {n}" for n in range(20)]
    lonely = ["Sing a ballad!", "Paint my portrait!", "Solve an equation!"]
    rows = [row(q, f"{q} {i}") for i, q in enumerate([*cooking, *TRAVEL[:2], *lonely])]
    found = assess(rows)
    heavy = next(f for f in found.findings if f.code == "quality_heavy_topic")
    assert heavy.rows == tuple(range(20))
    assert heavy.params["percent"] == 80
    thin = next(f for f in found.findings if f.code == "quality_thin_topics")
    assert thin.rows == (20, 21)
    assert found.topics[0] == Topic(found.topics[0].words, tuple(range(20)))


def test_rows_without_topics_are_said_to_have_none():
    rows = [row(f"{w}?", f"{w}.") for w in WORDS]
    assert [f.code for f in assess(rows).findings if f.aspect == "coverage"] == [
        "quality_no_topics"
    ]
    assert assess([]).findings == ()


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=40)), max_size=25))
def test_whatever_the_rows_are_every_finding_has_words_and_names_rows_that_exist(pairs):
    rows = [row(q, a) for q, a in pairs]
    for finding in assess(rows).findings:
        assert finding.message
        assert finding.way_out
        assert all(0 <= i < len(rows) for i in finding.rows)


def test_every_phrase_belongs_to_a_finding():
    """Whatever is in the catalogue is found by some test above."""
    with open(__file__, encoding="utf-8") as own:
        tested = own.read()
    assert [code for code in QUALITY if code not in tested] == []
