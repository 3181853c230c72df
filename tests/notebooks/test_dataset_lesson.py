"""The lesson on datasets, run as people run it: a broken file becomes one to train on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from nbfinetune.core.library.store import DatasetLibrary

LESSON = Path(__file__).parents[2] / "notebooks" / "01_dataset.ipynb"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[Any]]]:
    """The folder that the lesson ran in, and the outputs of each cell by its first line."""
    folder = tmp_path_factory.mktemp("lesson")
    notebook = nbformat.read(LESSON, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=40"],
    )  # fmt: skip
    home = {"NBFINETUNE_HOME": str(folder / "nbfinetune"), "NBFINETUNE_LANG": "en"}
    with client.setup_kernel(env={**os.environ, **home}):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                client.execute_cell(cell, index)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return folder, {cell.source.split("\n")[0]: cell.outputs for cell in cells}


def texts(outputs: list[Any]) -> list[str]:
    return [o.data["text/plain"] for o in outputs if o.output_type != "error"]


def errors(outputs: list[Any]) -> list[str]:
    return [o.evalue.split("\n")[0] for o in outputs if o.output_type == "error"]


def test_the_broken_file_is_refused_and_repaired_but_for_what_only_its_author_knows(run) -> None:
    _, outputs = run
    assert errors(outputs["%ft_dataset shop.jsonl"]) == [
        "problems in shop.jsonl: 7 (2 of 8 rows are valid)"
    ]
    assert errors(outputs["%ft_dataset shop.jsonl --fix"]) == []
    assert errors(outputs["%ft_dataset shop.jsonl --fix all"]) == [
        "problems in shop.fixed.jsonl: 1 (6 of 7 rows are valid)"
    ]
    assert errors(outputs["%ft_dataset shop.fixed.jsonl --name shop"]) == []


def test_its_versions_stay_and_are_compared(run) -> None:
    folder, outputs = run
    entry, latest = DatasetLibrary(folder / "nbfinetune").find("shop")

    assert [version.rows for version in entry.versions] == [7, 6]
    assert latest.number == 2
    assert [rule.name for rule in entry.rules] == ["whole-sentence"]
    (difference,) = texts(outputs["%ft_dataset shop@1 --diff shop"])
    assert difference.split("\n")[0] == "added: 0, removed: 1, changed: 0, unchanged: 6"


def test_every_look_at_it_shows_something_and_nothing_fails_unasked(run) -> None:
    _, outputs = run
    failed = [line for line, shown in outputs.items() if errors(shown)]

    assert failed == ["%ft_dataset shop.jsonl", "%ft_dataset shop.jsonl --fix all"]
    assert "⟦Yes, to all of Europe.<|im_end|>⟧" in texts(
        outputs["%ft_dataset shop --base-model starter"]
    )[0]  # fmt: skip
    assert texts(outputs["%ft_dataset sample:customer-service --quality"])[0].startswith(
        "Quality card"
    )
