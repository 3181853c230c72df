"""Every quick-fix of the light chat form on any words: what comes out is what was meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.fixes.apply import apply_fixes
from nbfinetune.core.reading.sources import read_cell
from tests.core.fixes.outcomes import OUTCOMES

Talk = list[tuple[str, str]]

_line = st.text(st.sampled_from("ab你 “\"'{}[],.，。!\u00a0`-"), min_size=1, max_size=12).map(
    lambda text: f"a{text}z"
)
_words = st.lists(_line, min_size=1, max_size=3).map("\n".join)
_talk = st.lists(st.tuples(_words, _words), min_size=1, max_size=3)


def written(talk: Talk, user: str = "user", assistant: str = "assistant") -> str:
    """The conversation, each turn with its marker."""
    return "".join(f"{user}: {asked}\n{assistant}: {answer}\n" for asked, answer in talk)


def twice(talk: Talk) -> tuple[str, Talk]:
    """The last answer in two messages."""
    (asked, answer) = talk[-1]
    return f"{written(talk)}assistant: {answer}\n", [*talk[:-1], (asked, f"{answer}\n{answer}")]


SPOILERS: dict[str, Callable[[Talk], tuple[str, Talk]]] = {
    "bom": lambda talk: ("\ufeff" + written(talk), talk),
    "code_fences": lambda talk: (f"```\n{written(talk)}```\n", talk),
    "preamble": lambda talk: (f"Here you are:\n{written(talk)}", talk),
    "exotic_blanks": lambda talk: (written(talk, "\u00a0user", "\u3000assistant"), talk),
    "role_aliases": lambda talk: (written(talk, "Human", "GPT"), talk),
    "turns_joined": twice,
    "trailing_user": lambda talk: (f"{written(talk)}user: and?\n", talk),
}


def test_every_fix_of_the_chat_form_has_words_that_need_it():
    assert SPOILERS.keys() == {outcome.fix for outcome in OUTCOMES if outcome.form == "chat"}


@pytest.mark.parametrize("fix", SPOILERS)
@settings(max_examples=30, derandomize=True, deadline=None)
@given(_talk)
def test_a_fix_makes_of_words_what_was_meant(fix, talk):
    text, meant = SPOILERS[fix](talk)
    found = apply_fixes(text, "chat", [fix])
    assert list(found.counts) == [fix]
    assert found.left == ()
    dataset = read_cell(found.text, name="d")
    assert dataset.errors == ()
    (conversation,) = dataset.conversations
    said = [message.content for message in conversation.messages]
    assert said == [words for turn in meant for words in turn]


@pytest.mark.parametrize("fix", SPOILERS)
@settings(max_examples=15, derandomize=True, deadline=None)
@given(_talk, _talk)
def test_a_valid_conversation_above_what_a_fix_repairs_stays_byte_for_byte(fix, talk, good):
    text, _ = SPOILERS[fix](talk)
    above = f"{written(good)}\n---\n"
    found = apply_fixes(above + text, "chat", [fix])
    assert found.text.startswith(above)
