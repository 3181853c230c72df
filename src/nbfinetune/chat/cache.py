"""Models of the hub on this disk, in the cache that all tools of Hugging Face share.

A model counts as here when all its files are, at their size; files whose name is their sha256 are
hashed once, and that they were is remembered. Knows no network.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import msgspec

from nbfinetune.chat.waiting import Waiting
from nbfinetune.chat.weights import CONFIG, parameters_of, weight_files
from nbfinetune.core import text
from nbfinetune.core.errors import ModelError
from nbfinetune.core.runs.checkpoints import write_atomically

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 22


def cache_folder() -> Path:
    """Where models of the hub are kept: `HF_HUB_CACHE`, else what `HF_HOME` says."""
    from huggingface_hub import constants

    return Path(os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE).expanduser()


def repository_folder(name: str) -> Path:
    """The folder of one model: `blobs` by hash, `snapshots` by commit, `refs` by branch."""
    return cache_folder() / ("models--" + name.replace("/", "--"))


def snapshot(name: str) -> Path | None:
    """The files of the main branch, as far as they are here."""
    folder = repository_folder(name)
    ref = folder / "refs" / "main"
    if not ref.is_file():
        return None
    found = folder / "snapshots" / ref.read_text("utf-8").strip()
    return found if (found / CONFIG).is_file() else None


def has_tokenizer(folder: Path) -> bool:
    """Whether that folder has more than the settings, which others fetch alone."""
    files = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json")
    return any((folder / file).is_file() for file in files)


def is_complete(name: str) -> bool:
    """Whether all files of the model are here; their contents are not looked at."""
    folder = snapshot(name)
    if folder is None:
        return False
    try:
        return parameters_of(name, folder) > 0
    except ModelError:
        return False


def cached_names() -> list[str]:
    """The models of which something is here, by name."""
    folders = sorted(cache_folder().glob("models--*--*"))
    return [folder.name.removeprefix("models--").replace("--", "/", 1) for folder in folders]


def parameters_here(name: str) -> int:
    """How many weights a model has that is here whole."""
    folder = snapshot(name)
    return 0 if folder is None else parameters_of(name, folder)


def verify(name: str, folder: Path, waiting: Waiting) -> None:
    """Hash the weights whose hash is known, those that were not yet.

    Raises:
        ModelError: A file is not what its name says; it is taken out of the cache.
    """
    known = _Verified.read()
    for path in weight_files(name, folder):
        # one step only: what it links to may itself be a link, to a file of another name
        blob = path.parent / os.readlink(path) if path.is_symlink() else path
        if not _SHA256.fullmatch(blob.name) or known.has(blob):
            continue
        waiting.tell(text.message("model_verifying", {"name": name, "file": path.name}))
        if _sha256(blob, name, waiting) != blob.name:
            path.unlink()
            blob.unlink()
            raise ModelError("model_file_changed", name=name, file=path.name)
        known.add(blob)


def remember(blob: Path) -> None:
    """This file was hashed while it arrived."""
    _Verified.read().add(blob)


def _sha256(blob: Path, name: str, waiting: Waiting) -> str:
    digest = hashlib.sha256()
    with blob.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if waiting.should_stop():
                raise ModelError("model_stopped", name=name)
            digest.update(chunk)
    return digest.hexdigest()


class _Verified(msgspec.Struct):
    """The files that were hashed: path to size and time of the last change."""

    files: dict[str, tuple[int, int]] = {}

    @staticmethod
    def _place() -> Path:
        home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return Path(home).expanduser() / "nbfinetune" / "verified.json"

    @classmethod
    def read(cls) -> _Verified:
        try:
            return msgspec.json.decode(cls._place().read_bytes(), type=cls)
        except (OSError, ValueError):
            return cls()

    def has(self, blob: Path) -> bool:
        return self.files.get(os.path.realpath(blob)) == _mark(blob)

    def add(self, blob: Path) -> None:
        self.files[os.path.realpath(blob)] = _mark(blob)
        place = self._place()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, msgspec.json.encode(self))
        except OSError:  # a folder that can't be written to: hashed again next time
            return


def _mark(blob: Path) -> tuple[int, int]:
    found = blob.stat()
    return found.st_size, found.st_mtime_ns
