"""`python -m nbfinetune validate FILE…`: datasets checked from a script, without a notebook.

Makes the report and the exit status; printing is left to `__main__`. Loads nothing heavy.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence

from nbfinetune.commands import Outcome
from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import visible
from nbfinetune.core.sources import read_file

VALID, INVALID, UNREADABLE = 0, 1, 2
"""Exit status of one file; that of several is the highest."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `validate` to the subcommands of `python -m nbfinetune`."""
    parser = commands.add_parser(
        "validate",
        help="check datasets of messages",
        description="Check .jsonl and .json datasets of messages. Exit status: 0 valid "
        "(warnings allowed), 1 problems, 2 unreadable; the worst over all files.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object per file and line")
    parser.add_argument(
        "--profile",
        choices=("local", "siliconcloud"),
        default="local",
        help="add the limits of the platform that the file will be uploaded to",
    )
    parser.set_defaults(run=validate)


def validate(arguments: argparse.Namespace) -> Iterator[Outcome]:
    """One outcome per file, in the order given, each as soon as it is known."""
    for file in arguments.files:
        try:
            dataset = read_file(file, profile=arguments.profile)
        except DatasetError as error:
            yield Outcome(_unreadable(file, error, as_json=arguments.json), UNREADABLE)
            continue
        output = json_line(file, dataset) if arguments.json else report(file, dataset)
        yield Outcome(output, INVALID if dataset.errors else VALID)


def report(file: str, dataset: MessageDataset) -> str:
    """Everything found in a file, for a reader: errors, then warnings, each with its way out."""
    counts = {"rows": dataset.rows, "valid": len(dataset)}
    headline = "report_invalid" if dataset.errors else "report_valid"
    lines = [text.message(headline, {"file": visible(file, 200), **counts})]
    for severity, heading in (
        ("error", "report_errors"),
        ("warning", "report_warnings"),
        ("advice", "report_advice"),
    ):
        found = [p for p in dataset.problems if p.severity == severity]
        if found:
            lines += ["", text.message(heading, {"count": len(found)})]
            lines += _groups(found)
    return "\n".join(lines)


def json_line(file: str, dataset: MessageDataset) -> str:
    """The same for a program: one JSON object on one line."""
    return _json(file, dataset.rows, len(dataset), dataset.problems)


def _groups(problems: Sequence[Problem]) -> Iterator[str]:
    """The problems of one severity, those with the same way out together, the way out once."""
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.code, problem.way_out), []).append(problem)
    for (code, way_out), members in groups.items():
        yield f"  {code}" + (f" ({len(members)})" if len(members) > 1 else "")
        yield from (f"    {problem}" for problem in members)
        yield f"    → {way_out}"


def _unreadable(file: str, error: DatasetError, *, as_json: bool) -> str:
    if not as_json:
        return str(error)
    params = {key: str(value) for key, value in error.params.items()}
    return _json(file, 0, 0, [Problem(code=error.code, severity="error", params={**params})])


def _json(file: str, rows: int, valid_rows: int, problems: Sequence[Problem]) -> str:
    record = {
        "file": file.encode("utf-8", "backslashreplace").decode(),
        "rows": rows,
        "valid_rows": valid_rows,
        "problems": [
            {
                "code": problem.code,
                "severity": problem.severity,
                "line": problem.line,
                "path": problem.path,
                "message": problem.message,
            }
            for problem in problems
        ],
    }
    return json.dumps(record, ensure_ascii=False)
