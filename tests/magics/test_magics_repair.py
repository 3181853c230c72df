"""The report of a dataset that can't be trained on: what is offered below it, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from nbfinetune.display.repair import hint_html
from nbfinetune.display.studio import STUDIO_MIME
from nbfinetune.magics import repair
from nbfinetune.panels.run import WIDGET_MIME
from tests.magics.conftest import Notebook

ROW = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}
PASTED = json.dumps(ROW).replace(": ", ":\u00a0")
HINT = (
    "quick-fixes: exotic_blanks (2)\n"
    "  → Add --fix to look at them, --fix all to apply them."
)  # fmt: skip


def shown(notebook: Notebook, code: str) -> list[dict[str, Any]]:
    """Every output of a cell that is refused in the end."""
    with capture_output() as captured:
        assert not notebook.shell.run_cell(code).success
    return [output.data for output in captured.outputs]


@pytest.mark.parametrize("where", ["terminal", "runner"])
def test_without_a_page_a_line_names_the_option(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(repair, "front_end", lambda _shell: where)
    report, hint = shown(notebook, f"%%ft_dataset odd\n{PASTED}\n{PASTED}")
    assert report["text/plain"].startswith("odd: errors: 2")
    assert hint == {"text/plain": HINT}


def test_on_a_page_there_is_a_widget_and_in_its_place_words(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "front_end", lambda _shell: "page")
    Path("odd.jsonl").write_text(f"{PASTED}\n{PASTED}\n", "utf-8")
    for code in (f"%%ft_dataset odd\n{PASTED}\n{PASTED}", "%ft_dataset odd.jsonl"):
        report, panel = shown(notebook, code)
        assert set(report) == {"text/html", "text/plain"}
        assert set(panel) == {STUDIO_MIME, WIDGET_MIME, "text/html", "text/plain"}
        assert (panel["text/html"], panel["text/plain"]) == (hint_html(), HINT)


def test_rows_of_a_variable_can_be_repaired_under_another_name(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "front_end", lambda _shell: "page")
    notebook.shell.user_ns["rows"] = [json.loads(json.dumps(ROW).replace("user", "human"))]
    _, panel = shown(notebook, "%ft_dataset rows --name mine")
    assert panel["text/plain"].startswith("quick-fixes: role_aliases (1)\n")


def test_rows_that_are_used_up_have_their_report_alone(notebook: Notebook) -> None:
    notebook.shell.user_ns["rows"] = (row for row in [{"message": ROW["messages"]}])
    (report,) = shown(notebook, "%ft_dataset rows --name mine")
    assert report["text/plain"].startswith("mine: errors: 1")


def test_errors_that_no_fix_cures_have_their_report_alone(notebook: Notebook) -> None:
    (report,) = shown(notebook, '%%ft_dataset odd\n{"messages": [')
    assert report["text/plain"].startswith("odd: errors: 1")
