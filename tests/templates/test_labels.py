"""What a model learns of a row, family by family, as whole texts: `⟦…⟧` is trained."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation
from nbfinetune.templates.labels import IGNORED, LabelledRow
from nbfinetune.templates.render import ChatTemplate
from tests.models import talk
from tests.templates.tokenizers import QWEN, any_family, family, merging_tokenizer, stock


def learned(template: ChatTemplate, conversation: Conversation) -> str:
    """The text of a row with brackets around what is trained, taken from the labels alone."""
    rendered = template.rendered(conversation)
    shown, start, before = "", 0, False
    for label, end in zip(rendered.row.labels, rendered.ends, strict=True):
        trained = label != IGNORED
        shown += ("⟦" if trained else "⟧") * (trained != before) + rendered.text[start:end]
        start, before = end, trained
    return shown + "⟧" * before


def decoded(template: ChatTemplate, conversation: Conversation) -> list[str]:
    """The trained stretches of a row, each decoded by its tokenizer."""
    stretches: list[list[int]] = []
    before = IGNORED
    for label in template.row(conversation).labels:
        if label != IGNORED:
            if before == IGNORED:
                stretches.append([])
            stretches[-1].append(label)
        before = label
    return [template.tokenizer.decode(stretch) for stretch in stretches]


END_TOKEN = "<|im_end|>"
QWEN_SAYS = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
LLAMA_HEAD = "<|begin_of_text|><|start_header_id|>"
NO_THOUGHTS = "<think>\n\n</think>\n\n"

SINGLE = {
    "qwen2_5": f"<|im_start|>system\n{QWEN_SAYS}<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
               "<|im_start|>assistant\n⟦yo, 你好<|im_end|>⟧\n",
    "qwen3": "<|im_start|>user\nhi<|im_end|>\n"
             f"<|im_start|>assistant\n{NO_THOUGHTS}⟦yo, 你好<|im_end|>⟧\n",
    "llama3": f"{LLAMA_HEAD}user<|end_header_id|>\n\nhi<|eot_id|>"
              "<|start_header_id|>assistant<|end_header_id|>\n\n⟦yo, 你好<|eot_id|>⟧",
    "gemma3": "<bos><start_of_turn>user\nhi<end_of_turn>\n"
              "<start_of_turn>model\n⟦yo, 你好<end_of_turn>⟧\n",
    # a special token of Phi-3 takes the line feed behind it, the last one is not trained
    "phi3": "<|user|>\nhi<|end|>\n<|assistant|>\n⟦yo, 你好<|end|>\n⟧<|endoftext|>",
    "chatml": "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n⟦yo, 你好<|im_end|>⟧\n",
    "smollm": "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n⟦yo, 你好<|im_end|>⟧\n",
    "mistral": "<s>[INST] hi [/INST] ⟦yo, 你好</s>⟧",
}  # fmt: skip

MULTI = {
    "qwen2_5": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\none<|im_end|>\n"
               "<|im_start|>assistant\n⟦1<|im_end|>⟧\n<|im_start|>user\ntwo<|im_end|>\n"
               "<|im_start|>assistant\n⟦a\n\nb<|im_end|>⟧\n",
    "qwen3": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\none<|im_end|>\n"
             f"<|im_start|>assistant\n{NO_THOUGHTS}⟦1<|im_end|>⟧\n"
             "<|im_start|>user\ntwo<|im_end|>\n"
             f"<|im_start|>assistant\n{NO_THOUGHTS}⟦a\n\nb<|im_end|>⟧\n",
    "llama3": f"{LLAMA_HEAD}system<|end_header_id|>\n\nBe brief.<|eot_id|>"
              "<|start_header_id|>user<|end_header_id|>\n\none<|eot_id|>"
              "<|start_header_id|>assistant<|end_header_id|>\n\n⟦1<|eot_id|>⟧"
              "<|start_header_id|>user<|end_header_id|>\n\ntwo<|eot_id|>"
              "<|start_header_id|>assistant<|end_header_id|>\n\n⟦a\n\nb<|eot_id|>⟧",
    "gemma3": "<bos><start_of_turn>user\nBe brief.\n\none<end_of_turn>\n"
              "<start_of_turn>model\n⟦1<end_of_turn>⟧\n<start_of_turn>user\ntwo<end_of_turn>\n"
              "<start_of_turn>model\n⟦a\n\nb<end_of_turn>⟧\n",
    "phi3": "<|system|>\nBe brief.<|end|>\n<|user|>\none<|end|>\n<|assistant|>\n⟦1<|end|>\n⟧"
            "<|user|>\ntwo<|end|>\n<|assistant|>\n⟦a\n\nb<|end|>\n⟧<|endoftext|>",
    "chatml": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\none<|im_end|>\n"
              "<|im_start|>assistant\n⟦1<|im_end|>⟧\n<|im_start|>user\ntwo<|im_end|>\n"
              "<|im_start|>assistant\n⟦a\n\nb<|im_end|>⟧\n",
    "smollm": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\none<|im_end|>\n"
              "<|im_start|>assistant\n⟦1<|im_end|>⟧\n<|im_start|>user\ntwo<|im_end|>\n"
              "<|im_start|>assistant\n⟦a\n\nb<|im_end|>⟧\n",
    # the system prompt is dropped: the last message is an answer
    "mistral": "<s>[INST] one [/INST] ⟦1</s>⟧[INST] two [/INST] ⟦a\n\nb</s>⟧",
}  # fmt: skip

# outer white space: as the family renders it, and as its tokenizer keeps it
OUTER = {
    "qwen2_5": "\n yo  yo \n<|im_end|>",
    "qwen3": " yo  yo \n<|im_end|>",
    "llama3": "yo  yo<|eot_id|>",
    "gemma3": "yo  yo<end_of_turn>",
    "phi3": "yo  yo \n<|end|>",
    "chatml": "\n yo  yo \n<|im_end|>",
    "smollm": "\n yo  yo \n<|im_end|>",
    "mistral": "yo  yo</s>",
}

END = {name: shown[shown.rindex("<") :].rstrip("\n") for name, shown in OUTER.items()}


@pytest.mark.parametrize("name", SINGLE)
def test_of_a_single_turn_the_answer_and_its_end_token_are_trained(name):
    template, row = family(name), talk("hi", "yo, 你好")
    assert learned(template, row) == SINGLE[name]
    assert decoded(template, row) == ["yo, 你好" + END[name]]


@pytest.mark.parametrize("name", MULTI)
def test_of_several_turns_each_answer_and_its_end_token_are_trained(name):
    template, row = family(name), talk("one", "1", "two", "a\n\nb", system="Be brief.")
    assert learned(template, row) == MULTI[name]
    assert decoded(template, row) == ["1" + END[name], "a\n\nb" + END[name]]


@pytest.mark.parametrize("name", OUTER)
def test_outer_white_space_is_trained_as_it_is_rendered(name):
    assert decoded(family(name), talk("hi", "\n yo  yo \n")) == [OUTER[name]]


def test_a_line_feed_of_the_answer_is_not_one_token_with_that_of_the_header():
    template, row = family("chatml"), talk("hi", "\nyo")
    asked, whole = template.prompt_ids(row.prompt), template.row(row)
    assert whole.ids[: len(asked)] == asked  # as in generation
    assert learned(template, row).endswith("assistant\n⟦\nyo<|im_end|>⟧\n")


def test_a_blank_of_the_template_is_not_one_token_with_the_first_word():
    source = "{% for m in messages %}{{ m.role + ': ' + m.content + '<|im_end|>' }}{% endfor %}"
    for trim in (True, False):
        template = ChatTemplate(merging_tokenizer(source, QWEN, trim=trim), "acme/blank")
        assert learned(template, talk("hi", "yo yo")) == (
            "user: hi<|im_end|>assistant: ⟦yo yo<|im_end|>⟧"
        )
        assert decoded(template, talk("hi", "yo yo")) == ["yo yo<|im_end|>"]


def test_a_tokenizer_may_drop_the_blanks_before_an_answer():
    vocabulary = {w: i for i, w in enumerate(["?", "user", "assistant", "hi", "yes", END_TOKEN])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.add_special_tokens([END_TOKEN])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token=END_TOKEN)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role + ' ' + m.content + '<|im_end|>' }}{% endfor %}"
    )
    row = ChatTemplate(tokenizer, "acme/words").row(talk("hi", "yes yes"))
    assert row == LabelledRow([1, 3, 5, 2, 4, 4, 5], [IGNORED] * 4 + [4, 4, 5])


def test_inner_blanks_are_trained_where_the_tokenizer_leaves_them_out_of_its_ranges():
    row = talk("hi", "a   b 😀 c")
    assert family("smollm").row(row) == family("chatml").row(row)


THOUGHT = "<think>\nhm\n</think>\n\nyo"


@pytest.mark.parametrize(
    "answer", [THOUGHT, "<think>hm</think>yo", "\n<think>\nhm</think>\nyo"],
    ids=["as rendered", "short", "other line feeds"],
)  # fmt: skip
def test_thoughts_are_trained_where_they_are_rendered(answer):
    row = talk("hi", answer, "so", "end")
    assert learned(family("qwen3"), row) == (
        "<|im_start|>user\nhi<|im_end|>\n"
        "<|im_start|>assistant\n⟦<think>\nhm\n</think>\n\nyo<|im_end|>⟧\n"
        "<|im_start|>user\nso<|im_end|>\n"
        f"<|im_start|>assistant\n{NO_THOUGHTS}⟦end<|im_end|>⟧\n"
    )


def test_an_empty_think_block_of_a_row_is_no_thought():
    row = talk("hi", "<think>\n\n</think>\n\nyo")
    for name in ("qwen3", "chatml"):
        assert learned(family(name), row).endswith("<think>\n\n</think>\n\n⟦yo<|im_end|>⟧\n")


def test_a_template_that_deletes_thoughts_trains_what_is_left():
    source = stock("qwen3").replace("{{-", "{{- ''+", 1)  # unknown to TRL: no markers
    template = ChatTemplate(merging_tokenizer(source, QWEN, eos_token=QWEN[2]), "acme/thinker")
    assert not template.has_markers
    assert learned(template, talk("hi", THOUGHT, "so", THOUGHT)) == (
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n⟦yo<|im_end|>⟧\n"
        "<|im_start|>user\nso<|im_end|>\n"
        "<|im_start|>assistant\n⟦<think>\nhm\n</think>\n\nyo<|im_end|>⟧\n"
    )


def test_a_template_that_refuses_system_prompts_is_refused_with_its_words():
    with pytest.raises(ModelError) as error:
        family("gemma").row(talk("a", "b", system="Be brief.", line=3))
    assert (error.value.code, str(error.value)) == (
        "template_refused",
        "the chat template of gemma refuses this conversation: System role not supported\n"
        "Change the row (often its system prompt), or choose another model.",
    )


def test_a_template_whose_answers_have_no_end_token_is_refused():
    source = "{% for m in messages %}{{ '[INST] ' + m.content + ' [/INST] ' }}{% endfor %}"
    template = ChatTemplate(merging_tokenizer(source, QWEN), "acme/old")
    with pytest.raises(ModelError) as error:
        template.row(talk("a", "b", line=3))
    assert (error.value.code, error.value.params) == (
        "labels_unproven/no_end", {"model": "acme/old", "line": 3}
    )  # fmt: skip


ENDS = {
    "<|END_OF_TURN_TOKEN|>": ["cohere"],
    "<|END_RESPONSE|>": ["cohere2"],
    # marks its role header, too, which is not trained here
    "<｜end▁of▁sentence｜>": ["deepseek_r1_distill", "deepseekv3"],
    "<end_of_turn>": ["gemma", "gemma3"],
    "<turn|>": ["diffusion_gemma", "gemma4", "gemma4_v2", "gemma4_v3", "gemma4_v4", "gemma4_v5"],
    "<|user|>": ["glm4moe"],
    "<|im_end|>": [
        "lfm2", "lfm2_2_5", "lfm2_2_5_v2", "lfm2_2_5_vl", "lfm2_v2", "nemotron_3_5_lightning",
        "nemotron_3_nano", "nemotron_3_super", "nemotron_3_ultra", "qwen2_5", "qwen2_5_vl",
        "qwen3", "qwen3_5_nothink", "qwen3_5_think", "qwen3_6", "qwen3_8", "qwen3_instruct_2507",
        "qwen3_vl",
    ],
    "<|eot_id|>": ["llama3", "llama3_1", "llama3_2"],
    "<|eot|>": ["muse_glimmer"],
    "<|end|>": ["phi3", "phi3_5"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "end"), [(n, end) for end, names in ENDS.items() for n in names])
def test_every_family_of_text_models_that_trl_knows_trains_content_and_end(name, end):
    system = None if name == "gemma" else "Be brief."
    row = talk("one", "1", "two", "a\n\nb", system=system)
    assert decoded(any_family(name), row) == ["1" + end, "a\n\nb" + end]


def test_a_family_may_end_its_last_answer_with_a_token_of_its_own():
    template = any_family("gptoss")
    found = decoded(template, talk("one", "1", "two", "2"))
    assert found == ["1<|end|>", "2<|return|>"]
    assert template.tokenizer.decode(template.end_of_turn_id()) == "<|return|>"
