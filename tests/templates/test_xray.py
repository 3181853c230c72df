"""The X-ray of a row: whole texts, whole characters, and the labels of the trainer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.templates.labels import IGNORED
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.xray import Span, xray
from tests.models import talk
from tests.templates.tokenizers import QWEN, family, merging_tokenizer

NAMES = ["qwen2_5", "qwen3", "llama3", "llama3_1", "gemma3", "phi3", "chatml", "smollm", "mistral"]
TEMPLATES = {name: family(name) for name in NAMES}

START, END = "<|im_start|>", "<|im_end|>"


def test_every_span_of_a_row():
    found = xray(TEMPLATES["chatml"], talk("hi", "yo 你", system="S"))
    assert found.spans == (
        Span(START, 1, "template", special=True),
        Span("system\n", 7, "template"),
        Span("S", 1, "system"),
        Span(END, 1, "template", special=True),
        Span("\n", 1, "template"),
        Span(START, 1, "template", special=True),
        Span("user\n", 5, "template"),
        Span("hi", 2, "user"),
        Span(END, 1, "template", special=True),
        Span("\n", 1, "template"),
        Span(START, 1, "template", special=True),
        Span("assistant\n", 10, "template"),
        Span("yo 你", 4, "assistant_trained"),  # `yo`, a blank, two parts of a character
        Span(END, 1, "end_of_turn", special=True),
        Span("\n", 1, "template"),
    )
    assert (found.tokens, found.trained_tokens, found.lost_tokens) == (38, 5, 0)
    assert found.roles == {"system": 1, "user": 2, "assistant": 5, "template": 30}
    assert (found.share, found.cut_tokens, found.max_length) == (5 / 38, 0, None)


def test_a_cut_row_tells_what_is_lost():
    # 11 tokens to the header of the answer, 10 for its name and line feed, `yo`
    found = xray(TEMPLATES["chatml"], talk("hi", "yo", "a", "b c"), 22)
    assert found.spans[6:] == (
        Span("assistant\n", 10, "template"),
        Span("yo", 1, "assistant_trained"),
        Span(END, 1, "end_of_turn", special=True, is_cut=True),
        Span("\n", 1, "template", is_cut=True),
        Span(START, 1, "template", special=True, is_cut=True),
        Span("user\n", 5, "template", is_cut=True),
        Span("a", 1, "user", is_cut=True),
        Span(END, 1, "template", special=True, is_cut=True),
        Span("\n", 1, "template", is_cut=True),
        Span(START, 1, "template", special=True, is_cut=True),
        Span("assistant\n", 10, "template", is_cut=True),
        Span("b c", 3, "assistant_trained", is_cut=True),
        Span(END, 1, "end_of_turn", special=True, is_cut=True),
        Span("\n", 1, "template", is_cut=True),
    )
    assert (found.tokens, found.kept_tokens, found.cut_tokens) == (49, 22, 27)
    assert (found.trained_tokens, found.lost_tokens, found.share) == (1, 5, 1 / 22)
    assert found.roles == {"system": 0, "user": 2, "assistant": 1, "template": 19}


@pytest.mark.parametrize("max_length", [None, 0, 49, 99])
def test_a_row_that_fits_is_not_cut(max_length):
    found = xray(TEMPLATES["chatml"], talk("hi", "yo", "a", "b c"), max_length)
    assert (found.cut_tokens, found.lost_tokens, found.trained_tokens) == (0, 0, 6)
    assert [s for s in found.spans if s.is_cut] == []


def test_a_special_token_that_a_user_writes_is_seen():
    found = xray(TEMPLATES["chatml"], talk(f"a{END}b", "c"))
    assert [(s.text, s.special) for s in found.spans if s.kind == "user"] == [
        ("a", False), (END, True), ("b", False)
    ]  # fmt: skip


def test_sentences_of_the_template_are_injected():
    def injected(name: str, system: str | None) -> list[str]:
        found = xray(TEMPLATES[name], talk("hi", "yo", system=system))
        return [s.text for s in found.spans if s.kind == "injected"]

    assert injected("qwen2_5", None) == [
        "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    ]
    assert injected("qwen2_5", "You are a helpful person.") == []
    assert injected("llama3_1", None) == [
        "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024"
    ]
    assert injected("mistral", None) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_system_and_user_say_is_named(name):
    row = talk("user", "assistant", "say assistant", "end", system="system")
    spans = xray(TEMPLATES[name], row).spans
    said = [(s.kind, s.text) for s in spans if s.kind in ("system", "user")]
    system = [] if name == "mistral" else [("system", "system")]  # it is dropped there
    assert said == [*system, ("user", "user"), ("user", "say assistant")]


def test_a_character_at_the_cut_stands_with_its_last_byte():
    template, row = TEMPLATES["chatml"], talk("hi", "a你b")
    # … `a`, two parts of the character (`ä½` is one), `b`
    whole = xray(template, row)
    before = whole.tokens - 5  # up to the answer: a, ä½, ł, b … and END, line feed behind
    cut = xray(template, row, before + 1)
    assert [s.text for s in cut.spans if s.trained] == ["a"]
    assert "".join(s.text for s in cut.spans if s.is_cut) == f"你b{END}\n"
    assert cut.trained_tokens == 2
    assert cut.lost_tokens == 3


pieces = [
    "a", "yo", " ", "\n", "你", "e\u0301", "😀", "👩‍👩‍👧", "<|im_end|>", "user", "\ue000",
]  # fmt: skip
texts = st.lists(st.sampled_from(pieces), min_size=1, max_size=12).map("".join)
thoughts = st.sampled_from([
    "", "<think>\nhm 你\n</think>\n\n", " <think>hm</think>", "<think>\n\n</think>", "hm</think>",
    "<think>",
])  # fmt: skip
said = st.tuples(thoughts, texts.filter(lambda text: text.strip())).map("".join)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(texts, said), min_size=1, max_size=3),
    st.none() | texts,
    st.integers(0, 120),
)
def test_spans_are_the_text_and_trained_spans_are_the_labels(name, turns, system, max_length):
    template = TEMPLATES[name]
    row = talk(*(text for turn in turns for text in turn), system=system)
    rendered, found = template.rendered(row), xray(template, row, max_length)
    kept = rendered.row.cut(max_length or len(rendered.row.ids))
    assert "".join(span.text for span in found.spans) == rendered.text
    assert sum(span.tokens for span in found.spans) == len(rendered.row.ids) == found.tokens
    trained = sum(span.tokens for span in found.spans if span.trained)
    assert trained == sum(label != IGNORED for label in kept.labels) == found.roles["assistant"]
    assert sum(found.roles.values()) == len(kept.ids) == found.kept_tokens
    assert found.trained_tokens + found.lost_tokens == rendered.row.trained_tokens
    for answer, (_, written) in zip(rendered.answers, turns, strict=True):
        shown = rendered.text[answer.start : answer.content_end]
        if "<think>\n\n</think>" not in written:  # an empty block is not trained
            tags = re.compile(r"\s|</?think>")  # written without the first, Qwen3 adds it
            assert tags.sub("", shown) == tags.sub("", written)


def test_where_the_places_of_questions_cannot_be_told_they_are_the_templates():
    source = (
        "{% for m in messages %}{{ m.role }}: {{ m.content | upper if m.role == 'user' "
        "else m.content }}{{ '<|im_end|>' }}{% endfor %}"
    )
    template = ChatTemplate(merging_tokenizer(source, QWEN), "acme/loud")
    kinds = {s.text: s.kind for s in xray(template, talk("hi", "yo")).spans}
    assert (kinds["user: HI"], kinds["yo"]) == ("template", "assistant_trained")
