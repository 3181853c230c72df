"""Real published datasets: the counts of an independent script, and mistakes made in one of them.

`make test-data` runs these. They fail, and are not skipped, where the data are missing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.sources import read_cell, read_file

DATA = Path(
    os.environ.get("NBFINETUNE_TEST_DATA")
    or Path(__file__).resolve().parents[2].parent / "shared" / "data"
)
CORPUS = "shishuoxinyu_ft_data.jsonl"
FILES = [
    "gsm8k_chat_validation.jsonl",
    "oumi_format.jsonl",
    CORPUS,
    "stock_toolcall_training.jsonl",
    "text2sql_dataset.jsonl",
]


def codes(dataset: MessageDataset, severity: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for problem in dataset.problems:
        if problem.severity == severity:
            found[problem.code] = found.get(problem.code, 0) + 1
    return found


def test_every_messages_file_is_tried():
    expected = json.loads((DATA / "expected.json").read_text())
    assert sorted(FILES) == sorted(n for n, e in expected.items() if e["format"] == "messages")


@pytest.mark.parametrize("name", FILES)
def test_the_counts_are_those_of_an_independent_script(name):
    expected = json.loads((DATA / "expected.json").read_text())[name]
    dataset = read_file(DATA / name)
    lengths = [len(c.messages) for c in dataset.conversations]
    longest = max(len(m.content) for c in dataset.conversations for m in c.messages)
    blanks = [p for p in dataset.problems if p.code == "outer_whitespace"]
    assert {
        "records": dataset.rows,
        "valid_records": len(dataset),
        "rule_counts": codes(dataset, "error"),
        "duplicate_records": codes(dataset, "warning").get("duplicate_row", 0),
        "messages_with_outer_whitespace": sum(int(p.params["count"]) for p in blanks),
        "messages_per_record": [min(lengths), max(lengths)],
        "max_content_chars": longest,
    } == {
        key: expected[key]
        for key in (
            "records",
            "valid_records",
            "rule_counts",
            "duplicate_records",
            "messages_with_outer_whitespace",
            "messages_per_record",
            "max_content_chars",
        )
    }


def test_the_corpus_is_178_rows_without_any_problem():
    dataset = read_file(DATA / CORPUS)
    assert (dataset.rows, len(dataset), dataset.problems) == (178, 178, ())
    assert dataset.systems == ("你是智说新语生成器",)


def test_the_corpus_splits_into_160_and_18():
    train, validation = read_file(DATA / CORPUS).split(0.1, seed=42)
    assert (len(train), len(validation)) == (160, 18)


def test_the_corpus_pasted_into_a_cell_is_the_same_dataset():
    dataset = read_cell((DATA / CORPUS).read_text(encoding="utf-8"), name="c")
    assert dataset.sha256 == read_file(DATA / CORPUS).sha256
    assert dataset.conversations[0].line == 2


def test_the_corpus_as_an_indented_array_is_the_same_dataset(tmp_path):
    rows = [json.loads(line) for line in (DATA / CORPUS).read_text(encoding="utf-8").splitlines()]
    (tmp_path / "c.json").write_text(json.dumps(rows, ensure_ascii=False, indent=2), "utf-8")
    assert read_file(tmp_path / "c.json").sha256 == read_file(DATA / CORPUS).sha256


def replaced(old: str, new: str):
    """The row with the first `old` replaced, which must be there."""

    def change(row: str) -> str:
        assert old in row
        return row.replace(old, new, 1)

    return change


def retold(*roles: str):
    """The row with other roles for its messages; more messages are copies of the last."""

    def change(row: str) -> str:
        messages = json.loads(row)["messages"]
        told = [{**messages[min(i, 2)], "role": role} for i, role in enumerate(roles)]
        return json.dumps({"messages": told}, ensure_ascii=False)

    return change


def without_content(row: str) -> str:
    messages = json.loads(row)["messages"]
    del messages[1]["content"]
    return json.dumps({"messages": messages}, ensure_ascii=False)


def with_answer(content: object):
    def change(row: str) -> str:
        messages = json.loads(row)["messages"]
        messages[2]["content"] = content
        return json.dumps({"messages": messages}, ensure_ascii=False)

    return change


MISTAKES = {
    "a bad role": (replaced('"user"', '"human"'), "role_invalid", "$.messages[1].role"),
    "a missing content": (without_content, "content_missing", "$.messages[1]"),
    "assistant first": (
        retold("system", "assistant", "user", "assistant"),
        "first_not_user",
        "$.messages[1].role",
    ),
    "two systems": (
        retold("system", "system", "user", "assistant"),
        "system_multiple",
        "$.messages[1].role",
    ),
    "system in the middle": (
        retold("user", "system", "assistant"),
        "system_not_first",
        "$.messages[1].role",
    ),
    "a cut line": (lambda row: row[:-20], "json_parse", ""),
    "content null": (with_answer(None), "content_null", "$.messages[2].content"),
    "content parts": (with_answer([{"type": "text"}]), "content_not_string",
                      "$.messages[2].content"),
    "an empty answer": (with_answer(""), "content_empty", "$.messages[2].content"),
    "a duplicate key": (replaced('"role"', '"role": "user", "role"'), "duplicate_key",
                        "$.messages[0].role"),
    "U+00A0 between tokens": (lambda row: row.replace(": [", ":\xa0["), "json_parse", ""),
    "messages a string": (
        lambda row: json.dumps({"messages": json.dumps(json.loads(row)["messages"])}),
        "messages_not_array",
        "$.messages",
    ),
    "two users in a row": (retold("system", "user", "user", "assistant"), "not_alternating",
                           "$.messages[2].role"),
    "no answer": (retold("system", "user"), "unpaired_end", "$.messages[1].role"),
    "half an emoji": (with_answer("\ud83d"), "lone_surrogate", "$.messages[2].content"),
    "a raw tab": (replaced('"content": "', '"content": "\t'), "json_parse",
                  "$.messages[0].content"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("line", [1, 77, 178])
def test_one_mistake_in_the_corpus_is_one_problem_at_its_place(tmp_path, name, line):
    change, code, path = MISTAKES[name]
    rows = (DATA / CORPUS).read_text(encoding="utf-8").splitlines()
    changed = change(rows[line - 1])
    rows[line - 1] = changed
    file = tmp_path / "variant.jsonl"
    file.write_bytes("\n".join(rows).encode("utf-8", "backslashreplace"))
    dataset = read_file(file)
    assert [(p.code, p.line, p.path) for p in dataset.errors] == [(code, line, path)]
    assert (dataset.rows, len(dataset)) == (178, 177)


def test_all_mistakes_at_once_are_all_reported(tmp_path):
    rows = (DATA / CORPUS).read_text(encoding="utf-8").splitlines()
    expected = []
    for line, (change, code, path) in enumerate(MISTAKES.values(), start=1):
        rows[line - 1] = change(rows[line - 1])
        expected.append((code, line, path))
    file = tmp_path / "variant.jsonl"
    file.write_bytes("\r\n".join(rows).encode("utf-8", "backslashreplace"))
    dataset = read_file(file)
    assert [(p.code, p.line, p.path) for p in dataset.errors] == expected
    assert len(dataset) == 178 - len(expected)
    assert all(isinstance(p, Problem) and p.message and p.way_out for p in dataset.problems)
