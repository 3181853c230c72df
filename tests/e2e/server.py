"""A JupyterLab server on loopback that knows nothing of the user's own: for tests in a browser."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

DEADLINE_SECONDS = 60.0
EXTENSION = Path(__file__).parents[2] / "labextension" / "dist"
FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # a save at a random moment would be one more thing that a test can't foresee
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}


class LabServer:
    """One server. `work`: its notebooks; `home`: the runs of all its kernels."""

    def __init__(self, root: Path, *, extension: bool) -> None:
        self.work, self.home = root / "work", root / "home"
        self.work.mkdir(parents=True)
        self._log = root / "server.log"
        self._token = secrets.token_hex(16)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = _environment(root, self.home)
        _write_settings(root)
        if extension:
            shutil.copytree(EXTENSION, root / "data/labextensions/nbfinetune")
        else:  # it may be installed beside the package
            config = root / "config/labconfig/page_config.json"
            config.parent.mkdir(parents=True)
            config.write_text(json.dumps({"disabledExtensions": {"nbfinetune": True}}))
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.work,
            "ServerApp.terminals_enabled": False,
            "IdentityProvider.token": self._token,
            "LabApp.expose_app_in_browser": True,
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *(f"--{name}={value}" for name, value in options.items())],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready()

    def address(self) -> str:
        """Of JupyterLab, as if it was never used."""
        return f"{self.url}/lab?token={self._token}&reset"

    def notebook(self, path: str, *cells: str, kernel: str | None = None) -> str:
        """Write a notebook of code cells; given the id of a running `kernel`, it uses that one."""
        here = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": here})
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        self.write(path, notebook)
        if kernel is not None:
            about = {"path": path, "name": path, "type": "notebook", "kernel": {"id": kernel}}
            self.ask("POST", "sessions", about)
        return path

    def write(self, path: str, notebook: Any) -> str:
        """Save as somebody else would: without our signature, so JupyterLab doesn't trust it."""
        nbformat.write(notebook, self.work / path)
        return path

    def write_foreign(self, path: str, notebook: Any) -> str:
        """Save as if it came from a machine with a kernel that isn't here."""
        elsewhere = {"name": "elsewhere", "display_name": "Elsewhere", "language": "elsewhere"}
        notebook.metadata = nbformat.from_dict({"kernelspec": elsewhere})
        return self.write(path, notebook)

    def read(self, path: str) -> Any:
        return nbformat.read(self.work / path, as_version=4)

    def start_kernel(self) -> str:
        """The id of a new kernel that works in the folder of the notebooks."""
        return str(self.ask("POST", "kernels", {"name": "python3"})["id"])

    def ask(self, method: str, what: str, content: object = None) -> Any:
        """Call the server's REST API."""
        request = urllib.request.Request(
            f"{self.url}/api/{what}",
            method=method,
            headers={"Authorization": f"token {self._token}", "Content-Type": "application/json"},
            data=None if content is None else json.dumps(content).encode(),
        )
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                self.ask("GET", "status")
                return
            except (urllib.error.URLError, OSError):
                ended = self._process.poll() is not None
                if ended or time.monotonic() > end:
                    raise RuntimeError(self._log.read_text("utf-8")[-3000:]) from None
                time.sleep(0.05)


def _environment(root: Path, home: Path) -> dict[str, str]:
    own = {}
    for variable, name in FOLDERS.items():
        folder = root / name
        folder.mkdir()
        own[variable] = str(folder)
    return {
        **os.environ,
        **own,
        "NBFINETUNE_HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # our folders before those of the environment: an extension installed there may be older
        "JUPYTER_PREFER_ENV_PATH": "0",
    }


def _write_settings(root: Path) -> None:
    for plugin, values in SETTINGS.items():
        file = root / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
