"""The view of a run in ipywidgets' own widgets, for pages that can't load ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from nbfinetune.panels.comms import heard_while_busy


class PlainView(widgets.VBox):
    """An HTML widget that shows `html()` at each refresh, and a Stop button."""

    extension = False
    place: Mapping[str, Any] = {}

    def __init__(self, html: Callable[[], str], on_command: Callable[[str], None]) -> None:
        self._html = html
        self._on_command = on_command
        self._status = widgets.HTML()
        self._stop = widgets.Button(
            description="Stop", icon="stop", tooltip="End after this step and keep a checkpoint"
        )
        self._stop.on_click(self._on_stop)
        heard_while_busy(self._stop)
        super().__init__([self._status, self._stop])

    def refresh(self) -> None:
        """Show the record as it is now."""
        self._status.value = self._html()

    def _on_stop(self, _button: widgets.Button) -> None:
        self._stop.disabled = True
        self._stop.description = "Stopping …"
        self._on_command("stop")
