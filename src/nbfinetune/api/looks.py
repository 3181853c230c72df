"""A dataset looked at from Python: quality, tokens, a page to review, quick-fixes, the studio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, overload

import msgspec

from nbfinetune.api.datasets import dataset_of
from nbfinetune.core import text
from nbfinetune.core.config import DEFAULTS
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.fixes.apply import Fixed
from nbfinetune.core.fixes.sources import FixedRows, fix_file, fix_names, fix_rows, write_new
from nbfinetune.core.library.source import Source
from nbfinetune.core.output import write_output
from nbfinetune.core.presets import STARTER
from nbfinetune.core.quality.assessed import Quality, quality_of
from nbfinetune.core.reading.checking import as_path
from nbfinetune.session import current
from nbfinetune.templates.token_report import TokenReport


def quality(dataset: MessageDataset | str) -> Quality:
    """The quality card: style and tone, topics, repetition, each finding with what to do."""
    return quality_of(dataset_of(dataset))


def review(dataset: MessageDataset | str, to: str | Path, *, overwrite: bool = False) -> Path:
    """Write a page that needs nothing else, on which somebody judges 30 rows.

    Raises:
        DatasetError: There is another file of that name; it can't be written.
    """
    from nbfinetune.display.quality import review_page

    data = dataset_of(dataset)
    page = review_page(data.conversations, name=data.name)
    return write_output(as_path(to), [page.encode()], overwrite=overwrite)


def xray(dataset: MessageDataset | str, base_model: str = STARTER) -> TokenReport:
    """What is learned of a dataset in the tokens of a model, and its first rows token by token.

    Raises:
        ModelError: The model can't be found, or its template can't be trained through.
    """
    from nbfinetune.chat.loading import load_template
    from nbfinetune.templates.token_report import token_report

    template = load_template(base_model)
    data = dataset_of(dataset)
    report = token_report(template, data, DEFAULTS["max_length"], model=base_model)
    current().token_figures[data.sha256] = report.figures
    return report


@overload
def fix(
    source: str | Path,
    fixes: str = ...,
    *,
    to: str | Path | None = ...,
    encoding: str | None = ...,
) -> Fixed: ...


@overload
def fix(source: MessageDataset | Iterable[Mapping[str, Any]], fixes: str = ...) -> FixedRows: ...


def fix(
    source: Source,
    fixes: str = "all",
    *,
    to: str | Path | None = None,
    encoding: str | None = None,
) -> Fixed | FixedRows:
    """What quick-fixes make of a file or of rows: all, or names with commas between them.

    Of a file, `.text` is the repaired text; `to` writes it to a new file, yours stays as it is. Of
    rows, `.rows` are the repaired ones. Either shows what was changed, and what could not be.

    Raises:
        DatasetError: There is no fix of that name; the file can't be read; `to` exists already.
    """
    names = fix_names(fixes)
    if not isinstance(source, (str, Path)):
        return fix_rows(source, names)
    out = None if to is None else as_path(to)
    found = fix_file(as_path(source), names, out=out, encoding=encoding)
    if out is not None:
        write_new(found.text, out)
    return found


def edit(dataset: MessageDataset | str) -> Any:
    """The studio of a dataset: its rows are searched, edited, split and saved as a new version.

    What `validate` gives can be edited, too: rows of a file that can't be trained on are in it.

    Raises:
        DatasetError: There is no such dataset.
        MissingDependency: anywidget is not installed.
    """
    from nbfinetune.core.draft.opening import open_draft
    from nbfinetune.panels.studio import studio

    return studio(open_draft(dataset_of(dataset)), keep_version)


def keep_version(name: str, dataset: MessageDataset) -> str:
    """Keep what the studio gives, and say so."""
    session = current()
    kept = session.keep(msgspec.structs.replace(dataset, name=name))
    _, version = session.library.find(name)
    params = {"name": name, "rows": len(kept), "version": version.number}
    return text.message("library_kept", params)
