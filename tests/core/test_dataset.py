"""The dataset value: its split, its hash, its check, its file."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.dataset import MessageDataset, Split, duplicate_key, write_jsonl
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file


def row(question: str, answer: str = "yo") -> Conversation:
    return Conversation((Message("user", question), Message("assistant", answer)))


def dataset(*rows: Conversation) -> MessageDataset:
    return MessageDataset("d", rows, rows=len(rows))


def different(count: int) -> MessageDataset:
    return dataset(*(row(str(i)) for i in range(count)))


@pytest.mark.parametrize(
    ("rows", "ratio", "held_out"),
    [
        (100, 0.1, 10),
        (178, 0.1, 18),
        (4, 0.1, 1),
        (5, 0.1, 1),
        (14, 0.1, 1),
        (15, 0.1, 2),
        (25, 0.1, 3),
        (50, 0.29, 15),
        (2, 0.1, 1),
        (1, 0.1, 0),
        (0, 0.1, 0),
        (10, 0, 0),
        (2, 0.9, 1),
        (10, 1, 9),
    ],
)
def test_the_share_is_rounded_half_up_at_least_one_never_all(rows, ratio, held_out):
    split = different(rows).split(ratio)
    assert (len(split.train), len(split.validation)) == (rows - held_out, held_out)


def test_the_split_keeps_the_order_and_depends_on_the_seed_alone():
    data = different(40)
    split = data.split(0.25, seed=1)
    assert split == different(40).split(0.25, seed=1)
    assert split != data.split(0.25, seed=2)
    for part in split:
        numbers = [int(c.messages[0].content) for c in part]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("other", ["caf\u00e9", " cafe\u0301\n", "\u3000caf\u00e9"])
def test_rows_that_look_the_same_are_on_one_side(other):
    rows = dataset(row("caf\u00e9"), row(other), row("tea"))
    for seed in range(8):
        train, validation = rows.split(0.3, seed)
        assert {len(train), len(validation)} == {1, 2}
        assert [c for c in (train, validation) if len(c) == 2] == [rows.conversations[:2]]


def test_duplicates_alone_are_not_split():
    assert dataset(row("a"), row(" a"), row("a\n")).split(0.5) == Split(
        (row("a"), row(" a"), row("a\n")), ()
    )


def test_of_groups_that_are_all_too_large_the_smallest_is_held_out():
    data = dataset(*[row("a")] * 6, *[row("b")] * 4)
    assert data.split(0.1) == Split((row("a"),) * 6, (row("b"),) * 4)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(["a", " a", "é", "e\u0301", "b", "c", "d\n", "d"]), max_size=20),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_duplicates_never_straddle_and_no_row_is_lost(questions, ratio, seed):
    rows = [row(q) for q in questions]
    train, validation = dataset(*rows).split(ratio, seed)
    keys = [{duplicate_key(c.messages) for c in part} for part in (train, validation)]
    assert not keys[0] & keys[1]
    assert sorted(c.messages[0].content for c in train + validation) == sorted(questions)
    groups = {unicodedata.normalize("NFC", q).strip() for q in questions}
    assert bool(validation) == (ratio > 0 and len(groups) > 1)
    assert bool(train) == bool(rows)


def test_equal_messages_have_an_equal_hash_whatever_they_came_from():
    cell = read_cell("user: a\nassistant: b", name="x")
    turns = [{"role": "user", "content": "a", "weight": 1}, {"role": "assistant", "content": "b"}]
    python = from_rows([{"messages": turns}], name="y")
    assert cell.sha256 == python.sha256
    assert cell.sha256 != read_cell("user: a\nassistant: c", name="x").sha256
    assert dataset(row("a"), row("b")).sha256 != dataset(row("b"), row("a")).sha256


def test_the_system_prompts_are_listed_most_frequent_first():
    data = read_cell(
        "system: rare\nuser: 1\nassistant: a\n\nuser: 2\nassistant: a\n\nuser: 3\nassistant: a",
        name="d",
    )
    assert data.systems == (None, "rare")


def test_the_check_passes_what_is_valid_and_raises_the_rest_with_every_problem():
    valid = read_cell("user: a\nassistant: b", name="d")
    assert valid.check() is valid
    invalid = read_cell("user: a\nassistant: b\n\nuser: c\n\nuser: d\nassistant:", name="d")
    with pytest.raises(DatasetError) as caught:
        invalid.check()
    assert caught.value.problems == invalid.problems
    assert [line.strip() for line in str(caught.value).split("\n")[1:4]] == [
        "line 5  $.messages[0].role  expected 'assistant' at the end, got 'user'",
        "→ Write the answer, or delete the row: there is nothing to learn from it.",
        "line 8  $.messages[1].content  expected an answer '…', got an empty text ''",
    ]
    with pytest.raises(DatasetError):
        dataset().check()


def test_what_is_written_is_read_again_with_its_extra_keys(tmp_path):
    rows = [
        {
            "messages": [
                {"role": "user", "content": "\u2028 😀 \"q\" \\ \t.", "weight": 0},
                {"role": "assistant", "content": "答"},
            ],
            "id": 2**80,
            "nested": {"a": [None, 1.5, True]},
        }
    ]  # fmt: skip
    path = tmp_path / "d.jsonl"
    before = from_rows(rows, name="d")
    write_jsonl(before.conversations, path)
    assert read_file(path).conversations == before.conversations
    assert json.loads(path.read_bytes()) == rows[0]
    assert "答".encode() in path.read_bytes()
