"""A run that trains, and everything that happens meanwhile to the page and the kernel."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from nbfinetune.core.runs.store import Run, RunStore
from tests.e2e.page import LabPage, Notebook
from tests.e2e.runs import DATASET, LOAD
from tests.e2e.server import LabServer

TRAIN, SECOND = 2, 3
BUSY = (
    "import pathlib, threading\nwhile not pathlib.Path({!r}).exists(): threading.Event().wait(0.05)"
)
SET_SOURCE = "panel.content.widgets[given[0]].model.sharedModel.setSource(given[1])"
LOADING_SECONDS = 90  # torch, the model and the first answers, on a busy machine
SOME_POINTS = re.compile(r"^([5-9]|\d\d+)$")


@pytest.fixture
def train(server: LabServer, kernel: str) -> Callable[..., Notebook]:
    """Starts a run in a notebook of its name and waits for the first steps. `also`: a next cell."""

    def start(page: LabPage, name: str, also: str = "1", options: str = "--epochs 10") -> Notebook:
        cells = (LOAD, DATASET, f"%ft_train pirate --name {name} {options}", also)
        notebook = page.open(server.notebook(f"{name}.ipynb", *cells, kernel=kernel))
        notebook.run(0, 1, TRAIN)
        wait_for_points(notebook.run_view(TRAIN))
        return notebook

    return start


def wait_for_points(view: Locator) -> int:
    expect(view).to_have_attribute("data-points", SOME_POINTS, timeout=LOADING_SECONDS * 1000)
    return points(view)


def points(view: Locator) -> int:
    return int(view.get_attribute("data-points") or 0)


def stop(view: Locator) -> None:
    view.locator("button[data-command='stop']").click()
    expect(view).to_have_attribute("data-state", "stopped")


def on_disk(server: LabServer, name: str) -> Run:
    return RunStore(server.home).get(name)


@pytest.fixture
def busy(server: LabServer, tmp_path: Path) -> Iterator[Callable[[Notebook], None]]:
    """Starts a cell, `BUSY`, that goes on until the test has ended."""
    gate = tmp_path / "go-on"
    started: list[Notebook] = []

    def start(notebook: Notebook) -> None:
        notebook.evaluate(SET_SOURCE, [SECOND, BUSY.format(str(gate))])
        notebook.start(SECOND)
        expect(notebook.cell(SECOND).locator(".jp-InputPrompt")).to_have_text("[*]:")
        started.append(notebook)

    yield start
    ended = [notebook.ended(SECOND) for notebook in started]
    gate.touch()
    for notebook in started:
        notebook.finish(SECOND)
    assert ended == [False]


def test_stop_ends_a_run_while_another_cell_is_busy(
    page: LabPage, train: Callable[..., Notebook], busy: Callable[[Notebook], None]
) -> None:
    notebook = train(page, "stopped-while-busy")
    busy(notebook)

    stop(notebook.run_view(TRAIN))

    run = on_disk(page.server, "stopped-while-busy")
    assert run.record().state == "stopped"
    assert run.steps() == [run.record().step]


def test_after_a_reload_of_the_page_the_view_goes_on_and_stop_is_heard(
    page: LabPage, train: Callable[..., Notebook], busy: Callable[[Notebook], None]
) -> None:
    notebook = train(page, "reloaded")
    before = points(notebook.run_view(TRAIN))
    notebook.save()
    notebook = page.reload(notebook)
    view = notebook.run_view(TRAIN)
    expect(view).to_have_attribute("data-state", "training")
    expect(view.locator("button[data-command='stop']")).to_be_visible()
    assert wait_for_points(view) > before
    busy(notebook)
    seen = points(view)
    expect(view).not_to_have_attribute("data-points", str(seen))

    stop(view)

    record = on_disk(page.server, "reloaded").record()
    expect(view).to_have_attribute("data-points", str(len(record.train)))
    expect(view).to_have_attribute("data-step", str(record.step))
    expect(view.locator(".jp-nbfinetune-legend")).to_contain_text(f"{record.train_loss:.3f}")


def test_all_views_of_a_run_show_the_same(
    page: LabPage, new_page: Callable[..., LabPage], train: Callable[..., Notebook], shots: Path
) -> None:
    notebook = train(page, "watched", "%ft_runs watched")
    notebook.run(SECOND)
    notebook.evaluate("panel.content.activeCellIndex = 2")
    page.command("notebook:create-output-view")
    other_page = new_page(page.server)
    other = other_page.open(page.server.notebook("other.ipynb", LOAD, "%ft_runs watched"))
    other.run(0, 1)
    views = [
        notebook.run_view(TRAIN),
        notebook.run_view(SECOND),
        page.tab.locator(".jp-LinkedOutputView div.jp-nbfinetune-run"),
        other.run_view(1),
    ]
    for view in views:
        expect(view).to_have_attribute("data-state", "training")
        seen = wait_for_points(view)
        expect(view).not_to_have_attribute("data-points", str(seen))
    page.shoot(shots / "several-views.png")

    stop(other.run_view(1))

    record = on_disk(page.server, "watched").record()
    for view in views:
        expect(view).to_have_attribute("data-state", "stopped")
        expect(view).to_have_attribute("data-points", str(len(record.train)))


WATCH = """view => {
  const seen = window.nbfinetuneFrames = [];
  const known = [];
  const output = view.closest('.jp-Cell-outputWrapper');
  const textOf = (root, name) =>
    [...root.querySelectorAll(`.jp-nbfinetune-${name}`)].map(node => node.textContent).join('|');
  const look = () => {
    const roots = [...output.querySelectorAll('div.jp-nbfinetune-run')];
    const root = roots.find(one => one.checkVisibility());
    const line = root?.querySelector('.jp-nbfinetune-line-train path.jp-nbfinetune-raw');
    const drawn = Boolean(line?.getAttribute('d')) && line.getBoundingClientRect().width > 0
      && line.checkVisibility({ contentVisibilityAuto: true });
    if (root && !known.includes(root)) known.push(root);
    if (seen.length || drawn) {
      seen.push({
        drawn,
        state: root?.dataset.state ?? '',
        view: known.indexOf(root),
        height: root?.getBoundingClientRect().height ?? 0,
        // what may need more room: answers, notices, the plan's line, a failure, a hint
        content: root && ['samples', 'notices', 'plan', 'failure', 'hint']
          .map(name => textOf(root, name)).join('#'),
      });
    }
    requestAnimationFrame(look);
  };
  look();
}"""
WATCHED = "count => window.nbfinetuneFrames.length >= count"
REPLACED = "count => window.nbfinetuneFrames.filter(frame => frame.view === 1).length >= count"


def test_no_frame_of_a_run_lacks_its_curve_or_jumps(
    page: LabPage, train: Callable[..., Notebook], report: Callable[[str], None]
) -> None:
    notebook = train(page, "frames", "%ft_wait", "--epochs 10 --batch-size 2")
    view = notebook.run_view(TRAIN)
    view.evaluate(WATCH)
    page.tab.wait_for_function(WATCHED, arg=300)
    assert view.get_attribute("data-state") == "training"
    notebook.run(SECOND)
    page.tab.wait_for_function(REPLACED, arg=60)
    frames = page.tab.evaluate("() => window.nbfinetuneFrames")

    blank = [number for number, frame in enumerate(frames) if not frame["drawn"]]
    changes = [(a, b) for a, b in pairwise(frames) if abs(a["height"] - b["height"]) >= 1]
    jumps = [(a["height"], b["height"]) for a, b in changes if a["content"] == b["content"]]
    grown = sum(abs(a["height"] - b["height"]) for a, b in changes)
    live = sum(frame["view"] == 0 for frame in frames)
    report(
        f"{live} frames of a live view and {len(frames) - live} of the picture that replaced it: "
        f"{len(blank)} without a curve, {len(jumps)} jumps of height, {len(changes)} changes "
        f"({grown:.0f} px) for new content"
    )
    assert (blank, jumps) == ([], [])


def test_after_a_restart_of_the_kernel_the_run_is_interrupted_and_keeps_a_checkpoint(
    page: LabPage, train: Callable[..., Notebook], shots: Path
) -> None:
    notebook = train(page, "restarted", "%load_ext nbfinetune\n%ft_runs restarted")
    view = notebook.run_view(TRAIN)
    expect(view.locator("[data-checkpoint]").first).to_be_attached()
    expect(view).to_have_attribute("data-points", re.compile(r"^(1[6-9]|[2-9]\d|\d{3})$"))
    notebook.restart_kernel()

    expect(view.locator(".jp-nbfinetune-hint")).to_contain_text("kernel")
    expect(view.locator(".jp-nbfinetune-hint")).to_contain_text("%ft_runs restarted")
    assert points(view) >= 14  # at least as many as there were at the first checkpoint
    expect(view.locator("[data-checkpoint]").first).to_be_attached()
    notebook.run(SECOND)
    after = notebook.run_view(SECOND)
    expect(after).to_have_attribute("data-state", "interrupted")
    view.scroll_into_view_if_needed()
    page.shoot(shots / "restarted.png")
    run = on_disk(page.server, "restarted")
    assert run.record().state == "interrupted"
    assert run.steps() != []
    marks = after.locator("[data-checkpoint]").all()
    assert [int(mark.get_attribute("data-checkpoint") or 0) for mark in marks] == run.steps()
