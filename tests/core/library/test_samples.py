"""The datasets that ship: clean, of one tone, told by name."""

from __future__ import annotations

import json
import re

import pytest

from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library.samples import read_sample, sample_names

NAMES = ("customer-service", "customer-service-zh", "intent-zh", "json-extraction", "pirate")


def test_the_samples_are_listed_by_name():
    assert sample_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_30_to_60_rows_with_one_system_prompt_and_no_problem(name):
    dataset = read_sample(f"sample:{name}")
    assert (dataset.problems, dataset.rows == len(dataset), len(dataset.systems)) == ((), True, 1)
    assert 30 <= len(dataset) <= 60
    assert (dataset.name, dataset.origin) == (name, Origin("sample", f"sample:{name}"))


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_in_one_language_and_spells_its_marks_one_way(name):
    texts = [m.content for c in read_sample(name).conversations for m in c.messages]
    chinese = [bool(re.search("[\u4e00-\u9fff]", text)) for text in texts]
    assert set(chinese) == {name.endswith("-zh")}
    if name.endswith("-zh"):
        assert not [text for text in texts if re.search(r"[,;!?]|\.(?!\d)", text)]


def test_every_pirate_speaks_like_one():
    rows = read_sample("pirate").conversations
    assert [c for c in rows if not re.fullmatch(r"Ahoy! .+, arr!", c.answer)] == []


def test_every_extraction_is_the_object_that_its_prompt_asks_for():
    for row in read_sample("json-extraction").conversations:
        order = json.loads(row.answer)
        assert list(order) == ["item", "quantity", "colour", "due"]
        asked = row.messages[1].content.lower()
        for word in filter(None, (order["item"], order["colour"], order["due"])):
            assert word.lower().split()[0].removesuffix("-coloured") in asked
        assert order["quantity"] is None or order["quantity"] > 0


def test_every_intent_is_one_of_the_five_equally_often():
    rows = read_sample("intent-zh").conversations
    counts = {c.answer: [r.answer for r in rows].count(c.answer) for c in rows}
    assert set(counts.values()) == {9}
    prompt = rows[0].system or ""
    assert prompt.rpartition("：")[2].rstrip("。").split("、") == list(counts)


def test_a_sample_takes_another_name_and_a_prefix_is_optional():
    dataset = read_sample("pirate", name="arr")
    assert (dataset.name, dataset.sha256) == ("arr", read_sample("sample:pirate").sha256)


@pytest.mark.parametrize(
    ("wanted", "suggestion"),
    [("pirates", ". Did you mean 'pirate'?"), ("", ""), ("../samples/pirate", "")],
)
def test_an_unknown_sample_is_answered_with_the_nearest_and_all_others(wanted, suggestion):
    with pytest.raises(DatasetError) as caught:
        read_sample(f"sample:{wanted}")
    assert str(caught.value) == (
        f"there is no sample {wanted!r}{suggestion}\nThere are: {', '.join(NAMES)}."
    )
