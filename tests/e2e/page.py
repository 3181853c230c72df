"""One page of JupyterLab: drives it through its own commands, and hears everything that goes wrong.

Nothing here sleeps: every wait is for a promise or for something that can be seen, with a deadline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Request

from tests.e2e.server import LabServer

DEADLINE_SECONDS = 60.0

HARMLESS: Mapping[str, str] = {}
"""Pattern of what JupyterLab itself says on the console → why it is no fault."""

COMMAND = "([name, given]) => window.jupyterapp.commands.execute(name, given).then(() => null)"
OPENED = """path => {
  const app = window.jupyterapp;
  return app.commands.execute('docmanager:open', { path, factory: 'Notebook' })
    .then(panel => Promise.all([panel.revealed, panel.context.ready]).then(() => panel.id));
}"""
WITH_PANEL = """([id, body, given]) => {
  const panel = [...window.jupyterapp.shell.widgets('main')].find(one => one.id === id);
  return new Function('panel', 'app', 'given', body)(panel, window.jupyterapp, given);
}"""
RUN = """
  app.shell.activateById(panel.id);
  panel.content.deselectAll();
  panel.content.activeCellIndex = given;
  const cells = (window.nbfinetuneCells ??= {});
  const key = `${panel.id} ${given}`;
  cells[key] = '';
  app.commands.execute('notebook:run-cell').then(
    () => { cells[key] = 'done' }, reason => { cells[key] = String(reason) });
"""
ERRORS = """
  const outputs = panel.content.widgets[given].model.outputs.toJSON();
  return outputs.filter(output => output.output_type === 'error').map(output => output.evalue);
"""
CELL_ENDED = "key => window.nbfinetuneCells[key] !== ''"
CELL_END = "key => window.nbfinetuneCells[key]"


class Notebook:
    """A notebook in a tab of a page."""

    def __init__(self, page: LabPage, path: str, identifier: str) -> None:
        self.page, self.path, self._id = page, path, identifier
        self.root = page.tab.locator(f"[id='{identifier}']")

    def cell(self, index: int) -> Locator:
        return self.root.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-Cell-outputWrapper")

    def run_view(self, index: int) -> Locator:
        """The view of a run below a cell; a live one that knows nothing yet waits unseen."""
        return self.output(index).locator("div.jp-nbfinetune-run:visible")

    def start(self, index: int) -> None:
        """Run a cell and don't wait."""
        self.evaluate(RUN, index)

    def ended(self, index: int) -> bool:
        return bool(self.page.tab.evaluate(CELL_END, f"{self._id} {index}"))

    def finish(self, index: int, seconds: float = DEADLINE_SECONDS) -> None:
        """Wait for the end of a cell that was started; it may not have failed."""
        key = f"{self._id} {index}"
        self.page.tab.wait_for_function(CELL_ENDED, arg=key, timeout=seconds * 1000)
        assert self.page.tab.evaluate(CELL_END, key) == "done"
        assert self.evaluate(ERRORS, index) == []

    def run(self, *indexes: int, seconds: float = DEADLINE_SECONDS) -> None:
        for index in indexes:
            self.start(index)
            self.finish(index, seconds)

    def save(self) -> None:
        self.evaluate("return panel.context.save()")

    def restart_kernel(self) -> None:
        self.evaluate("return panel.sessionContext.restartKernel()")

    def shut_kernel_down(self) -> None:
        self.evaluate("return panel.sessionContext.shutdown()")

    def trusted(self, index: int) -> bool:
        return bool(self.evaluate("return panel.content.widgets[given].model.trusted", index))

    def wait_for(self, body: str, given: object, wanted: object) -> None:
        """Until JavaScript as for `evaluate` gives what is wanted."""
        self.page.tab.wait_for_function(
            f"([arg, wanted]) => ({WITH_PANEL})(arg) === wanted",
            arg=[[self._id, body, given], wanted],
        )

    def evaluate(self, body: str, given: object = None) -> Any:
        """Run JavaScript that knows this notebook as `panel`, JupyterLab as `app`."""
        return self.page.tab.evaluate(WITH_PANEL, [self._id, body, given])


class LabPage:
    """A tab of the browser on one server. `faults`: what a page must not do."""

    def __init__(self, server: LabServer, browser: Browser, width: int = 1280) -> None:
        self.server = server
        self.faults: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(DEADLINE_SECONDS * 1000)
        self.tab.on("console", self._on_console)
        self.tab.on("pageerror", lambda error: self._hear("page error", str(error)))
        self.tab.on("dialog", self._on_dialog)
        self.tab.on("request", self._on_request)

    def open(self, path: str, *, kernel: bool = True) -> Notebook:
        """Open a notebook; the first one loads the page. With `kernel` it waits for one."""
        if self.tab.url == "about:blank":
            self.load()
        notebook = Notebook(self, path, self.tab.evaluate(OPENED, path))
        notebook.cell(0).wait_for()
        if kernel:
            notebook.evaluate("return panel.sessionContext.ready.then(() => null)")
            notebook.evaluate("return panel.sessionContext.session.kernel.info.then(() => null)")
        return notebook

    def open_without_kernel(self, path: str) -> Notebook:
        """Open a notebook whose kernel isn't installed here, and choose none."""
        notebook = self.open(path, kernel=False)
        dialog = self.tab.locator(".jp-Dialog")
        dialog.locator("select").select_option(label="No Kernel")
        dialog.locator(".jp-mod-accept").click()
        dialog.wait_for(state="detached")
        return notebook

    def load(self) -> None:
        """JupyterLab without a notebook."""
        self.tab.goto(self.server.address())
        self.tab.wait_for_function("() => window.jupyterapp?.restored")
        self.tab.evaluate("() => window.jupyterapp.restored.then(() => null)")

    def reload(self, notebook: Notebook) -> Notebook:
        """Load the page again; what isn't saved is lost."""
        self.load()
        return self.open(notebook.path)

    def command(self, name: str, given: object = None) -> None:
        """Run a command of JupyterLab to its end."""
        self.tab.evaluate(COMMAND, [name, given or {}])

    def shoot(self, file: Path) -> None:
        self.tab.screenshot(path=str(file))

    def theme(self, name: str) -> None:
        """`JupyterLab Dark` or `JupyterLab Light`."""
        self.command("apputils:change-theme", {"theme": name})
        light = str(name.endswith("Light")).lower()
        self.tab.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")

    def close(self) -> None:
        self.context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._hear("console", f"{message.text} ({message.location.get('url', '')})")

    def _on_dialog(self, dialog: Dialog) -> None:
        self._hear("dialog", dialog.message)
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self._hear("request", request.url)

    def _hear(self, kind: str, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in HARMLESS):
            self.faults.append(f"{kind}: {text}")
