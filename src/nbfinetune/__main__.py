"""`python -m nbfinetune COMMAND`: what scripts and clusters need without a notebook.

Each command lives in a module of its own: it adds its parser and, run, yields outcomes. Here they
are printed and become the exit status.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from nbfinetune import validate_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the highest status of its outcomes is the exit status."""
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Messages quote the data and may be Chinese, whatever the locale of the machine is.
        sys.stdout.reconfigure(encoding="utf-8")
    status = 0
    for outcome in arguments.run(arguments):
        print(outcome.output, flush=True)
        status = max(status, outcome.status)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nbfinetune")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    validate_command.add_parser(commands)
    return parser


def _without_a_reader() -> int:
    """End quietly when the reader of the output has gone: `… | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(_without_a_reader())
