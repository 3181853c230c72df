"""A studio answers its pages from one draft: what they are told, and what it makes of nonsense."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.errors import DatasetError, MissingDependency
from nbfinetune.core.library.entries import LONGEST_NAME
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.panels import studio as panel
from nbfinetune.panels.studio import Studio
from nbfinetune.panels.studio_view import StudioView

HOSTILE = "<script>alert(1)</script>"


def row(question: str, answer: str, **extra: object) -> dict[str, object]:
    user = {"role": "user", "content": question}
    return {"messages": [user, {"role": "assistant", "content": answer}], **extra}


ROWS = [row("What?", "That."), row(HOSTILE, "", weight=1), row("What?", "That."), row("Who?", "I.")]


def not_kept(name: str, dataset: MessageDataset) -> str | None:
    raise AssertionError((name, dataset))


@pytest.fixture
def studio() -> Studio:
    return Studio(Draft(read_rows(ROWS), name="pirate"), not_kept)


def say(studio: Studio, what: str, **more: object) -> dict[str, Any]:
    """What one page is told when it says this."""
    (answer,) = studio.answer({"t": what, "page": "p", "seq": 7, **more})
    about = {"page": "p", "seq": 7, "revision": studio.draft.revision}
    assert {key: answer.pop(key) for key in about} == about
    return answer


def head(**more: object) -> dict[str, Any]:
    problems = [["error", "content_empty", 1], ["warning", "extra_key", 1]]
    return {
        "name": "pirate", "origin": "", "unit": "row", "rows": 4, "valid": 3,
        "errors": 1, "warnings": 2,
        "changed": 0, "problems": [*problems, ["warning", "duplicate_row", 1]], "notes": [],
        "undo": False, "redo": False, "saved": None, **more,
    }  # fmt: skip


def test_a_page_that_opens_hears_which_rows_there_are_and_their_counts(studio: Studio) -> None:
    assert say(studio, "find") == {"t": "found", "ids": [0, 1, 2, 3], "head": head()}


def test_what_was_found_beside_the_rows_is_told_and_the_rest_counted() -> None:
    notes = [Problem(code="bom", severity="warning", line=number) for number in range(1, 8)]
    told = say(Studio(Draft(notes, name="d"), not_kept), "find")["head"]["notes"]
    text = "the file begins with a byte order mark, skipped"
    assert told == [*(f"line {number}  {text}" for number in range(1, 6)), "… and 2 more"]


def test_rows_are_found_by_text_and_problem_and_those_being_edited_stay(studio: Studio) -> None:
    found = [
        say(studio, "find", query="WHAT")["ids"],
        say(studio, "find", code="error")["ids"],
        say(studio, "find", query="what", code="duplicate_row", keep=[3, 77])["ids"],
        say(studio, "find", query="nothing like it")["ids"],
    ]
    assert found == [[0, 2], [1], [2, 3], []]


def test_a_line_has_first_words_and_problems_and_a_deleted_row_has_none(studio: Studio) -> None:
    say(studio, "delete", id=0)
    lines = say(studio, "lines", ids=[0, 1, 99])
    problems = [["error", "content_empty"], ["warning", "extra_key"]]
    assert lines == {
        "t": "lines",
        "rows": [
            {"id": 1, "version": 0, "line": 2, "changed": False, "problems": problems,
             "asked": HOSTILE, "answer": "", "system": False, "turns": 2},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "shown"),
    [
        (["user", "assistant"], ("a0", "a1")),
        (["system", "human", "gpt", "human"], ("a1", "a2")),
        (["assistant", "user"], ("", "a0")),
        (["user"], ("a0", "")),
        (["system"], ("", "")),
        ([], ("", "")),
    ],
)
def test_a_line_shows_the_first_question_and_answer(
    roles: list[str], shown: tuple[str, str]
) -> None:
    messages = [{"role": role, "content": f"a{at}"} for at, role in enumerate(roles)]
    draft = Draft(read_rows([{"messages": messages}]), name="d")
    (line,) = say(Studio(draft, not_kept), "lines", ids=[0])["rows"]
    assert (line["asked"], line["answer"]) == shown


def test_an_open_row_has_its_messages_its_other_keys_and_where_its_problems_are(
    studio: Studio,
) -> None:
    opened = say(studio, "open", id=1)["row"]
    assert opened["turns"] == [
        {"role": "user", "content": HOSTILE},
        {"role": "assistant", "content": ""},
    ]
    assert (opened["extra"], opened["editable"], opened["version"]) == ('{"weight": 1}', True, 0)
    paths = [(problem["code"], problem["path"]) for problem in opened["problems"]]
    assert paths == [("content_empty", "$.messages[1].content"), ("extra_key", "$.weight")]


def test_a_repeated_row_names_the_other_one(studio: Studio) -> None:
    (problem,) = say(studio, "open", id=2)["row"]["problems"]
    assert (problem["code"], problem["message"]) == (
        "duplicate_row",
        "the same messages as row 1",
    )
    assert problem["other"] == 0


def test_an_edit_keeps_what_it_does_not_name_and_tells_what_changed(studio: Studio) -> None:
    turns = [{"was": 0}, {"was": 1, "content": "Arr."}]
    told = say(studio, "edit", id=1, version=0, turns=turns)
    assert studio.draft[1].row.value == row(HOSTILE, "Arr.", weight=1)
    assert (told["kind"], told["id"], told["row"]["version"]) == ("written", 1, 1)
    assert [line["id"] for line in told["rows"]] == [1]
    problems = [["warning", "extra_key", 1], ["warning", "duplicate_row", 1]]
    assert told["head"] == head(valid=4, errors=0, changed=1, problems=problems, undo=True)


def test_an_edit_tells_of_the_rows_that_it_makes_repeat(studio: Studio) -> None:
    told = say(studio, "edit", id=0, version=0, turns=[{"was": 0, "content": "Who?"}, {"was": 1}])
    assert [(line["id"], line["problems"]) for line in told["rows"]] == [
        (0, []),
        (2, []),
        (3, [["warning", "conflicting_answers"]]),
    ]


def test_an_edit_of_an_older_version_is_refused(studio: Studio) -> None:
    say(studio, "edit", id=3, version=0, text='{"messages": []}')
    refused = say(studio, "edit", id=3, version=0, text="{}")
    assert refused == {
        "t": "refused",
        "text": "this row was changed in another view meanwhile\nCompare the two. "
        "Saving again puts your text in place of the other.",
    }
    assert studio.draft[3].row.value == {"messages": []}


def test_rows_are_added_deleted_and_brought_back(studio: Studio) -> None:
    added = say(studio, "add", after=1)
    assert (added["kind"], added["id"], added["after"], added["row"]["line"]) == ("placed", 4, 1, 5)
    removed = say(studio, "delete", id=0)
    assert (removed["kind"], removed["id"], removed["row"]) == ("removed", 0, None)
    assert [(line["id"], line["problems"]) for line in removed["rows"]] == [(2, [])]
    back = [say(studio, "undo"), say(studio, "undo"), say(studio, "undo")]
    assert [(told["kind"], told["id"]) for told in back] == [
        ("placed", 0),
        ("removed", 4),
        ("nothing", None),
    ]
    again = say(studio, "redo")
    assert (again["kind"], again["id"], again["head"]["redo"]) == ("placed", 4, True)


def test_every_page_is_told_of_the_split_that_training_would_make(studio: Studio) -> None:
    divided = say(studio, "divide", ratio=0.4, seed=3)
    kept = studio.draft.split(0.4, 3)
    assert divided == {"t": "divided", "ratio": 0.4, "seed": 3, "held_out": sorted(kept)}
    assert say(studio, "divide") == divided
    assert len(kept) == 1


def test_the_valid_rows_are_kept_under_a_name_and_the_page_is_told(studio: Studio) -> None:
    kept: list[tuple[str, MessageDataset]] = []

    def keep(name: str, dataset: MessageDataset) -> str:
        kept.append((name, dataset))
        return "version 1"

    studio = Studio(studio.draft, keep)
    saved = say(studio, "save", name=" corsair ")
    next_step = "version 1\nNext:  %ft_train corsair"
    assert saved == {"t": "saved", "text": next_step, "head": head(saved=SAVED)}
    ((name, dataset),) = kept
    assert (name, dataset.name, len(dataset), dataset.rows) == ("corsair", "corsair", 3, 4)
    assert say(studio, "delete", id=0)["head"]["saved"] == {"name": "corsair", "now": False}


SAVED = {"name": "corsair", "now": True}


@pytest.mark.parametrize(
    ("name", "command"),
    [("my rows", '%ft_train "my rows"'), ("世说", "%ft_train 世说"), ('6" x', "%ft_train '6\" x'")],
)
def test_a_name_of_several_words_is_quoted_in_the_next_step(
    studio: Studio, name: str, command: str
) -> None:
    saved = say(Studio(studio.draft, lambda _name, _dataset: None), "save", name=name)
    assert saved["text"] == f"Next:  {command}"


def test_both_sides_of_the_split_can_be_listed(studio: Studio) -> None:
    say(studio, "divide", ratio=0.4, seed=3)
    held_out = studio.draft.split(0.4, 3)
    valid = [0, 2, 3]
    assert say(studio, "find", code="validation")["ids"] == sorted(held_out)
    assert say(studio, "find", code="train")["ids"] == [i for i in valid if i not in held_out]
    assert say(studio, "find", code="train", query="nothing like it")["ids"] == []


def test_a_dataset_can_be_saved_under_any_name_that_the_library_takes(studio: Studio) -> None:
    name = "x" * LONGEST_NAME
    saved = say(Studio(studio.draft, lambda _name, _dataset: None), "save", name=name)
    assert saved["head"]["saved"] == {"name": name, "now": True}


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_NAME + 1)])
def test_a_name_is_needed(studio: Studio, name: str) -> None:
    assert say(studio, "save", name=name) == {
        "t": "refused",
        "text": "the dataset needs a name of 1 to 200 characters\n"
        "Write one beside the Save button.",
    }


def test_what_refuses_to_be_kept_says_why(studio: Studio) -> None:
    def refuse(_name: str, _dataset: MessageDataset) -> None:
        raise DatasetError("dataset_name_missing")

    refused = say(Studio(studio.draft, refuse), "save", name="x")
    assert refused == {"t": "refused", "text": str(DatasetError("dataset_name_missing"))}


@pytest.mark.parametrize(
    "message",
    [
        None, 3, "find", [], {}, {"t": "dance", "page": "p", "seq": 1}, {"t": "find"},
        {"t": "find", "page": "p", "seq": "1"},
        {"t": "find", "page": "p", "seq": 1, "query": "x" * 1001},
        {"t": "lines", "page": "p", "seq": 1, "ids": [-1]},
        {"t": "lines", "page": "p", "seq": 1, "ids": [1] * 501},
        {"t": "open", "page": "p", "seq": 1, "id": True},
        {"t": "edit", "page": "p", "seq": 1, "id": 0, "version": 0, "turns": [{"was": "0"}]},
        {"t": "edit", "page": "p", "seq": 1, "id": 0, "version": 0, "turns": [{"extra": 1}]},
        {"t": "divide", "page": "p", "seq": 1, "ratio": float("nan"), "seed": 0},
        {"t": "divide", "page": "p", "seq": 1, "ratio": 1, "seed": 0},
        {"t": "save", "page": "p", "seq": 1, "name": None},
    ],
)  # fmt: skip
def test_nonsense_is_not_heard(studio: Studio, message: object) -> None:
    assert studio.answer(message) == []
    assert studio.draft.revision == 0


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("open", {"id": 99}),
        ("delete", {"id": 99}),
        ("add", {"after": 99}),
        ("edit", {"id": 99, "version": 0, "text": "{}"}),
    ],
)
def test_a_row_that_is_gone_is_refused(studio: Studio, what: str, more: dict[str, Any]) -> None:
    refused = say(studio, what, **more)
    assert refused == {"t": "refused", "text": str(DatasetError("row_gone"))}


def test_halves_of_characters_from_a_page_are_a_problem_of_the_row(studio: Studio) -> None:
    turns = [{"was": 0, "content": "a\ud800"}, {"was": 1}]
    told = say(studio, "edit", id=0, version=0, turns=turns)
    assert [problem["code"] for problem in told["row"]["problems"]] == ["lone_surrogate"]
    assert told["row"]["turns"] is None
    str(told).encode()  # can be sent


def test_a_row_too_long_for_a_page_is_shown_cut_and_not_edited() -> None:
    draft = Draft(read_rows([row("x" * 300_000, "y")]), name="long")
    opened = say(Studio(draft, not_kept), "open", id=0)["row"]
    assert (opened["editable"], opened["turns"], len(opened["text"])) == (False, None, 200_000)
    assert opened["characters"] > 300_000


def test_more_rows_than_one_answer_tells_of_are_asked_for_anew() -> None:
    answers = [row("What?", str(number)) for number in range(400)]
    told = say(Studio(Draft(read_rows(answers), name="other"), not_kept), "delete", id=0)
    assert (told["stale"], len(told["rows"])) == (True, 300)


def test_the_widget_carries_words_and_answers(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(StudioView, "send", lambda _view, content: sent.append(content))
    view = panel.studio(studio.draft, not_kept)
    view._handle_custom_msg({"t": "find", "page": "p", "seq": 1}, [])
    view._handle_custom_msg({"t": "nonsense"}, [])
    assert [(answer["t"], answer["ids"]) for answer in sent] == [("found", [0, 1, 2, 3])]
    assert repr(view) == "the studio of dataset pirate: 3 of 4 rows are valid"


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is put below cells, and what replaces it."""
    made: list[tuple[str, dict[str, Any]]] = []

    class Handle:
        def display(self, data: dict[str, Any], **_how: object) -> None:
            made.append(("display", data))

        def update(self, data: dict[str, Any], **_how: object) -> None:
            made.append(("update", data))

    monkeypatch.setattr("nbfinetune.panels.studio_view.DisplayHandle", Handle)
    monkeypatch.setattr(StudioView, "send", lambda _view, _content: None)
    return made


