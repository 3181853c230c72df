"""The widget of a repair panel: its HTML to every view of it, their presses back."""

from __future__ import annotations

from typing import Any

import anywidget
from traitlets import Int, Unicode

from nbfinetune import front
from nbfinetune.core import text
from nbfinetune.display.repair import PANEL_STYLE
from nbfinetune.panels.comms import heard_while_busy
from nbfinetune.panels.repair import RepairPanel


class RepairView(anywidget.AnyWidget):
    """One model for any number of views. `turn` counts the presses that were answered."""

    _esm = front.module("repair_widget.js")
    _css = PANEL_STYLE
    html = Unicode().tag(sync=True)
    said = Unicode().tag(sync=True)
    waiting = Unicode().tag(sync=True)
    turn = Int().tag(sync=True)

    def __init__(self, panel: RepairPanel) -> None:
        super().__init__(html=panel.html(), waiting=text.message("repair_waiting", {}))
        self._panel = panel
        heard_while_busy(self)
        self.on_msg(self._on_message)

    @property
    def place(self) -> dict[str, Any]:
        """The display metadata by which Colab finds widgets that aren't ipywidgets' own."""
        bundle = self._repr_mimebundle_()
        return dict(bundle[1]) if bundle else {}

    def _on_message(self, _widget: object, message: object, _buffers: object) -> None:
        if not isinstance(message, dict) or message.get("t") != "press":
            return
        self._panel.press(str(message.get("do")), str(message.get("fix") or ""))
        with self.hold_sync():
            self.html, self.said = self._panel.html(), self._panel.said
            self.turn += 1
