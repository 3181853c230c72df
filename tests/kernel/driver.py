"""A kernel without a front end: runs cells and records every message with the cell it belongs to.

Nothing here sleeps: every wait is for a message, with a deadline.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

Message = dict[str, Any]

DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.05


def python_under_test() -> str:
    """The interpreter of the kernel: `NBFINETUNE_TEST_PYTHON`, else the one that runs the tests."""
    # absolute, but not resolved: an environment is known by the path of its link
    return os.path.abspath(os.environ.get("NBFINETUNE_TEST_PYTHON") or sys.executable)


@dataclass(frozen=True)
class Cell:
    """A cell that has been run. `seconds`: from the request to the reply, seen by the client."""

    id: str
    reply: Message
    messages: tuple[Message, ...]
    seconds: float

    @property
    def status(self) -> str:
        return str(self.reply["status"])

    @property
    def kinds(self) -> list[str]:
        """The types of its messages, without the frame that every cell has."""
        frame = ("status", "execute_input")
        return [m["msg_type"] for m in self.messages if m["msg_type"] not in frame]

    @property
    def printed(self) -> str:
        return "".join(m["content"]["text"] for m in self.of_kind("stream"))

    @property
    def shown(self) -> list[str]:
        """The plain text of what it displayed and of its result."""
        kinds = ("display_data", "execute_result")
        return [m["content"]["data"]["text/plain"] for m in self.of_kind(*kinds)]

    @property
    def traceback(self) -> list[str]:
        return [line for m in self.of_kind("error") for line in m["content"]["traceback"]]

    def of_kind(self, *kinds: str) -> list[Message]:
        return [m for m in self.messages if m["msg_type"] in kinds]


class Kernel:
    """One kernel process and its client. `messages`: everything it published, in order."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.messages: list[Message] = []
        self._replies: dict[str, tuple[float, Message]] = {}
        self._sent: dict[str, float] = {}
        specs = _kernel_spec(folder / "kernelspecs")
        self._manager = KernelManager(
            kernel_name="tested",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[specs], ensure_native_kernel=False),
            connection_file=str(folder / "connection.json"),
        )
        self._manager.start_kernel(
            cwd=str(folder), env={**_clean_environment(folder), **(environment or {})}
        )
        self.client: BlockingKernelClient = self._manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE_SECONDS)

    def run(self, code: str, deadline_seconds: float = DEADLINE_SECONDS) -> Cell:
        """Run a cell to its end, whatever the end is."""
        return self.finish(self.start(code), deadline_seconds)

    def value(self, code: str) -> Any:
        """What an expression is worth in the kernel: plain JSON values only."""
        cell = self.run(f"import json as _json; print(_json.dumps({code}))")
        assert cell.status == "ok", cell.traceback
        return json.loads(cell.printed)

    def start(self, code: str, *, stop_on_error: bool = False, page: bool = True) -> str:
        """Send a cell and return its id at once. A `page` could answer questions, a runner can't.

        `stop_on_error`: as in *Run All*, where a failure aborts the cells behind it. ipykernel 6
        also aborts what comes a moment too early after the failure, so it is off by default.
        """
        sent = time.perf_counter()
        identifier = self.client.execute(code, allow_stdin=page, stop_on_error=stop_on_error)
        self._sent[identifier] = sent
        return identifier

    def finish(self, identifier: str, deadline_seconds: float = DEADLINE_SECONDS) -> Cell:
        """Wait for the reply of a cell, then for the last message that belongs to it."""
        end = time.monotonic() + deadline_seconds
        while identifier not in self._replies:
            self._read_reply(end)
        self.wait_for(_is_idle, end - time.monotonic(), cell=identifier)
        arrived, reply = self._replies[identifier]
        return Cell(
            identifier,
            reply["content"],
            tuple(self.of(identifier)),
            arrived - self._sent[identifier],
        )

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        """The code with each candidate put in, as a front end does it. At the end by default."""
        cursor = len(code) if cursor is None else cursor
        message = self.client.complete(code, cursor, reply=True, timeout=DEADLINE_SECONDS)
        reply = message["content"]
        head, tail = code[: reply["cursor_start"]], code[reply["cursor_end"] :]
        return [head + match + tail for match in reply["matches"]]

    def wait_for(
        self,
        wanted: Callable[[Message], bool],
        deadline_seconds: float = DEADLINE_SECONDS,
        cell: str = "",
    ) -> Message:
        """The first message (of that cell) that is `wanted`, already read or still to come."""

        def matches(message: Message) -> bool:
            return (not cell or _belongs(message, cell)) and wanted(message)

        found = next(filter(matches, self.messages), None)
        end = time.monotonic() + deadline_seconds
        while found is None:
            message = self._read(end)
            found = message if message is not None and matches(message) else None
        return found

    def of(self, identifier: str) -> list[Message]:
        """Everything published so far in the name of a cell."""
        return [m for m in self.messages if _belongs(m, identifier)]

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def tell(self, comm: str, content: Message, subshell: str | None = None) -> None:
        """What a page sends to the widget behind a comm, through a subshell of its own or not."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)

    def subshell(self) -> str | None:
        """Open a subshell, as a page does for its widgets; None where the kernel has none."""
        about = self.client.kernel_info(reply=True, timeout=DEADLINE_SECONDS)["content"]
        if "kernel subshells" not in about.get("supported_features", []):
            return None
        request = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(request)
        reply = self.client.get_control_msg(timeout=DEADLINE_SECONDS)
        return str(reply["content"]["subshell_id"])

    def echo(self, subshell: str) -> None:
        """Wait until a subshell has done with everything that was sent to it before."""
        message = self.client.session.msg("kernel_info_request")
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        end = time.monotonic() + DEADLINE_SECONDS
        while message["header"]["msg_id"] not in self._replies:
            self._read_reply(end)

    def shut_down(self) -> None:
        """As a front end does it: ask first."""
        self.client.stop_channels()
        self._manager.shutdown_kernel(now=False)

    def kill(self) -> None:
        self.client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _read(self, end: float) -> Message | None:
        self._check(end)
        try:
            message = self.client.get_iopub_msg(timeout=POLL_SECONDS)
        except queue.Empty:
            return None
        self.messages.append(message)
        return message

    def _read_reply(self, end: float) -> None:
        self._check(end)
        try:
            message = self.client.get_shell_msg(timeout=POLL_SECONDS)
        except queue.Empty:
            self._read_what_is_there()
            return
        self._replies[message["parent_header"]["msg_id"]] = (time.perf_counter(), message)

    def _read_what_is_there(self) -> None:
        while self.client.iopub_channel.msg_ready():
            self.messages.append(self.client.get_iopub_msg(timeout=0))

    def _check(self, end: float) -> None:
        if time.monotonic() > end:
            recent = [(m["msg_type"], str(m["content"])[:200]) for m in self.messages[-8:]]
            raise TimeoutError(f"nothing came; the last messages were {recent}")
        if not self._manager.is_alive():
            raise ChildProcessError("the kernel has died")


def _belongs(message: Message, identifier: str) -> bool:
    return message["parent_header"].get("msg_id") == identifier


def _is_idle(message: Message) -> bool:
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def _kernel_spec(folder: Path) -> str:
    """A kernel spec for the Python under test, so that none of the machine's is used."""
    (folder / "tested").mkdir(parents=True)
    spec = {
        "argv": [python_under_test(), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "tested",
        "language": "python",
        "interrupt_mode": "signal",
    }
    (folder / "tested" / "kernel.json").write_text(json.dumps(spec), "utf-8")
    return str(folder)


def _clean_environment(folder: Path) -> dict[str, str]:
    """This process's environment; nothing of the user's settings, nothing from the network."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NBFINETUNE_", "PYTEST_"))}
    return {
        **kept,
        "IPYTHONDIR": str(folder / "ipython"),
        "NBFINETUNE_HOME": str(folder / "home"),
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_OFFLINE": "1",
    }
