"""`%ft_runs`, `%ft_stop`, `%ft_wait`: without runs, with runs on disk, with jobs of this kernel."""

from __future__ import annotations

from threading import Event

import msgspec
import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import (
    AnyEvent,
    Environment,
    EventWriter,
    Failed,
    Logged,
    State,
    StateChanged,
    Validated,
)
from nbfinetune.core.runs.store import Command, DataSpec, Run, RunSpec
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


CONTROLS = ["%ft_stop", "%ft_pause", "%ft_resume", "%ft_wait"]
NO_RUNS = "RunError: there is no run yet\nStart one with  %ft_train DATASET"


def test_without_runs_the_list_says_so(notebook: Notebook) -> None:
    assert notebook.run("%ft_runs").shown == ["no runs yet"]


@pytest.mark.parametrize("magic", CONTROLS)
def test_without_runs_there_is_nothing_to_control(notebook: Notebook, magic: str) -> None:
    assert notebook.refused(magic) == NO_RUNS


@pytest.mark.parametrize(
    "magic", ["%ft_stop", "%ft_pause", "%ft_resume", "%ft_wait", "%ft_runs", "%ft_runs --log"]
)
def test_an_unknown_run_is_answered_with_the_nearest_name(notebook: Notebook, magic: str) -> None:
    a_run(notebook, "first-try")

    assert notebook.refused(f"{magic} frist-try") == (
        "RunError: there is no run 'frist-try'. Did you mean 'first-try'?\n%ft_runs lists the runs."
    )


