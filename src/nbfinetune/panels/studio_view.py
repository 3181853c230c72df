"""The widget of a dataset studio: one model for any number of views of one draft."""

from __future__ import annotations

from typing import Any

import anywidget

from nbfinetune import front
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

    @property
    def place(self) -> dict[str, Any]:
        """The display metadata by which Colab finds widgets that aren't ipywidgets' own."""
        bundle = self._repr_mimebundle_()
        return dict(bundle[1]) if bundle else {}
