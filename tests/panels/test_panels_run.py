"""The panel of a run is a function of its events, however they reach the page."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from IPython.display import DisplayHandle

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import (
    AnyEvent,
    Committed,
    EventWriter,
    Failed,
    Sampled,
    StateChanged,
    TrainStep,
    Validated,
    read_events,
)
from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.store import DataSpec, RunSpec, RunStore
from nbfinetune.display.picture import MIME, picture
from nbfinetune.display.run import run_html
from nbfinetune.panels.live_view import LiveView
from nbfinetune.panels.plain_view import PlainView
from nbfinetune.panels.run import COMMANDS, WIDGET_MIME, RunPanel
from nbfinetune.training.job import TrainingJob

HOSTILE = "<script>alert(1)</script>"

STORY = [
    StateChanged(state="queued"),
    StateChanged(state="preparing"),
    StateChanged(state="training"),
    TrainStep(step=1, epoch=0.5, loss=2.5, learning_rate=1e-3, grad_norm=1.0),
    Validated(step=1, epoch=0.5, loss=2.25),
    TrainStep(step=2, epoch=1.0, loss=2.0, learning_rate=5e-4, grad_norm=1.0),
    Validated(step=2, epoch=1.0, loss=1.75),
    Committed(step=2, epoch=1.0, path="checkpoints/step-2", validation_loss=1.75),
    Sampled(step=2, row=0, prompt=HOSTILE, reference=HOSTILE, answer=HOSTILE),
    StateChanged(state="finished"),
]


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    spec = RunSpec(
        run_id="a-run",
        name=HOSTILE,
        created="2026-01-02T03:04:05.000+00:00",
        base_model="starter",
        preset="starter",
        config=TrainConfig(),
        data=DataSpec(name="pirate", sha256="0" * 64, train_rows=9, validation_rows=1),
    )
    return TrainingJob(RunStore(tmp_path).create(spec), Event())


class Page:
    """A page that shows a live view: asks, merges what it hears, loses what it is told to lose."""

    def __init__(self, panel: RunPanel) -> None:
        self._view = panel.view
        self.sections: dict[str, list[Any]] = {}
        self.head: dict[str, Any] = {}
        self.gaps = 0

    def hear(self, message: dict[str, Any]) -> None:
        self.head = message["head"]
        for name, section in message.items():
            if name in ("t", "v", "generation", "head"):
                continue
            mine = self.sections.setdefault(name, [])
            if section["from"] > len(mine):
                self.gaps += 1
                continue
            mine[section["from"] :] = section["items"]

    def pull(self) -> None:
        have = {name: len(items) for name, items in self.sections.items()}
        self._view._handle_custom_msg({"t": "pull", "have": have}, [])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What live views send to their pages."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(LiveView, "send", lambda _view, content: messages.append(content))
    return messages


def saved(job: TrainingJob) -> dict[str, Any]:
    """What a page that shows the whole run has heard."""
    return {
        "t": "news",
        **picture(job.run.spec, fold(read_events(job.run.events)), None, list(COMMANDS)),
    }


def tell(job: TrainingJob, *events: AnyEvent) -> None:
    writer = EventWriter(job.run.events)
    for event in events:
        writer.emit(event)
    writer.close()


def test_what_is_pushed_event_by_event_is_the_whole_picture(
    job: TrainingJob, sent: list[dict[str, Any]]
) -> None:
    panel = RunPanel(job)
    page, whole = Page(panel), Page(panel)

    for event in STORY:
        tell(job, event)
        panel.refresh()
    for message in sent:
        page.hear(message)
    whole.hear(saved(job))

    assert (page.sections, page.head, page.gaps) == (whole.sections, whole.head, 0)
    assert page.head["state"] == "finished"
    assert [row[:2] for row in page.sections["train"]] == [[1, 2.5], [2, 2.0]]


def test_nothing_is_sent_twice_or_where_nothing_is_new(
    job: TrainingJob, sent: list[dict[str, Any]]
) -> None:
    panel = RunPanel(job)
    tell(job, *STORY)

    for _ in range(3):
        panel.refresh()

    assert sent == [saved(job)]


def test_a_page_that_lost_news_heals_by_asking(
    job: TrainingJob, sent: list[dict[str, Any]]
) -> None:
    panel = RunPanel(job)
    page, whole = Page(panel), Page(panel)
    for number, event in enumerate(STORY):
        tell(job, event)
        sent.clear()
        panel.refresh()
        if number % 3 == 0:  # the others are lost
            page.hear(sent[0])
    lost = page.gaps

    sent.clear()
    page.pull()
    page.hear(sent[0])

    whole.hear(saved(job))
    assert lost > 0
    assert (page.sections, page.head) == (whole.sections, whole.head)


def test_a_page_that_comes_late_gets_the_same_by_asking(
    job: TrainingJob, sent: list[dict[str, Any]]
) -> None:
    panel = RunPanel(job)
    tell(job, *STORY)
    panel.refresh()
    again = RunPanel(TrainingJob(job.run))
    sent.clear()

    Page(panel).pull()
    Page(again).pull()

    assert sent == [saved(job), saved(job)]


def test_stop_is_asked_for_through_the_run(job: TrainingJob) -> None:
    panel = RunPanel(job)

    panel.view._handle_custom_msg({"t": "command", "command": "dance"}, [])
    before = job.run.requested("stop")
    panel.view._handle_custom_msg({"t": "command", "command": "stop"}, [])

    assert (before, job.run.requested("stop")) == (False, True)


@pytest.mark.parametrize(
    "message",
    [{}, {"t": "pull"}, {"t": "pull", "have": None}, {"t": "pull", "have": {"train": "many"}},
     {"t": "pull", "have": {"train": -1, "log": 10**9, "nonsense": 3}}],
)  # fmt: skip
def test_a_page_that_talks_nonsense_is_answered_with_everything_or_not_at_all(
    job: TrainingJob, sent: list[dict[str, Any]], message: dict[str, Any]
) -> None:
    tell(job, *STORY)
    panel = RunPanel(job)

    panel.view._handle_custom_msg(message, [])

    empty = {"log": {"from": 0, "to": 0, "items": []}} if "log" in str(message) else {}
    assert sent == ([{**saved(job), **empty}] if message else [])


def test_what_a_notebook_saves_in_the_middle_of_a_run_follows_its_checkpoints(
    job: TrainingJob, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the extension is there to show it; elsewhere an update would draw the view anew."""
    kept: list[dict[str, Any]] = []
    monkeypatch.setattr(DisplayHandle, "update", lambda _self, data, **_how: kept.append(data))
    panel = RunPanel(job)
    first, second = STORY[7], Committed(step=4, epoch=2.0, path="checkpoints/step-4")

    tell(job, *STORY[:7], first)
    panel.refresh()
    unseen = list(kept)
    panel.view._handle_custom_msg({"t": "pull", "have": {}, "extension": "0.1.0"}, [])
    for event in (StateChanged(state="training"), second, StateChanged(state="training")):
        panel.refresh()
        tell(job, event)
    panel.refresh()

    assert unseen == []
    assert [[row[0] for row in data[MIME]["checkpoints"]["items"]] for data in kept] == [
        [2],
        [2, 4],
    ]
    assert [data[MIME]["head"]["commands"] for data in kept] == [[], []]
    assert kept[0]["image/png"] == kept[1]["image/png"]  # drawn once, so soon
    assert {data[WIDGET_MIME]["model_id"] for data in kept} == {panel.view.model_id}


