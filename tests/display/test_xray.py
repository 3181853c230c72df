"""The X-ray on a page: the text is exact, what it means is said by tag, class and words."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from nbfinetune.core import text
from nbfinetune.core.messages import Conversation
from nbfinetune.display.xray import xray_html, xray_text
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.xray import Xray, xray
from tests.display.test_html import HOSTILE, Page
from tests.models import byte_tokenizer, talk
from tests.templates.tokenizers import PLAIN_CHATML, family

TEMPLATE = ChatTemplate(byte_tokenizer(PLAIN_CHATML), "tiny")
ROW = talk("hi", "yo\nho", system="S")


def found(row: Conversation, max_length: int | None = None) -> Xray:
    return xray(TEMPLATE, row, max_length)


class Turns(HTMLParser):
    """The texts of each turn with their tag and class, and the words on the line of the cut."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.turns: list[list[tuple[str, str, str]]] = []
        self.cuts: list[str] = []
        self.open: list[tuple[str, str]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append((tag, dict(attrs).get("class", "")))
        if self.open[-1] == ("div", "x-turn"):
            self.turns.append([])
        elif ("div", "x-turn") in self.open and tag != "div" and not self._mark():
            self.turns[-1].append((tag, self.open[-1][1], ""))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if ("div", "x-cut") in self.open:
            self.cuts.append(data)
        elif ("div", "x-turn") in self.open:
            tag, name, before = self.turns[-1].pop()
            self.turns[-1].append((tag, name, before + data))

    def _mark(self) -> bool:
        return self.open[-1][1] in ("x-lf", "x-blank")


def test_every_turn_with_what_its_parts_are():
    assert Turns(xray_html(found(ROW))).turns == [
        [("span", "x-token", "<|im_start|>"), ("span", "x-template", "system\n"),
         ("span", "x-system", "S"), ("span", "x-token", "<|im_end|>"),
         ("span", "x-template", "\n")],
        [("span", "x-token", "<|im_start|>"), ("span", "x-template", "user\n"),
         ("span", "x-user", "hi"), ("span", "x-token", "<|im_end|>"), ("span", "x-template", "\n")],
        [("span", "x-token", "<|im_start|>"), ("span", "x-template", "assistant\n"),
         ("mark", "x-trained", "yo\nho"), ("mark", "x-token x-end", "<|im_end|>"),
         ("span", "x-template", "\n")],
    ]  # fmt: skip


def test_what_is_cut_off_is_struck_behind_one_line():
    page = Turns(xray_html(found(talk("a", "bcd", "e", "f"), 24)))
    assert page.cuts == ["cut here: max_length 24"]
    assert page.turns[1:3] == [
        [("span", "x-token", "<|im_start|>"), ("span", "x-template", "assistant\n"),
         ("mark", "x-trained", "bcd"), ("mark", "x-token x-end", "<|im_end|>"),
         ("del", "x-template", "\n")],
        [("del", "x-token", "<|im_start|>"), ("del", "x-template", "user\n"),
         ("del", "x-user", "e"), ("del", "x-token", "<|im_end|>"), ("del", "x-template", "\n")],
    ]  # fmt: skip


def test_sentences_of_the_template_and_special_tokens_in_messages_stand_out():
    row = talk("a<|im_end|>b", "yo")
    system, user, _ = Turns(xray_html(xray(family("qwen2_5"), row))).turns
    assert system[2][1:] == (
        "x-injected",
        "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    )
    assert user[2:5] == [
        ("span", "x-user", "a"),
        ("span", "x-user x-token x-within", "<|im_end|>"),
        ("span", "x-user", "b"),
    ]


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3", "llama3_1", "gemma3", "phi3", "mistral"])
@pytest.mark.parametrize("max_length", [None, 1, 40])
def test_the_text_of_the_page_is_the_text_that_the_model_reads(name, max_length):
    row = talk(" a  b\t\u00a0c\n", "你好 😀\n\n  x ", "d", "<b>e</b>", system="S \n")
    template = family(name)
    turns = Turns(xray_html(xray(template, row, max_length))).turns
    shown = "".join(said for turn in turns for _, _, said in turn)
    assert shown == template.rendered(row).text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_it_was_written_and_nothing_more(hostile):
    row = talk(hostile, hostile, system=hostile)
    for source in (xray_html(found(row)), xray_html(found(row, 60))):
        page = Page(source)
        assert page.tags == {"style", "div", "span", "b", "i", "mark"} | (page.tags & {"del"})
        assert page.open == []
        assert {name for name, _ in page.attributes} == {"class", "style", "title"}
        styles = [part.split("</style>")[0] for part in source.split("<style>")[1:]]
        assert "alert" not in "".join(styles)
    seen = Page(xray_html(found(row))).text.replace("\x00", "\ufffd")
    assert seen.count(hostile.replace("\x00", "\ufffd")) == 3


def visible(source: str) -> str:
    """The text of a page behind its style sheet."""
    return Page(source).text.rsplit("}\n", 1)[-1]


# 11 tokens of the system's turn, 10 of the user's, 18 of the assistant's; `yo\nho` is 33 to 37


def test_the_figures_are_named_above_the_text():
    assert visible(xray_html(found(ROW))).startswith(
        "6 trained39 tokens15% of what is readassistant 6user 2system 1template 30<|im_start|>"
    )
    assert visible(xray_html(found(ROW, 36))).startswith(
        "4 trained36 tokens11% of what is readassistant 4user 2system 1template 29"
        "cut at max_length 36: 3 of 39 tokens are not read, 2 of them would be trained<|im_start|>"
    )


def test_the_legend_names_the_marks_that_are_there():
    def legend(shown: Xray) -> str:
        return visible(xray_html(shown)).rsplit("<|im_end|>\n", 1)[-1]

    plain = "trainedtrained: here the answer endsread, not trained"
    assert legend(found(ROW)) == plain + "special token"
    assert legend(found(ROW, 36)) == plain + "special tokencut off, not read"
    assert legend(xray(family("qwen2_5"), talk("a<|im_end|>", "b"))) == (
        plain + "added by the templatespecial tokenspecial token within a message"
    )
    text.set_language("zh")
    assert legend(found(ROW)) == "训练训练：回答在此结束只读，不训练特殊词元"


def test_a_row_for_a_terminal():
    assert xray_text(found(ROW, 36)) == (
        "36 tokens, 4 of them trained (11%) [assistant 4, user 2, system 1, template 29]\n"
        "cut at max_length 36: 3 of 39 tokens are not read, 2 of them would be trained\n"
        "\n"
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
        "<|im_start|>assistant\n⟦yo\nh⟧~o<|im_end|>\n~"
    )
    assert xray_text(xray(family("qwen2_5"), talk("a", "b"))).split("\n\n", 1)[1] == (
        "<|im_start|>system\n{You are Qwen, created by Alibaba Cloud. You are a helpful assistant.}"
        "<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n⟦b<|im_end|>⟧"
    )


def test_a_row_for_a_terminal_in_chinese():
    text.set_language("zh")
    assert xray_text(found(ROW, 36)).split("\n\n")[0] == (
        "36 个词元，其中训练 4 个（11%） [助手 4, 用户 2, 系统 1, 模板 29]\n"
        "max_length 36：39 个词元中有 3 个不读取，其中 2 个本应训练"
    )
