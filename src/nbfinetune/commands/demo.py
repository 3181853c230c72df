"""`python -m nbfinetune demo`: the quickstart without a browser, and its outputs as one page."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbfinetune.commands import Outcome
from nbfinetune.core.runs.store import RunStore
from nbfinetune.display.html import esc, page
from nbfinetune.display.picture import MIME
from nbfinetune.display.run import run_html

LESSONS = {"en": "00_quickstart.ipynb", "zh": "00_quickstart_zh.ipynb"}
TITLES = {"en": "nbfinetune: before and after", "zh": "nbfinetune：微调前后"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo` to the subcommands of `python -m nbfinetune`."""
    parser = commands.add_parser(
        "demo",
        help="run the quickstart on the built-in model",
        description="Run the quickstart without a browser: dataset, training, before and after. "
        "Needs no GPU and no network.",
    )
    parser.add_argument("--lang", choices=sorted(LESSONS), default="en")
    parser.add_argument(
        "--to",
        type=Path,
        default=Path("nbfinetune-demo"),
        metavar="FOLDER",
        help="where the notebook, the run and the report go [./nbfinetune-demo]",
    )
    parser.set_defaults(run=lambda given: demo(given.to, given.lang))


def demo(folder: Path, language: str = "en") -> Iterator[Outcome]:
    """Run the quickstart in `folder`: what is being run, then the comparison and the report's path.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    import nbformat

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(lesson(language), as_version=4)
    yield Outcome(f"{LESSONS[language]} on the built-in model, in {folder}")
    began = time.monotonic()
    yield from _execute(notebook, folder, language)
    nbformat.write(notebook, folder / LESSONS[language])
    report, runs = folder / "report.html", RunStore(folder / "nbfinetune")
    report.write_text(page(TITLES[language], _sections(notebook, runs)), "utf-8")
    yield Outcome("\n" + _last_text(notebook))
    seconds = time.monotonic() - began
    yield Outcome(f"\nDone in {seconds:.0f} s. The curve and all answers: {report}")


def lesson(language: str) -> Path:
    """The notebook: inside an installed package, or beside `src` in a checkout."""
    package = Path(__file__).parents[1]
    candidates = (package / "notebooks", package.parents[1] / "notebooks")
    return next(p for f in candidates if (p := f / LESSONS[language]).is_file())


def _execute(notebook: Any, folder: Path, language: str) -> Iterator[Outcome]:
    """Run cell by cell in a kernel of its own, telling what is being run."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    # 40: errors; the kernel's warnings about its own transport are no news for anybody here
    quiet = ["--log-level=40"]
    client = NotebookClient(notebook, timeout=600, resources=resources, extra_arguments=quiet)
    home = {"NBFINETUNE_HOME": str(folder / "nbfinetune"), "NBFINETUNE_LANG": language}
    with client.setup_kernel(env={**os.environ, **home}):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                first = cell.source.split("\n", 1)[0]
                yield Outcome(f"  [{index + 1}/{len(notebook.cells)}] {first}")
                client.execute_cell(cell, index)


def _sections(notebook: Any, runs: RunStore) -> str:
    """What the cells show, in order, each below the line that made it. The HTML is our own."""
    parts = []
    for cell in notebook.cells:
        shown = "".join(_html(data, runs) for data in _outputs(cell))
        if shown:
            command = cell.source.split("\n", 1)[0]
            parts.append(f"<section><code>{esc(command)}</code>{shown}</section>")
    return "".join(parts)


def _html(data: Any, runs: RunStore) -> str:
    """A run as its status with the curve and the samples; everything else as it shows itself."""
    if MIME in data:
        run = runs.get(data[MIME]["about"]["items"][0]["id"])
        return run_html(run.name, run.record())
    return str(data.get("text/html", ""))


def _last_text(notebook: Any) -> str:
    texts = [data["text/plain"] for cell in notebook.cells for data in _outputs(cell)]
    return str(texts[-1])


def _outputs(cell: Any) -> Iterator[Any]:
    for output in cell.get("outputs", []):
        if output.output_type in ("display_data", "execute_result"):
            yield output.data
