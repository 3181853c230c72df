"""Runs on disk: the run directory, its spec, its lock, and the store that lists them.

    runs/<id>/  spec.json  labels.json  events.jsonl  state.json  control/  lock  claim
                engine.json  worker.log  data/  checkpoints/step-N/

The id never changes and is safe as a folder name; the display name is free text. A name that is
used again means the newest run of that name; older ones stay reachable by their ids.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import shutil
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import is_committed, write_atomically
from nbfinetune.core.runs.events import EventReader, Notice, State
from nbfinetune.core.runs.labels import Labels, read_labels, write_labels
from nbfinetune.core.runs.launched import LOG, EngineName, read_launched
from nbfinetune.core.runs.locks import CLAIM, LOCK, held, in_use, is_held
from nbfinetune.core.runs.record import RunRecord

FORMAT = 1
SPEC = "spec.json"
RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
Command = Literal["stop", "pause", "save"]


class DataSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a run, frozen with it as `data/train.jsonl` and `data/validation.jsonl`."""

    name: str
    sha256: str
    train_rows: int
    validation_rows: int
    validation: str = "0.1"
    systems: list[str | None] = []
    files: dict[str, str] = {}
    """The frozen files and their sha256: a run goes on with the data that it began with."""


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a worker needs to know, as plain JSON."""

    v: int = FORMAT
    run_id: str
    name: str
    created: str
    base_model: str
    preset: str
    config: TrainConfig
    data: DataSpec
    engine: EngineName = "thread"
    notices: list[Notice] = []

    def as_json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.as_json()).hexdigest()


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`state.json`: a cache for lists; the events can rebuild it."""

    v: int = FORMAT
    state: State
    step: int
    total_steps: int
    train_loss: float | None
    validation_loss: float | None
    updated: float | None


class HasRecord(Protocol):
    """A run, or the handle of one."""

    @property
    def name(self) -> str: ...
    def record(self) -> RunRecord: ...


class Run:
    """One run directory. Reading never changes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        """The display name; the id where the spec can't be read: it must not hide the others."""
        try:
            return self.labels.name or self.spec.name
        except RunError:
            return self.id

    @property
    def labels(self) -> Labels:
        return read_labels(self.path)

    def label(self, *, name: str | None = None, note: str | None = None) -> None:
        """Change its name or its note; None leaves what there is."""
        given = {k: v for k, v in (("name", name), ("note", note)) if v is not None}
        write_labels(self.path, msgspec.structs.replace(self.labels, **given))

    @property
    def spec(self) -> RunSpec:
        """Raises RunError where it is missing, damaged or of a newer format."""
        path = self.path / SPEC
        try:
            head = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
            if isinstance(head.get("v"), int) and head["v"] > FORMAT:  # type: ignore[operator]
                raise RunError("format_newer", path=path, found=head["v"], supported=FORMAT)
            return msgspec.convert(head, RunSpec)
        except (OSError, ValueError) as error:  # msgspec's errors and UnicodeDecodeError
            raise RunError("file_damaged", path=path, reason=str(error)) from None

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def engine(self) -> EngineName:
        """What the newest attempt trains in; as the spec says where none began.

        Raises:
            RunError: The spec can't be read.
        """
        launched = read_launched(self.path)
        return launched.engine if launched else self.spec.engine

    @property
    def log(self) -> str:
        """What a process of its own left on its streams beside what the events tell."""
        path = self.path / LOG
        return path.read_text("utf-8", errors="replace") if path.is_file() else ""

    def record(self) -> RunRecord:
        """The picture of the run now; a run whose process is gone is `interrupted`."""
        reader, record = EventReader(self.events), RunRecord()
        record.apply(reader.read_new())
        if not record.ended and not self.is_held():
            # it may have ended between our reading and our look at the lock
            record.apply(reader.read_new())
            if not record.ended:
                record.state = "interrupted"
        return record

    def plot(self, *others: HasRecord) -> Any:
        """The loss curve as a `matplotlib.figure.Figure`, with those of other runs over it.

        It is drawn by a module far above this one, which is known here by name only.
        """
        draw = import_module("nbfinetune.display.figure").run_figure
        return draw([(run.name, run.record()) for run in (self, *others)])

    def checkpoint_path(self, step: int) -> Path:
        return self.path / "checkpoints" / f"step-{step}"

    def steps(self) -> list[int]:
        """The steps that have a committed checkpoint, ascending."""
        folders = (self.path / "checkpoints").glob("step-*")
        numbered = [(p.name.removeprefix("step-"), p) for p in folders]
        return sorted(int(n) for n, p in numbered if n.isdigit() and is_committed(p))

    # control files: polled by the worker at every step, whoever wrote them

    def request(self, command: Command) -> None:
        folder = self.path / "control"
        folder.mkdir(exist_ok=True)
        (folder / command).touch()

    def requested(self, command: Command) -> bool:
        return (self.path / "control" / command).exists()

    def fulfil(self, *commands: Command) -> None:
        """Take commands back: they were done, or are no longer wanted."""
        for command in commands:
            (self.path / "control" / command).unlink(missing_ok=True)

    # the locks: one writer per run

    def locked(self) -> AbstractContextManager[None]:
        """Hold the run for writing.

        Raises:
            RunError: Another process or thread holds it; the message names it.
        """
        return held(self.path, LOCK)

    def claimed(self) -> AbstractContextManager[None]:
        """Hold the run until a worker holds it; raises as `locked`."""
        return held(self.path, CLAIM)

    def is_locked(self) -> bool:
        """Whether a worker holds it."""
        return is_held(self.path, LOCK)

    def is_held(self) -> bool:
        """Whether somebody trains it or is about to."""
        # in this order: a worker has the lock before the claim is given up
        return is_held(self.path, CLAIM) or self.is_locked()

    def delete(self) -> None:
        """Remove everything of it, for good.

        Raises:
            RunError: It trains or waits.
        """
        if self.is_held():
            raise in_use(self.path)
        with self.locked():
            (self.path / SPEC).unlink(missing_ok=True)  # from here on it is no run any more
        shutil.rmtree(self.path)

    def write_summary(self, record: RunRecord) -> None:
        summary = RunSummary(
            state=record.state,
            step=record.step,
            total_steps=record.plan.total_steps if record.plan else 0,
            train_loss=record.train_loss,
            validation_loss=record.validation_loss,
            updated=record.updated,
        )
        write_atomically(self.path / "state.json", msgspec.json.encode(summary))


