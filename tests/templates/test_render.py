"""Which token ids are trained: written down by hand, then compared as whole lists."""

from __future__ import annotations

from pathlib import Path

import pytest
import trl
from transformers import AutoTokenizer

from nbfinetune.chat.hub import STARTER_FOLDER
from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.templates.labels import IGNORED, LabelledRow
from nbfinetune.templates.render import ChatTemplate
from tests.models import CHATML, END, byte_ids, byte_tokenizer, talk

TRL_TEMPLATES = Path(trl.__file__).parent / "chat_templates"


@pytest.fixture(scope="module")
def chatml() -> ChatTemplate:
    return ChatTemplate(byte_tokenizer(), "tiny")


@pytest.fixture(scope="module")
def starter() -> ChatTemplate:
    return ChatTemplate(AutoTokenizer.from_pretrained(STARTER_FOLDER), "starter")


def by_hand(pieces: list[tuple[str, bool]], encode) -> LabelledRow:
    """The row whose pieces are the texts given, each trained or not."""
    ids: list[int] = []
    labels: list[int] = []
    for text, trained in pieces:
        piece = encode(text)
        ids += piece
        labels += piece if trained else [IGNORED] * len(piece)
    return LabelledRow(ids, labels)


SINGLE = (
    talk("hi", "yo"),
    [("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", False), ("yo<|im_end|>", True),
     ("\n", False)],
)  # fmt: skip
WITH_SYSTEM = (
    talk("hi", "yo", system="Be brief."),
    [("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
      "<|im_start|>assistant\n", False), ("yo<|im_end|>", True), ("\n", False)],
)  # fmt: skip
MULTI = (
    talk("one", "1", "two", "22", system="Count."),
    [("<|im_start|>system\nCount.<|im_end|>\n<|im_start|>user\none<|im_end|>\n"
      "<|im_start|>assistant\n", False), ("1<|im_end|>", True),
     ("\n<|im_start|>user\ntwo<|im_end|>\n<|im_start|>assistant\n", False),
     ("22<|im_end|>", True), ("\n", False)],
)  # fmt: skip
CHINESE = (
    talk("你好", "您好，请问需要什么？", system="你是客服。"),
    [("<|im_start|>system\n你是客服。<|im_end|>\n<|im_start|>user\n你好<|im_end|>\n"
      "<|im_start|>assistant\n", False), ("您好，请问需要什么？<|im_end|>", True), ("\n", False)],
)  # fmt: skip
QUOTED_QUESTION = (
    talk("say hi", "say hi", "say hi", "I say hi, as you say hi"),
    [("<|im_start|>user\nsay hi<|im_end|>\n<|im_start|>assistant\n", False),
     ("say hi<|im_end|>", True),
     ("\n<|im_start|>user\nsay hi<|im_end|>\n<|im_start|>assistant\n", False),
     ("I say hi, as you say hi<|im_end|>", True), ("\n", False)],
)  # fmt: skip
REPEATED = (
    talk("a", "ok", "b", "ok", "c", "ok"),
    [("<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n", False), ("ok<|im_end|>", True),
     ("\n<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n", False), ("ok<|im_end|>", True),
     ("\n<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n", False), ("ok<|im_end|>", True),
     ("\n", False)],
)  # fmt: skip
ROLE_AS_ANSWER = (
    talk("who?", "assistant"),
    [("<|im_start|>user\nwho?<|im_end|>\n<|im_start|>assistant\n", False),
     ("assistant<|im_end|>", True), ("\n", False)],
)  # fmt: skip
LINES = (
    talk("list", "1. one\n\n2. two\n"),
    [("<|im_start|>user\nlist<|im_end|>\n<|im_start|>assistant\n", False),
     ("1. one\n\n2. two\n<|im_end|>", True), ("\n", False)],
)  # fmt: skip
BLANKS = (
    talk("hi", "  yo  "),
    [("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", False),
     ("  yo  <|im_end|>", True), ("\n", False)],
)  # fmt: skip
LEADING_LINE = (
    talk("hi", "\nyo"),
    [("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", False),
     ("\nyo<|im_end|>", True), ("\n", False)],
)  # fmt: skip

