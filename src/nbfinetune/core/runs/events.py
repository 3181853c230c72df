"""What a run tells: one JSON object per line of `events.jsonl`, written once, never changed.

The log is the truth about a run; `runs.record` folds it into the picture that people see. Format 1:
every line carries `v, attempt, seq, step, wall, mono, kind` and the fields of its kind. Unknown
fields and kinds are ignored; a line of a newer format is refused with the reason.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Literal

import msgspec

from nbfinetune.core import text
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.space import RESERVE_BYTES, Reserve, full, is_full

FORMAT = 1

State = Literal[
    "queued", "preparing", "training", "paused", "stopped", "finished", "failed", "interrupted"
]
ENDED: frozenset[State] = frozenset({"stopped", "finished", "failed", "interrupted"})


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", gc=False):
    """The head of every line. `wall`: seconds since 1970; `mono`: monotonic within an attempt.

    `gc=False`: events refer to nothing that refers to them, and a collector that visits a million
    of them would take longer than reading them.
    """

    v: int = FORMAT
    attempt: int = 1
    seq: int = 0
    step: int = 0
    wall: float = 0.0
    mono: float = 0.0


class StateChanged(Event, frozen=True, kw_only=True, gc=False, tag="state"):
    state: State


class Notice(msgspec.Struct, frozen=True):
    """Something worth knowing before the wait, as code and parameters."""

    code: str
    params: dict[str, str | int | float] = {}

    def __str__(self) -> str:
        said, cure = text.message(self.code, self.params), text.way_out(self.code, self.params)
        stop = "。" if text.language() == "zh" else ". "
        return said + stop + cure if cure else said


class Planned(Event, frozen=True, kw_only=True, gc=False, tag="plan"):
    """What the preflight found. Tokens are counted once per row, not per epoch."""

    total_steps: int
    epochs: int
    train_rows: int
    validation_rows: int
    tokens: int
    trained_tokens: int
    parameters: int
    trained_parameters: int
    device: str
    dtype: str
    notices: list[Notice] = []


class Environment(Event, frozen=True, kw_only=True, gc=False, tag="environment"):
    """What an attempt runs on. `memory_bytes`: the machine's; `accelerator` is empty on a CPU."""

    python: str
    platform: str
    cores: int
    memory_bytes: int
    accelerator: str = ""
    versions: dict[str, str] = {}


class TrainStep(Event, frozen=True, kw_only=True, gc=False, tag="train"):
    """One optimizer step. `loss`: nats per trained token, None where it was not a finite number.

    `tokens`: read in this step, padding apart; `seconds`: that it took; `memory_bytes`: the most
    that was held on the model's device, on a CPU what the process holds. 0 where not known.
    """

    epoch: float
    loss: float | None
    learning_rate: float
    grad_norm: float | None
    tokens: int = 0
    seconds: float = 0.0
    memory_bytes: int = 0


class Validated(Event, frozen=True, kw_only=True, gc=False, tag="validation"):
    """`loss`: nats per trained token over all validation rows."""

    epoch: float
    loss: float | None


class Committed(Event, frozen=True, kw_only=True, gc=False, tag="checkpoint"):
    """A checkpoint whose commit record is on disk. `path` is relative to the run directory."""

    path: str
    epoch: float
    validation_loss: float | None = None


class Sampled(Event, frozen=True, kw_only=True, gc=False, tag="sample"):
    """The answer at `step` to the prompt of validation row `row`, beside the reference.

    `ending`: by itself, cut at the most tokens that a sample may have, or stopped for lack of time.
    """

    row: int
    prompt: str
    reference: str
    answer: str
    ending: Literal["", "ended", "cut", "stopped"] = ""
    tokens: int = 0
    reference_tokens: int = 0


class Resumed(Event, frozen=True, kw_only=True, gc=False, tag="resume"):
    """A new attempt goes on behind `step`: what an earlier one told of later steps is void."""


class Removed(Event, frozen=True, kw_only=True, gc=False, tag="removed"):
    """The checkpoint of `step` was removed, to keep no more than `keep_checkpoints`."""


class Noticed(Event, frozen=True, kw_only=True, gc=False, tag="notice"):
    """Something worth knowing that showed while training."""

    notice: Notice


class Logged(Event, frozen=True, kw_only=True, gc=False, tag="log"):
    text: str


