"""A chat panel: one prompt, several columns, answers that stream in, Stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread

import ipywidgets as widgets
from IPython.display import display

from nbfinetune.chat.compare import Contender
from nbfinetune.chat.model import SamplingParams
from nbfinetune.chat.waiting import Waiting
from nbfinetune.core.messages import Message
from nbfinetune.display.chat import column_html, notice_html
from nbfinetune.engines.capture import DisplayPublisher, captured
from nbfinetune.panels.comms import heard_while_busy

REFRESH_SECONDS = 0.1


class ChatPanel:
    """Columns of one conversation each. `load` gives the models; it is called in the background
    and says how far it is; Stop ends it, too.

    With the kernel's `publisher`, what libraries display meanwhile reaches no cell.
    """

    def __init__(
        self,
        load: Callable[[Waiting], Sequence[Contender]],
        params: SamplingParams,
        publisher: DisplayPublisher | None = None,
    ) -> None:
        self._publisher = publisher
        self._load = load
        self._params = params
        self._contenders: Sequence[Contender] = []
        self._histories: list[list[Message]] = []
        self._stopping = Event()
        self._busy = Lock()
        self._notice = widgets.HTML()
        self._columns = widgets.GridBox(layout=widgets.Layout(grid_gap="12px"))
        self._prompt = widgets.Text(
            placeholder="Write a message and press Enter", layout=widgets.Layout(flex="1")
        )
        self._prompt.on_submit(lambda _text: self._on_send())
        self._send = widgets.Button(description="Send", button_style="primary")
        self._send.on_click(lambda _button: self._on_send())
        self._stop = widgets.Button(description="Stop", disabled=True)
        self._stop.on_click(lambda _button: self._stopping.set())
        for control in (self._prompt, self._send, self._stop):
            heard_while_busy(control)
        row = widgets.HBox([self._prompt, self._send, self._stop])
        self.widget = widgets.VBox([self._notice, self._columns, row])

    def show(self) -> None:
        display(self.widget)

    def send(self, prompt: str) -> Thread | None:
        """Ask every column in the background; None while an answer is still being written."""
        if not self._busy.acquire(blocking=False):
            return None
        self._stopping.clear()
        self._set_busy(True)
        thread = Thread(target=self._answer, args=(prompt,), name="nbfinetune-chat", daemon=True)
        thread.start()
        return thread

    def _on_send(self) -> None:
        prompt = self._prompt.value.strip()
        if prompt and self.send(prompt) is not None:
            self._prompt.value = ""

    def _answer(self, prompt: str) -> None:
        try:
            with captured(lambda _line: None, self._publisher):
                if not self._contenders:
                    self._open_columns()
                for index in range(len(self._contenders)):
                    self._ask(index, prompt)
            self._notice.value = ""
        except Exception as error:  # shown where the question was asked
            self._notice.value = notice_html(f"{type(error).__name__}: {error}")
        finally:
            self._set_busy(False)
            self._busy.release()

    def _open_columns(self) -> None:
        self._tell("Loading the models …")
        self._contenders = self._load(Waiting(self._tell, self._stopping.is_set))
        self._histories = [c.opening() for c in self._contenders]
        self._columns.children = [widgets.HTML() for _ in self._contenders]
        self._columns.layout.grid_template_columns = "repeat(auto-fit, minmax(240px, 1fr))"
        self._notice.value = ""

    def _tell(self, text: str) -> None:
        self._notice.value = notice_html(text)

    def _ask(self, index: int, prompt: str) -> None:
        contender, view = self._contenders[index], self._columns.children[index]
        asked = [*self._histories[index], Message("user", prompt)]
        shown = float("-inf")

        def show(text: str) -> None:
            nonlocal shown
            if time.monotonic() - shown > REFRESH_SECONDS:
                view.value = column_html(contender.label, [*asked, Message("assistant", text)])
                shown = time.monotonic()

        show("…")
        reply = contender.model.reply(asked, self._params, show, self._stopping.is_set)
        # only now: a question that failed must not stand between two others
        self._histories[index] = [*asked, Message("assistant", reply.text)]
        view.value = column_html(contender.label, self._histories[index], reply)

    def _set_busy(self, busy: bool) -> None:
        self._send.disabled = busy
        self._stop.disabled = not busy
