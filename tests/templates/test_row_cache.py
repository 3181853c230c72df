"""Rows that were tokenized before: found by what they say, and by nothing else."""

from __future__ import annotations

import pytest

from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.templates.labels import IGNORED, LabelledRow, labelled
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.row_cache import RowCache
from nbfinetune.templates.xray import xray
from tests.models import byte_tokenizer, talk
from tests.templates.test_heads import Counting
from tests.templates.tokenizers import family

ROWS = [
    talk("one", "uno", system="Spanish."),
    talk("two", "dos", "three", "tres", system="Spanish."),
    talk("one", "uno"),
]
LIKE = [
    talk("one", "uno ", system="Spanish."),
    talk("one", "uno", system="Spanish"),
    talk("one", "uno", "uno", "one"),
    talk("oneuno", "uno"),
    talk("uno", "one"),
    talk("one", "u", "n", "o"),
    talk('one","uno', "uno"),
]


@pytest.fixture
def counted() -> tuple[ChatTemplate, Counting]:
    tokenizer = Counting(byte_tokenizer())
    return ChatTemplate(tokenizer, "tiny"), tokenizer


def fresh(rows: list[Conversation]) -> list[LabelledRow]:
    return [ChatTemplate(byte_tokenizer(), "tiny").row(row) for row in rows]


def test_rows_that_come_again_are_the_same_and_no_tokenizer_is_asked(counted):
    template, tokenizer = counted
    first = [template.row(row) for row in ROWS]
    tokenizer.texts.clear()
    other_place = [Conversation(row.messages, line=7, extra={"id": 3}) for row in ROWS]
    again = [template.row(row) for row in reversed(other_place)]
    assert first == again[::-1] == fresh(ROWS)
    assert tokenizer.texts == []


def test_rows_that_are_nearly_the_same_are_others(counted):
    template, _ = counted
    for row in ROWS:
        template.row(row)
    assert [template.row(row) for row in LIKE] == fresh(LIKE)


def test_another_template_and_another_tokenizer_find_nothing():
    names = ["qwen2_5", "chatml", "llama3", "smollm"]
    rows = {name: [family(name).row(row) for row in ROWS] for name in names}
    templates = {name: family(name) for name in names}
    for row_number, row in enumerate(ROWS):
        for name, template in templates.items():
            assert template.row(row) == template.row(row) == rows[name][row_number]


def test_what_somebody_does_to_a_row_changes_no_other(counted):
    template, _ = counted
    for _ in range(3):
        row = template.row(ROWS[0])
        assert row == fresh(ROWS[:1])[0]
        row.ids[0] = -1
        row.labels.clear()
    kept = template.rendered(ROWS[1])
    kept.row.ids.append(5)
    assert template.row(ROWS[1]) == fresh(ROWS[1:2])[0]


def test_a_row_that_was_looked_at_is_not_tokenized_for_the_run(counted):
    template, tokenizer = counted
    xray(template, ROWS[1], 10)
    tokenizer.texts.clear()
    assert template.row(ROWS[1]) == fresh(ROWS[1:2])[0]
    assert tokenizer.texts == []


def test_a_row_that_is_refused_is_refused_again_by_its_own_line():
    template = family("gemma3")
    row = (Message("user", "a"), Message("user", "b"), Message("assistant", "c"))
    said = []
    for line in (1, 1, 2):
        with pytest.raises(ModelError) as error:
            template.row(Conversation(row, line=line))
        said.append(error.value.code)
    assert said == ["template_refused"] * 3


def test_beyond_so_many_tokens_those_go_that_were_asked_for_longest_ago():
    cache = RowCache(most_tokens=7)
    a, b, c = ROWS
    cache.put(a, [1, 2, 3], ((1, 3),))
    cache.put(b, [4, 5, 6], ((2, 3),))
    assert cache.get(a) == LabelledRow([1, 2, 3], [IGNORED, 2, 3])
    cache.put(c, [7, 8], ())
    assert [cache.get(row) for row in (a, b, c)] == [
        labelled([1, 2, 3], [(1, 3)]), None, labelled([7, 8], [])
    ]  # fmt: skip
    cache.put(a, [1, 2, 3], ((1, 3),))  # in its own place
    assert cache.get(c) == labelled([7, 8], [])
    cache.put(b, [9] * 8, ())  # larger than all of it
    assert [cache.get(row) for row in ROWS] == [None] * 3
