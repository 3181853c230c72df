"""Notebooks that were saved with a run in them and opened later: no kernel, no trust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from nbfinetune.display.bundle import run_bundle
from nbfinetune.display.picture import MIME
from tests.e2e.page import LabPage
from tests.e2e.runs import LOAD, written_run
from tests.e2e.server import LabServer

SAVED_STEPS = """
  const outputs = panel.content.model.cells.get(1).outputs;
  return outputs.length ? outputs.get(0).data[given]?.train?.to ?? 0 : 0;
"""


def finished_notebook(folder: Path) -> nbformat.NotebookNode:
    """What a run leaves in the cell that showed it."""
    with written_run(folder, "finished") as run:
        run.plan()
        run.answer(0, "What is one?", "Ahoy! One!", "One.")
        run.checkpoint()
        for _ in range(4):
            run.steps(25)
            run.checkpoint()
            run.answer(0, "What is one?", "Ahoy! One!", "Ahoy! One!")
        run.state("finished")
    data, metadata = run_bundle(run.run, run.run.record())
    notebook = nbformat.v4.new_notebook()
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    notebook.cells = [nbformat.v4.new_code_cell("%ft_train pirate", outputs=[output])]
    return notebook


@pytest.fixture(scope="module")
def bare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Without our extension."""
    server = LabServer(tmp_path_factory.mktemp("bare"), extension=False)
    yield server
    server.close()


def test_without_kernel_and_trust_a_finished_run_can_still_be_explored(
    page: LabPage, tmp_path: Path, shots: Path
) -> None:
    path = page.server.write_foreign("finished.ipynb", finished_notebook(tmp_path))
    notebook = page.open_without_kernel(path)
    assert not notebook.trusted(0)
    view = notebook.run_view(0)
    expect(view).to_have_attribute("data-state", "finished")
    expect(view).to_have_attribute("data-points", "100")
    expect(view.locator("button[data-command]")).to_have_count(0)

    first = view.locator("[data-checkpoint='25']")
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(view.locator("table.jp-nbfinetune-samples")).to_contain_text("Step 25")
    page.shoot(shots / "saved-with-extension.png")


def test_without_the_extension_the_picture_of_a_finished_run_is_there(
    new_page: Callable[..., LabPage], bare_server: LabServer, tmp_path: Path, shots: Path
) -> None:
    page = new_page(bare_server)
    path = bare_server.write_foreign("finished.ipynb", finished_notebook(tmp_path))
    notebook = page.open_without_kernel(path)
    assert not notebook.trusted(0)
    picture = notebook.output(0).locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 500
    page.shoot(shots / "saved-without-extension.png")


def test_without_the_extension_a_run_is_live_and_ends_as_a_picture(
    new_page: Callable[..., LabPage], bare_server: LabServer
) -> None:
    with written_run(bare_server.home, "bare") as run:
        run.plan()
        run.checkpoint()
        run.steps(5)
        page = new_page(bare_server)
        notebook = page.open(bare_server.notebook("bare.ipynb", LOAD, "%ft_runs bare"))
        notebook.run(0, 1)
        view = notebook.run_view(1)
        expect(view).to_have_attribute("data-points", "5")
        run.steps(5)
        run.checkpoint()
        expect(view).to_have_attribute("data-points", "10")
        run.state("finished")
    expect(notebook.output(1).locator("img")).to_be_visible()
    expect(view).to_have_count(0)


def test_a_notebook_saved_in_the_middle_of_a_run_shows_the_picture_so_far(
    page: LabPage, new_page: Callable[..., LabPage], shots: Path
) -> None:
    server = page.server
    with written_run(server.home, "half") as run:
        run.plan()
        run.checkpoint()
        run.steps(5)
        notebook = page.open(server.notebook("half.ipynb", LOAD, "%ft_runs half"))
        notebook.run(0, 1)
        view = notebook.run_view(1)
        expect(view).to_have_attribute("data-points", "5")
        run.steps(20)
        run.checkpoint()
        expect(view).to_have_attribute("data-points", "25")
        expect(view).to_have_attribute("data-state", "training")
        notebook.wait_for(SAVED_STEPS, MIME, 25)
        notebook.save()
    [session] = [s for s in server.ask("GET", "sessions") if s["path"] == "half.ipynb"]
    server.ask("DELETE", f"sessions/{session['id']}")

    copy = server.write_foreign("half-copy.ipynb", server.read("half.ipynb"))
    distrusted = new_page(server).open_without_kernel(copy)
    trusted = new_page(server).open("half.ipynb")
    assert [trusted.trusted(1), distrusted.trusted(1)] == [True, False]
    for notebook in (distrusted, trusted):
        view = notebook.run_view(1)
        expect(view).to_have_attribute("data-points", "25")
        expect(view.locator(".jp-nbfinetune-hint")).to_contain_text("%ft_runs half")
        expect(view.locator("button[data-command]")).to_have_count(0)
        expect(notebook.output(1)).not_to_contain_text("Error displaying widget")
    distrusted.page.shoot(shots / "saved-in-the-middle.png")
