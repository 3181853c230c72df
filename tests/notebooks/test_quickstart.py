"""The quickstart, run as people run it: a kernel of its own, every cell, on the built-in model."""

from __future__ import annotations

import re

import nbformat
import pytest

from nbfinetune.__main__ import main
from nbfinetune.commands.demo import LESSONS
from nbfinetune.core.runs.store import RunStore

TUNED = {"en": re.compile(r"Ahoy! .+, arr!"), "zh": re.compile("喵！.+，喵呜～")}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_quickstart_ends_with_a_visible_before_and_after(tmp_path, capsys, language):
    status = main(["demo", "--lang", language, "--to", str(tmp_path)])

    assert status == 0

    notebook = nbformat.read(tmp_path / LESSONS[language], as_version=4)
    before, after = answers(notebook)
    assert len(after) == 5
    assert [answer for answer in before if TUNED[language].fullmatch(answer)] == []
    assert sum(bool(TUNED[language].fullmatch(answer)) for answer in after) >= 4

    [run] = RunStore(tmp_path / "nbfinetune").list()
    record = run.record()
    assert record.state == "finished"
    assert record.validation[-1].loss < record.validation[0].loss

    report = tmp_path / "report.html"
    page = report.read_text("utf-8")
    assert page.count("<svg") == 1
    assert all(answer in page for answer in after)
    assert str(report) in capsys.readouterr().out


def answers(notebook) -> tuple[list[str], list[str]]:
    """The two columns of the comparison, read from its table."""
    [html] = [
        output.data["text/html"]
        for cell in notebook.cells
        if cell.source.startswith("%%ft_compare")
        for output in cell.outputs
    ]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in html.split("<tr>")[2:]]
    return [row[0] for row in rows], [row[1] for row in rows]