def test_colab_is_told_where_to_find_the_view(
    job: TrainingJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As anywidget says it in its own displays, which drop the id that the end needs."""
    colab: Any = ModuleType("google.colab.output")
    colab.enable_custom_widget_manager = lambda: None
    colab._widgets = SimpleNamespace(_installed_url="https://colab.example/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)

    assert RunPanel(job).view.place == {
        "application/vnd.jupyter.widget-view+json": {
            "colab": {"custom_widget_manager": {"url": "https://colab.example/manager.js"}}
        }
    }


# the plain view


def status(panel: RunPanel) -> str:
    return str(panel.view.children[0].value)


def test_the_plain_view_shows_the_record_at_every_moment_of_a_run(job: TrainingJob) -> None:
    panel = RunPanel(job, plain=True)
    shown, expected = [], []

    for event in STORY:
        tell(job, event)
        panel.refresh()
        shown.append(status(panel))
        expected.append(run_html(job.name, fold(read_events(job.run.events))))

    assert shown == expected
    assert [HOSTILE in page for page in shown] == [False] * len(STORY)


def test_the_plain_view_stands_in_where_anywidget_is_missing(
    job: TrainingJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbfinetune.panels.live_view", None)

    assert isinstance(RunPanel(job).view, PlainView)


def test_the_reason_of_a_failure_is_shown_as_text(job: TrainingJob) -> None:
    tell(job, Failed(reason=f"ValueError: {HOSTILE}"), StateChanged(state="failed"))
    panel = RunPanel(job, plain=True)
    panel.refresh()

    assert "ValueError: &lt;script&gt;alert(1)&lt;/script&gt;" in status(panel)
    assert HOSTILE not in status(panel)


def buttons(panel: RunPanel) -> list[tuple[str, bool]]:
    """What the plain view offers: the words of its buttons, and whether they can be pressed."""
    return [(b.description, not b.disabled) for b in panel.view.children[1].children]


def test_the_plain_buttons_are_those_that_make_sense_now(job: TrainingJob) -> None:
    panel = RunPanel(job, plain=True)
    offered = {}

    for state in ("queued", "preparing", "training", "paused", "training", "stopped"):
        tell(job, StateChanged(state=state))
        panel.refresh()
        offered[state] = buttons(panel)

    assert offered == {
        "queued": [("Stop", True)],
        "preparing": [("Stop", True)],
        "training": [("Pause", True), ("Stop", True)],
        "paused": [("Resume", True), ("Stop", True)],
        "stopped": [],
    }


def test_a_plain_button_asks_the_run_once_and_can_be_pressed_again_in_the_next_state(
    job: TrainingJob,
) -> None:
    panel = RunPanel(job, plain=True)
    tell(job, StateChanged(state="training"))
    panel.refresh()

    panel.view.children[1].children[0].click()
    panel.refresh()
    pressed, asked = buttons(panel), job.run.requested("pause")
    tell(job, StateChanged(state="paused"))
    panel.refresh()
    panel.view.children[1].children[0].click()
    tell(job, StateChanged(state="training"))
    panel.refresh()

    assert (pressed, asked) == ([("Pausing …", False), ("Stop", True)], True)
    assert not job.run.requested("pause")
    assert buttons(panel) == [("Pause", True), ("Stop", True)]


def test_the_live_view_is_told_what_its_buttons_may_ask_for(
    job: TrainingJob, sent: list[dict[str, Any]]
) -> None:
    panel = RunPanel(job)

    for state in ("queued", "training", "paused", "stopped"):
        tell(job, StateChanged(state=state))
        panel.refresh()
    for command in ("pause", "resume", "pause"):
        panel.view._handle_custom_msg({"t": "command", "command": command}, [])

    offered = [message["head"]["commands"] for message in sent]
    assert offered == [["stop"], ["pause", "stop"], ["resume", "stop"], []]
    assert job.run.requested("pause")
