"""The view of a run in ipywidgets' own widgets, for pages that can't load ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets

from nbfinetune.panels.comms import heard_while_busy


class Words(NamedTuple):
    """What a button says before and after it is pressed."""

    name: str
    doing: str
    about: str


WORDS: Mapping[str, Words] = {
    "pause": Words("Pause", "Pausing …", "Wait after this step and keep a checkpoint"),
    "resume": Words("Resume", "Resuming …", "Go on with the next step"),
    "stop": Words("Stop", "Stopping …", "End after this step and keep a checkpoint"),
}


class PlainView(widgets.VBox):
    """An HTML widget that shows `html()` at each refresh, and buttons for what is `offered()`."""

    extension = False
    place: Mapping[str, Any] = {}

    def __init__(
        self,
        html: Callable[[], str],
        offered: Callable[[], Sequence[str]],
        on_command: Callable[[str], None],
    ) -> None:
        self._html, self._offered, self._on_command = html, offered, on_command
        self._status = widgets.HTML()
        self.buttons = {command: self._button(command) for command in WORDS}
        self._row = widgets.HBox()
        super().__init__([self._status, self._row])

    def refresh(self) -> None:
        """Show the record as it is now."""
        self._status.value = self._html()
        offered = self._offered()
        shown = [button for command, button in self.buttons.items() if command in offered]
        if tuple(shown) != self._row.children:
            for command in WORDS:
                if command not in offered:
                    self._press(command, down=False)
            self._row.children = shown

    def _button(self, command: str) -> widgets.Button:
        button = widgets.Button(
            description=WORDS[command].name,
            icon="play" if command == "resume" else command,
            tooltip=WORDS[command].about,
        )
        button.on_click(lambda _button: self._on_click(command))
        heard_while_busy(button)
        return button

    def _on_click(self, command: str) -> None:
        self._press(command, down=True)
        self._on_command(command)

    def _press(self, command: str, *, down: bool) -> None:
        button, words = self.buttons[command], WORDS[command]
        button.disabled = down
        button.description = words.doing if down else words.name
