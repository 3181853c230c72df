"""Quick-fixes of the source of a dataset, by `--fix` or by the buttons below its report.

A cell gets a new body, a file a new file beside it, Python rows become new rows; what was there
before stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.fixes.apply import FIXES, Fixed
from nbfinetune.core.fixes.repair import CellBody, PythonRows, Repairable, RowsFile
from nbfinetune.core.fixes.sources import fix_cell, fix_file, fix_names, fix_rows, write_new
from nbfinetune.core.quoting import quoted_path
from nbfinetune.core.reading.sources import Reading
from nbfinetune.display.fixes import fixes_html, fixes_text
from nbfinetune.magics.base import say
from nbfinetune.magics.frontend import front_end
from nbfinetune.panels.repair_output import RepairOutput
from nbfinetune.session import Session


def show_fixes(found: Fixed) -> None:
    """The fixes with their counts, and what they change."""
    display({"text/html": fixes_html(found), "text/plain": fixes_text(found)}, raw=True)


def repaired_cell(shell: InteractiveShell, line: str, body: str, given: str) -> tuple[str, Fixed]:
    """The body to read and what the fixes do to it. Without names they are only shown.

    With names the cell in the notebook gets the new body; its undo brings the old one back.
    """
    if not given:
        found = fix_cell(body)
        show_fixes(found)
        return body, found._replace(patches=())
    found = fix_cell(body, fix_names(given))
    show_fixes(found)
    if found.text != body:
        shell.set_next_input(
            f"%%ft_dataset {_without_fix(line)}\n{found.text.rstrip()}", replace=True
        )
    return found.text, found


def repaired_file(path: Path, given: str, encoding: str | None) -> tuple[Path, Fixed]:
    """The file to read and what the fixes do: with names it is a new one, `rows.fixed.jsonl`.

    Raises:
        DatasetError: It can't be read; there is a file of the new name already.
    """
    out = path.with_name(f"{path.stem}.fixed{path.suffix}")
    found = fix_file(path, fix_names(given) if given else FIXES, encoding=encoding, out=out)
    show_fixes(found)
    if not given or not found.patches:
        return path, found._replace(patches=())
    write_new(found.text, out)
    say(text.message("repair_file_done", {"out": quoted_path(out), "file": quoted_path(path.name)}))
    return out, found


def repaired_rows(rows: Any, given: str) -> tuple[Any, tuple[str, ...]]:
    """The rows to read, and the names of the fixes that changed some.

    Raises:
        DatasetError: There is no fix of that name.
    """
    found = fix_rows(rows, fix_names(given) if given else FIXES)
    counted = Fixed("", found.patches, found.refused, found.left)
    show_fixes(counted)
    return (list(found.rows), tuple(counted.counts)) if given else (rows, ())


def offer_repairs(
    shell: InteractiveShell, session: Session, dataset: MessageDataset, line: str, how: Reading
) -> None:
    """The report of a dataset with errors; below it, what quick-fixes can do about them.

    `line`: what stands behind `%ft_dataset`; `how` the source was read. On a page there are
    buttons, elsewhere a line that names the option.
    """
    output = RepairOutput(session, dataset)
    output.show()
    source = _source(shell, dataset, line, {**how, "name": dataset.name})
    if source is None:
        return
    cell_line = f"%%ft_dataset {_without_fix(line)}" if isinstance(source, CellBody) else ""
    # the report says what is wrong, also where the source can't be read any more
    with suppress(DatasetError, OSError):
        output.offer(source, cell_line, with_buttons=front_end(shell) == "page")


def _source(
    shell: InteractiveShell, dataset: MessageDataset, line: str, how: Reading
) -> Repairable | None:
    """What is to be repaired, where it is at hand; rows of a hub are not."""
    origin = dataset.origin
    if origin.kind == "cell":
        return CellBody(origin.cell, how)
    if origin.kind == "file":
        path = Path(origin.label)
        encoding = None if dataset.fixes else how.get("encoding")  # what fixes wrote is UTF-8
        return RowsFile(path, {**how, "encoding": encoding}, first=path)
    words = [word for word in line.split() if word in shell.user_ns]
    rows = shell.user_ns[words[0]] if words and origin.kind == "python" else None
    used_up = isinstance(rows, Iterator)  # it gave its rows once, when they were read
    return None if rows is None or used_up else PythonRows(rows, how, origin)


def _without_fix(line: str) -> str:
    """The magic's line without `--fix NAMES`."""
    head, _, rest = line.partition("--fix")
    behind = rest.lstrip("= ").partition(" ")[2]
    return f"{head.rstrip()} {behind.lstrip()}".strip()
