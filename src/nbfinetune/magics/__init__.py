"""The magics: what is typed in a cell, turned into a call of the session. One file per magic."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbfinetune.magics.frontend import RunDisplay

_DATASET = ("nbfinetune.core.dataset", "MessageDataset")

# type, then the function that shows it as HTML and the one that shows it as text
_SHOWN = {
    _DATASET: ("dataset", "dataset"),
    ("nbfinetune.chat.compare", "Comparison"): ("comparison", "comparison"),
    ("nbfinetune.core.rules.rules", "Marks"): ("rules", "marks"),
    ("nbfinetune.core.library.entries", "Listing"): ("library", "listing"),
    ("nbfinetune.core.library.entries", "Entry"): ("library", "entry"),
    ("nbfinetune.core.library.entries", "Deleted"): ("library", "deleted"),
    ("nbfinetune.core.library.diff", "DatasetDiff"): ("diff", "diff"),
    ("nbfinetune.core.quality.assessed", "Quality"): ("closer", "quality"),
    ("nbfinetune.templates.token_report", "TokenReport"): ("closer", "tokens"),
    ("nbfinetune.chat.catalogue", "Catalogue"): ("models", "catalogue"),
    ("nbfinetune.core.diagnosis", "Diagnosis"): ("models", "diagnosis"),
    ("nbfinetune.core.fixes.apply", "Fixed"): ("fixes", "fixes"),
    ("nbfinetune.core.fixes.sources", "FixedRows"): ("closer", "fixed_rows"),
    ("nbfinetune.training.estimate", "Forecast"): ("forecast", "forecast"),
}


_JOB = ("nbfinetune.training.job", "TrainingJob")
_RUN = ("nbfinetune.core.runs.store", "Run")


def register(shell: InteractiveShell) -> None:
    """Make the magics known to the shell, and how our objects are displayed."""
    from nbfinetune.magics.chat import ChatMagics
    from nbfinetune.magics.compare import CompareMagics
    from nbfinetune.magics.completion_hooks import install
    from nbfinetune.magics.dataset import DatasetMagics
    from nbfinetune.magics.frontend import NbFinetune, RunDisplay
    from nbfinetune.magics.models import ModelsMagics
    from nbfinetune.magics.resume import ResumeMagics
    from nbfinetune.magics.rule import RuleMagics
    from nbfinetune.magics.runs import RunsMagics
    from nbfinetune.magics.train import TrainMagics
    from nbfinetune.session import current

    session = current()
    # in the background: a run that outlived its kernel is kept going, a long list of runs or not
    Thread(target=session.training.queue.adopt, name="nbfinetune-adopt", daemon=True).start()
    publisher = shell.display_pub
    # only a kernel's publisher has hooks; in a terminal nothing is displayed by other threads
    session.publisher = publisher if hasattr(publisher, "register_hook") else None
    config = NbFinetune(parent=shell)
    shell.configurables.append(config)
    display = RunDisplay(shell, config)
    for magics in (DatasetMagics, RuleMagics, RunsMagics, ChatMagics, CompareMagics, ModelsMagics):
        shell.register_magics(magics(shell, session))
    for shown in (TrainMagics, ResumeMagics):
        shell.register_magics(shown(shell, session, display))
    _register_formatters(shell, display)
    install(shell, session)


def unregister(shell: InteractiveShell) -> None:
    """Take back what `register` did; runs go on."""
    from nbfinetune.magics.completion_hooks import uninstall

    uninstall(shell)
    for kind in ("line", "cell"):
        table = shell.magics_manager.magics[kind]
        for name in [name for name in table if name.startswith("ft_")]:
            del table[name]
    shell.configurables[:] = [c for c in shell.configurables if not _is_ours(c)]
    formatters = shell.display_formatter.formatters
    for key in _SHOWN:
        for mime in ("text/html", "text/plain"):
            formatters[mime].pop(".".join(key), None)
    for key in (_JOB, _RUN):
        shell.display_formatter.ipython_display_formatter.pop(".".join(key), None)
        shell.display_formatter.mimebundle_formatter.pop(".".join(key), None)


def _register_formatters(shell: InteractiveShell, display: RunDisplay) -> None:
    """By name, so that no class has to be imported before somebody makes one."""
    formatter = shell.display_formatter
    html, plain = formatter.formatters["text/html"], formatter.formatters["text/plain"]
    for (module, kind), (home, prefix) in _SHOWN.items():
        html.for_type_by_name(module, kind, _render(home, f"{prefix}_html"))
        plain.for_type_by_name(module, kind, _plain(_render(home, f"{prefix}_text")))
    html.for_type_by_name(*_DATASET, _report)
    # live where it trains and somebody looks; else what stays in a saved notebook
    formatter.ipython_display_formatter.for_type_by_name(*_JOB, display.show)
    formatter.ipython_display_formatter.for_type_by_name(*_RUN, display.show_run)
    for key in (_JOB, _RUN):
        formatter.mimebundle_formatter.for_type_by_name(*key, _run_bundle)


def _run_bundle(run: Any, **_wanted: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from nbfinetune.display.bundle import run_bundle

    return run_bundle(getattr(run, "run", run), run.record())


def _report(dataset: Any) -> str:
    """The report with what this kernel's session knows of the dataset."""
    from nbfinetune.panels.report import report_html
    from nbfinetune.session import current

    return report_html(current(), dataset)


def _is_ours(configurable: Any) -> bool:
    return type(configurable).__module__.startswith("nbfinetune.")


def _render(home: str, function: str) -> Any:
    def render(value: Any) -> str:
        from importlib import import_module

        shown: str = getattr(import_module(f"nbfinetune.display.{home}"), function)(value)
        return shown

    return render


def _plain(render: Any) -> Any:
    """IPython's text formatter hands out a printer instead of taking a string."""
    return lambda value, printer, _cycle: printer.text(render(value))
