"""Prompts × models."""

from __future__ import annotations

import msgspec
import pandas as pd
import pytest

from nbfinetune.chat.compare import Comparison, Contender, compare
from nbfinetune.chat.model import Reply, SamplingParams, ScriptedChat
from nbfinetune.core.messages import Message

ECHO = ScriptedChat(lambda messages: " | ".join(f"{m.role}: {m.content}" for m in messages))
SHOUT = ScriptedChat(lambda messages: messages[-1].content.upper())


def timeless(comparison: Comparison) -> Comparison:
    replies = tuple(
        tuple(msgspec.structs.replace(r, seconds=0.0) for r in row) for row in comparison.replies
    )
    return msgspec.structs.replace(comparison, replies=replies)


def said(text: str, asked: int, reason: str = "stop") -> Reply:
    return Reply(
        text=text, finish_reason=reason, prompt_tokens=asked, completion_tokens=len(text.split(" "))
    )


def test_every_model_answers_every_prompt_with_its_own_system_prompt():
    contenders = [
        Contender("base", ECHO),
        Contender("tuned", ECHO, "Be brief."),
        Contender("empty", ECHO, ""),
        Contender("loud", SHOUT),
    ]
    found = compare(contenders, ["one", "two three"], SamplingParams())
    assert timeless(found) == Comparison(
        prompts=("one", "two three"),
        labels=("base", "tuned", "empty", "loud"),
        systems=(None, "Be brief.", "", None),
        replies=(
            (said("user: one", 1), said("system: Be brief. | user: one", 3),
             said("system:  | user: one", 1), said("ONE", 1)),
            (said("user: two three", 2), said("system: Be brief. | user: two three", 4),
             said("system:  | user: two three", 2), said("TWO THREE", 2)),
        ),
    )  # fmt: skip


def test_the_prompts_of_one_model_are_asked_together():
    class Counting:
        asked = 0

        def reply_many(self, prompts, params, should_stop=None):
            self.asked += 1
            return [Reply(text=p[-1].content) for p in prompts]

    model = Counting()
    compare([Contender("m", model)], ["a", "b", "c"], SamplingParams())
    assert model.asked == 1


def test_columns_of_the_same_name_are_told_apart():
    contenders = [Contender("base", SHOUT), Contender("base", SHOUT), Contender("x", SHOUT)]
    contenders.append(Contender("base", SHOUT))
    found = compare(contenders, ["a"], SamplingParams())
    assert found.labels == ("base", "base (2)", "x", "base (3)")


def test_columns_are_read_by_their_labels_and_become_a_frame():
    found = compare([Contender("echo", ECHO), Contender("loud", SHOUT)], ["a", "b"],
                    SamplingParams())  # fmt: skip
    assert found.column("loud") == ["A", "B"]
    expected = pd.DataFrame(
        {"echo": ["user: a", "user: b"], "loud": ["A", "B"]},
        index=pd.Index(["a", "b"], name="prompt"),
    )
    pd.testing.assert_frame_equal(found.to_pandas(), expected)


def test_progress_is_told_before_each_model():
    told = []
    compare(
        [Contender("a", SHOUT), Contender("b", SHOUT)],
        ["x"],
        SamplingParams(),
        on_progress=lambda done, all_: told.append((done, all_)),
    )
    assert told == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("limit", "text", "reason"), [(2, "one two", "length"), (3, "one two three", "stop")]
)
def test_the_scripted_model_obeys_max_tokens(limit, text, reason):
    model = ScriptedChat(lambda messages: "one two three")
    reply = model.reply([Message("user", "hi")], SamplingParams(max_tokens=limit))
    assert msgspec.structs.replace(reply, seconds=0.0) == said(text, 1, reason)


def test_the_scripted_model_streams_and_stops_between_words():
    told = []
    stop = iter([False, False, True])
    model = ScriptedChat(lambda messages: "one two three")
    reply = model.reply([Message("user", "hi")], SamplingParams(), told.append, lambda: next(stop))
    assert told == ["one", "one two"]
    assert msgspec.structs.replace(reply, seconds=0.0) == said("one two", 1, "stopped")
