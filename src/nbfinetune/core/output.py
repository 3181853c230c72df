"""Files written for the user: whole or not at all, and never in place of others unasked."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterable
from pathlib import Path

from nbfinetune.core.errors import DatasetError
from nbfinetune.core.quoting import quoted_path


def write_output(path: Path, pieces: Iterable[bytes], *, overwrite: bool = False) -> Path:
    """The file written. One that holds the same already is no reason to refuse: cells are run
    again and again.

    Raises:
        DatasetError: There is a file of that name that holds something else, and `overwrite` is
            not given; it can't be written.
    """
    try:
        beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with beside.open("wb") as file:
                file.writelines(pieces)
            if path.is_file() and not overwrite and not filecmp.cmp(beside, path, shallow=False):
                raise DatasetError("export_exists", name=quoted_path(path))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except DatasetError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError("export_failed", name=quoted_path(path), reason=reason) from None
    return path
