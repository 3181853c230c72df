"""The live view of a run: our own chart in the page, told what is new and asked by offset.

Pushed news may be lost (Colab drops what comes while no cell runs; a reloaded page has nothing), so
the page also asks for what it lacks and gets exactly that. Both are one function of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget

from nbfinetune import front
from nbfinetune.display.picture import counts
from nbfinetune.panels.comms import heard_while_busy

Picture = Callable[[Mapping[str, int] | None], dict[str, Any]]
"""What a page that has so many items of each section still needs."""


class LiveView(anywidget.AnyWidget):
    """One model for any number of views of one run."""

    _esm = front.module("run_widget.js")
    _css = front.style("run_view.css")

    def __init__(self, picture: Picture, on_command: Callable[[str], None]) -> None:
        super().__init__()
        self._picture = picture
        self._on_command = on_command
        self._pushed: dict[str, int] = {}
        self._head: dict[str, Any] = {}
        self.extension = False
        """Whether a page said that the JupyterLab extension is there."""
        heard_while_busy(self)
        self.on_msg(self._on_message)

    @property
    def place(self) -> dict[str, Any]:
        """The display metadata by which Colab finds widgets that aren't ipywidgets' own."""
        bundle = self._repr_mimebundle_()
        return dict(bundle[1]) if bundle else {}

    def refresh(self) -> None:
        """Tell the pages what is new since the last time; nothing where nothing is."""
        news = self._picture(self._pushed)
        has = counts(news, self._pushed)
        if (has, news["head"]) != (self._pushed, self._head):
            self._pushed, self._head = has, news["head"]
            self.send({"t": "news", **news})

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if message.get("t") == "command":
            self._on_command(str(message.get("command")))
        if message.get("t") == "pull":
            self.extension = self.extension or bool(message.get("extension"))
            self.send({"t": "news", **self._picture(_counts(message.get("have")))})


def _counts(have: object) -> dict[str, int]:
    """What a page says that it has; a page can be anything."""
    pairs = have.items() if isinstance(have, dict) else ()
    return {str(k): v for k, v in pairs if isinstance(v, int) and not isinstance(v, bool)}