class RunStore:
    """All runs below one home folder."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "runs"

    def create(self, spec: RunSpec) -> Run:
        """A new directory with its spec; only its owner may read it, since it holds the data."""
        run = Run(self.folder / spec.run_id)
        self.folder.mkdir(parents=True, exist_ok=True)
        run.path.mkdir(mode=0o700)
        (run.path / "data").mkdir()
        write_atomically(run.path / SPEC, spec.as_json())
        return run

    def list(self) -> list[Run]:
        """Newest first."""
        if not self.folder.is_dir():
            return []
        runs = [Run(p) for p in self.folder.iterdir() if RUN_ID.fullmatch(p.name) and p.is_dir()]
        return sorted((r for r in runs if (r.path / SPEC).is_file()), key=_age)

    def find(self, reference: str) -> Run | None:
        """The newest run of that name, else the run with that id."""
        runs = self.list()
        named = (run for run in runs if run.name == reference)
        return next(named, None) or next((r for r in runs if r.id == reference), None)

    def get(self, reference: str) -> Run:
        """As `find`; raises RunError with the nearest name where there is none."""
        run = self.find(reference)
        if run is None:
            near = difflib.get_close_matches(reference, [r.name for r in self.list()], n=1)
            suggestion = f". Did you mean {near[0]!r}?" if near else ""
            raise RunError("run_unknown", name=reference, suggestion=suggestion)
        return run


def _age(run: Run) -> tuple[float, str]:
    try:
        created = datetime.fromisoformat(run.spec.created).timestamp()
    except (RunError, ValueError):  # damaged: listed last
        created = 0.0
    return (-created, run.id)


def new_run_id(name: str, now: float | None = None) -> str:
    """A folder name that sorts by time and can be recognised: `20261120-205312-417-first-try`."""
    moment = time.time() if now is None else now
    stamp = datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d-%H%M%S")
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:40] or "run"
    return f"{stamp}-{int(moment * 1000) % 1000:03d}-{slug}"
