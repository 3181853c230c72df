"""`python -m nbfinetune demo`: the quickstart without a browser, and its outputs as one page."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbclient import NotebookClient

from nbfinetune.display.html import esc, page

LESSONS = {"en": "00_quickstart.ipynb", "zh": "00_quickstart_zh.ipynb"}


def run_demo(folder: Path, language: Literal["en", "zh"] = "en") -> Path:
    """Run the quickstart in `folder`, print its comparison, and return the path of its report.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(lesson(language), as_version=4)
    print(f"Running {LESSONS[language]} on the built-in model in {folder}")
    began = time.monotonic()
    _execute(notebook, folder, language)
    nbformat.write(notebook, folder / LESSONS[language])
    report = folder / "report.html"
    title = "nbfinetune: before and after" if language == "en" else "nbfinetune：微调前后"
    report.write_text(page(title, _sections(notebook)), "utf-8")
    print("\n" + _last_text(notebook))
    print(f"\nDone in {time.monotonic() - began:.0f} s. Report with the curve: {report}")
    return report


def lesson(language: Literal["en", "zh"]) -> Path:
    """The notebook: inside an installed package, or beside `src` in a checkout."""
    package = Path(__file__).parent
    candidates = (package / "notebooks", package.parent.parent / "notebooks")
    return next(p for f in candidates if (p := f / LESSONS[language]).is_file())


def _execute(notebook: Any, folder: Path, language: str) -> None:
    """Run cell by cell in a kernel of its own, telling what is being run."""
    resources = {"metadata": {"path": str(folder)}}
    # 40: errors; the kernel's warnings about its own transport are no news for anybody here
    quiet = ["--log-level=40"]
    client = NotebookClient(notebook, timeout=600, resources=resources, extra_arguments=quiet)
    environment = {
        **os.environ,
        "NBFINETUNE_HOME": str(folder / "nbfinetune"),
        "NBFINETUNE_LANG": language,
    }
    with client.setup_kernel(env=environment):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                first = cell.source.split("\n", 1)[0]
                print(f"  [{index + 1}/{len(notebook.cells)}] {first}", flush=True)
                client.execute_cell(cell, index)


def _sections(notebook: Any) -> str:
    """What the cells show, in order, each below the line that made it. The HTML is our own."""
    parts = []
    for cell in notebook.cells:
        shown = "".join(data["text/html"] for data in _outputs(cell) if "text/html" in data)
        if shown:
            command = cell.source.split("\n", 1)[0]
            parts.append(f"<section><code>{esc(command)}</code>{shown}</section>")
    return "".join(parts)


def _last_text(notebook: Any) -> str:
    texts = [data["text/plain"] for cell in notebook.cells for data in _outputs(cell)]
    return str(texts[-1])


def _outputs(cell: Any) -> Iterator[Any]:
    for output in cell.get("outputs", []):
        if output.output_type in ("display_data", "execute_result"):
            yield output.data
