"""A run below a cell: live while it trains, a picture that stays in the notebook at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from IPython.display import DisplayHandle

from nbfinetune.display.bundle import PNG_SIZE, png, readable_spec, run_bundle
from nbfinetune.display.picture import MIME, offered, picture
from nbfinetune.display.run import run_html, run_text
from nbfinetune.panels.plain_view import PlainView
from nbfinetune.training.job import TrainingJob

REFRESH_SECONDS = 0.25
DRAWN_SECONDS = 30.0
COMMANDS: Mapping[str, Callable[[TrainingJob], None]] = {
    "pause": TrainingJob.pause, "resume": TrainingJob.resume, "stop": TrainingJob.stop
}  # fmt: skip
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


class RunPanel:
    """Shows the record of `job`; `plain` where the page can't load a widget of our own."""

    def __init__(self, job: TrainingJob, *, plain: bool = False) -> None:
        self._job = job
        self._spec = readable_spec(job.run)
        self._handle = DisplayHandle()
        self._kept = (0, 0)  # checkpoints and their answers, which come a moment later
        self._png: dict[str, str] = {}
        self._drawn = float("-inf")
        self.view = self._make_view(plain)

    def show(self) -> None:
        """Display the panel below the cell. Then `follow`, or `refresh` until `leave_picture`."""
        # not display(widget): ipywidgets 7 drops the display id, and the end could not replace it
        self._handle.display(self._live_bundle(), raw=True, metadata=self.view.place)
        self.refresh()

    def follow(self) -> None:
        """Keep it up to date in the background until the run has ended."""
        self._job.watch(self.refresh, self.leave_picture, REFRESH_SECONDS)

    def refresh(self) -> None:
        """Show the record as it is now."""
        self.view.refresh()
        # A view that JupyterLab saved in the middle of a run would be an error text in the reopened
        # notebook. The extension shows the picture beside it, so that is kept up to date; without
        # the extension an update would draw the live view anew, and flicker.
        record = self._job.record()
        made = len(record.checkpoints), len(record.samples)
        if made != self._kept and self.view.extension:  # fewer, where older ones made room
            self._kept = made
            self._keep()

    def _keep(self) -> None:
        """Update what is saved beside the live view; the PNG takes 0.1 s, so it is drawn seldom."""
        if time.monotonic() - self._drawn > DRAWN_SECONDS:
            self._png = png(self._job.run, self._job.record())
            self._drawn = time.monotonic()
        metadata = {**self.view.place, **PNG_SIZE}
        self._handle.update({**self._live_bundle(), **self._png}, raw=True, metadata=metadata)

    def leave_picture(self) -> None:
        """A widget is lost with its kernel; what replaces it is saved in the notebook.

        The widget lives on: a page that was reloaded meanwhile still shows it, not the picture.
        """
        self.view.refresh()
        shown, metadata = run_bundle(self._job.run, self._job.record())
        self._handle.update(shown, raw=True, metadata=metadata)

    def _make_view(self, plain: bool) -> Any:
        if not plain:
            with suppress(ImportError):  # anywidget: some environments are put together by hand
                from nbfinetune.panels.live_view import LiveView

                return LiveView(self._news, self._obey)
        return PlainView(self._html, self._offered, self._obey)

    def _live_bundle(self) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.view.model_id}
        record = self._job.record()
        saved = {MIME: picture(self._spec, record), "text/plain": run_text(self._job.name, record)}
        return {WIDGET_MIME: view, **saved}

    def _news(self, have: Mapping[str, int] | None) -> dict[str, Any]:
        return picture(self._spec, self._job.record(), have, commands=list(COMMANDS))

    def _offered(self) -> list[str]:
        return offered(self._job.record(), list(COMMANDS))

    def _html(self) -> str:
        return run_html(self._job.name, self._job.record())

    def _obey(self, command: str) -> None:
        if command in COMMANDS:
            COMMANDS[command](self._job)
