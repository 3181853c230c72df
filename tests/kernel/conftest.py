"""Kernels that tests share. Whoever trains in one ends the run before the next test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.driver import Kernel

# short names for what tests ask the kernel
HELPERS = """
from nbfinetune.session import current as _session
_ft = _session()
_ft_line = get_ipython().run_line_magic
"""


_figures = pytest.StashKey[list[str]]()


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Adds a line with what was measured to the end of pytest's output."""
    return pytestconfig.stash.setdefault(_figures, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash.get(_figures, []):
        terminalreporter.line(f"measured: {line}")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel of the Python under test with the extension loaded and a dataset, `pirate`."""
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    try:
        for code in ("%load_ext nbfinetune", HELPERS, _dataset("pirate", rows=240)):
            cell = kernel.run(code)
            assert cell.status == "ok", cell.traceback
        yield kernel
    finally:
        kernel.kill()


@pytest.fixture
def trainer(kernel: Kernel) -> Iterator[Kernel]:
    """The same kernel; a run that a failed test left behind is stopped."""
    yield kernel
    kernel.run("for _job in _ft.jobs.values():\n    _job.stop()\n    _job.wait_a_moment(120)\n")


@pytest.fixture
def home(kernel: Kernel) -> Path:
    """The folder that the kernel's session writes to."""
    return kernel.folder / "home"


def _dataset(name: str, rows: int) -> str:
    """A cell that writes a dataset of short, different rows."""
    turns = (
        f"user: What is number {i}?\nassistant: Ahoy! Number {i} be {i * 7}, arr!"
        for i in range(rows)
    )
    return f'%%ft_dataset {name} --system "You are a pirate."\n' + "\n\n".join(turns)
