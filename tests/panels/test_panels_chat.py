"""The chat panel: a question for every column, answers that stream in, Stop, errors in place."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

import ipywidgets as widgets
import pytest

from nbfinetune.chat.compare import Contender
from nbfinetune.chat.model import SamplingParams, ScriptedChat
from nbfinetune.chat.waiting import Waiting
from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Message
from nbfinetune.display.chat import notice_html
from nbfinetune.panels import chat
from nbfinetune.panels.chat import ChatPanel

DEADLINE_SECONDS = 20

Turns = list[tuple[str, str]]


class Screen:
    """A panel as its user sees it."""

    def __init__(self, panel: ChatPanel) -> None:
        self.panel = panel
        self.notice, self.columns, row = panel.widget.children
        self.prompt, self.send, self.stop = row.children

    def ask(self, prompt: str) -> None:
        """Send a message and wait for the last answer."""
        self.wait(self.panel.send(prompt))

    def wait(self, thread: Thread | None) -> None:
        assert thread is not None, "the panel is busy"
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()

    def turns(self, column: int = 0) -> Turns:
        return turns(self.columns.children[column].value)

    @property
    def buttons(self) -> tuple[bool, bool]:
        """Whether Send and Stop can be pressed."""
        return (not self.send.disabled, not self.stop.disabled)


def turns(page: str) -> Turns:
    """The bubbles of a column: who, and the text as a browser would show it."""
    found = re.findall(r"<div class='[^']*' title='(\w+)'>(.*?)</div>", page, re.DOTALL)
    return [(role, html.unescape(text)) for role, text in found]


def screen(*contenders: Contender, params: SamplingParams | None = None) -> Screen:
    return Screen(ChatPanel(lambda _waiting: contenders, params or SamplingParams()))


def echo(messages: Sequence[Message]) -> str:
    """Says how many messages it was given, and the last one."""
    return f"{len(messages)} {messages[-1].content}"


@pytest.fixture(autouse=True)
def _every_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show each change of an answer, however fast it came."""
    monkeypatch.setattr(chat, "REFRESH_SECONDS", -1.0)


def test_every_column_answers_with_its_own_system_prompt() -> None:
    panel = screen(
        Contender("base", ScriptedChat(echo)), Contender("tuned", ScriptedChat(echo), "Be brief.")
    )

    panel.ask("Hello there")

    assert panel.turns(0) == [("user", "Hello there"), ("assistant", "1 Hello there")]
    assert panel.turns(1) == [
        ("system", "Be brief."),
        ("user", "Hello there"),
        ("assistant", "2 Hello there"),
    ]
    assert [f"<h4>{label}</h4>" in column.value for label, column in zip(
        ("base", "tuned"), panel.columns.children, strict=True
    )] == [True, True]  # fmt: skip
    assert re.search(r">3 tokens · \d+\.\d s<", panel.columns.children[0].value)


def test_a_conversation_goes_on() -> None:
    panel = screen(Contender("base", ScriptedChat(echo)))

    panel.ask("one")
    panel.ask("two")

    assert panel.turns() == [
        ("user", "one"),
        ("assistant", "1 one"),
        ("user", "two"),
        ("assistant", "3 two"),
    ]


def test_an_answer_streams_in_word_by_word() -> None:
    panel = screen(Contender("base", ScriptedChat(lambda _messages: "one two three")))
    panel.ask("first")
    seen: list[str] = []
    panel.columns.children[0].observe(lambda c: seen.append(turns(c["new"])[-1][1]), "value")

    panel.ask("second")

    assert seen == ["…", "one", "one two", "one two three", "one two three"]


def test_sampling_params_reach_the_models() -> None:
    words = ScriptedChat(lambda _messages: "one two three")
    panel = screen(Contender("base", words), params=SamplingParams(max_tokens=2))

    panel.ask("go")

    assert panel.turns()[-1] == ("assistant", "one two")
    assert "cut at max tokens" in panel.columns.children[0].value


def test_stop_ends_the_answer_where_it_is() -> None:
    panel = screen(Contender("base", ScriptedChat(lambda _messages: "one two three")))
    panel.ask("first")

    def press(change: dict[str, Any]) -> None:
        if turns(change["new"])[-1][1] == "one two":
            panel.stop.click()

    panel.columns.children[0].observe(press, "value")
    panel.ask("second")

    assert panel.turns()[-1] == ("assistant", "one two")
    assert re.search(r">2 tokens · \d+\.\d s · stopped<", panel.columns.children[0].value)
    panel.columns.children[0].unobserve_all()
    panel.ask("third")
    assert panel.turns()[-1] == ("assistant", "one two three")


def test_while_an_answer_is_written_only_stop_can_be_pressed() -> None:
    asked, go_on = Event(), Event()

    def slow(_messages: Sequence[Message]) -> str:
        asked.set()
        assert go_on.wait(DEADLINE_SECONDS)
        return "done"

    panel = screen(Contender("base", ScriptedChat(slow)))
    before = panel.buttons
    thread = panel.panel.send("one")
    assert asked.wait(DEADLINE_SECONDS)
    during, refused = panel.buttons, panel.panel.send("two")
    go_on.set()
    panel.wait(thread)

    assert (before, during, refused, panel.buttons) == ((True, False), (False, True), None,
                                                        (True, False))  # fmt: skip
    assert panel.turns() == [("user", "one"), ("assistant", "done")]


