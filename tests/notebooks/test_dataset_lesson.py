"""The lesson on datasets in both languages, run as people run it: from a broken file to a model."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from nbfinetune.core.library.store import DatasetLibrary
from nbfinetune.core.runs.store import RunStore

LESSONS = Path(__file__).parents[2] / "notebooks"


@dataclass(frozen=True)
class Said:
    """What one language's lesson says: names, messages, the first words of some outputs."""

    lesson: str
    shop: str
    rule: str
    broken: str
    left: str
    difference: str
    learned: str
    card: str
    answers: re.Pattern[str]


SAID = {
    "en": Said(
        "01_dataset", "shop", "whole-sentence",
        "problems in shop.jsonl: 7 (2 of 8 rows are valid)",
        "problems in shop.fixed.jsonl: 1 (6 of 7 rows are valid)",
        "added: 0, removed: 1, changed: 0, unchanged: 6",
        "⟦Yes, to all of Europe.<|im_end|>⟧", "Quality card", re.compile("Ahoy! .+, arr!"),
    ),
    "zh": Said(
        "01_dataset_zh", "店铺", "完整句子",
        "店铺.jsonl 有 7 个问题（共 8 行，有效 2 行）",
        "店铺.fixed.jsonl 有 1 个问题（共 7 行，有效 6 行）",
        "新增：0，删除：1，修改：0，未变：6",
        "⟦可以，寄往全欧洲。<|im_end|>⟧", "质量卡", re.compile("物流|退换"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A lesson that was run: its folder, the outputs of each cell by its first line."""

    said: Said
    folder: Path
    outputs: dict[str, list[Any]]

    def texts(self, line: str) -> list[str]:
        shown = [o for o in self.outputs[line] if o.output_type not in ("error", "stream")]
        return [o.data["text/plain"] for o in shown]

    def errors(self, line: str) -> list[str]:
        failed = [o for o in self.outputs[line] if o.output_type == "error"]
        return [o.evalue.split("\n")[0] for o in failed]


@pytest.fixture(scope="module", params=["en", "zh"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    said = SAID[request.param]
    folder = tmp_path_factory.mktemp("lesson")
    notebook = nbformat.read(LESSONS / f"{said.lesson}.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=40"],
    )  # fmt: skip
    home = {"NBFINETUNE_HOME": str(folder / "nbfinetune"), "NBFINETUNE_LANG": "en"}
    with client.setup_kernel(env={**os.environ, **home}):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                client.execute_cell(cell, index)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return Run(said, folder, {cell.source.split("\n")[0]: cell.outputs for cell in cells})


def test_the_broken_file_is_refused_and_repaired_but_for_what_only_its_author_knows(
    run: Run,
) -> None:
    shop = run.said.shop
    assert run.errors(f"%ft_dataset {shop}.jsonl") == [run.said.broken]
    assert run.errors(f"%ft_dataset {shop}.jsonl --fix") == []
    assert run.errors(f"%ft_dataset {shop}.jsonl --fix all") == [run.said.left]
    assert run.errors(f"%ft_dataset {shop}.fixed.jsonl --name {shop}") == []


def test_its_versions_stay_and_are_compared(run: Run) -> None:
    shop = run.said.shop
    entry, latest = DatasetLibrary(run.folder / "nbfinetune").find(shop)

    assert [version.rows for version in entry.versions] == [7, 6]
    assert latest.number == 2
    assert [rule.name for rule in entry.rules] == [run.said.rule]
    (listed,) = run.texts(f"%ft_dataset {shop} --versions")
    assert [line.split("@")[0] for line in listed.split("\n")[2:4]] == [shop, shop]
    (difference,) = run.texts(f"%ft_dataset {shop}@1 --diff {shop}")
    assert difference.split("\n")[0] == run.said.difference
    assert len((run.folder / f"{shop}.clean.jsonl").read_text("utf-8").splitlines()) == 6


def test_every_look_at_it_shows_something_and_nothing_fails_unasked(run: Run) -> None:
    shop = run.said.shop
    failed = [line for line in run.outputs if run.errors(line)]

    assert failed == [f"%ft_dataset {shop}.jsonl", f"%ft_dataset {shop}.jsonl --fix all"]
    assert run.said.learned in run.texts(f"%ft_dataset {shop} --base-model starter")[0]
    (card,) = [line for line in run.outputs if "--quality" in line]
    assert run.texts(card)[-1].startswith(run.said.card)
    (page,) = run.folder.glob("*.html")
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_python_rows_of_another_format_are_looked_at_and_not_kept(run: Run) -> None:
    (said,) = run.texts("rows = [")
    assert "$.completion" in said
    names = [entry.name for entry in DatasetLibrary(run.folder / "nbfinetune").list()]
    assert len(names) == 3


def test_the_model_that_was_trained_answers_as_its_rows_do(run: Run) -> None:
    [trained] = RunStore(run.folder / "nbfinetune").list()
    assert trained.record().state == "finished"
    (compared,) = [o for line, o in run.outputs.items() if line.startswith("%%ft_compare")]
    rows = re.findall(r"<td>(.*?)</td>", compared[0].data["text/html"])
    before, after = rows[::2], rows[1::2]
    assert [answer for answer in before if run.said.answers.fullmatch(answer)] == []
    assert sum(bool(run.said.answers.fullmatch(answer)) for answer in after) >= 1


def test_both_lessons_have_the_same_cells_and_no_outputs() -> None:
    books = [
        json.loads((LESSONS / f"{said.lesson}.ipynb").read_text("utf-8")) for said in SAID.values()
    ]
    kinds = [[(c["cell_type"], c["metadata"]) for c in book["cells"]] for book in books]
    assert kinds[0] == kinds[1]
    assert [c for book in books for c in book["cells"] if c.get("outputs")] == []