CASES = pytest.mark.parametrize(
    ("conversation", "pieces"),
    [SINGLE, WITH_SYSTEM, MULTI, CHINESE, QUOTED_QUESTION, REPEATED, ROLE_AS_ANSWER, LINES, BLANKS,
     LEADING_LINE],
    ids=["single turn", "system", "multi-turn", "Chinese", "answer quotes the question",
         "repeated answers", "answer is the role's name", "line feeds", "outer blanks",
         "leading line feed"],
)  # fmt: skip


@CASES
def test_the_answers_and_their_end_tokens_are_trained_and_nothing_else(
    chatml, conversation, pieces
):
    assert chatml.row(conversation) == by_hand(pieces, byte_ids)


def test_ids_and_labels_of_a_short_row_written_out(chatml):
    # specials: 1 starts, 2 ends a turn; a byte is its value + 3; \n = 13
    assert chatml.row(talk("a", "b")) == LabelledRow(
        [1, *(3 + b for b in b"user\na"), 2, 13, 1, *(3 + b for b in b"assistant\n"), 101, 2, 13],
        [-100] * 20 + [101, 2, -100],
    )


@CASES
def test_the_starter_trains_the_same_pieces(starter, conversation, pieces):
    def encode(text: str) -> list[int]:
        return starter.tokenizer(text, add_special_tokens=False)["input_ids"]

    row = starter.row(conversation)
    assert row.ids == encode("".join(text for text, _ in pieces))
    trained = starter.tokenizer.decode([i for i in row.labels if i != IGNORED])
    assert trained == "".join(text for text, is_trained in pieces if is_trained)
    ends = [i for i in row.labels if i == starter.end_of_turn_id()]
    assert len(ends) == sum(m.role == "assistant" for m in conversation.messages)
    assert all(label in (IGNORED, i) for i, label in zip(row.ids, row.labels, strict=True))


def test_the_prompt_ends_where_the_answer_begins(chatml):
    conversation, pieces = MULTI
    asked = chatml.prompt_ids(conversation.prompt)
    assert asked == byte_ids("".join(text for text, _ in pieces[:3]))
    row = chatml.row(conversation)
    assert row.ids[: len(asked)] == asked
    assert row.labels[len(asked)] == row.ids[len(asked)]


def test_generation_stops_at_the_token_that_ends_the_trained_answers(chatml, starter):
    assert chatml.end_of_turn_id() == byte_ids(END)[0] == 2
    assert starter.end_of_turn_id() == starter.tokenizer.convert_tokens_to_ids(END)


def test_the_first_token_is_never_counted_since_nothing_predicts_it():
    assert LabelledRow([7, 8, 9], [7, IGNORED, 9]).trained_tokens == 1


def test_a_row_is_cut_at_its_end():
    row = LabelledRow([1, 2, 3, 4], [IGNORED, IGNORED, 3, 4])
    assert row.cut(3) == LabelledRow([1, 2, 3], [IGNORED, IGNORED, 3])
    assert row.cut(4) == row.cut(99) == row
    assert row.cut(2).trained_tokens == 0


def decoded_answers(row: LabelledRow, tokenizer) -> list[str]:
    """The trained stretches of a row, each decoded."""
    stretches: list[list[int]] = []
    before = IGNORED
    for label in row.labels:
        if label != IGNORED:
            if before == IGNORED:
                stretches.append([])
            stretches[-1].append(label)
        before = label
    return [tokenizer.decode(stretch) for stretch in stretches]


def test_an_empty_think_block_is_not_trained():
    assert by_family("qwen3", talk("a", "think", "b", "end")) == [
        ("<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", False),
        ("think<|im_end|>", True),
        ("\n<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", False),
        ("end<|im_end|>", True),
        ("\n", False),
    ]


