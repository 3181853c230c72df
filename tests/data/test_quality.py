"""What the figures and the quality card say of real published datasets."""

from __future__ import annotations

import json

import pytest

from nbfinetune.core.quality.card import assess
from nbfinetune.core.quality.statistics import describe
from nbfinetune.core.reading.sources import read_file
from tests.data.test_real_files import CORPUS, DATA, FILES

CONVERTED = ["alpaca_self_cognition_EmoLLM.json", "prompt_completion_wwdc25_valid.jsonl",
             "sharegpt_dummy_conversation.json"]  # fmt: skip


@pytest.mark.parametrize("name", [*FILES, *CONVERTED])
def test_duplicates_are_those_of_an_independent_script(name):
    expected = json.loads((DATA / "expected.json").read_text())[name]
    figures = describe(read_file(DATA / name).conversations)
    assert figures.rows == expected["valid_records"]
    assert sum(len(group) - 1 for group in figures.duplicates) == expected["duplicate_records"]


def test_the_corpus_has_one_prompt_one_script_and_slips_of_punctuation():
    rows = read_file(DATA / CORPUS).conversations
    figures = describe(rows)
    assert [(use.text, use.rows) for use in figures.systems] == [("你是智说新语生成器", 178)]
    assert (figures.scripts, figures.near_duplicates) == ((("chinese", 178),), ())
    doubled = next(f for f in assess(rows).findings if f.code == "quality_doubled")
    assert [rows[i].answer[-2:] for i in doubled.rows] == ["，。"] * 7


def test_rows_that_differ_by_two_words_are_near_duplicates():
    rows = read_file(DATA / "prompt_completion_wwdc25_valid.jsonl").conversations
    figures = describe(rows)
    assert figures.near_duplicates == ((17, 39), (102, 103))
    assert len(figures.conflicts) == 41
