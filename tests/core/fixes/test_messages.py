"""Fixes of the messages of a row: keys, roles, order, parts."""

from __future__ import annotations

import pytest

from tests.core.fixes.cases import ROW, fixed, only, row, unchanged


@pytest.mark.parametrize("key", ["message", "Messages", "MESSAGE"])
def test_another_spelling_of_the_key_becomes_messages(key):
    before = ROW.replace('"messages"', f'"{key}"').replace("}]}", '}], "n": 1.50}')
    assert only("messages_key", before) == ROW.replace("}]}", '}], "n": 1.50}')


def test_a_key_that_is_no_list_or_not_the_only_one_stays():
    text = '{"message": {"role": "user", "content": "a"}}'
    assert unchanged(text) == [("messages_key", 1, "message_no_list")]
    assert unchanged('{"message": [], "Messages": []}') == []
    assert unchanged('{"conversations": []}') == []
    assert unchanged(ROW.replace("]}", '], "message": "x"}')) == []


ALIASES = {
    "human": "user", "User": "user", "用户": "user", "USER ": "user",
    "gpt": "assistant", "bot": "assistant", "Assistant": "assistant", "助手": "assistant",
    "developer": "system", "系统": "system",
}  # fmt: skip


@pytest.mark.parametrize("word", ALIASES)
def test_another_word_for_a_role_becomes_the_role(word):
    role = ALIASES[word]
    meant = row("system: a", "user: b", "assistant: c")
    before = meant.replace(f'"role": "{role}"', f'"role": "{word}"')
    assert only("role_aliases", before) == meant


def test_a_word_that_is_no_role_stays_and_words_in_contents_stay():
    assert unchanged(row("tool: a", "assistant: b")) == []
    assert unchanged(row("user: human", "assistant: gpt")) == []


def test_a_bare_list_of_messages_becomes_a_row():
    inner = ROW[len('{"messages": ') : -1]
    assert only("messages_list", f"{inner}\n{inner}\n{ROW}\n") == f"{ROW}\n{ROW}\n{ROW}\n"
    assert only("messages_list", inner, "json") == ROW
    assert only("messages_list", f"[{inner}, {ROW}]", "json") == f"[{ROW}, {ROW}]"


def test_a_list_that_may_be_several_conversations_stays():
    several = row("system: a", "user: b", "assistant: c", "system: d", "user: e", "assistant: f")
    inner = several[len('{"messages": ') : -1]
    assert unchanged(inner) == [("messages_list", 1, "several_conversations")]
    assert unchanged('[1, {"role": "user"}]', "json") == []


PARTS = {
    '[{"type": "text", "text": "hi"}]': '"hi"',
    '[{"type": "text", "text": "a\\n"}, {"text": "b"}, "c"]': '"a\\nbc"',
    '["hi"]': '"hi"',
}


@pytest.mark.parametrize("parts", PARTS)
def test_a_content_of_text_parts_becomes_one_text(parts):
    assert only("content_parts", ROW.replace('"hi"', parts)) == ROW.replace('"hi"', PARTS[parts])


@pytest.mark.parametrize(
    "parts",
    ["[]", "[1]", '[{"type": "image_url", "image_url": "x"}]', '[{"type": "text", "text": null}]',
     '[{"type": "text", "text": "a", "cache": 1}]'],
)  # fmt: skip
def test_parts_that_are_more_than_text_stay(parts):
    assert unchanged(ROW.replace('"hi"', parts)) == [("content_parts", 1, "parts_no_text")]


def test_the_system_message_is_moved_to_the_beginning():
    before = row("user: a", "assistant: b", "system: s", "user: c", "assistant: d")
    after = row("system: s", "user: a", "assistant: b", "user: c", "assistant: d")
    assert only("system_first", before) == after
    assert unchanged(after) == []


def test_several_system_messages_are_joined_line_by_line_and_equal_ones_kept_once():
    before = row("system: a", "system: b", "user: c", "system: a", "assistant: d", "system: ")
    assert only("systems_joined", before) == row("system: a\\nb", "user: c", "assistant: d")
    late = row("user: c", "system: a", "assistant: d", "system: b")
    assert only("systems_joined", late) == row("system: a\\nb", "user: c", "assistant: d")


def test_system_messages_with_different_other_keys_stay():
    text = row("system: a", "system: b", "user: c", "assistant: d")
    text = text.replace('"b"', '"b", "name": "n"')
    assert unchanged(text) == [("systems_joined", 1, "keys_differ")]


def test_neighbours_of_the_same_role_are_joined_line_by_line():
    before = row("user: a", "user: b", "user: c", "assistant: d", "assistant: ", "assistant: e")
    assert only("turns_joined", before) == row("user: a\\nb\\nc", "assistant: d\\ne")
    weights = row("user: a", "assistant: b", "assistant: c").replace("}]", ', "weight": 0}]')
    weights = weights.replace('"b"}', '"b", "weight": 0}')
    assert only("turns_joined", weights) == (
        row("user: a", "assistant: b\\nc").replace("}]", ', "weight": 0}]')
    )


def test_neighbours_that_would_lose_something_stay():
    text = row("user: a", "assistant: b", "assistant: c").replace("}]", ', "weight": 0}]')
    assert unchanged(text) == [("turns_joined", 1, "keys_differ")]
    null = row("user: a", "user: b", "assistant: c").replace('"b"', "null")
    assert unchanged(null) == [("turns_joined", 1, "content_no_text")]
    assert unchanged(row("tool: a", "tool: b")) == []


def test_a_last_question_without_answer_is_dropped():
    before = row("user: a", "assistant: b", "user: c")
    assert only("trailing_user", before) == row("user: a", "assistant: b")
    found = fixed(row("user: a", "assistant: b", "user: c", "user: d"))
    assert found.text == row("user: a", "assistant: b")
    assert list(found.counts) == ["turns_joined", "trailing_user"]


def test_a_question_stays_where_nothing_else_would_be_left():
    assert unchanged(row("system: s", "user: a")) == [("trailing_user", 1, "only_question")]


def test_what_only_the_writer_can_repair_stays_and_is_left():
    text = f'{row("user: a", "assistant: ")}\n{{"messages": []}}\n{row("assistant: a")}\n'
    assert unchanged(text) == []
    assert [(problem.line, problem.code) for problem in fixed(text).left] == [
        (1, "content_empty"), (2, "messages_empty"), (3, "first_not_user"),
    ]  # fmt: skip


def test_keys_given_twice_stay():
    text = '{"messages": [{"role": "human", "role": "human", "content": "a"}]}'
    assert unchanged(text) == []


def test_the_rest_of_a_repaired_row_stays_as_it_was_written():
    before = (
        '{ "id":1.50,"messages" :[ {"content":"\\u4f60","role":"human"},'
        '{"role":"gpt","content":"b" } ], "x": [1e3, {"y":"\\/"}]}'
    )
    assert only("role_aliases", before) == before.replace("human", "user").replace(
        "gpt", "assistant"
    )


def test_of_two_questions_at_the_end_none_is_dropped_alone():
    before = row("user: a", "assistant: b", "user: c", "user: d")
    assert fixed(before, names=["trailing_user"]).text == before
    assert fixed(before).text == row("user: a", "assistant: b")
