"""What rows begin with is encoded once, and every id and place is that of the whole text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken

from nbfinetune.templates.heads import MOST, SHORTEST, Encoder
from nbfinetune.templates.labels import RenderedRow
from nbfinetune.templates.render import ChatTemplate
from tests.models import byte_tokenizer, talk
from tests.templates.tokenizers import _FAMILIES, QWEN, family, merging_tokenizer, stock

PROMPT = "You answer as a careful clerk would, in short sentences. " * 6
PAIRS = [("hi", "yo"), ("one\n\n", " two"), ("你好", "您好。"), ("", "nothing"), (" a", "b ")]


class Counting:
    """A tokenizer, and the texts that it was asked for."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.texts: list[str] = []

    def __call__(self, text: str, **how: Any) -> Any:
        self.texts.append(text)
        return self._tokenizer(text, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


def whole(encoder_of: Any, texts: list[str]) -> list[Any]:
    """Each text by an encoder that has seen nothing before."""
    return [Encoder(encoder_of).tokens(text) for text in texts]


def chatml(system: str, question: str) -> tuple[str, int]:
    """A text, and the place of its question."""
    head = f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n"
    return f"{head}{question}<|im_end|>\n", len(head)


@pytest.mark.parametrize("name", [name for name in _FAMILIES if name != "gemma"])  # no system
@pytest.mark.parametrize("end", ["", "\n\n", " "])
def test_rows_that_begin_alike_are_what_they_are_alone(name, end):
    rows = [talk(*pair, system=PROMPT + end) for pair in PAIRS]
    together = family(name)
    found = [together.rendered(row) for row in rows]

    def alone() -> Iterator[RenderedRow]:
        for row in rows:
            yield family(name).rendered(row)

    assert found == list(alone())


def test_from_the_third_text_on_only_what_is_new_is_encoded():
    tokenizer = Counting(byte_tokenizer())
    encoder = Encoder(tokenizer)
    texts = [chatml(PROMPT, question) for question in ("one", "two", "three", "four")]
    found = [encoder.tokens(text, alike) for text, alike in texts]
    assert found == whole(byte_tokenizer(), [text for text, _ in texts])

    head = texts[0][0][: texts[0][0].rindex("<|im_start|>")]
    rest = [text.removeprefix(head) for text, _ in texts]
    tried = [texts[1][0], head, rest[1]]
    assert tokenizer.texts == [texts[0][0], *tried, rest[2], rest[3]]


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3", "llama3", "llama3_1", "chatml", "smollm"])
def test_of_a_long_prompt_nothing_is_encoded_from_the_third_row_on(name):
    tokenizer = Counting(family(name).tokenizer)
    template = ChatTemplate(tokenizer, name)
    for number in range(5):
        template.row(talk(f"number {number}", "yes", system=PROMPT))
    assert all(PROMPT not in text for text in tokenizer.texts[4:])
    assert len(tokenizer.texts) == 2 + 2 + 3


def test_short_heads_and_texts_that_nobody_calls_alike_are_encoded_as_they_are():
    tokenizer = Counting(byte_tokenizer())
    encoder = Encoder(tokenizer)
    short, long = chatml("Be brief.", "one"), chatml(PROMPT, "one")
    assert len(long[0]) > SHORTEST > len(short[0])
    for _ in range(3):
        encoder.tokens(*short)
        encoder.tokens(long[0])
    assert tokenizer.texts == [short[0], long[0]] * 3


def test_a_tokenizer_whose_tokens_look_at_their_neighbours_gets_whole_texts():
    tokenizer = byte_tokenizer(special=())
    for text in ("<|im_start|>", "<|im_end|>"):
        tokenizer.add_tokens(AddedToken(text, special=True, lstrip=True, normalized=False))
    counting = Counting(tokenizer)
    encoder = Encoder(counting)
    texts = [chatml(PROMPT, question) for question in ("one", "two", "three")]
    assert [encoder.tokens(*text) for text in texts] == whole(tokenizer, [t for t, _ in texts])
    assert counting.texts == [text for text, _ in texts]


class MarksBeginnings:
    """A tokenizer that puts an id of its own before whatever text it gets."""

    def __init__(self) -> None:
        self.added_tokens_decoder = {1: AddedToken("<s>", special=True, normalized=False)}

    def __call__(self, text: str, **_how: Any) -> dict[str, Any]:
        places = [(0, 0), *((i, i + 1) for i in range(len(text)))]
        return {"input_ids": [0, *text.encode()], "offset_mapping": places}


def test_a_tokenizer_that_marks_beginnings_is_found_out():
    encoder = Encoder(MarksBeginnings())
    texts = ["a" * SHORTEST + f"<s>{number}" for number in range(4)]
    found = [encoder.tokens(text, len(text)) for text in texts]
    assert [ids for ids, _ in found] == [[0, *text.encode()] for text in texts]


def test_a_token_that_could_be_part_of_a_longer_one_is_no_border():
    special = ("<|a|>", "<|a|>b", "<|c|>")
    tokenizer = byte_tokenizer(None, special, eos="<|c|>", pad="<|c|>")
    encoder = Encoder(tokenizer)
    texts = ["x" * SHORTEST + f"<|a|>{end}" for end in ("one", "two", "bee", "three")]
    found = [encoder.tokens(text, SHORTEST + 5) for text in texts]
    assert found == whole(tokenizer, texts)
    assert [ids[SHORTEST] for ids, _ in found] == [0, 0, 1, 0]


def test_no_more_heads_are_kept_than_so_many():
    encoder = Encoder(byte_tokenizer())
    for number in range(3 * MOST):
        encoder.tokens(*chatml(f"{number} {PROMPT}", "one"))
    assert len(encoder._heads) == MOST


TALK = st.text(alphabet="ab yo\n 你ä½<>|_", max_size=12)


@settings(max_examples=60, deadline=None)
@given(ends=TALK, pairs=st.lists(st.tuples(TALK, TALK.filter(str.strip)), min_size=3, max_size=6))
def test_whatever_stands_at_the_border_the_ids_are_those_of_the_whole_text(ends, pairs):
    tokenizer = merging_tokenizer(stock("qwen2_5"), QWEN, eos_token=QWEN[2])
    together = ChatTemplate(tokenizer, "qwen")
    rows = [talk(*pair, system=PROMPT + ends) for pair in pairs]
    found = [together.rendered(row) for row in rows]
    assert found == [ChatTemplate(tokenizer, "qwen").rendered(row) for row in rows]