def test_a_model_that_cant_be_loaded_is_told_and_tried_again() -> None:
    failures = [ModelError("model_unknown", name="<b>", suggestion="")]

    def load(_waiting: Waiting) -> list[Contender]:
        if failures:
            raise failures.pop()
        return [Contender("base", ScriptedChat(echo))]

    panel = Screen(ChatPanel(load, SamplingParams()))
    panel.ask("one")
    notice, columns, buttons = panel.notice.value, panel.columns.children, panel.buttons
    panel.ask("two")

    assert notice == notice_html(
        "ModelError: '<b>' is neither a run nor a model\n"
        "Give  base,  a run of  %ft_runs,  starter,  a path or a hub id."
    )
    assert "<b>" not in notice.partition("</style>")[2]
    assert (columns, buttons) == ((), (True, False))
    assert panel.notice.value == ""
    assert panel.turns() == [("user", "two"), ("assistant", "1 two")]


def test_how_far_a_model_is_stands_above_and_stop_ends_the_waiting() -> None:
    said: list[str] = []

    def load(waiting: Waiting) -> list[Contender]:
        waiting.tell("downloading acme/tiny: 1 MB of 2 MB (50 %)")
        said.append(panel.notice.value)
        panel.stop.click()
        assert waiting.should_stop()
        raise ModelError("model_stopped", name="acme/tiny")

    panel = Screen(ChatPanel(load, SamplingParams()))
    panel.ask("one")

    assert said == [notice_html("downloading acme/tiny: 1 MB of 2 MB (50 %)")]
    assert panel.notice.value == notice_html(
        "ModelError: fetching acme/tiny was stopped\n"
        "What has arrived is kept: the next time goes on from there."
    )


def test_a_question_that_failed_is_told_and_forgotten() -> None:
    def answer(messages: Sequence[Message]) -> str:
        if messages[-1].content == "break":
            raise ValueError("broken <i>")
        return echo(messages)

    panel = screen(Contender("base", ScriptedChat(answer)))
    panel.ask("break")
    notice = panel.notice.value
    panel.ask("again")

    assert notice == notice_html("ValueError: broken <i>")
    assert "<i>" not in notice.partition("</style>")[2]
    assert panel.notice.value == ""
    assert panel.turns() == [("user", "again"), ("assistant", "1 again")]


def test_what_a_library_prints_while_it_answers_is_not_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def loud(messages: Sequence[Message]) -> str:
        sys.stdout.write("printed\n")
        sys.stderr.write("and warned\n")
        return echo(messages)

    panel = screen(Contender("base", ScriptedChat(loud)))
    panel.ask("one")

    assert panel.turns() == [("user", "one"), ("assistant", "1 one")]
    assert capsys.readouterr() == ("", "")


HOSTILE = "<script>alert('1')</script>\"<img src=x onerror=y>&amp;"


def test_hostile_text_stays_text_wherever_it_came_from() -> None:
    panel = screen(Contender(HOSTILE, ScriptedChat(lambda _messages: HOSTILE), HOSTILE))

    panel.ask(HOSTILE)

    page = panel.columns.children[0].value
    assert panel.turns() == [("system", HOSTILE), ("user", HOSTILE), ("assistant", HOSTILE)]
    assert re.findall(r"<(?:script|img)", page) == []
    assert f"<h4>{html.escape(HOSTILE)}</h4>" in page


@pytest.mark.parametrize(
    "submit",
    [
        lambda panel: panel.send.click(),
        # what the front end sends for Enter
        lambda panel: panel.prompt._handle_custom_msg({"event": "submit"}, []),
    ],
    ids=["button", "enter"],
)
def test_the_prompt_is_sent_and_emptied_and_a_blank_one_is_not_sent(
    submit: Callable[[Screen], None],
) -> None:
    answered = Event()
    panel = screen(Contender("base", ScriptedChat(echo)))
    panel.stop.observe(lambda change: change["new"] and answered.set(), "disabled")

    panel.prompt.value = "   "
    submit(panel)
    blank = (panel.prompt.value, panel.columns.children)
    panel.prompt.value = " Hello "
    submit(panel)
    assert answered.wait(DEADLINE_SECONDS)

    assert blank == ("   ", ())
    assert panel.prompt.value == ""
    assert panel.turns() == [("user", "Hello"), ("assistant", "1 Hello")]


def test_the_panel_is_made_of_core_widgets_only() -> None:
    def kinds(widget: widgets.Widget) -> set[str]:
        inner = [kinds(child) for child in getattr(widget, "children", ())]
        return {widget._model_module}.union(*inner)

    assert kinds(screen().panel.widget) == {"@jupyter-widgets/controls"}
