"""The live status of a run: follows its events, offers Stop, leaves a static picture at the end."""

from __future__ import annotations

import ipywidgets as widgets
from IPython.display import DisplayHandle

from nbfinetune.display.run import run_html, run_text
from nbfinetune.training.job import TrainingJob

REFRESH_SECONDS = 0.5
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


class RunPanel:
    """An HTML widget that shows the record of a job, and its Stop button."""

    def __init__(self, job: TrainingJob) -> None:
        self._job = job
        self._status = widgets.HTML()
        self._stop = widgets.Button(
            description="Stop", icon="stop", tooltip="End after this step and keep a checkpoint"
        )
        self._stop.on_click(self._on_stop)
        self._handle = DisplayHandle()
        self.widget = widgets.VBox([self._status, self._stop])
        self.refresh()

    def show(self) -> None:
        """Display the panel below the cell and follow the run until it has ended."""
        # not display(widget): ipywidgets 7 drops the display id, and the end could not replace it
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        text = run_text(self._job.name, self._job.record())
        self._handle.display({WIDGET_MIME: view, "text/plain": text}, raw=True)
        self._job.watch(self.refresh, self._leave_picture, REFRESH_SECONDS)

    def refresh(self) -> None:
        """Show the record as it is now."""
        self._status.value = run_html(self._job.name, self._job.record())

    def _leave_picture(self) -> None:
        """A widget is lost with its kernel; what replaces it is saved in the notebook."""
        record = self._job.record()
        shown = {
            "text/html": run_html(self._job.name, record),
            "text/plain": run_text(self._job.name, record),
        }
        self._handle.update(shown, raw=True)
        self.widget.close()

    def _on_stop(self, _button: widgets.Button) -> None:
        self._stop.disabled = True
        self._stop.description = "Stopping …"
        self._job.stop()