def test_runs_are_listed_newest_first_as_text_and_as_html(notebook: Notebook) -> None:
    finished = StateChanged(state="finished", step=4)
    a_run(notebook, "older", Validated(step=4, epoch=1.0, loss=1.25), finished)
    a_run(notebook, "<b>", StateChanged(state="training"), created="2026-01-03T00:00:00+00:00")
    notebook.run("%ft_runs older --note 'a try'")

    output = notebook.run("%ft_runs")

    assert output.shown[0].splitlines() == [
        "run    state        progress  validation loss  time  engine  note   id",
        "-----  -----------  --------  ---------------  ----  ------  -----  --------",
        "<b>    interrupted  0                          0 s   thread         id-b",
        "older  finished     4         1.250            0 s   thread  a try  id-older",
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


def test_the_log_holds_what_a_process_left_on_its_streams(notebook: Notebook) -> None:
    run = a_run(notebook, "apart", Logged(text="one"), StateChanged(state="interrupted"))
    (run.path / "worker.log").write_bytes(b"terminate called <b>\xff\n")

    assert notebook.run("%ft_runs apart --log").shown == ["one\nterminate called <b>\ufffd"]


@pytest.mark.parametrize(
    ("magic", "command", "said"),
    [
        ("%ft_stop", "stop", "stops after this step and keeps a checkpoint"),
        (
            "%ft_pause",
            "pause",
            "pauses after this step and keeps a checkpoint; %ft_resume {name} goes on",
        ),
    ],
)
def test_what_trains_here_is_asked_and_a_named_run_wherever_it_trains(
    notebook: Notebook, magic: str, command: Command, said: str
) -> None:
    elsewhere = a_run(notebook, "elsewhere", StateChanged(state="training"))
    job = a_job(notebook, "here", StateChanged(state="training"), ended=False)
    a_job(notebook, "later", StateChanged(state="finished"), ended=True)

    with elsewhere.locked():
        here = notebook.run(magic)
        first = (job.run.requested(command), elsewhere.requested(command))
        named = notebook.run(f"{magic} elsewhere")

    assert first == (True, False)
    assert elsewhere.requested(command)
    assert here.shown == ["here: " + said.format(name="here")]
    assert named.shown == ["elsewhere: " + said.format(name="elsewhere")]


def test_a_second_stop_says_that_the_first_is_not_obeyed_yet(notebook: Notebook) -> None:
    a_job(notebook, "here", StateChanged(state="training"), ended=False)
    notebook.run("%ft_stop")

    assert notebook.run("%ft_stop").shown == [
        "here: has been asked to stop before, and its step is not over yet. If it hangs,  "
        "%ft_stop here --now  ends its process; what it learned since the last checkpoint is lost."
    ]


def test_only_a_process_of_its_own_can_be_ended(notebook: Notebook) -> None:
    a_job(notebook, "here", StateChanged(state="training"), ended=False)

    assert notebook.refused("%ft_stop --now") == (
        "RunError: here does not train in a process of its own on this machine\n"
        "A run in a thread ends with its kernel: restart that, then  %ft_resume here."
    )


@pytest.mark.parametrize("magic", ["%ft_stop", "%ft_pause"])
@pytest.mark.parametrize("state", ["finished", "stopped", "failed", "interrupted"])
def test_a_run_that_has_ended_is_not_asked(notebook: Notebook, magic: str, state: State) -> None:
    run = a_run(notebook, "done", StateChanged(state=state))

    assert notebook.run(f"{magic} done").shown == [f"done: already {state}"]
    assert not (run.path / "control").exists()


def test_a_paused_run_goes_on(notebook: Notebook) -> None:
    job = a_job(notebook, "here", StateChanged(state="paused"), ended=False)
    job.run.request("pause")

    assert notebook.run("%ft_pause").shown == ["here: already paused"]
    assert notebook.run("%ft_resume --detach").shown[0] == "here: goes on"
    assert not job.run.requested("pause")


def test_a_finished_run_stays_as_it_is(notebook: Notebook) -> None:
    run = a_run(notebook, "done", StateChanged(state="finished"))
    before = run.events.read_bytes()

    assert notebook.run("%ft_resume done").shown[0] == "done: already finished"
    assert run.events.read_bytes() == before


def test_a_run_is_renamed_noted_and_deleted(notebook: Notebook) -> None:
    run = a_run(notebook, "older", StateChanged(state="finished"))
    said = notebook.run("%ft_runs older --rename 'the <b>est' --note 'keep it'").shown
    shown = notebook.run("%ft_runs 'the <b>est' --details")
    empty = notebook.refused("%ft_runs id-older --rename ''")
    notebook.run("%ft_runs id-older --note ''")
    note = run.labels.note
    deleted = notebook.run("%ft_runs 'the <b>est' --delete").shown

    assert said == ["older: noted\nthe <b>est: was older"]
    assert shown.shown[0].splitlines()[:3] == [
        "run: the <b>est (id-older)",
        "note: keep it",
        "state: finished",
    ]
    assert "<b>est" not in shown.html[0].partition("</style>")[2]
    assert empty.startswith("RunError: a run needs a name\n")
    assert note == ""
    assert deleted == ["the <b>est (id-older) is deleted, with its checkpoints"]
    assert not run.path.exists()
    assert notebook.run("%ft_runs").shown == ["no runs yet"]


def test_a_run_that_trains_is_not_deleted(notebook: Notebook) -> None:
    run = a_run(notebook, "here", StateChanged(state="training"))

    with run.locked():
        refused = notebook.refused("%ft_runs here --delete")

    assert refused.startswith("RunError: run id-here is in use by process ")
    assert run.spec.name == "here"


def test_details_name_what_a_run_is_made_of(notebook: Notebook) -> None:
    told = Environment(
        python="3.13.1",
        platform="Linux",
        cores=8,
        memory_bytes=16 * 2**30,
        accelerator="A GPU",
        versions={"torch": "2.11"},
    )
    run = a_run(notebook, "older", told, StateChanged(state="finished"))

    assert notebook.run("%ft_runs older --details").shown[0].splitlines() == [
        "run: older (id-older)",
        "state: finished",
        "created: 2026-01-02T03:04:05.000+00:00",
        "method: SFT, LoRA (rank 8, alpha 32), preset starter",
        "base model: starter",
        "settings: " + ", ".join(f"{k} {v}" for k, v in msgspec.to_builtins(TrainConfig()).items()),
        "data: pirate, 9 rows to train, 1 to validate, sha256 " + "0" * 64,
        "engine: thread",
        "attempts: 1",
        "versions: Python 3.13.1, torch 2.11",
        "hardware: A GPU, 8 cores, 16 GiB, Linux",
        f"folder: {run.path}",
    ]


def test_options_of_one_run_need_one(notebook: Notebook) -> None:
    assert notebook.refused("%ft_runs --delete") == (
        "ConfigError: name a run, as in  %ft_runs first-try --log\nSee  %ft_runs?"
    )


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
