"""The built-in model keeps the promises of its card: size, honesty of the exam, scores."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools import build_starter  # noqa: E402
from tools.starter_corpus import heldout, scoring  # noqa: E402
from tools.starter_corpus.items import fingerprint  # noqa: E402
from tools.starter_corpus.pool import Pool, all_items  # noqa: E402

STARTER = ROOT / "src" / "nbfinetune" / "starter"
LONG_PROMPT = 2560


@pytest.fixture(scope="module")
def model_and_tokenizer():
    return scoring.load(STARTER)


@pytest.fixture(scope="module")
def exam():
    return [item for items in heldout.questions().values() for item in items]


def show(title, scores):
    print(f"\n{title}\n{scoring.table(scores)}")
    for (group, lang), score in scores.items():
        for prompt, answer, expected in score.wrong[:2]:
            print(f"  {group}/{lang}: {prompt!r} -> {answer!r}, right: {expected!r}")


def test_the_weights_are_small_and_safe():
    weights = STARTER / "model.safetensors"
    assert weights.stat().st_size <= 16_000_000
    assert not [path.name for path in STARTER.iterdir() if path.suffix in {".bin", ".pt", ".pkl"}]


def test_the_model_is_a_qwen2_with_a_long_window(model_and_tokenizer):
    model, _ = model_and_tokenizer
    assert model.config.architectures == ["Qwen2ForCausalLM"]
    assert model.config.max_position_embeddings >= LONG_PROMPT


def test_the_template_marks_what_the_model_says(model_and_tokenizer):
    _, tokenizer = model_and_tokenizer
    talk = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "你好！"},
        {"role": "assistant", "content": "Ahoy!"},
    ]
    text = tokenizer.apply_chat_template(talk, tokenize=False)
    assert text == (
        "<|im_start|>system\nYou are a pirate.<|im_end|>\n"
        "<|im_start|>user\n你好！<|im_end|>\n"
        "<|im_start|>assistant\nAhoy!<|im_end|>\n"
    )
    made = tokenizer.apply_chat_template(talk, return_dict=True, return_assistant_tokens_mask=True)
    learned = [i for i, on in zip(made["input_ids"], made["assistant_masks"], strict=True) if on]
    assert tokenizer.decode(learned) == "Ahoy!<|im_end|>"


@pytest.mark.parametrize(
    "text", ["Hello,  world!\n", "法国的首都是巴黎。", "{'a': 1}", "  é🙂\t饕餮 "]
)
def test_text_comes_back_from_the_tokenizer_as_it_was(model_and_tokenizer, text):
    _, tokenizer = model_and_tokenizer
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_half_of_the_exam_is_chinese(exam):
    assert len(exam) >= 200
    assert sum(item.lang == "zh" for item in exam) * 2 == len(exam)


def test_no_prompt_of_the_exam_is_in_the_corpus(exam):
    parts = build_starter.conversations(build_starter.SEED, Pool(all_items()))
    seen = {
        fingerprint(message["content"])
        for part in parts
        for talk in part
        for message in talk.messages
        if message["role"] == "user"
    }
    asked = {fingerprint(item.question) for item in exam}
    asked |= {
        fingerprint(order.item.question)
        for orders in heldout.orders().values()
        for order in orders
        if order.item.composed
    }
    assert not asked & seen


def test_four_of_five_unseen_questions_are_answered_exactly(model_and_tokenizer):
    scores = scoring.knowledge(*model_and_tokenizer)
    show("Exact answers to unseen questions", scores)
    right, of = scoring.total(scores)
    assert right / of >= 0.8


def test_most_system_prompts_are_obeyed(model_and_tokenizer):
    scores = scoring.obedience(*model_and_tokenizer)
    show("System prompts obeyed", scores)
    right, of = scoring.total(scores)
    assert right / of >= 0.6
