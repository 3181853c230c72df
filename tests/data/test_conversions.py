"""Real files of other formats: after conversion, the counts of an independent script."""

from __future__ import annotations

import json

import pytest

from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file
from tests.data.test_real_files import DATA, codes

FILES = {
    "alpaca_self_cognition_EmoLLM.json": "alpaca",
    "prompt_completion_wwdc25_valid.jsonl": "prompt_completion",
    "sharegpt_dummy_conversation.json": "sharegpt",
}


def expected() -> dict[str, dict[str, object]]:
    return json.loads((DATA / "expected.json").read_text())


def test_every_file_of_another_format_is_tried():
    others = {n: e["format"] for n, e in expected().items() if e["format"] != "messages"}
    assert others == FILES


@pytest.mark.parametrize("name", FILES)
def test_the_counts_after_conversion_are_those_of_an_independent_script(name):
    dataset = read_file(DATA / name)
    lengths = [len(c.messages) for c in dataset.conversations]
    contents = [m.content for c in dataset.conversations for m in c.messages]
    found = {
        "records": dataset.rows,
        "valid_records": len(dataset),
        "rule_counts": codes(dataset, "error"),
        "duplicate_records": codes(dataset, "warning").get("duplicate_row", 0),
        "messages_with_outer_whitespace": sum(c != c.strip() for c in contents),
        "messages_per_record": [min(lengths), max(lengths)],
        "max_content_chars": max(map(len, contents)),
    }
    assert found == {key: expected()[name][key] for key in found}
    assert dataset.conversions == (Conversion(FILES[name], dataset.rows),)


@pytest.mark.parametrize("name", FILES)
def test_a_cell_and_a_list_of_the_same_rows_are_the_same_dataset(name):
    dataset = read_file(DATA / name)
    body = (DATA / name).read_text(encoding="utf-8")
    rows = json.loads(body) if name.endswith(".json") else list(map(json.loads, body.splitlines()))
    for other in (read_cell(body, name="c"), from_rows(rows, name="p")):
        assert (other.sha256, other.conversions) == (dataset.sha256, dataset.conversions)
