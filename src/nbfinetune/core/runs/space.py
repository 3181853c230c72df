"""Room on the disk: what is free, whether a folder takes files, and what is said where it does not.

Knows folders and bytes, nothing of runs. A full disk shows in many ways (an errno, or words of a
library that swallowed it); here they become one error with numbers.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbfinetune.core.errors import RunError
from nbfinetune.core.sizes import in_bytes

RESERVE_BYTES = 64 * 1024
"""Enough for the events with which a run ends: its error, a traceback, the state."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# what safetensors and torch say: they tell the errno in words only, or not at all
_FULL_WORDS = ("no space left", "os error 28", "file too large", "os error 27", "quota exceeded",
               "basic_ios::clear", "unexpected pos")  # fmt: skip


def free_bytes(path: Path) -> int:
    """What this user may still write below `path`, which need not be there yet."""
    there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    return shutil.disk_usage(there).free


def is_full(error: BaseException) -> bool:
    """Whether an error, or the one that it came from, says that the disk or a quota is full."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    words = str(error).lower()
    if any(word in words for word in _FULL_WORDS):
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and is_full(cause)


def full(path: Path, needed_bytes: int) -> RunError:
    """The error for a disk without room for so much at `path`, with what is free now."""
    return RunError(
        "disk_full", path=path, needs=in_bytes(needed_bytes), free=in_bytes(free_bytes(path))
    )


@contextmanager
def needing(path: Path, needed_bytes: int) -> Iterator[None]:
    """While so much is written below `path`.

    Raises:
        RunError: There is less room than that, or it ran out all the same.
    """
    if free_bytes(path) < needed_bytes:
        raise full(path, needed_bytes)
    try:
        yield
    except RunError:
        raise
    except Exception as error:
        if is_full(error):
            raise full(path, needed_bytes) from error
        raise


def check_writable(folder: Path) -> None:
    """Make `folder` and see that it takes a file.

    Raises:
        RunError: It doesn't; the message names the first folder that refuses.
    """
    probe = folder / f".{os.getpid()}.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"1")
    except OSError as error:
        with suppress(OSError):
            probe.unlink()
        if is_full(error):
            raise full(folder, RESERVE_BYTES) from error
        there = next(p for p in (folder, *folder.parents) if p.exists())
        raise RunError("folder_not_writable", path=there, reason=error.strerror or error) from error
    probe.unlink()


class Reserve:
    """A file that holds some room back, for what must still be said on a full disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with suppress(OSError):  # a disk that is full already has none to hold back
            path.write_bytes(bytes(RESERVE_BYTES))

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
