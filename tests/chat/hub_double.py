"""A hub on loopback, as it is on bad days: slow, cut off, silent, wrong, closed, for members only.

It has one model, the files of a folder, and answers what the client library and our own fetching
ask. What it does wrong is set per test.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

COMMIT = "a" * 40
LARGE = ".safetensors"
_BLOCK = 1 << 14


class Hub(ThreadingHTTPServer):
    """`name` with the files of `folder`.

    `bytes_per_second`, `cut_after` (bytes of a file, then the line breaks), `cuts` (how often),
    `corrupt` (how many answers have a wrong byte), `silent` (accept and never answer), `refuse`
    (a status for files), `refuse_info` (one for what the model is) and `expired` (how often the
    store refuses). With `store` weights lie at another address, to which the hub sends people.
    """

    daemon_threads = True

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.name = folder, name
        self.bytes_per_second = 0.0
        self.cut_after, self.cuts = 0, 0
        self.corrupt = 0
        self.silent = False
        self.refuse = self.refuse_info = 0
        self.store, self.expired = False, 0
        self.tokens: dict[str, set[str | None]] = {"hub": set(), "store": set()}
        """What came as `Authorization` at each of the two."""
        self.lock = Lock()
        self.asked: list[str] = []
        """`GET path` and what range of it was asked for, in order."""
        self.sent = 0
        self.over = Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def files(self) -> list[str]:
        """The files that somebody asked for, each once."""
        found = (
            line.split(" ")[1].rpartition("/")[2] for line in self.asked if "/resolve/" in line
        )
        return sorted(set(found))


@contextmanager
def hub(folder: Path, name: str = "acme/tiny") -> Iterator[Hub]:
    """A hub that runs as long as the block."""
    server = Hub(folder, name)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def sibling(path: Path) -> dict:
    """What a hub says of a file."""
    content = path.read_bytes()
    sha1 = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    told = {"rfilename": path.name, "size": len(content), "blobId": sha1}
    if path.suffix == LARGE:
        sha256 = hashlib.sha256(content).hexdigest()
        told["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
    return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        """Not a word on the test's output."""

    def do_GET(self) -> None:
        hub, path = self.server, self.path.split("?")[0]
        with hub.lock:
            hub.asked.append(f"GET {path} {self.headers.get('Range', '')}".rstrip())
            at = "store" if path.startswith("/store/") else "hub"
            hub.tokens[at].add(self.headers.get("Authorization"))
        if hub.silent:
            hub.over.wait()
            self.close_connection = True
        elif path == f"/api/models/{hub.name}":
            self._info()
        elif match := re.fullmatch(rf"/{hub.name}/resolve/{COMMIT}/([^/]+)", path):
            self._file(hub.folder / match.group(1))
        elif match := re.fullmatch(r"/store/([^/]+)", path):
            self._from_store(hub.folder / match.group(1))
        else:
            self._refuse(404, "RepoNotFound")

    def _info(self) -> None:
        hub = self.server
        if hub.refuse_info:
            self._refuse(hub.refuse_info, "GatedRepo" if hub.refuse_info in (401, 403) else "")
            return
        files = [sibling(path) for path in sorted(hub.folder.iterdir())]
        told = {"id": hub.name, "sha": COMMIT, "private": False, "tags": [], "siblings": files}
        self._send(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _file(self, path: Path) -> None:
        hub = self.server
        if hub.refuse:
            self._refuse(hub.refuse, "GatedRepo" if hub.refuse in (401, 403) else "")
            return
        if not path.is_file():
            self._refuse(404, "EntryNotFound")
            return
        if hub.store and path.suffix == LARGE and not self.path.startswith("/store/"):
            # the same server by another name: for a client that is another one
            there = f"http://localhost:{hub.server_port}/store/{path.name}"
            self._send(302, b"", {"Location": there})
            return
        content = path.read_bytes()
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        with hub.lock:
            if hub.corrupt and path.suffix == LARGE:
                hub.corrupt -= 1
                content = content[:-1] + bytes([content[-1] ^ 255])
        head = {"Accept-Ranges": "bytes"}
        if asked:
            head["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if asked else 200, content[start:], head, may_break=True)

    def _from_store(self, path: Path) -> None:
        with self.server.lock:
            expired = self.server.expired > 0
            self.server.expired -= expired
        if expired:
            self._refuse(403, "")
        else:
            self._file(path)

    def _send(
        self, status: int, body: bytes, head: dict[str, str], *, may_break: bool = False
    ) -> None:
        hub, sent = self.server, 0
        self.send_response(status)
        for name, value in {**head, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for place in range(0, len(body), _BLOCK):
                with hub.lock:
                    cut = may_break and hub.cuts > 0 and hub.cut_after <= sent
                    hub.cuts -= cut
                if cut:
                    self.close_connection = True
                    return
                block = body[place : place + _BLOCK]
                self.wfile.write(block)
                sent += len(block)
                with hub.lock:
                    hub.sent += len(block)
                if hub.bytes_per_second:
                    hub.over.wait(len(block) / hub.bytes_per_second)
        except OSError:  # who asked has gone
            self.close_connection = True

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def patiently(condition, seconds: float = 20.0) -> None:
    """Until another thread has done it; the test fails where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
