"""The widget of a dataset studio: one model for any number of views of one draft."""

from __future__ import annotations

import anywidget

from nbfinetune import front
from nbfinetune.core import text
from nbfinetune.panels.comms import heard_while_busy
from nbfinetune.panels.studio import Studio


class StudioView(anywidget.AnyWidget):
    """Carries what pages say to a `Studio`, and its answers to all of them."""

    _esm = front.module("studio_widget.js")
    _css = front.style("run_view.css") + front.style("studio.css")

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        heard_while_busy(self)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, message: object, _buffers: object) -> None:
        for answer in self._studio.answer(message):
            self.send(answer)

    def __repr__(self) -> str:
        """What a terminal shows, and a saved notebook outside of Jupyter."""
        draft = self._studio.draft
        totals = draft.totals()
        about = {"name": draft.name, "valid": totals.valid, "rows": totals.rows}
        return text.message("studio_summary", about)