def by_family(family: str, conversation: Conversation) -> list[tuple[str, bool]]:
    """The row of a family's template as texts that are trained or not."""
    template = family_template(family)
    row = template.row(conversation)
    pieces: list[tuple[list[int], bool]] = []
    for number, label in zip(row.ids, row.labels, strict=True):
        trained = label != IGNORED
        if not pieces or pieces[-1][1] != trained:
            pieces.append(([], trained))
        pieces[-1][0].append(number)
    return [(template.tokenizer.decode(ids), trained) for ids, trained in pieces]


# family: its template file, its special tokens, the one that ends a turn, whether it strips
FAMILIES = {
    "qwen2_5": (("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "<|im_end|>", False),
    "qwen3": (("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "<|im_end|>", False),
    "qwen3_instruct_2507": (("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "<|im_end|>", False),
    "llama3": (("<|end_of_text|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
                "<|eot_id|>"), "<|eot_id|>", True),
    "gemma3": (("<pad>", "<bos>", "<start_of_turn>", "<end_of_turn>"), "<end_of_turn>", True),
    "llama3_1": (("<|end_of_text|>", "<|begin_of_text|>", "<|start_header_id|>",
                  "<|end_header_id|>", "<|eot_id|>"), "<|eot_id|>", True),
    "llama3_2": (("<|end_of_text|>", "<|begin_of_text|>", "<|start_header_id|>",
                  "<|end_header_id|>", "<|eot_id|>"), "<|eot_id|>", True),
    "gemma4": (("<pad>", "<bos>", "<|turn>", "<turn|>"), "<turn|>", True),
    "phi3": (("<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>"), "<|end|>",
             False),
}  # fmt: skip


def family_template(family: str) -> ChatTemplate:
    special, end, _ = FAMILIES[family]
    source = (TRL_TEMPLATES / f"{family}.jinja").read_text("utf-8")
    bos = next((t for t in special if t in ("<bos>", "<|begin_of_text|>")), None)
    named = {"bos_token": bos} if bos else {}
    return ChatTemplate(byte_tokenizer(source, special, eos=end, pad=special[0], **named), family)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "conversation",
    [
        talk("hi", "yo"),
        talk("one", "1", "two", "one, two", "three", "1", system="Count."),
        talk("你好", "您好，\n请问？"),
        talk("hi", "  yo \n"),
        talk("hi", "think", "hi", "end"),
    ],
    ids=["single", "multi", "Chinese", "outer blanks", "words of the template"],
)
def test_families_train_each_answer_as_rendered_and_its_end_token(family, conversation):
    _, end, strips = FAMILIES[family]
    template = family_template(family)
    answers = [m.content for m in conversation.messages if m.role == "assistant"]
    shown = [a.strip() if strips else a for a in answers]
    assert decoded_answers(template.row(conversation), template.tokenizer) == [
        answer + end for answer in shown
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prompt_of_a_family_is_the_beginning_of_its_training_row(family):
    conversation, template = talk("one", "1", system="Count."), family_template(family)
    asked, row = template.prompt_ids(conversation.prompt), template.row(conversation)
    assert row.ids[: len(asked)] == asked
    assert row.labels[: len(asked)] == [IGNORED] * len(asked)
    assert row.labels[len(asked)] == row.ids[len(asked)]


def refused(template: str, conversation: Conversation) -> str:
    with pytest.raises(ModelError) as error:
        ChatTemplate(byte_tokenizer(template), "acme/chat").row(conversation)
    return str(error.value)


WITHOUT_MARKERS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}<|im_end|>{% endfor %}"
)
WAY_OUT = "\nUse a model whose template carries {% generation %} markers."
UNPROVEN = "the chat template of acme/chat does not show where the answer of line 7 is: "


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (WITHOUT_MARKERS.replace("m.content", "m.content | upper"),
         "the answer is not rendered as it was written"),
        (WITHOUT_MARKERS.replace("<|im_end|>", "\\n"), "no special token ends the answer"),
        (WITHOUT_MARKERS.replace("{{ m.content }}", "{{ m.content ~ m.content }}"),
         "an answer is not rendered exactly once"),
        (WITHOUT_MARKERS.replace("messages %}", "messages if m.role == 'user' %}"),
         "an answer is not rendered exactly once"),
        (CHATML.replace("m.content + '<|im_end|>' }}{% endg", "m.content | upper }}{% endg"),
         "the answer is not rendered as it was written"),
        (CHATML.replace("{{ m.content + '<|im_end|>' }}{% endg",
                        "{{ 'Bot: ' + m.content + '<|im_end|>' }}{% endg"),
         "the answer is not rendered as it was written"),
        (CHATML.replace("{{ m.content + '<|im_end|>' }}{% endg",
                        "{{ m.content + ' END' }}{% endg"),
         "no special token ends the answer"),
        (CHATML.replace("m.role == 'assistant'", "m.role == 'assistant' and loop.last"),
         "2 answers but 1 marked places"),
    ],
    ids=["changed, no markers", "no end token, no markers", "twice, no markers",
         "never, no markers", "changed answer", "something before it", "no end token",
         "one of two"],
)  # fmt: skip
def test_a_template_without_a_provable_place_is_refused(template, reason):
    conversation = talk("a", "b", "c", "d", line=7)
    assert refused(template, conversation) == UNPROVEN + reason + WAY_OUT


@CASES
def test_a_template_without_markers_trains_the_same(conversation, pieces):
    plain = CHATML.replace("{% generation %}", "").replace("{% endgeneration %}", "")
    row = ChatTemplate(byte_tokenizer(plain), "acme/chat").row(conversation)
    assert row == by_hand(pieces, byte_ids)


@pytest.mark.parametrize("template", [CHATML, WITHOUT_MARKERS], ids=["markers", "none"])
def test_characters_like_our_stand_ins_are_only_text(template):
    row = ChatTemplate(byte_tokenizer(template), "acme/chat").row(talk("\ue0001\ue001", "b\ue000"))
    assert [i for i in row.labels if i != IGNORED] == byte_ids("b\ue000<|im_end|>")


def test_a_token_across_the_border_of_the_answer_is_refused():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"?": 0, "<|im_end|>": 1}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # ">yes" is one token
    words.add_special_tokens(["<|im_end|>"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<|im_end|>")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role + '>' }}{% generation %}{{ m.content + '<|im_end|>' }}"
        "{% endgeneration %}{% endfor %}"
    ).replace("{% for m in messages %}", "{% for m in messages if m.role == 'assistant' %}")
    with pytest.raises(ModelError) as error:
        ChatTemplate(tokenizer, "acme/chat").row(talk("a", "yes", line=7))
    assert str(error.value) == UNPROVEN + "a token crosses the border of the answer" + WAY_OUT


def test_a_template_that_refuses_says_so_with_its_own_words():
    template = "{{ raise_exception('System role not supported') }}" + CHATML
    expected = (
        "the chat template of acme/chat refuses this conversation: System role not supported\n"
        "Change the row (often its system prompt), or choose another model."
    )
    assert refused(template, talk("a", "b")) == expected
    asked = ChatTemplate(byte_tokenizer(template), "acme/chat")
    with pytest.raises(ModelError) as error:
        asked.prompt_ids([Message("user", "a")])
    assert str(error.value) == expected


def test_a_template_that_breaks_on_a_conversation_is_refused():
    template = "{{ messages[0].content + 1 }}" + CHATML
    assert refused(template, talk("a", "b")).startswith(
        "the chat template of acme/chat refuses this conversation: can only concatenate str"
    )


def test_a_model_without_a_template_is_refused():
    with pytest.raises(ModelError) as error:
        ChatTemplate(byte_tokenizer(None), "acme/base")
    assert str(error.value) == (
        "acme/base has no chat template\nChoose an instruct or chat version of the model."
    )
