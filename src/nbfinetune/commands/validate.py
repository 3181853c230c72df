"""`python -m nbfinetune validate FILE…`: datasets checked from a script, without a notebook.

Makes the report and the exit status; printing is left to `__main__`. Loads nothing heavy. A file is
checked as it is read: what is held is one row, few bytes for each other one, and what is reported.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from nbfinetune.commands import Outcome
from nbfinetune.commands.fix import add_fix_arguments, fix, target
from nbfinetune.core import text
from nbfinetune.core.convert.converter import Conversion, Converter
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.problems import Problem, Severity
from nbfinetune.core.quoting import visible
from nbfinetune.core.reading.checking import Check, as_path, by_line, file_items
from nbfinetune.core.reading.grouping import grouped

VALID, INVALID, UNREADABLE = 0, 1, 2
"""Exit status of one file; that of several is the highest."""

MOST_LISTED = 1000
"""How many problems of one code a report lists; it counts all of them."""

_HEADINGS: dict[Severity, str] = {
    "error": "report_errors",
    "warning": "report_warnings",
    "advice": "report_advice",
}


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
    parser.add_argument(
        "--encoding", metavar="NAME", help="of files that are no UTF-8: gb18030, utf-16 …"
    )
    parser.add_argument(
        "--system-key", metavar="KEY", help="a key beside messages that holds the system prompt"
    )
    add_fix_arguments(parser)
    parser.set_defaults(run=validate)


def validate(arguments: argparse.Namespace) -> Iterator[Outcome]:
    """The outcomes of each file, in the order given, as soon as they are known.

    With `--fix`, the file that is checked is the repaired one.
    """
    files, encoding = arguments.files, arguments.encoding
    if arguments.fix is not None:
        repair = fix(arguments)
        yield repair
        if repair.status != VALID:
            return
        files, encoding = [target(arguments)[0]], None
    for file in files:
        path, converter = as_path(file), Converter(system_key=arguments.system_key)
        check = Check(profile=arguments.profile, converter=converter)
        items = file_items(path, profile=arguments.profile, encoding=encoding)
        problems = check.problems(items)
        yield from (_json_line if arguments.json else _report)(file, check, problems)


def _report(file: str, check: Check, problems: Iterable[Problem]) -> Iterator[Outcome]:
    """Everything found in a file, for a reader: errors, then warnings, each with its way out."""
    kept: list[Problem] = []
    counts: Counter[tuple[Severity, str]] = Counter()
    try:
        for problem in problems:
            kind = problem.severity, problem.code
            counts[kind] += 1
            if counts[kind] <= MOST_LISTED:
                kept.append(problem)
    except DatasetError as error:
        yield Outcome(str(error), UNREADABLE)
        return
    headline = "report_invalid" if check.errors else "report_valid"
    params = {"file": visible(file, 200), "rows": check.rows, "valid": check.valid}
    lines = [text.message(headline, params), *_converted(check.converter.conversions())]
    for severity, heading in _HEADINGS.items():
        found = sorted((p for p in kept if p.severity == severity), key=by_line)
        if found:
            count = sum(n for (of, _), n in counts.items() if of == severity)
            lines += ["", text.message(heading, {"count": count}), *_groups(found)]
        for (of, code), count in counts.items():
            if of == severity and count > MOST_LISTED:
                more = {"count": count - MOST_LISTED, "code": code}
                lines.append("  " + text.message("more_of_code", more))
    yield Outcome("\n".join(lines), INVALID if check.errors else VALID)


def _json_line(file: str, check: Check, problems: Iterable[Problem]) -> Iterator[Outcome]:
    """The same for a program: one JSON object on one line, with every problem as it is found."""
    status = VALID
    name = file.encode("utf-8", "backslashreplace").decode()
    pieces = [f'{{"file": {json.dumps(name, ensure_ascii=False)}, "problems": [']
    separator = ""
    try:
        for problem in problems:
            pieces.append(separator + _as_json(problem))
            separator = ", "
            if len(pieces) > 1000:
                yield Outcome("".join(pieces), end="")
                pieces.clear()
    except DatasetError as error:
        params: dict[str, str | int] = {key: str(value) for key, value in error.params.items()}
        failed = Problem(code=error.code, severity="error", params=params)
        pieces.append(separator + _as_json(failed))
        status = UNREADABLE
    counts = {"rows": check.rows, "valid_rows": check.valid}
    conversions = [_conversion(conversion) for conversion in check.converter.conversions()]
    rest = {**counts, "conversions": conversions} if conversions else counts
    pieces.append("], " + json.dumps(rest, ensure_ascii=False)[1:])
    yield Outcome("".join(pieces), status or (INVALID if check.errors else VALID))


def _as_json(problem: Problem) -> str:
    record = {
        "code": problem.code,
        "severity": problem.severity,
        "line": problem.line,
        "path": problem.path,
        "message": problem.message,
    }
    return json.dumps(record, ensure_ascii=False)


def _converted(conversions: Sequence[Conversion]) -> Iterator[str]:
    """What other formats the rows had, and what could not be carried over."""
    for conversion in conversions:
        yield f"  {conversion.message}"
        yield from (f"    {note.message}" for note in conversion.notes)


def _conversion(conversion: Conversion) -> dict[str, object]:
    left_out = [{"what": note.what, "count": note.count, "rows": note.rows}
                for note in conversion.notes]  # fmt: skip
    return {"format": conversion.format, "rows": conversion.rows, "left_out": left_out}


def _groups(problems: Sequence[Problem]) -> Iterator[str]:
    """The problems of one severity, those with the same way out together, the way out once."""
    for group in grouped(problems):
        count = len(group.members)
        yield f"  {group.code}" + (f" ({count})" if count > 1 else "")
        yield from (f"    {problem}" for problem in group.members)
        yield f"    → {group.way_out}"
