"""Whatever data, models and users write stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from nbfinetune.chat.compare import Comparison
from nbfinetune.chat.model import Reply
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.runs.events import (
    Failed,
    Logged,
    Notice,
    Planned,
    Sampled,
    StateChanged,
    TrainStep,
    Validated,
)
from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.store import DataSpec, RunSpec, RunStore
from nbfinetune.display.chat import column_html, notice_html
from nbfinetune.display.comparison import comparison_html
from nbfinetune.display.dataset import conversation_html, dataset_html
from nbfinetune.display.html import box, esc, facts, note, page
from nbfinetune.display.run import run_html
from nbfinetune.display.runs import runs_html

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "</title></div></td></table><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "<!-- <svg/onload=alert(1)>",
    "]]><iframe srcdoc='<script>alert(1)</script>'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<\x00script>alert(1)</script>",
    "{{7*7}}${7*7}",
]  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and texts that a browser would find."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in ("br", "input", "meta", "circle", "line", "rect", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


OURS = {
    "style", "div", "h4", "h1", "span", "b", "table", "tr", "th", "td", "br", "html", "head",
    "body", "meta", "title", "section", "svg", "polyline", "circle", "line", "rect", "text",
    "details", "summary", "h5", "button", "p", "pre", "code",
}  # fmt: skip


def read(source: str) -> Page:
    """The parsed page, after the proof that there is nothing in it but what we put there."""
    found = Page(source)
    assert found.tags <= OURS
    assert found.open == []
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [name for name, _ in found.attributes if name in ("href", "src", "srcdoc")]
    return found


def plan(text: str) -> Planned:
    return Planned(
        total_steps=4, epochs=2, train_rows=8, validation_rows=1, tokens=90, trained_tokens=40,
        parameters=1000, trained_parameters=64, device=text, dtype=text,
        notices=[Notice("max_length_limited", {"model": text, "limit": 9})],
    )  # fmt: skip


def every_view(text: str, tmp_path) -> dict[str, str]:
    """Each view with the text in every place that data, models or users can fill."""
    row = Conversation((Message("system", text), Message("user", text), Message("assistant", text)))
    problem = Problem(
        code="role_invalid", severity="error", line=1, path=text,
        params={"expected": text, "got": text},
    )  # fmt: skip
    dataset = MessageDataset(text, (row,), (problem,), 2, Origin("file", text))
    record = fold(
        [
            StateChanged(state="training"), plan(text),
            TrainStep(step=1, epoch=1, loss=2.0, learning_rate=0.1, grad_norm=1.0),
            TrainStep(step=2, epoch=2, loss=1.0, learning_rate=0.1, grad_norm=1.0),
            Validated(step=2, epoch=2, loss=1.5),
            Sampled(step=2, row=0, prompt=text, reference=text, answer=text),
            Logged(text=text), Failed(reason=text, traceback=text), StateChanged(state="failed"),
        ]
    )  # fmt: skip
    comparison = Comparison(
        (text,), (text, "b"), (text, None), ((Reply(text=text), Reply(text=text)),)
    )
    store = RunStore(tmp_path)
    spec = RunSpec(
        run_id="one", name=text, created="2026-11-20T21:08:06+00:00", base_model=text,
        preset=text, config=TrainConfig(),
        data=DataSpec(name=text, sha256="", train_rows=1, validation_rows=0),
    )  # fmt: skip
    runs = [store.create(spec)]
    return {
        "dataset": dataset_html(dataset),
        "conversation": conversation_html(row),
        "run": run_html(text, record),
        "runs": runs_html(runs),
        "comparison": comparison_html(comparison),
        "column": column_html(text, row.messages, Reply(text=text)),
        "notice": notice_html(text),
        "page": page(text, box(note(text) + facts([(text, text)]))),
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_was_written_and_nothing_more(text, tmp_path):
    shown = text.replace("\x00", "\ufffd")  # what HTML makes of it
    for view, source in every_view(text, tmp_path).items():
        found = read(source)
        seen = found.text.replace("\x00", "\ufffd")
        assert shown in seen, view
        # a style sheet ends at its own end
        assert "alert" not in "".join(source.split("<style>")[1:]).split("</style>")[0], view


def test_attributes_cannot_be_left():
    found = Page(f"<p title='{esc(HOSTILE[4])}' class=\"{esc(HOSTILE[3])}\">x</p>")
    assert found.attributes == [("title", HOSTILE[4]), ("class", HOSTILE[3])]


def test_escaping_touches_five_characters_and_no_others():
    assert esc("<a href=\"x\" id='y'>&") == "&lt;a href=&quot;x&quot; id=&#x27;y&#x27;&gt;&amp;"
    assert esc("你好\n ok 🙂") == "你好\n ok 🙂"
    assert esc(7) == "7"


def test_a_page_needs_nothing_from_anywhere_else():
    source = page("Title", box("<div>body</div>"))
    assert source.startswith("<!doctype html>")
    assert "http" not in source
    assert "url(" not in source
    assert "@import" not in source
    found = read(source)
    assert found.texts.count("Title") == 2  # its title and its heading


# what is in the views


def body(source: str) -> str:
    """The text of a view without its style sheet."""
    return Page(source.split("</style>", 1)[1]).text


def test_a_conversation_is_its_messages_in_order():
    row = Conversation((Message("system", "S"), Message("user", "a"), Message("assistant", "b\nc")))
    assert conversation_html(row) == (
        "<div class='chat'><div class='system' title='system'>S</div>"
        "<div class='turn user' title='user'>a</div>"
        "<div class='turn assistant' title='assistant'>b\nc</div></div>"
    )


def test_a_table_of_answers_has_a_row_for_each_prompt_and_a_column_for_each_model():
    comparison = Comparison(
        ("p1", "p2"),
        ("base", "tuned"),
        (None, "x" * 70),
        (
            (Reply(text="a1"), Reply(text="b1", finish_reason="length")),
            (Reply(text="a2"), Reply(text="b2", finish_reason="stopped")),
        ),
    )
    source = comparison_html(comparison)
    rows = [Page(row.split("</tr>")[0]).texts for row in source.split("<tr>")[1:]]
    assert rows == [
        ["prompt", "base", "no system prompt", "tuned", "x" * 59 + "…"],
        ["p1", "a1", "b1", "cut at max tokens"],
        ["p2", "a2", "b2"],
    ]


@pytest.mark.parametrize(
    ("reason", "cost"),
    [
        ("stop", "12 tokens · 1.2 s"),
        ("length", "12 tokens · 1.2 s · cut at max tokens"),
        ("stopped", "12 tokens · 1.2 s · stopped"),
    ],
)
def test_a_chat_column_says_what_the_last_reply_cost(reason, cost):
    messages = [Message("user", "hi"), Message("assistant", "yo")]
    reply = Reply(text="yo", finish_reason=reason, completion_tokens=12, seconds=1.2345)
    assert body(column_html("base", messages, reply)) == f"basehiyo{cost}"
    assert body(column_html("base", messages)) == "basehiyo"
