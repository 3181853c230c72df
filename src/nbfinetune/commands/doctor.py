"""`python -m nbfinetune doctor`: this machine, looked at, where there is no notebook yet."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from nbfinetune.commands import Outcome

WARNED = 1


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the subcommands of `python -m nbfinetune`."""
    parser = commands.add_parser(
        "doctor",
        help="look at this machine: what can be trained here, what is wrong",
        description="Devices, memory, disks, versions and what can be trained here. "
        "Exit status 1 where something is wrong.",
    )
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> Iterator[Outcome]:
    from nbfinetune.api.machine import doctor
    from nbfinetune.display.models import diagnosis_text

    found = doctor()
    yield Outcome(diagnosis_text(found), WARNED if found.problems else 0)
