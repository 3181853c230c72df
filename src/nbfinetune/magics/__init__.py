"""The magics: what is typed in a cell, turned into a call of the session. One file per magic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# type, then the function that shows it as HTML and the one that shows it as text
_SHOWN = {
    ("nbfinetune.core.dataset", "MessageDataset"): ("dataset", "dataset"),
    ("nbfinetune.chat.compare", "Comparison"): ("comparison", "comparison"),
}


_JOB = ("nbfinetune.training.job", "TrainingJob")
_RUNS = (_JOB, ("nbfinetune.core.runs", "Run"))


def register(shell: InteractiveShell) -> None:
    """Make the magics known to the shell, and how our objects are displayed."""
    from nbfinetune.magics.chat import ChatMagics
    from nbfinetune.magics.compare import CompareMagics
    from nbfinetune.magics.dataset import DatasetMagics
    from nbfinetune.magics.runs import RunsMagics
    from nbfinetune.magics.train import TrainMagics
    from nbfinetune.session import current

    session = current()
    publisher = shell.display_pub
    # only a kernel's publisher has hooks; in a terminal nothing is displayed by other threads
    session.publisher = publisher if hasattr(publisher, "register_hook") else None
    for magics in (DatasetMagics, TrainMagics, RunsMagics, ChatMagics, CompareMagics):
        shell.register_magics(magics(shell, session))
    _register_formatters(shell)


def unregister(shell: InteractiveShell) -> None:
    """Take back what `register` did; runs go on."""
    for kind in ("line", "cell"):
        table = shell.magics_manager.magics[kind]
        for name in [name for name in table if name.startswith("ft_")]:
            del table[name]
    formatters = shell.display_formatter.formatters
    for key in [*_SHOWN, *_RUNS]:
        for mime in ("text/html", "text/plain"):
            formatters[mime].pop(".".join(key), None)
    shell.display_formatter.ipython_display_formatter.pop(".".join(_JOB), None)


def _register_formatters(shell: InteractiveShell) -> None:
    """By name, so that no class has to be imported before somebody makes one."""
    formatters = shell.display_formatter.formatters
    if getattr(shell, "kernel", None) is not None:  # a terminal has no widgets
        live = shell.display_formatter.ipython_display_formatter
        live.for_type_by_name(*_JOB, _show_panel)
    html, plain = formatters["text/html"], formatters["text/plain"]
    for (module, kind), (home, prefix) in _SHOWN.items():
        html.for_type_by_name(module, kind, _render(home, f"{prefix}_html"))
        plain.for_type_by_name(module, kind, _plain(_render(home, f"{prefix}_text")))
    for module, kind in _RUNS:
        html.for_type_by_name(module, kind, lambda run: _show_run(run, "run_html"))
        plain.for_type_by_name(module, kind, _plain(lambda run: _show_run(run, "run_text")))


def _render(home: str, function: str) -> Any:
    def render(value: Any) -> str:
        from importlib import import_module

        shown: str = getattr(import_module(f"nbfinetune.display.{home}"), function)(value)
        return shown

    return render


def _show_run(run: Any, function: str) -> str:
    from nbfinetune.display import run as display

    shown: str = getattr(display, function)(run.name, run.record())
    return shown


def _show_panel(job: Any) -> None:
    from nbfinetune.panels.run import RunPanel

    RunPanel(job).show()


def _plain(render: Any) -> Any:
    """IPython's text formatter hands out a printer instead of taking a string."""
    return lambda value, printer, _cycle: printer.text(render(value))
