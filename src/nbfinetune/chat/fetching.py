"""Files of a model from a hub into the shared cache: resumed, checked, and given up at once.

Our own in place of `huggingface_hub.snapshot_download`, which (2.4) begins a file that was cut off
anew, waits for ten megabytes before it can be stopped, and takes whatever bytes it is sent.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from nbfinetune.chat.cache import remember, repository_folder
from nbfinetune.chat.waiting import Waiting
from nbfinetune.core import text
from nbfinetune.core.errors import ModelError
from nbfinetune.core.runs.checkpoints import write_atomically
from nbfinetune.core.sizes import in_bytes

SILENCE_SECONDS = 10.0
TRIES = 4
"""A file that brings no byte so often in a row is given up; what is there of it stays."""

_AT_ONCE = 4
_POLL_SECONDS = 0.2
_TELL_SECONDS = 2.0


class Remote(NamedTuple):
    """A file on a hub. `sha256` where it is a large one, else `sha1` is git's hash of it."""

    name: str
    url: str
    size: int
    sha256: str
    sha1: str

    @property
    def key(self) -> str:
        """Its name in the cache."""
        return self.sha256 or self.sha1


class Fetching:
    """The files of one model at one commit, on their way."""

    def __init__(self, name: str, commit: str, files: Sequence[Remote]) -> None:
        self._name = name
        self._commit = commit
        self._files = files
        self._folder = repository_folder(name)
        self._blobs = self._folder / "blobs"
        self._todo: SimpleQueue[Remote] = SimpleQueue()
        self._given_up = Event()
        self._failure: BaseException | None = None
        self._here: dict[str, int] = {}

    def run(self, waiting: Waiting) -> Path:
        """Fetch what is not here yet; the folder with all files.

        Raises:
            ModelError: No room, no answer, no permission, other bytes than the hub promised, or
                somebody who waits no more. What has arrived stays and is not fetched again.
        """
        self._blobs.mkdir(parents=True, exist_ok=True)
        missing = [file for file in self._files if not self._is_here(file)]
        self._require_disk(missing)
        for file in missing:
            self._todo.put(file)
        threads = [Thread(target=self._work, daemon=True) for _ in range(_AT_ONCE)]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, missing, waiting)
        finally:  # who waits goes at once, the threads at their next byte
            self._given_up.set()
        for file in self._files:
            self._link(file)
        # last of all: a model is found by its branch
        ref = self._folder / "refs" / "main"
        ref.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(ref, self._commit.encode())
        return self._folder / "snapshots" / self._commit

    def _is_here(self, file: Remote) -> bool:
        blob = self._blobs / file.key
        return blob.is_file() and blob.stat().st_size == file.size

    def _require_disk(self, missing: Sequence[Remote]) -> None:
        needed = sum(file.size for file in missing)
        free = shutil.disk_usage(self._blobs).free
        if needed > free:
            raise ModelError(
                "model_disk_full", name=self._name, needed=in_bytes(needed), free=in_bytes(free),
                path=self._folder.parent,
            )  # fmt: skip

    def _watch(self, threads: Sequence[Thread], missing: list[Remote], waiting: Waiting) -> None:
        """Until all is here: tell how far it is, and end early where somebody wants that."""
        total, told = sum(file.size for file in missing), 0.0
        while (alive := [t for t in threads if t.is_alive()]) and self._failure is None:
            if waiting.should_stop():
                raise ModelError("model_stopped", name=self._name)
            if total and time.monotonic() - told > _TELL_SECONDS:
                told = time.monotonic()
                waiting.tell(self._progress(total))
            alive[0].join(_POLL_SECONDS / 2)
        if self._failure is not None:
            raise self._failure

    def _progress(self, total: int) -> str:
        done = sum(self._here.values())
        params = {
            "name": self._name,
            "done": in_bytes(done),
            "total": in_bytes(total),
            "percent": min(99, 100 * done // total),
        }
        return text.message("model_fetching", params)

    def _work(self) -> None:
        try:
            while not self._given_up.is_set():
                self._fetch(self._todo.get_nowait())
        except Empty:
            return
        except _GivenUp:
            return
        except BaseException as error:
            self._failure = self._failure or error

    def _fetch(self, file: Remote) -> None:
        """One file, whole and checked, into `blobs`."""
        blob = self._blobs / file.key
        partial = blob.with_name(blob.name + ".incomplete")
        with self._alone(file):
            for attempt in (1, 2):
                if self._is_here(file):
                    return
                self._read(file, partial)
                if _is_right(file, partial):
                    partial.replace(blob)
                    if file.sha256:
                        remember(blob)
                    return
                partial.unlink()  # a line, or a proxy, that changes bytes: once more, then no more
                if attempt == 2:
                    raise ModelError("model_file_changed", name=self._name, file=file.name)

    def _alone(self, file: Remote) -> Any:
        """The lock that other tools of the hub take for this file, too."""
        folder = self._folder.parent / ".locks" / self._folder.name
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(folder / f"{file.key}.lock"))
        while True:
            try:
                return lock.acquire(timeout=_POLL_SECONDS)
            except Timeout:
                self._rest(0)

    def _read(self, file: Remote, partial: Path) -> None:
        """Go on where the last attempt ended, until all bytes are here."""
        in_vain = 0
        partial.touch()
        while (here := partial.stat().st_size) < file.size:
            self._here[file.key] = here
            reason: object = None
            try:
                self._stream(file, partial, here)
            except (_GivenUp, ModelError):
                raise
            except OSError as error:
                if not _is_of_the_line(error):
                    raise self._not_written(error) from error
                reason = error
            except Exception as error:  # the transport's own, whichever it is
                reason = error
            in_vain = 0 if partial.stat().st_size > here else in_vain + 1
            if in_vain == TRIES:
                said = str(reason) or type(reason).__name__
                raise ModelError("model_download_failed", name=self._name, reason=said)
            if reason is not None or in_vain:
                self._rest(min(4.0, 0.25 * 2**in_vain))
        self._here[file.key] = file.size

    def _stream(self, file: Remote, partial: Path, here: int) -> None:
        from huggingface_hub import get_session
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        headers = build_hf_headers() | {"Accept-Encoding": "identity"}
        if here:
            headers["Range"] = f"bytes={here}-"
        patience: dict[str, Any] = {"timeout": SILENCE_SECONDS, "follow_redirects": True}
        with get_session().stream("GET", file.url, headers=headers, **patience) as got:
            self._require_answer(file, got)
            goes_on = got.status_code == 206
            with partial.open("ab" if goes_on else "wb") as target:
                for chunk in got.iter_raw():
                    if self._given_up.is_set():
                        raise _GivenUp
                    target.write(chunk)
                    self._here[file.key] = target.tell()

    def _require_answer(self, file: Remote, got: Any) -> None:
        """Refusals of the hub end it; whatever else is no answer is tried again.

        A store that the hub sends us to refuses when its address has grown old: ask for another.
        """
        if got.status_code in (401, 403) and not got.history:
            raise gated(self._name, file.url.partition("/resolve/")[0])
        if got.status_code in (404, 410):
            raise ModelError("model_not_on_hub", name=self._name)
        if got.status_code not in (200, 206):
            raise ConnectionError(f"HTTP {got.status_code}")

    def _not_written(self, error: OSError) -> ModelError:
        free = in_bytes(shutil.disk_usage(self._blobs).free)
        said = error.strerror or str(error)
        return ModelError(
            "model_not_written", name=self._name, path=self._folder.parent, reason=said, free=free
        )

    def _rest(self, seconds: float) -> None:
        if self._given_up.wait(seconds):
            raise _GivenUp

    def _link(self, file: Remote) -> None:
        """The file by its name, in the folder of the commit."""
        place = self._folder / "snapshots" / self._commit / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            return
        place.unlink(missing_ok=True)  # a link to a file that was taken away
        blob = self._blobs / file.key
        try:
            place.symlink_to(os.path.relpath(blob, place.parent))
        except OSError:  # Windows without developer mode
            shutil.copy(blob, place)


class _GivenUp(Exception):
    """Nobody waits any more."""


def gated(name: str, page: str) -> ModelError:
    """The hub wants to know who asks, or wants a licence accepted on that page first."""
    return ModelError("model_gated", name=name, page=page)


def _is_of_the_line(error: OSError) -> bool:
    """Not of the disk: those have a number and are no connection's."""
    return isinstance(error, (ConnectionError, TimeoutError)) or error.errno is None


def _is_right(file: Remote, path: Path) -> bool:
    """Whether the bytes are those that the hub has under this name."""
    if path.stat().st_size != file.size:
        return False
    with path.open("rb") as opened:
        if file.sha256:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
        digest = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
        digest.update(opened.read())
        return digest.hexdigest() == file.sha1
