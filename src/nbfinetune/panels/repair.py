"""The repair panel: which buttons there are, what a press does, what is shown then.

Knows no widget (`panels.repair_view` carries it to the page). A press may come from any of several
views, late or twice: one that makes no sense any more is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import RLock

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import NbFinetuneError
from nbfinetune.core.fixes.apply import FIXES, Fixed
from nbfinetune.core.fixes.repair import CellBody, Preview, Repairable, RowsFile
from nbfinetune.core.quoting import quoted, quoted_path
from nbfinetune.display import repair as shown
from nbfinetune.display.fixes import short_name
from nbfinetune.panels.repair_steps import Repair, Step

MOST_CHARACTERS = 10_000_000
MOST_ERRORS = 2000
"""Up to here quick-fixes are looked for at once: in about a second."""

OnChange = Callable[[MessageDataset, bool], None]
"""Told what the source holds after a step, and whether that is what it held at first."""


class RepairPanel:
    """Buttons for one source. `cell_line`: the magic line that rewrites a cell, for a cell."""

    def __init__(self, repair: Repair, on_change: OnChange, cell_line: str = "") -> None:
        self._repair = repair
        self._on_change = on_change
        self._cell_line = cell_line
        self._all: Preview | None = None if self._is_long() else self._look()
        self._chosen: tuple[str, Preview] | None = None
        self._said: tuple[str, ...] = ()
        self._failed = False
        # JupyterLab's pages are heard in a thread of their own
        self._one_at_a_time = RLock()

    @property
    def offers(self) -> bool:
        """Whether there is anything to press."""
        return self._all is None or bool(self._all.found.patches)

    @property
    def found(self) -> Fixed:
        """What all fixes together would do; nothing where that was not looked for."""
        return self._all.found if self._all else Fixed("", (), (), ())

    def press(self, do: str, fix: str = "") -> None:
        """Do what a button says; a failure is shown where it was pressed."""
        with self._one_at_a_time:
            self._said, self._failed = (), False
            try:
                self._do(do, fix)
            except Exception as error:  # whatever it is: the page waits for a word
                self._failed = True
                known = isinstance(error, NbFinetuneError)
                self._said = (str(error) if known else f"{type(error).__name__}: {error}",)

    def html(self) -> str:
        """The panel as it is now."""
        with self._one_at_a_time:
            return shown.panel_html(*self._parts())

    @property
    def said(self) -> str:
        """What a screen reader is told after a press."""
        if self._said:
            return " ".join(self._said)
        if self._chosen is not None:
            name, preview = self._chosen
            what = text.message("repair_all", {}) if name == shown.ALL else short_name(name)
            places = text.message("repair_places", {"count": len(preview.found.patches)})
            return f"{what}: {places}"
        return " ".join(self._done(self._repair.steps[-1])) if self._repair.steps else ""

    def _do(self, do: str, fix: str) -> None:
        match do:
            case "look" if self._all is None:
                self._all = self._look()
            case "preview" if fix in (shown.ALL, *FIXES):
                self._chosen = fix, self._preview(fix)
            case "cancel":
                self._chosen = None
            case "apply" if self._chosen is not None:
                self._apply(self._chosen[1])
            case "undo" if self._repair.steps:
                self._said = self._repair.undo()
                self._changed()

    def _apply(self, preview: Preview) -> None:
        try:
            self._repair.apply(preview)
        except NbFinetuneError:
            self._begin()  # what is offered now: another name for a file, if that is there by now
            raise
        self._changed()

    def _begin(self) -> None:
        self._chosen = None
        self._all = None if self._is_long() else self._look()

    def _changed(self) -> None:
        self._begin()
        self._on_change(self._repair.dataset, not self._repair.steps)

    def _preview(self, fix: str) -> Preview:
        if fix == shown.ALL:
            self._all = self._all or self._look()
            return self._all
        return self._repair.source.preview([fix])

    def _look(self) -> Preview:
        return self._repair.source.preview(FIXES)

    def _is_long(self) -> bool:
        source, errors = self._repair.source, self._repair.dataset.errors
        return bool(errors) and (len(errors) > MOST_ERRORS or source.size > MOST_CHARACTERS)

    def _parts(self) -> Iterator[str]:
        steps = self._repair.steps
        if steps:
            step = steps[-1]
            count = len(step.preview.found.patches)
            yield shown.done_html(count, self._done(step), is_clean=step.kept is not None)
            if isinstance(step.source, CellBody) and self._cell_line:
                whole = f"{self._cell_line}\n{step.source.body.rstrip()}"
                yield shown.cell_html(whole, f"{self._cell_line} --fix {_names(steps)}")
        yield shown.said_html(self._said, is_error=self._failed)
        if self._chosen is not None:
            name, preview = self._chosen
            yield shown.preview_html(name, preview.found, _plan(self._repair.source, preview))
        elif self._all is None:
            yield shown.look_html()
        else:
            yield shown.offer_html(self._all.found)

    def _done(self, step: Step) -> list[str]:
        """What a step has made, and what stayed."""
        said = []
        if step.preview.out is not None:
            said.append(_of_file("repair_file_done", self._repair.source, step.preview))
        name = quoted(step.dataset.name)
        if step.kept is None:
            params: dict[str, object] = {"count": len(step.dataset.errors)}
            return [*said, text.message("repair_not_kept", params)]
        params = {"name": name, "version": step.kept.version}
        return [*said, text.message("repair_kept", params)]


def _names(steps: list[Step]) -> str:
    """The fixes of all steps, as `--fix` takes them."""
    done = {fix for step in steps for fix in step.preview.found.counts}
    return ",".join(fix for fix in FIXES if fix in done)


def _plan(source: Repairable, preview: Preview) -> str:
    if isinstance(source, RowsFile):
        return _of_file("repair_file_plan", source, preview)
    return text.message(f"repair_{'cell' if isinstance(source, CellBody) else 'rows'}_plan", {})


def _of_file(code: str, source: Repairable, preview: Preview) -> str:
    assert isinstance(source, RowsFile)
    assert preview.out is not None
    return text.message(
        code, {"out": quoted_path(preview.out.name), "file": quoted_path(source.first.name)}
    )
