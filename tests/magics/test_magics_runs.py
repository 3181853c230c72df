"""`%ft_runs`, `%ft_stop`, `%ft_wait`: without runs, with runs on disk, with jobs of this kernel."""

from __future__ import annotations

from threading import Event

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import (
    AnyEvent,
    EventWriter,
    Failed,
    Logged,
    StateChanged,
    Validated,
)
from nbfinetune.core.runs.store import DataSpec, Run, RunSpec
from nbfinetune.training.job import TrainingJob
from tests.magics.conftest import Notebook

CREATED = "2026-01-02T03:04:05.000+00:00"


def a_run(notebook: Notebook, name: str, *events: AnyEvent, created: str = CREATED) -> Run:
    """A run on disk, as some kernel left it. Its id is `id-` and the letters of its name."""
    spec = RunSpec(
        run_id="id-" + "".join(c for c in name if c.isalnum()),
        name=name,
        created=created,
        base_model="starter",
        preset="starter",
        config=TrainConfig(),
        data=DataSpec(name="pirate", sha256="0" * 64, train_rows=9, validation_rows=1),
    )
    run = notebook.session.runs.create(spec)
    writer = EventWriter(run.events)
    for event in events:
        writer.emit(event)
    writer.close()
    return run


def a_job(notebook: Notebook, name: str, *events: AnyEvent, ended: bool) -> TrainingJob:
    """A job that this kernel has started."""
    run = a_run(notebook, name, *events)
    done = Event()
    if ended:
        done.set()
    job = notebook.session.jobs[run.id] = TrainingJob(run, done)
    return job


NO_RUNS = "RunError: there is no run yet\nStart one with  %ft_train DATASET"


def test_without_runs_the_list_says_so(notebook: Notebook) -> None:
    assert notebook.run("%ft_runs").shown == ["no runs yet"]


@pytest.mark.parametrize("magic", ["%ft_stop", "%ft_wait"])
def test_without_runs_there_is_nothing_to_control(notebook: Notebook, magic: str) -> None:
    assert notebook.refused(magic) == NO_RUNS


@pytest.mark.parametrize("magic", ["%ft_stop", "%ft_wait", "%ft_runs", "%ft_runs --log"])
def test_an_unknown_run_is_answered_with_the_nearest_name(notebook: Notebook, magic: str) -> None:
    a_run(notebook, "first-try")

    assert notebook.refused(f"{magic} frist-try") == (
        "RunError: there is no run 'frist-try'. Did you mean 'first-try'?\n%ft_runs lists the runs."
    )


def test_runs_are_listed_newest_first_as_text_and_as_html(notebook: Notebook) -> None:
    finished = StateChanged(state="finished", step=4)
    a_run(notebook, "older", Validated(step=4, epoch=1.0, loss=1.25), finished)
    a_run(notebook, "<b>", StateChanged(state="training"), created="2026-01-03T00:00:00+00:00")

    output = notebook.run("%ft_runs")

    assert output.shown[0].splitlines() == [
        "run    state        step  validation loss  id",
        "-----  -----------  ----  ---------------  --------",
        "<b>    interrupted  0                      id-b",
        "older  finished     4     1.250            id-older",
    ]
    assert "<b>" not in output.html[0]


def test_a_run_is_found_by_name_and_by_id_and_shown(notebook: Notebook) -> None:
    run = a_run(notebook, "older", StateChanged(state="finished"))

    by_name, by_id = notebook.run("%ft_runs older"), notebook.run("%ft_runs id-older")

    assert [by_name.result.path, by_id.result.path] == [run.path, run.path]
    assert by_name.shown == ["older: finished\n  time 0 s"]
    assert by_name.html == []  # a curve as HTML would be mangled in a notebook that isn't trusted


def test_the_log_is_what_was_printed_and_then_the_failure(notebook: Notebook) -> None:
    a_run(notebook, "quiet", StateChanged(state="finished"))
    a_run(
        notebook,
        "loud",
        Logged(text="one"),
        Logged(text="two"),
        Failed(reason="ValueError: no", traceback="Traceback …"),
        StateChanged(state="failed"),
    )

    assert notebook.run("%ft_runs quiet --log").shown == ["nothing was printed or logged"]
    assert notebook.run("%ft_runs loud --log").shown == ["one\ntwo\nTraceback …"]


def test_stop_asks_the_newest_job_and_a_named_run_wherever_it_trains(notebook: Notebook) -> None:
    elsewhere = a_run(notebook, "elsewhere", StateChanged(state="training"))
    job = a_job(notebook, "here", StateChanged(state="training"), ended=False)

    newest = notebook.run("%ft_stop")
    assert (job.run.requested("stop"), elsewhere.requested("stop")) == (True, False)
    named = notebook.run("%ft_stop elsewhere")

    assert elsewhere.requested("stop")
    assert newest.shown == ["here: stops after this step and keeps a checkpoint"]
    assert named.shown == ["elsewhere: stops after this step and keeps a checkpoint"]


def test_waiting_for_an_ended_run_shows_it(notebook: Notebook) -> None:
    a_job(notebook, "done", StateChanged(state="finished"), ended=True)

    assert notebook.run("%ft_wait").shown == ["done: finished\n  time 0 s"]
    assert notebook.run("%ft_wait done").shown == ["done: finished\n  time 0 s"]


def test_waiting_for_a_failed_run_is_an_error_with_the_reason(notebook: Notebook) -> None:
    failed = Failed(reason="ValueError: no\nand more"), StateChanged(state="failed")
    a_job(notebook, "broken", *failed, ended=True)

    assert notebook.refused("%ft_wait") == (
        "RunError: run broken failed: ValueError: no\nThe whole story:  %ft_runs broken --log"
    )


def test_a_run_of_another_kernel_can_be_waited_for(notebook: Notebook) -> None:
    a_run(notebook, "elsewhere", StateChanged(state="finished"))

    assert notebook.run("%ft_wait elsewhere").shown == ["elsewhere: finished\n  time 0 s"]


def test_a_second_run_is_refused_while_one_trains(notebook: Notebook) -> None:
    a_job(notebook, "first", StateChanged(state="training"), ended=False)
    notebook.run("%%ft_dataset rows\nuser: a\nassistant: b")

    assert notebook.refused("%ft_train rows") == (
        "RunError: first is still training, and one run trains at a time\n"
        "Wait with  %ft_wait first  or end it with  %ft_stop first."
    )
    assert len(notebook.session.runs.list()) == 1
