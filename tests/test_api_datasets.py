"""The Python twins of `%ft_dataset` and `%ft_rule`: the session's own objects, nothing printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nbfinetune as ft
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.reading.sources import read_file
from nbfinetune.session import current
from tests.models import rows_of

PAIRS = [("a", "Arr."), ("b", "Ahoy.")]
ALIASES = {"messages": [{"role": "human", "content": "a"}, {"role": "gpt", "content": "b"}]}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """A session of its own in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBFINETUNE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("nbfinetune.session._current", None)


def test_a_dataset_is_kept_listed_opened_renamed_and_deleted():
    first = ft.load_dataset(rows_of(PAIRS[:1]), name="pirate")
    second = ft.load_dataset(rows_of(PAIRS), name="pirate")

    assert [(e.name, len(e.versions)) for e in ft.datasets()] == [("pirate", 2)]
    assert [v.rows for v in ft.versions("pirate").versions] == [1, 2]
    assert ft.open_dataset("pirate") is second
    assert ft.open_dataset("pirate@1").sha256 == first.sha256

    assert ft.rename_dataset("pirate", "corsair") == ft.versions("corsair")
    assert ft.open_dataset("corsair").conversations == second.conversations
    gone = ft.delete_dataset("corsair@1")
    assert ([v.number for v in gone.versions], gone.left, gone.whole) == ([1], (2,), False)
    assert ft.delete_dataset("corsair").whole
    assert ft.datasets() == ()


def test_validation_keeps_nothing_and_raises_nothing():
    found = ft.validate([*rows_of(PAIRS), {"messages": []}])
    assert (found.name, found.rows, len(found)) == ("rows", 3, 2)
    assert [problem.code for problem in found.errors] == ["messages_empty"]
    assert ft.datasets() == ()
    with pytest.raises(DatasetError) as caught:
        ft.load_dataset(found)
    assert caught.value.problems == found.problems


def test_rows_are_kept_only_under_a_name():
    with pytest.raises(DatasetError) as caught:
        ft.load_dataset(rows_of(PAIRS))
    assert caught.value.code == "dataset_name_missing"


def test_a_system_prompt_beside_messages_is_used_where_its_key_is_named():
    rows = [{**rows_of(PAIRS)[0], "prompt_of_system": "Be brief."}]
    data = ft.load_dataset(rows, name="d", system_key="prompt_of_system")
    assert data.systems == ("Be brief.",)
    assert ft.validate(rows, system="Kind.").systems == ("Kind.",)


def test_two_datasets_are_compared_by_name_or_as_they_are():
    before = ft.load_dataset(rows_of(PAIRS[:1]), name="pirate")
    after = ft.load_dataset(rows_of(PAIRS), name="pirate")
    assert ft.diff("pirate@1", "pirate") == ft.diff(before, after)
    assert ft.diff(before, after).added == after.conversations[1:]


def test_a_rule_marks_rows_and_is_kept_with_the_dataset():
    ft.load_dataset(rows_of(PAIRS), name="pirate")
    marks = ft.rule("short", "len(answer) < 5", on="pirate")
    assert [verdict.outcome for verdict in marks.verdicts] == ["passed", "failed"]
    assert [rule.name for rule in ft.versions("pirate").rules] == ["short"]
    assert ft.rule("short") == marks


def test_a_file_is_repaired_into_a_new_one_and_rows_into_new_rows():
    Path("rows.jsonl").write_text(json.dumps(ALIASES) + "\n")
    assert [*ft.fix("rows.jsonl").counts] == ["role_aliases"]
    ft.fix("rows.jsonl", "role_aliases", to="fixed.jsonl")
    assert json.loads(Path("rows.jsonl").read_text()) == ALIASES
    fixed = read_file("fixed.jsonl")
    assert [m.role for m in fixed.conversations[0].messages] == ["user", "assistant"]
    assert ft.fix([ALIASES]).rows == (fixed.conversations[0].as_dict(),)
    with pytest.raises(DatasetError) as caught:
        ft.fix("rows.jsonl", to="fixed.jsonl")
    assert caught.value.code == "fix_file_exists"


def test_a_review_page_is_written_and_never_over_something_else():
    data = ft.load_dataset(rows_of(PAIRS), name="pirate")
    path = ft.review("pirate", "review.html")
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert ft.review(data, path) == path  # the same page again
    other = ft.validate(rows_of([("c", "d")]))
    with pytest.raises(DatasetError) as caught:
        ft.review(other, path)
    assert caught.value.code == "export_exists"
    assert ft.review(other, path, overwrite=True) == path


def test_quality_and_tokens_are_values_of_the_dataset(tiny):
    data = ft.load_dataset(rows_of(PAIRS), name="pirate")
    assert ft.quality("pirate") == ft.quality(data)
    assert ft.quality(data).card.rows == 2
    report = ft.xray("pirate", str(tiny))
    assert report.dataset == data
    assert [row.trained_tokens for row in report.rows] == [len("Arr.") + 1, len("Ahoy.") + 1]
    assert report.figures.trained == sum(row.trained_tokens for row in report.rows)


def test_the_studio_saves_a_new_version():
    from nbfinetune.api.looks import keep_version

    ft.load_dataset(rows_of(PAIRS[:1]), name="pirate")
    view = ft.edit("pirate")
    draft = view._studio.draft
    assert len(draft) == 1
    more = ft.validate(rows_of(PAIRS))
    assert keep_version("pirate", more) == "pirate: 2 rows kept as version 2"
    assert len(current().dataset("pirate")) == 2


def test_a_model_that_is_known_has_its_special_tokens_found_in_the_texts():
    ft.load_dataset(rows_of([("a", "b<|im_end|>"), ("c", "d")]), name="odd")
    report = ft.xray("odd", "starter")
    assert [str(problem) for problem in report.dataset.errors] == [
        "line 1  $.messages[1].content  expected plain text, got the token '<|im_end|>' (1×), "
        "which begins or ends a turn for this model"
    ]
    assert ft.open_dataset("odd").errors == ()
