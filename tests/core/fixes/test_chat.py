"""Fixes of the light chat form."""

from __future__ import annotations

import pytest

from tests.core.fixes.cases import fixed, only, unchanged

CHAT = "user: a\nassistant: b\n"


def test_another_tools_markers_become_ours():
    before = "Human: a\nGPT: b\n\nHuman : c\nmore\nGPT：d\n"
    assert only("role_aliases", before, "chat") == (
        "user: a\nassistant: b\n\nuser: c\nmore\nassistant：d\n"
    )


def test_markers_of_two_tools_in_one_conversation():
    before = "Human: a\nassistant: b\nHuman: c\nassistant: d\n"
    assert only("role_aliases", before, "chat") == before.replace("Human", "user")


@pytest.mark.parametrize(
    "text", ["Human: a\nQuestion: b\nGPT: c\n", f"Human: a\nGPT: b\n\n{CHAT}Human: is text here\n"]
)
def test_markers_that_may_be_text_stay(text):
    assert unchanged(text, "chat") == [("role_aliases", 1, "markers_unclear")]


def test_words_in_messages_stay_whatever_they_look_like():
    text = "user: Here you go:\n```\nHuman: x\n```\nassistant: b\n\u00a0user: c\n"
    assert unchanged(text, "chat") == []


def test_exotic_blanks_before_markers_go():
    assert only("exotic_blanks", "\u00a0user: a\n\u3000 assistant: b\n", "chat") == CHAT
    assert only("exotic_blanks", "user: a\n\u00a0\u00a0assistant: b\n", "chat") == CHAT


def test_talk_before_the_first_message_goes():
    assert only("preamble", f"Here are 2 rows:\n\n{CHAT}", "chat") == f"\n{CHAT}"
    assert unchanged("only talk", "chat") == [("preamble", 1, "may_be_data")]


def test_text_that_may_be_data_stays():
    assert unchanged(f'"a", "b"\n{CHAT}', "chat") == [("preamble", 1, "may_be_data")]


def test_a_code_fence_around_everything_goes():
    assert only("code_fences", f"```\n{CHAT}```\n", "chat") == CHAT
    assert only("code_fences", f"```text\n{CHAT}", "chat") == CHAT


def test_code_fences_that_may_belong_to_an_answer_stay():
    text = f"```\n{CHAT}```\nx\n```\n"
    assert unchanged(text, "chat") == [("code_fences", 1, "fence_unclear")]


def test_neighbours_of_the_same_role_are_joined():
    before = "user: a\nuser: b\nuser:\nc\nassistant: d\n\nassistant: e\n"
    assert only("turns_joined", before, "chat") == "user: a\nb\nc\nassistant: d\n\ne\n"


@pytest.mark.parametrize("second", ["user: user: b", "user: ---", "user: \\user: b"])
def test_neighbours_whose_text_would_become_a_marker_stay(second):
    text = f"user: a\n{second}\nassistant: c\n"
    assert unchanged(text, "chat") == [("turns_joined", 2, "markers_unclear")]


def test_neighbours_between_which_another_marker_may_stand_stay():
    text = "user: a\nuser: b\nBot: c\nassistant: d\n"
    assert unchanged(text, "chat") == [("turns_joined", 1, "markers_unclear")]


def test_a_last_question_without_answer_is_dropped():
    before = f"{CHAT}user: c\nmore\n\n---\n{CHAT}user: d"
    assert only("trailing_user", before, "chat") == f"{CHAT}\n---\n{CHAT}"


def test_a_question_stays_where_nothing_else_would_be_left():
    assert unchanged("user: a\n", "chat") == [("trailing_user", 1, "only_question")]


def test_both_at_the_end_of_one_conversation():
    found = fixed(f"{CHAT}user: c\nuser: d\n", "chat")
    assert found.text == CHAT
    assert list(found.counts) == ["turns_joined", "trailing_user"]
