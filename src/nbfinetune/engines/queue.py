"""What trains and what waits in one kernel: one run trains at a time, the others in their order.

A run that ended or paused makes room; one that goes on after a pause waits for its turn, too. Runs
of other kernels are theirs; one that a dead kernel left behind is taken over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from threading import Event, Thread

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import Failed
from nbfinetune.core.runs.launched import EngineName, Launched, read_launched
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.engines import process, processes
from nbfinetune.engines.launch import Launch
from nbfinetune.training.channel import Channel
from nbfinetune.training.job import TrainingJob

LOOK_SECONDS = 0.2

Start = Callable[[Launch], None]


@dataclass(frozen=True)
class Turn:
    """A run that waits: `begin` when it is its turn, `leave` when it is stopped before."""

    job: TrainingJob
    begin: Callable[[], None]
    leave: Callable[[], None]


class TrainingQueue:
    """The runs of one kernel. `jobs`: their handles by id, the latest last."""

    def __init__(self, runs: RunStore, engines: Mapping[EngineName, Start]) -> None:
        self.jobs: dict[str, TrainingJob] = {}
        self._runs = runs
        self._engines = engines
        self._waiting: list[Turn] = []
        self._lock = threading.RLock()
        self._looking = False

    def submit(
        self,
        run: Run,
        engine: EngineName,
        *,
        resume: int | None = None,
        detached: bool = False,
    ) -> TrainingJob:
        """Train `run` as soon as nothing else trains here; its handle at once.

        What was asked of an earlier attempt is forgotten.

        Raises:
            RunError: Somebody trains it, or is about to.
        """
        with self._lock:
            launch = self._claim(run, resume, detached)
            job = self._job(run, launch.done)
            start = self._engines[engine]
            turn = Turn(
                job,
                begin=lambda: self._begin(launch, start),
                leave=lambda: self._leave(launch),
            )
            self._waiting.append(turn)
            self._look()
        return job

    def position(self, run: Run) -> int:
        """Its place among those that wait, from 1; 0 where it does not wait here."""
        with self._lock:
            ids = [turn.job.run.id for turn in self._waiting]
        return ids.index(run.id) + 1 if run.id in ids else 0

    def active(self) -> TrainingJob | None:
        """The run that trains, or is about to."""
        with self._lock:
            waiting = {turn.job.run.id for turn in self._waiting}
            jobs = [job for job in self.jobs.values() if job.run.id not in waiting]
        return next((job for job in jobs if job.running and not _rests(job)), None)

    def stop(self, run: Run) -> None:
        """Ask a run to end, wherever it trains; one that waits here is taken out at once."""
        run.request("stop")
        with self._lock:
            self._look()

    def go_on(self, job: TrainingJob) -> None:
        """Let a paused run go on as soon as nothing else trains here."""
        with self._lock:
            if not self.position(job.run):
                # a worker that is stopped in its pause needs nobody to let it go
                turn = Turn(job, begin=lambda: job.run.fulfil("pause"), leave=lambda: None)
                self._waiting.append(turn)
            self._look()

    def rest(self, run: Run) -> None:
        """A paused run that waits to go on waits no more: it stays paused."""
        with self._lock:
            self._waiting = [turn for turn in self._waiting if turn.job.run.id != run.id]

    def adopt(self) -> None:
        """Take over what trains in processes whose kernels are gone."""
        with self._lock:
            for run in self._runs.list():
                launched = read_launched(run.path)
                if run.id not in self.jobs and launched is not None and _is_orphan(launched):
                    done = Event()
                    self._job(run, done)
                    process.adopt(run, launched, done)

    def _claim(self, run: Run, resume: int | None, detached: bool) -> Launch:
        """A launch that says `queued`, and holds the run for its worker."""
        with ExitStack() as claim:
            claim.enter_context(run.claimed())
            with run.locked():  # nobody trains it
                run.fulfil("stop", "pause", "save")
            _tell(run, lambda channel: channel.tell_state("queued"))
            return Launch(run, claim.pop_all(), Event(), resume, detached)

    def _job(self, run: Run, done: Event) -> TrainingJob:
        """The one handle of a run; the latest one asked for is the last."""
        job = self.jobs.pop(run.id, None)
        if job is None:
            job = TrainingJob(run, done, lambda: self.go_on(self.jobs[run.id]))
        job.attend(done)
        self.jobs[run.id] = job
        return job

    def _begin(self, launch: Launch, start: Start) -> None:
        try:
            start(launch)
        except Exception as error:  # a full disk, a lock that somebody took: the next one may start
            reason = (
                str(error) if isinstance(error, RunError) else f"{type(error).__name__}: {error}"
            )
            self._end(launch, lambda channel: _fail(channel, reason))

    def _leave(self, launch: Launch) -> None:
        self._end(launch, lambda channel: channel.tell_state("stopped"))

    def _end(self, launch: Launch, say: Callable[[Channel], None]) -> None:
        with suppress(OSError):  # a full disk: then the log ends here, and the run is interrupted
            _tell(launch.run, say)
        launch.claim.close()
        launch.done.set()

    def _look(self) -> None:
        """Let those go that were stopped while they waited, and begin the next one if it can."""
        with self._lock:
            for turn in [turn for turn in self._waiting if turn.job.run.requested("stop")]:
                self._waiting.remove(turn)
                turn.leave()
            self._waiting = [turn for turn in self._waiting if turn.job.running]
            while self._waiting and self.active() is None:
                self._waiting.pop(0).begin()
            if self._waiting and not self._looking:
                self._looking = True
                Thread(target=self._keep_looking, name="nbfinetune-queue", daemon=True).start()

    def _keep_looking(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                self._look()
                if not self._waiting:
                    self._looking = False
                    return


def _is_orphan(launched: Launched) -> bool:
    alive = launched.engine == "process" and processes.is_alive(launched)
    return alive and not processes.has_keeper(launched)


def _rests(job: TrainingJob) -> bool:
    """Whether it is paused, and not about to go on."""
    return job.state == "paused" and job.run.requested("pause")


def _tell(run: Run, say: Callable[[Channel], None]) -> None:
    channel = Channel(run)
    try:
        say(channel)
    finally:
        channel.close()


def _fail(channel: Channel, reason: str) -> None:
    channel.emit(Failed(reason=reason))
    channel.tell_state("failed")
