"""What people ask of runs: train, pause, go on, stop, rename, delete. Words in, what happens out.

What is said back is a `Notice`: whoever shows it asks for its words. Knows no notebook.
"""

from __future__ import annotations

import re

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import Notice
from nbfinetune.core.runs.resuming import starting_point
from nbfinetune.core.runs.space import check_writable
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.engines import process
from nbfinetune.engines.queue import TrainingQueue
from nbfinetune.training.job import TrainingJob
from nbfinetune.training.planning import engine_named

AT_STEP = re.compile(r"(.+)@step-(\d+)")
END_SECONDS = 5.0
"""How long it may take until this kernel has seen that a process ended."""


class RunControl:
    """The runs below one home, as one kernel speaks to them. Without a name most mean the run that
    trains here, else the latest one of this kernel.
    """

    def __init__(self, runs: RunStore, queue: TrainingQueue) -> None:
        self.runs = runs
        self.queue = queue

    def job(self, reference: str | None = None) -> TrainingJob:
        """The handle of that run, wherever it trains, or of the newest one of this kernel.

        Raises:
            RunError: There is none.
        """
        self.queue.adopt()
        jobs = self.queue.jobs
        if reference is None:
            if not jobs:
                raise RunError("no_runs")
            run = list(jobs.values())[-1].run
        else:
            run = self.runs.get(reference)
        own = jobs.get(run.id)
        if own is None or (not own.running and run.is_held()):  # trained elsewhere by now
            return TrainingJob(run)
        return own

    def stop(self, reference: str | None = None, *, now: bool = False) -> Notice:
        """Ask a run to end with a checkpoint, wherever it trains; `now` ends its process.

        Raises:
            RunError: There is none; it has no process of its own to be ended.
        """
        job = self._meant(reference)
        run, state = job.run, job.state
        if job.record().ended:
            return Notice("run_is", {"name": run.name, "state": state})
        asked_before = run.requested("stop")
        self.queue.stop(run)
        if now:
            process.end(run)
            job.wait_a_moment(END_SECONDS)  # so that it can go on at once
            return Notice("run_killed", {"name": run.name})
        if state == "queued" and not job.running:
            return Notice("run_withdrawn", {"name": run.name})
        return Notice("run_still_stopping" if asked_before else "run_stopping", {"name": run.name})

    def pause(self, reference: str | None = None) -> Notice:
        """Ask a run to wait after its step, with a checkpoint; it leaves the cores to others.

        Raises:
            RunError: There is none.
        """
        job = self._meant(reference)
        run, state = job.run, job.state
        if state == "paused":
            self.queue.rest(run)
        if state == "paused" or job.record().ended:
            return Notice("run_is", {"name": run.name, "state": state})
        if self.queue.position(run):
            return Notice("run_waits_for_its_turn", {"name": run.name})
        job.pause()
        return Notice("run_pausing", {"name": run.name})

    def resume(
        self, reference: str | None = None, *, engine: str | None = None, detached: bool = False
    ) -> tuple[Notice, TrainingJob]:
        """Let a run go on: a paused one where it is, one that ended early from its newest
        checkpoint, or from that of `RUN@step-N`. A finished one stays as it is.

        Raises:
            RunError: There is none, what it began with is damaged or has changed, or its folder
                can't be written to.
            ConfigError: There is no such engine.
        """
        job, step = self._to_resume(reference)
        run, record = job.run, job.record()
        if step is None and record.state != "paused" and job.running and run.requested("pause"):
            run.fulfil("pause")  # it had not come to it yet
            return Notice("run_goes_on", {"name": run.name}), job
        if step is None and record.state == "paused":
            job.resume()
            return self.place(run) or Notice("run_goes_on", {"name": run.name}), job
        if job.running or (step is None and record.state == "finished"):
            return Notice("run_is", {"name": run.name, "state": record.state}), job
        begins = starting_point(run, step)
        check_writable(run.path)
        chosen = engine_named(engine) if engine else run.engine
        job = self.queue.submit(run, chosen, resume=step, detached=detached)
        goes_on = Notice("run_goes_on_from", {"name": run.name, "step": begins})
        return self.place(run) or goes_on, job

    def rename(self, reference: str, name: str) -> Notice:
        """Call a run otherwise; its id stays.

        Raises:
            RunError: There is none, or no name was given.
        """
        run = self.runs.get(reference)
        before = run.name
        if not name.strip():
            raise RunError("run_name_empty", name=before)
        run.label(name=name.strip())
        return Notice("run_renamed", {"name": run.name, "before": before})

    def note(self, reference: str, text: str) -> Notice:
        """Keep a note with a run; an empty one takes it away.

        Raises:
            RunError: There is none.
        """
        run = self.runs.get(reference)
        run.label(note=text.strip())
        return Notice("run_noted", {"name": run.name})

    def delete(self, reference: str) -> Notice:
        """Remove a run with all that it made.

        Raises:
            RunError: There is none, or it trains or waits.
        """
        run = self.runs.get(reference)
        gone = Notice("run_deleted", {"name": run.name, "id": run.id})
        run.delete()
        self.queue.jobs.pop(run.id, None)
        return gone

    def place(self, run: Run) -> Notice | None:
        """Where it waits in the queue, if it does."""
        position, active = self.queue.position(run), self.queue.active()
        if not position or active is None:
            return None
        name, ahead = run.name, active.name
        return Notice("run_queued", {"name": name, "position": position, "active": ahead})

    def _meant(self, reference: str | None) -> TrainingJob:
        self.queue.adopt()
        active = self.queue.active() if reference is None else None
        return active or self.job(reference)

    def _to_resume(self, reference: str | None) -> tuple[TrainingJob, int | None]:
        """The run and the step; without a name the latest one that could go on."""
        if reference is None:
            self.queue.adopt()
            own = [job for job in self.queue.jobs.values() if job.state != "finished"]
            resting = [job for job in own if job.state == "paused" or not job.running]
            if resting:
                return resting[-1], None
            return self.job(None if self.queue.jobs else self._latest()), None
        match = AT_STEP.fullmatch(reference)
        if match and self.runs.find(reference) is None:
            return self.job(match.group(1)), int(match.group(2))
        return self.job(reference), None

    def _latest(self) -> str | None:
        runs = self.runs.list()
        return runs[0].id if runs else None
