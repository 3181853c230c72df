"""The corpus breaks a rule of its own prompt: "the word itself must not appear in the answer"."""

from __future__ import annotations

import pytest

from nbfinetune.core.reading.sources import read_file
from nbfinetune.core.rules.rules import check_of, mark, written_rule
from tests.data.test_real_files import CORPUS, DATA


@pytest.mark.parametrize("body", ["user not in answer", "lacks(answer, user)"])
def test_69_of_178_answers_contain_the_users_word(body):
    rows = read_file(DATA / CORPUS).conversations
    marks = mark(check_of(written_rule("no-echo", body), confirmed=True), rows)
    assert [len(marks.having(o)) for o in ("passed", "failed", "unjudged")] == [109, 69, 0]
    words = (rows[i].messages[1].content for i in marks.having("failed"))
    assert all(
        word in rows[i].answer for word, i in zip(words, marks.having("failed"), strict=True)
    )


def test_all_of_its_answers_end_with_a_full_stop():
    marks = mark(check_of(written_rule("ends", "answer must match 。$")),
                 read_file(DATA / CORPUS).conversations)  # fmt: skip
    assert len(marks.having("passed")) == 178
