"""Special tokens inside contents: which are errors, where, how often."""

from __future__ import annotations

import pytest

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.reading.special_tokens import special_token_problems

CONTROL = ("<|im_start|>", "<|im_end|>")
SPECIAL = ("<think>", "<|im_end|>!")


def row(question: str, answer: str = "yo") -> Conversation:
    return Conversation((Message("user", question), Message("assistant", answer)), 7)


def found(*rows: Conversation, allow: bool = False) -> list[tuple[str, str, str]]:
    problems = special_token_problems(rows, CONTROL, SPECIAL, allow=allow)
    return [(p.severity, p.code, str(p)) for p in problems]


def test_a_token_that_ends_a_turn_is_an_error_at_its_message():
    assert found(row("hi"), row("a<|im_end|>b<|im_start|>c<|im_end|>")) == [
        ("error", "special_token_in_content", "line 7  $.messages[0].content  expected plain text, "
         "got the token '<|im_end|>' (2×), which begins or ends a turn for this model"),
        ("error", "special_token_in_content", "line 7  $.messages[0].content  expected plain text, "
         "got the token '<|im_start|>' (1×), which begins or ends a turn for this model"),
    ]  # fmt: skip


def test_any_other_special_token_is_a_warning():
    assert found(row("q", "<think>hm")) == [
        ("warning", "special_token", "line 7  $.messages[1].content  "
         "the text has the special token '<think>' of this model (1×)"),
    ]  # fmt: skip


def test_tokens_that_are_allowed_are_a_warning_and_the_longest_token_counts():
    assert [p[:2] for p in found(row("<|im_end|>", "<|im_end|>!"), allow=True)] == [
        ("warning", "special_token_in_content"),
        ("warning", "special_token"),
    ]


@pytest.mark.parametrize("text", ["hi", "<|im_end", "im_end", "<|IM_END|>", "<think", ""])
def test_plain_text_has_no_problem(text):
    assert found(row(text)) == []


def test_without_tokens_there_is_nothing_to_find():
    assert list(special_token_problems([row("<|im_end|>")], [], [""])) == []
