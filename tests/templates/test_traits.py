"""What templates do to rows is found by asking them, and named."""

from __future__ import annotations

import pytest

from nbfinetune.core import text
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.traits import special_tokens, template_notes
from tests.templates.tokenizers import (
    PLAIN_CHATML,
    QWEN,
    family,
    merging_tokenizer,
    stock,
)

QWEN_SAYS = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
DATES = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024"


def note(code: str, model: str, **params: str) -> Notice:
    return Notice(code, {"model": model, **params})


NOTES = {
    "qwen2_5": [("template_injects_system", {"text": QWEN_SAYS})],
    "qwen3": [("template_strips", {"roles": "assistant"}), ("template_deletes_thinking", {})],
    "llama3": [("template_strips", {"roles": "system, user, assistant"})],
    "llama3_1": [("template_no_markers", {}), ("template_adds_text", {"text": DATES}),
                 ("template_strips", {"roles": "system, user, assistant"})],
    "gemma3": [("template_strips", {"roles": "user, assistant"})],
    "gemma": [("template_refuses_system", {"reason": "System role not supported"}),
              ("template_strips", {"roles": "user, assistant"})],
    "phi3": [],
    "chatml": [("template_no_markers", {})],
    "mistral": [("template_no_markers", {}), ("template_drops_system", {}),
                ("template_strips", {"roles": "assistant"})],
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_the_notes_of_a_family(name):
    expected = tuple(note(code, name, **params) for code, params in NOTES[name])
    assert template_notes(family(name)) == expected


def of(source: str) -> tuple[Notice, ...]:
    return template_notes(ChatTemplate(merging_tokenizer(source, QWEN), "acme"))[1:]


LAST = (
    "{% for m in messages %}{% if m.role != 'system' %}"
    "{% if m.role == 'user' and loop.index >= messages | length - 1 "
    "and messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}"
    "{{ m.role + ' ' + m.content + '<|im_end|>' }}{% endif %}{% endfor %}"
)


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        (PLAIN_CHATML, ()),
        (LAST, (note("template_moves_system", "acme"),)),
        (PLAIN_CHATML.replace("m.content", "m.content.split('</think>')[-1]"),
         (note("template_deletes_thinking/every", "acme"),)),
        (PLAIN_CHATML.replace("m.content", "m.content.strip('\\n')"),
         (note("template_strips", "acme", roles="system, user, assistant"),)),
        ("{% if messages[0].role != 'system' %}{{ '<|im_start|>system\\n你是助手。<|im_end|>' }}"
         "{% endif %}" + PLAIN_CHATML,
         (note("template_injects_system", "acme", text="你是助手。"),)),
        ("### Instruction:\\n[INST] " + PLAIN_CHATML, ()),
    ],
    ids=["nothing", "moves the system prompt", "deletes all thoughts", "strips line feeds",
         "injects Chinese", "headings are no sentences"],
)  # fmt: skip
def test_the_notes_of_a_habit(source, notes):
    assert of(source) == notes


def test_notes_are_read_in_both_languages():
    (found,) = template_notes(family("qwen2_5"))
    assert str(found) == (
        "rows without a system prompt get one from the chat template of qwen2_5: "
        f"“{QWEN_SAYS}”. Give the rows a system prompt of their own if this one is not meant."
    )
    text.set_language("zh")
    assert str(found) == (
        f"没有系统提示的行会被 qwen2_5 的对话模板加上：“{QWEN_SAYS}”。"
        "如果不需要它，请给这些行写上自己的系统提示。"
    )


@pytest.mark.parametrize(
    ("name", "control", "other"),
    [
        ("qwen2_5", {"<|im_start|>", "<|im_end|>"}, {"<|endoftext|>"}),
        ("llama3", {"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
         {"<|end_of_text|>"}),
        ("gemma", {"<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"}, {"<pad>"}),
        ("phi3", {"<s>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|endoftext|>"},
         set()),
        ("mistral", {"<s>", "</s>"}, set()),
    ],
)  # fmt: skip
def test_turn_control_is_what_the_template_writes_around_messages(name, control, other):
    assert special_tokens(family(name)) == (control, other)


def test_words_that_were_added_to_a_vocabulary_count_where_the_template_names_them():
    tokenizer = merging_tokenizer(stock("qwen3"), QWEN, pad_token=QWEN[0])
    tokenizer.add_tokens(["<think>", "</think>", "\n\n\n", "<b>"])
    control, other = special_tokens(ChatTemplate(tokenizer, "qwen3"))
    assert control == set(QWEN)  # what pads a text ends one, too
    assert other == {"<think>", "</think>"}
