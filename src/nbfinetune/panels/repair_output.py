"""The report of a dataset with the repair panel below it: one is replaced, the other goes on.

Two outputs: the report is plain HTML, which a saved notebook keeps; the panel is a widget, in the
place of which a saved notebook has a line on `--fix`.
"""

from __future__ import annotations

from typing import Any

from IPython.display import DisplayHandle, display

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.fixes.repair import Repairable
from nbfinetune.display.dataset import dataset_text
from nbfinetune.display.repair import hint_html, hint_text
from nbfinetune.display.report_style import REPAIRED_STYLE
from nbfinetune.display.studio import STUDIO_MIME
from nbfinetune.panels.repair import RepairPanel
from nbfinetune.panels.repair_steps import Repair
from nbfinetune.panels.report import report_html
from nbfinetune.panels.run import WIDGET_MIME
from nbfinetune.session import Session


class RepairOutput:
    """What stands below one cell."""

    def __init__(self, session: Session, dataset: MessageDataset) -> None:
        self._session = session
        self._dataset = dataset
        self._report = DisplayHandle()

    def show(self) -> None:
        """The report alone."""
        self._report.display(self._bundle(self._dataset), raw=True)

    def offer(self, source: Repairable, cell_line: str, *, with_buttons: bool) -> None:
        """Below the report: buttons, or the line on `--fix`; nothing where nothing can be fixed.

        Raises:
            DatasetError, OSError: The source can't be read any more.
        """
        repair = Repair(self._session, source, self._dataset)
        panel = RepairPanel(repair, self._replace, cell_line)
        if not panel.offers:
            return
        hint = {"text/plain": hint_text(panel.found)}
        if not with_buttons:
            display(hint, raw=True)
            return
        from nbfinetune.panels.repair_view import RepairView

        view = RepairView(panel)
        shown = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
        # our JupyterLab extension draws the widget while there is one, and the hint when it is gone
        bundle = {STUDIO_MIME: {"v": 1}, WIDGET_MIME: shown, "text/html": hint_html(), **hint}
        display(bundle, raw=True, metadata=view.place)

    def _replace(self, dataset: MessageDataset, as_at_first: bool) -> None:
        """The new report in the place of the old one."""
        self._report.update(self._bundle(dataset, repaired=not as_at_first), raw=True)

    def _bundle(self, dataset: MessageDataset, *, repaired: bool = False) -> dict[str, Any]:
        style = f"<style>{REPAIRED_STYLE}</style>" if repaired else ""
        html = report_html(self._session, dataset) + style
        return {"text/html": html, "text/plain": dataset_text(dataset)}
