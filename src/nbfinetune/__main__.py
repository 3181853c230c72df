"""`python -m nbfinetune COMMAND`: what scripts and clusters need without a notebook."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from nbfinetune.commands import demo, doctor, train, validate


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the highest status of its outcomes is the exit status."""
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Messages quote the data and may be Chinese, whatever the locale of the machine is.
        sys.stdout.reconfigure(encoding="utf-8")
    status = 0
    for outcome in arguments.run(arguments):
        print(outcome.output, end=outcome.end, flush=True)
        status = max(status, outcome.status)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nbfinetune")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    validate.add_parser(commands)
    demo.add_parser(commands)
    train.add_parser(commands)
    doctor.add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
