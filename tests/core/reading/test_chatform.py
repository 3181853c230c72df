"""The light chat form: which line begins a message, which a conversation."""

from __future__ import annotations

import pytest

from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.chatform import read_chat
from nbfinetune.core.reading.sources import read_cell
from nbfinetune.core.rows import BROKEN, Row


def read(body: str) -> list[tuple[int, list[tuple[str, str]]]]:
    """Line and messages of every conversation; the body begins on line 2, as in a cell."""
    found = []
    for row in read_chat(body, 2):
        assert isinstance(row.value, dict)
        found.append((row.line, [(m["role"], m["content"]) for m in row.value["messages"]]))
    return found


def test_markers_begin_messages_and_a_blank_line_before_user_a_conversation():
    assert read("user: a\nassistant: b\n\nuser: c\nassistant: d") == [
        (2, [("user", "a"), ("assistant", "b")]),
        (5, [("user", "c"), ("assistant", "d")]),
    ]


def test_user_directly_under_an_answer_continues():
    assert read("user: a\nassistant: b\nuser: c\nassistant: d") == [
        (2, [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]),
    ]


def test_system_begins_a_conversation_without_a_blank_line():
    assert read("user: a\nassistant: b\nsystem: s\nuser: c\nassistant: d") == [
        (2, [("user", "a"), ("assistant", "b")]),
        (4, [("system", "s"), ("user", "c"), ("assistant", "d")]),
    ]


def test_a_blank_line_behind_the_system_prompt_does_not_part_it_from_its_question():
    assert read("system: s\n\nuser: a\n\nassistant: b") == [
        (2, [("system", "s"), ("user", "a"), ("assistant", "b")]),
    ]


@pytest.mark.parametrize("rule", ["---", "---  "])
def test_a_rule_begins_a_conversation(rule):
    assert read(f"user: a\nassistant: b\n{rule}\nuser: c\nassistant: d\n{rule}\n") == [
        (2, [("user", "a"), ("assistant", "b")]),
        (5, [("user", "c"), ("assistant", "d")]),
    ]


def test_other_lines_belong_to_the_message_above_trimmed_at_its_ends():
    assert read("user:\n\n  a\n\n\n b \n ---\nassistant: \u2028c\n\n") == [
        (2, [("user", "a\n\n\n b \n ---"), ("assistant", "c")]),
    ]


@pytest.mark.parametrize(
    "marker", ["user:", "User:", "USER：", "用户:", "用户："]
)  # fmt: skip
def test_markers_in_both_languages_any_case_either_colon(marker):
    assert read(f"{marker}a\n助手：b") == [(2, [("user", "a"), ("assistant", "b")])]


def test_words_that_are_no_markers():
    body = "user: a\n user: b\nusers: c\nuser : d\nbot: e\nassistant: f"
    assert read(body) == [
        (2, [("user", "a\n user: b\nusers: c\nuser : d\nbot: e"), ("assistant", "f")])
    ]


def test_a_backslash_escapes_and_is_removed():
    body = "user: a\n\\user: b\n\\\\user: c\n\\用户：d\n\\---\n\\n\nassistant: \\user: e"
    assert read(body) == [
        (2, [("user", "a\nuser: b\n\\user: c\n用户：d\n---\n\\n"), ("assistant", "\\user: e")])
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(end):
    assert read(end.join(["user: a", "b", "assistant: c", "", "user: d"])) == [
        (2, [("user", "a\nb"), ("assistant", "c")]),
        (6, [("user", "d")]),
    ]


def test_text_before_the_first_marker_is_one_problem_at_its_line():
    problem = Problem(
        code="role_missing", kind="chat", severity="error", line=3, params={"got": "'Hello'"}
    )
    valid = Row(
        5,
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
        (),
        {"$.messages[0]": 5, "$.messages[1]": 6},
    )
    assert list(read_chat("\n Hello \nyou\nuser: a\nassistant: b", 2)) == [
        Row(3, BROKEN, (problem,)),
        valid,
    ]
    assert problem.message == "expected 'user:' before the text, got 'Hello'"


def test_the_same_rules_check_it_with_the_line_of_the_marker():
    dataset = read_cell("user: a\n\nb\nuser: c\nassistant:\n\nuser: d\nassistant: e", name="d")
    assert [(p.code, p.line, p.path) for p in dataset.errors] == [
        ("not_alternating", 5, "$.messages[1].role"),
        ("content_empty", 6, "$.messages[2].content"),
    ]
    assert [(c.line, c.answer) for c in dataset.conversations] == [(8, "e")]
    assert dataset.rows == 2


def test_nothing_but_blanks_and_rules_is_no_row():
    assert read("\n\n---\n \n") == []
