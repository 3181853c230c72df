"""What people call a run and note about it. It may change at any time; the spec never does."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nbfinetune.core.runs.checkpoints import write_atomically

FORMAT = 1
LABELS = "labels.json"


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """`labels.json`. Without a `name` the run is called as its spec says."""

    v: int = FORMAT
    name: str = ""
    note: str = ""


def read_labels(folder: Path) -> Labels:
    """The labels of a run; none where there are none, or where they can't be read."""
    try:
        return msgspec.json.decode((folder / LABELS).read_bytes(), type=Labels)
    except (OSError, ValueError):
        return Labels()


def write_labels(folder: Path, labels: Labels) -> None:
    write_atomically(folder / LABELS, msgspec.json.format(msgspec.json.encode(labels)))
