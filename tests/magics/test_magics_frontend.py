"""Who looks at a shell, and how its runs are shown."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nbfinetune.magics.frontend import NbFinetune, RunDisplay, front_end
from tests.magics.conftest import Notebook


def kernel_shell(**content: Any) -> Any:
    return SimpleNamespace(kernel=object(), get_parent=lambda: {"content": content})


@pytest.mark.parametrize(
    ("shell", "seen"),
    [
        (SimpleNamespace(), "terminal"),
        (SimpleNamespace(kernel=None), "terminal"),
        (kernel_shell(allow_stdin=True), "page"),
        (kernel_shell(allow_stdin=False), "runner"),
        (kernel_shell(), "page"),  # nothing is said: widgets do no harm where nobody looks
        (SimpleNamespace(kernel=object(), get_parent=dict), "page"),
    ],
)
def test_a_front_end_is_known_by_whether_it_could_answer(shell: Any, seen: str) -> None:
    assert front_end(shell) == seen


def test_cells_wait_in_colab_and_where_nobody_looks(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    shells = kernel_shell(allow_stdin=True), kernel_shell(allow_stdin=False), notebook.shell
    displays = [RunDisplay(shell, NbFinetune()) for shell in shells]

    usual = [display.should_wait() for display in displays]
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))

    assert usual == [False, True, True]
    assert displays[0].should_wait()


def test_the_plain_view_is_a_setting_that_goes_with_the_extension(notebook: Notebook) -> None:
    notebook.run("%config NbFinetune.plain_view = True")
    (config,) = (c for c in notebook.shell.configurables if type(c).__name__ == "NbFinetune")
    chosen = config.plain_view

    notebook.shell.run_line_magic("unload_ext", "nbfinetune")
    left = [c for c in notebook.shell.configurables if type(c).__name__ == "NbFinetune"]
    notebook.shell.run_line_magic("load_ext", "nbfinetune")

    assert (chosen, left) == (True, [])
