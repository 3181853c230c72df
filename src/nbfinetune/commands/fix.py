"""`validate FILE --fix OUT`: the repaired rows to a new file, and what was done to them.

`--fix NAME,…` and `--fix all` mean the same as in a notebook: these fixes, to `FILE.fixed.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from nbfinetune.commands import Outcome
from nbfinetune.core import text
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.fixes.apply import Fixed, reason
from nbfinetune.core.fixes.sources import fix_file, fix_names, write_new
from nbfinetune.core.quoting import quoted_path
from nbfinetune.core.reading.checking import as_path
from nbfinetune.display.fixes import fixes_text

UNREADABLE = 2
"""The exit status where nothing was written."""


def add_fix_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--fix` and `--fixes` to the options of `validate`."""
    parser.add_argument(
        "--fix",
        metavar="OUT|all|NAME,…",
        help="write the repaired rows of one FILE to a new file OUT, and check that; with names of "
        "fixes OUT is FILE.fixed.jsonl",
    )
    parser.add_argument(
        "--fixes",
        metavar="NAME,…",
        default="all",
        help="which fixes --fix OUT applies (default: all)",
    )


def target(arguments: argparse.Namespace) -> tuple[str, str]:
    """The new file's name, and the fixes that are wanted."""
    given: str = arguments.fix
    if Path(given).suffix or Path(given).name != given:  # no name of a fix has a dot or a slash
        return given, arguments.fixes
    file = as_path(arguments.files[0])
    return str(file.with_name(f"{file.stem}.fixed{file.suffix}")), given


def fix(arguments: argparse.Namespace) -> Outcome:
    """What was repaired, with the diff of some rows. Status 0: the new file is written."""
    file, (name, fixes) = arguments.files[0], target(arguments)
    out = as_path(name)
    try:
        if len(arguments.files) > 1:
            raise DatasetError("fix_one_file", count=len(arguments.files))
        names = fix_names(fixes)
        found = fix_file(as_path(file), names, out=out, encoding=arguments.encoding)
        write_new(found.text, out)
    except DatasetError as error:
        return Outcome(_failure(file, error) if arguments.json else str(error), UNREADABLE)
    return Outcome(_record(file, found) if arguments.json else _report(out, found))


def _report(out: Path, found: Fixed) -> str:
    params = {"count": len(found.patches), "out": quoted_path(out), "left": len(found.left)}
    return f"{fixes_text(found)}\n\n{text.message('fix_written', params)}\n"


def _record(file: str, found: Fixed) -> str:
    refused = [{"fix": r.fix, "line": r.line, "reason": reason(r)} for r in found.refused]
    return _line({"file": file, "fixes": dict(found.counts), "refused": refused})


def _failure(file: str, error: DatasetError) -> str:
    return _line({"file": file, "error": error.code, "message": str(error)})


def _line(record: dict[str, object]) -> str:
    shown = json.dumps(record, ensure_ascii=False)
    return shown.encode("utf-8", "backslashreplace").decode()