class Failed(Event, frozen=True, kw_only=True, gc=False, tag="error"):
    """Why the run ended. `code` and `params` where it is an error of ours, else the exception."""

    reason: str
    traceback: str = ""


AnyEvent = (
    StateChanged
    | Planned
    | Environment
    | TrainStep
    | Validated
    | Committed
    | Sampled
    | Resumed
    | Removed
    | Noticed
    | Logged
    | Failed
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises: DecodeError, UnicodeDecodeError (both ValueErrors), and at deep nesting."""


class _Head(msgspec.Struct):
    v: int = FORMAT


def _version(line: bytes) -> int:
    try:
        return msgspec.json.decode(line, type=_Head).v
    except UNREADABLE:
        return FORMAT


_untold: dict[Path, list[AnyEvent]] = {}


def untold(path: Path) -> list[AnyEvent]:
    """What this process could not append to a log, since the disk was full."""
    return list(_untold.get(path, ()))


class EventWriter:
    """Appends events to a log, one write per line, safe to call from several threads.

    Each writer is a new attempt. But an attempt that has said no more than `queued` has not begun:
    who opens the log then is the one that was waited for.
    """

    def __init__(self, path: Path) -> None:
        _end_torn_line(path)
        before = list(read_events(path))
        waits = before and isinstance(before[-1], StateChanged) and before[-1].state == "queued"
        latest = max((e.attempt for e in before), default=0)
        self.attempt = latest if waits else latest + 1
        self._seq = max((e.seq for e in before), default=-1) + 1
        self._lock = Lock()
        self._start = time.monotonic()
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._path, self._reserve = path, Reserve(path.with_name("reserve"))
        self._full = False
        _untold[path] = []

    def emit(self, event: AnyEvent) -> None:
        """Append an event.

        Raises:
            RunError: The disk is full, told once. The event is in the log all the same, and so will
                be the few that tell how the run ends: room was kept for them. Where somebody else
                took that, this process knows them: see `untold`.
        """
        with self._lock:
            stamped = msgspec.structs.replace(
                event,
                attempt=self.attempt,
                seq=self._seq,
                wall=round(time.time(), 3),
                mono=round(time.monotonic() - self._start, 6),
            )
            line = _encoder.encode(stamped) + b"\n"
            try:
                self._append(line)
            except OSError as error:
                if not is_full(error):
                    raise
                self._tell_without_room(stamped, line)
                if not self._full:
                    self._full = True
                    raise full(self._path, RESERVE_BYTES) from error
                return
            self._seq += 1

    def _tell_without_room(self, event: AnyEvent, line: bytes) -> None:
        self._reserve.release()
        try:
            self._append(line)
        except OSError:
            _untold[self._path].append(event)
        self._seq += 1

    def _append(self, line: bytes) -> None:
        """All of the line or nothing: a part of it would spoil the next one."""
        before = os.fstat(self._fd).st_size
        try:
            while line:
                line = line[os.write(self._fd, line) :]
        except OSError:
            os.ftruncate(self._fd, before)
            raise

    def close(self) -> None:
        os.close(self._fd)
        self._reserve.release()


def _end_torn_line(path: Path) -> None:
    """A line torn by a crash ends here, so that ours begins on its own."""
    if path.exists() and not (b"\n" + path.read_bytes()).endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


class EventReader:
    """Follows a log: each call of `read_new` gives the events written since the last one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read_new(self) -> list[AnyEvent]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            chunk = file.read()
        whole = chunk[: chunk.rfind(b"\n") + 1]  # a line still being written waits for its end
        self._offset += len(whole)
        return self._decode_all(whole)

    def _decode_all(self, lines: bytes) -> list[AnyEvent]:
        try:
            events = _decoder.decode_lines(lines)  # all at once is twice as fast
            if all(event.v <= FORMAT for event in events):
                return events
        except UNREADABLE:
            pass
        return [e for line in lines.split(b"\n") if (e := self._decode(line)) is not None]

    def _decode(self, line: bytes) -> AnyEvent | None:
        """None for a torn line or an unknown kind; a newer format must not be misread."""
        event: AnyEvent | None
        try:
            event = _decoder.decode(line)
            version = event.v
        except UNREADABLE:
            event, version = None, _version(line)
        if version > FORMAT:
            raise RunError("format_newer", path=self._path, found=version, supported=FORMAT)
        return event


def read_events(path: Path) -> Iterator[AnyEvent]:
    """All events of a log."""
    yield from EventReader(path).read_new()
