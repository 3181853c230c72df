"""The widget of a dataset studio: one model for any number of views of one draft."""

from __future__ import annotations

from typing import Any

import anywidget
from IPython.display import DisplayHandle

from nbfinetune import front
from nbfinetune.display.studio import studio_bundle, studio_text
from nbfinetune.panels.comms import heard_while_busy
from nbfinetune.panels.studio import Studio


class StudioView(anywidget.AnyWidget):
    """Carries what pages say to a `Studio`, and its answers to all of them."""

    _esm = front.module("studio_widget.js")
    _css = front.style("run_view.css") + front.style("studio.css")

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._handle = DisplayHandle()
        self._extension = False
        self._pictured = self._stage()
        heard_while_busy(self)
        self.on_msg(self._on_message)

    def _ipython_display_(self) -> None:
        """Show it, with a picture of the rows that a notebook keeps when the kernel is gone."""
        data, place = self._output()
        self._handle.display(data, raw=True, metadata=place)

    def _on_message(self, _widget: object, message: object, _buffers: object) -> None:
        for answer in self._studio.answer(message):
            self.send(answer)
        if isinstance(message, dict) and message.get("extension"):
            self._extension = True
        # without the extension an update would draw the live view anew: what is typed would be lost
        if self._extension and self._pictured != self._stage():
            self._pictured = self._stage()
            data, place = self._output()
            self._handle.update(data, raw=True, metadata=place)

    def _output(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Data by MIME type, and the metadata by which Colab finds widgets of others."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        return {**data, **studio_bundle(self._studio.draft, self._studio.saved)}, metadata

    def _stage(self) -> tuple[object, ...]:
        return self._studio.draft.revision, self._studio.saved

    def __repr__(self) -> str:
        return studio_text(self._studio.draft)
