"""The draft of a dataset that was just read: with the rows that can't be trained on, where their
text is at hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Unpack

from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.reading.checking import file_text
from nbfinetune.core.reading.sources import Reading, source_items


def open_draft(dataset: MessageDataset, **how: Unpack[Reading]) -> Draft:
    """The rows of a dataset to edit; `how` it was read. Of Python rows only the valid ones.

    Raises:
        DatasetError: The file that it was read from is gone.
    """
    if not dataset.errors or dataset.origin.kind not in ("cell", "file"):
        return Draft.of(dataset)
    form: Literal["cell", "json", "jsonl"] = "cell"
    source, first_line = dataset.origin.cell, 2
    if dataset.origin.kind == "file":
        path = Path(dataset.origin.label)
        form = "json" if path.suffix.lower() == ".json" else "jsonl"
        source, first_line = file_text(path, encoding=how.get("encoding")).text or "", 1
    converter = Converter(system_key=how.get("system_key"))
    return Draft(
        converter.stream(source_items(source, form, first_line)),
        name=dataset.name,
        origin=dataset.origin,
        source=source,
        first_line=first_line,
        system=how.get("system"),
    )