def test_a_studio_is_shown_with_a_picture_that_stays(
    studio: Studio, outputs: list[tuple[str, dict[str, Any]]]
) -> None:
    view = panel.studio(studio.draft, not_kept)
    view._ipython_display_()
    ((how, data),) = outputs
    assert how == "display"
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    assert data["text/plain"] == "the studio of dataset pirate: 3 of 4 rows are valid"
    assert "3 of 4 rows valid" in data["text/html"]


@pytest.mark.parametrize("extension", [True, False])
def test_the_picture_is_renewed_where_a_page_draws_it_beside_the_live_view(
    studio: Studio, outputs: list[tuple[str, dict[str, Any]]], extension: bool
) -> None:
    view = panel.studio(studio.draft, lambda name, _dataset: name)
    about = {"page": "p", "seq": 1}
    for message in (
        {"t": "find", "extension": extension},
        {"t": "delete", "id": 1},
        {"t": "lines", "ids": [0]},
        {"t": "save", "name": "corsair"},
    ):
        view._handle_custom_msg({**message, **about}, [])
    pictures = [(how, "3 of 3 rows valid" in data["text/html"]) for how, data in outputs]
    assert pictures == ([("update", True)] * 2 if extension else [])
    assert all(
        ("corsair" in data["text/html"]) == (at == 1) for at, (_, data) in enumerate(outputs)
    )


def test_without_anywidget_the_way_out_is_named(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbfinetune.panels.studio_view", None)
    with pytest.raises(MissingDependency, match="%pip install anywidget"):
        panel.studio(studio.draft, not_kept)
