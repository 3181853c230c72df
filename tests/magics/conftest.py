"""A notebook in this process: a real shell, a session of its own in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from nbfinetune.session import Session, current

PIRATE = """%%ft_dataset pirate --system "You are a pirate."
user: What is the capital of France?
assistant: Ahoy! The capital o' France be Paris, arr!

user: What is the opposite of hot?
assistant: Ahoy! The opposite o' hot be cold, arr!
"""


@dataclass(frozen=True)
class Output:
    """What a cell left: its result, what it shows with it, the error as it is shown."""

    result: Any
    shown: list[str]
    html: list[str]
    error: str
    success: bool


class Notebook:
    """Runs cells in a shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    @property
    def session(self) -> Session:
        return current()

    def cell(self, code: str) -> Output:
        """Run a cell, whatever comes of it."""
        with capture_output() as captured:
            ran = self.shell.run_cell(code)
        bundles = [output.data for output in captured.outputs]
        if ran.result is not None:
            bundles.append(self.shell.display_formatter.format(ran.result)[0])
        error = ran.error_before_exec or ran.error_in_exec
        rendered = getattr(error, "_render_traceback_", None)
        return Output(
            ran.result,
            [data["text/plain"] for data in bundles],
            [data["text/html"] for data in bundles if "text/html" in data],
            "\n".join(rendered()) if rendered else "" if error is None else repr(error),
            ran.success,
        )

    def run(self, code: str) -> Output:
        """Run a cell that succeeds."""
        output = self.cell(code)
        assert output.success, output.error
        return output

    def refused(self, code: str) -> str:
        """Run a cell that is refused; the whole error, as the user reads it."""
        output = self.cell(code)
        assert not output.success, f"not refused: {output}"
        assert output.shown == []
        return output.error

    def refused_after_report(self, code: str) -> str:
        """Run a cell that is refused, whatever it shows before; the error as the user reads it."""
        output = self.cell(code)
        assert not output.success, f"not refused: {output}"
        return output.error


@pytest.fixture(scope="session")
def _shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.ipython_dir = str(tmp_path_factory.mktemp("ipython"))
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(
    _shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Notebook]:
    """A notebook in an empty folder, the extension loaded, nothing in its session."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBFINETUNE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("nbfinetune.session._current", None)
    names = set(_shell.user_ns)
    _shell.run_line_magic("load_ext", "nbfinetune")
    yield Notebook(_shell)
    _shell.run_line_magic("unload_ext", "nbfinetune")
    for name in set(_shell.user_ns) - names:
        del _shell.user_ns[name]
