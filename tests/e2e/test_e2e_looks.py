"""How it looks: light and dark, narrow, in a failed run. Measured, since nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.looks import contrasts, overflows
from tests.e2e.page import LabPage
from tests.e2e.runs import DATASET, LOAD, WrittenRun, written_run
from tests.e2e.server import LabServer

READABLE = 4.5  # WCAG 2, level AA, for texts of any size
NARROW = 500
DATA, COMPARED, LISTED, LIVE, FAILED = 1, 2, 3, 4, 5
COMPARISON = """
from nbfinetune.chat.compare import Contender, compare
from nbfinetune.chat.model import SamplingParams, ScriptedChat
plain = Contender("base", ScriptedChat(lambda asked: "The capital of Japan is Tokyo."))
tuned = Contender("first-try", ScriptedChat(lambda asked: "Ahoy! Tokyo it be, arr!"), "A pirate.")
compare([plain, tuned], ["What is the capital of Japan?"] * 3, SamplingParams(max_tokens=5))
"""


@pytest.fixture(scope="module")
def runs(server: LabServer) -> Iterator[None]:
    """`half-way` trains as long as the tests of this file do, `diverged` has failed."""
    with written_run(server.home, "diverged") as run:
        _train(run)
        run.fail("the loss is not a finite number (nan) at step 31")
    with written_run(server.home, "half-way") as run:
        _train(run)
        yield


def _train(run: WrittenRun) -> None:
    run.plan()
    _answers(run, "The capital of Japan is Tokyo.")
    run.checkpoint()
    run.steps(25)
    run.checkpoint()
    _answers(run, "Ahoy! The capital of Japan is Tokyo, arr!")
    run.steps(5)
    for number in range(40):
        run.log(f"line {number}: a library says something that is a bit longer than others")


def _answers(run: WrittenRun, answer: str) -> None:
    for row in range(3):
        run.answer(row, "What is the capital of Japan?", "Ahoy! Tokyo, arr!", answer)


@pytest.fixture
def open_all(server: LabServer, kernel: str, runs: None) -> Callable[[LabPage], list[Locator]]:
    """Opens a notebook with everything that we show; gives the outputs."""

    def open_all(page: LabPage) -> list[Locator]:
        cells = (LOAD, DATASET, COMPARISON, "%ft_runs", "%ft_runs half-way", "%ft_runs diverged")
        notebook = page.open(server.notebook("looks.ipynb", *cells, kernel=kernel))
        notebook.run(0, DATA, COMPARED, LISTED, LIVE, FAILED)
        views = [notebook.run_view(index) for index in (LIVE, FAILED)]
        for view in views:
            expect(view).to_have_attribute("data-points", "30")
            view.locator("summary").click()
            expect(view.get_by_role("log")).to_contain_text("line 39")
        reports = (DATA, COMPARED, LISTED)
        return [*(notebook.output(index).locator(".jp-nbfinetune") for index in reports), *views]

    return open_all


def _shoot(page: LabPage, outputs: list[Locator], shots: Path, name: str) -> None:
    page.shoot(shots / f"{name}.png")
    size = page.tab.viewport_size or {"width": NARROW, "height": 900}
    page.tab.set_viewport_size({**size, "height": 1500})
    for output, part in zip(outputs, ("data", "compared", "listed", "live", "failed"), strict=True):
        output.screenshot(path=str(shots / f"{name}-{part}.png"))


def test_every_text_is_readable_in_light_and_dark(
    page: LabPage,
    open_all: Callable[[LabPage], list[Locator]],
    shots: Path,
    report: Callable[[str], None],
) -> None:
    outputs = open_all(page)
    faint = []
    for theme in ("Dark", "Light"):  # the last one is kept in the settings
        page.theme(f"JupyterLab {theme}")
        found = [pair for output in outputs for pair in contrasts(output)]
        ratio, text = min(found)
        report(f"contrast in {theme.lower()}: {len(found)} texts, lowest {ratio:.1f} ({text})")
        faint += [(theme, *pair) for pair in found if pair[0] < READABLE]
        _shoot(page, outputs, shots, theme.lower())
    assert faint == []


def test_on_a_narrow_page_nothing_sticks_out(
    new_page: Callable[..., LabPage],
    server: LabServer,
    open_all: Callable[[LabPage], list[Locator]],
    shots: Path,
) -> None:
    page = new_page(server, NARROW)
    page.load()
    page.command("application:toggle-left-area")
    outputs = open_all(page)
    _shoot(page, outputs, shots, "narrow")
    assert [overflows(output) for output in outputs] == [[]] * len(outputs)
