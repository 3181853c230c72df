"""`python -m nbfinetune train RUN_DIR`: train a prepared run, as a kernel or a cluster asks.

What is to be trained is in the directory, and so is all that comes of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from nbfinetune.commands import Outcome
from nbfinetune.core.errors import NbFinetuneError
from nbfinetune.core.runs.store import Run
from nbfinetune.display.run import run_text

FAILED = 1
UNUSABLE = 2


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `train` to the subcommands of `python -m nbfinetune`."""
    parser = commands.add_parser(
        "train",
        help="train a prepared run, or let it go on",
        description="Train a run directory, from its newest checkpoint on. Ctrl-C or SIGTERM lets "
        "it save and end; run again, it goes on from there.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN_DIR")
    parser.add_argument(
        "--from",
        type=int,
        dest="step",
        metavar="STEP",
        help="go on from the checkpoint of this step [the newest]",
    )
    parser.add_argument(
        "--lease",
        type=float,
        metavar="SECONDS",
        help="save and end when the file `lease` in RUN_DIR was not touched for so long [never]",
    )
    parser.set_defaults(run=lambda given: train(given.folder, given.step, given.lease))


def train(
    folder: Path, step: int | None = None, lease_seconds: float | None = None
) -> Iterator[Outcome]:
    """Train the run in that directory; how it ended. A finished one stays as it is."""
    run = Run(folder.resolve())
    try:
        _ = run.spec
        if step is not None or run.record().state != "finished":
            from nbfinetune.engines.child import work

            work(run, step, lease_seconds)
        record = run.record()
    except NbFinetuneError as error:
        yield Outcome(str(error), UNUSABLE)
        return
    well = record.state in ("finished", "stopped")
    yield Outcome(run_text(run.name, record), 0 if well else FAILED)
