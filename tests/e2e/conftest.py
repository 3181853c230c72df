"""One browser, one server and one kernel that trains, shared by tests with pages of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.runs import end_all
from tests.e2e.server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.page import LabPage

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
EXPECT_SECONDS = 20  # a machine that is busy with other things is slow, not wrong
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--metrics-recording-only",
]

_figures = pytest.StashKey[list[str]]()


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Adds a line with what was measured to the end of pytest's output."""
    return pytestconfig.stash.setdefault(_figures, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash.get(_figures, []):
        terminalreporter.line(f"measured: {line}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.exit(f"browser tests need Chromium: {CHROMIUM} is not there (set CHROMIUM)", 1)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=EXPECT_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """With our extension."""
    server = LabServer(tmp_path_factory.mktemp("lab"), extension=True)
    yield server
    server.close()


@pytest.fixture(scope="session")
def kernel_id(server: LabServer) -> str:
    """A kernel for all notebooks that train: torch is loaded once."""
    return server.start_kernel()


@pytest.fixture
def kernel(kernel_id: str, server: LabServer) -> Iterator[str]:
    """The same; runs that a test left behind are stopped."""
    yield kernel_id
    end_all(server.home)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., LabPage]]:
    """Opens pages; at the end of the test none of them may have had a fault."""
    from tests.e2e.page import LabPage

    pages: list[LabPage] = []

    def open_page(server: LabServer, width: int = 1280) -> LabPage:
        pages.append(LabPage(server, browser, width))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()
    assert [fault for page in pages for fault in page.faults] == []


@pytest.fixture
def page(new_page: Callable[..., LabPage], server: LabServer) -> LabPage:
    return new_page(server)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: `NBFINETUNE_E2E_SHOTS`, else a folder of pytest's."""
    folder = Path(os.environ.get("NBFINETUNE_E2E_SHOTS") or tmp_path / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
