"""What one kernel holds: datasets, runs, models, and the names that people give them."""

from __future__ import annotations

import json
from hashlib import sha256
from threading import Event

import msgspec
import pytest

from nbfinetune.chat.loading import load_base
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import ConfigError, DatasetError, ModelError, RunError
from nbfinetune.core.reading.sources import read_file
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.events import Committed, EventWriter, Notice, State, StateChanged
from nbfinetune.core.runs.store import RUN_ID, DataSpec, Run, RunSpec
from nbfinetune.session import Session
from nbfinetune.training.job import TrainingJob
from nbfinetune.training.settings_file import settings_text
from tests.models import rows_of, save_checkpoint
from tests.training.runs import prepare

PAIRS = [(f"question {i}", f"answer {i}") for i in range(10)]


@pytest.fixture
def session(tmp_path) -> Session:
    return Session(tmp_path / "home")


# datasets


def test_a_dataset_is_kept_under_its_name(session):
    data = session.load_dataset(rows_of(PAIRS), name="pirate")
    assert session.dataset("pirate") is data
    assert len(data) == 10


def test_a_file_is_named_after_itself_unless_another_name_is_given(session, tmp_path):
    path = tmp_path / "pirate.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of(PAIRS)))
    session.load_dataset(path)
    session.load_dataset(str(path), name="other")
    assert list(session.datasets) == ["pirate", "other"]


def test_rows_need_a_name(session):
    with pytest.raises(DatasetError) as error:
        session.load_dataset(rows_of(PAIRS))
    assert str(error.value) == (
        "the dataset needs a name\nFor example:  %ft_dataset rows.jsonl --name pirate"
    )


def test_a_dataset_with_errors_is_not_kept_and_leaves_the_one_before(session):
    good = session.load_dataset(rows_of(PAIRS), name="pirate")
    with pytest.raises(DatasetError):
        session.load_dataset([{"messages": []}], name="pirate")
    assert session.dataset("pirate") is good


@pytest.mark.parametrize(
    ("asked", "suggestion"), [("pirat", ". Did you mean 'pirate'?"), ("zzz", "")]
)
def test_an_unknown_dataset_is_refused_with_the_nearest_name(session, asked, suggestion):
    session.load_dataset(rows_of(PAIRS), name="pirate")
    with pytest.raises(DatasetError) as error:
        session.dataset(asked)
    assert str(error.value).split("\n")[0] == f"there is no dataset {asked!r}{suggestion}"


def test_a_renamed_dataset_is_known_by_its_new_name_in_its_old_place(session):
    session.load_dataset(rows_of(PAIRS), name="pirate")
    session.load_dataset(rows_of(PAIRS[:5]), name="newest")
    session.rename_dataset("pirate", "corsair")
    assert [(key, data.name) for key, data in session.datasets.items()] == [
        ("corsair", "corsair"), ("newest", "newest")
    ]  # fmt: skip
    assert session.dataset("corsair").sha256 == session.library.open("corsair").sha256


def test_what_is_deleted_is_forgotten_and_an_older_version_takes_its_place(session):
    first = session.load_dataset(rows_of(PAIRS), name="pirate")
    session.load_dataset(rows_of(PAIRS[:5]), name="pirate")
    session.delete_dataset("pirate@2")
    assert session.dataset("pirate").conversations == first.conversations
    session.delete_dataset("pirate")
    with pytest.raises(DatasetError):
        session.dataset("pirate")


def test_a_rule_is_written_marks_the_newest_dataset_and_is_kept_with_it(session):
    assert session.rule("short", "len(answer) < 9") is None
    session.load_dataset(rows_of(PAIRS), name="old")
    session.load_dataset(rows_of([*PAIRS, ("q", "a long answer")]), name="new")
    marks = session.rule("short")
    assert marks.having("failed") == (10,)
    assert [rule.name for rule in session.library.entry("new").rules] == ["short"]
    assert session.rule("short", on="old").having("failed") == ()


# training

SETTINGS = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    """A session whose one run has ended."""
    session = Session(tmp_path_factory.mktemp("kernel") / "home")
    rows = [*rows_of(PAIRS[:8], "Be brief."), *rows_of(PAIRS[8:])]
    session.load_dataset(rows, name="pirate")
    job = session.train("pirate", name="first try", base_model=str(tiny), **SETTINGS)
    return session, job, job.wait(timeout_seconds=120)


def test_training_runs_in_the_background_to_its_end(trained):
    session, job, record = trained
    assert (record.state, job.state, job.running) == ("finished", "finished", False)
    assert job.run.steps() == [2, 4]
    assert all(verify(job.run.checkpoint_path(step)).step == step for step in (2, 4))
    assert session.job() is session.job("first try") is session.job(job.run.id) is job
    assert not job.run.is_locked()


def test_the_spec_holds_everything_that_was_decided(trained, tiny):
    session, job, _ = trained
    spec = job.run.spec
    assert spec == RunSpec(
        run_id=job.run.id, name="first try", created=spec.created, base_model=str(tiny),
        preset="standard", config=TrainConfig(**SETTINGS),
        data=DataSpec(
            name="pirate", sha256=session.dataset("pirate").sha256, train_rows=9,
            validation_rows=1, validation="0.1", systems=["Be brief.", None],
            files={
                name: sha256((job.path / "data" / name).read_bytes()).hexdigest()
                for name in ("train.jsonl", "validation.jsonl")
            },
        ),
        engine="thread",
        notices=[Notice("few_steps", {"steps": 4, "epochs": 10, "more_steps": 20})],
    )  # fmt: skip
    assert RUN_ID.fullmatch(spec.run_id)
    assert spec.run_id.endswith("-first-try")


def test_of_deleted_data_the_runs_are_named_that_have_a_copy(trained):
    session, _, _ = trained
    session.library.save(session.dataset("pirate"), "copy")
    session.load_dataset(rows_of(PAIRS), name="other")
    assert session.delete_dataset("copy").runs == ("first try",)
    assert session.delete_dataset("other").runs == ()


def test_the_rows_are_frozen_with_the_run(trained):
    session, job, _ = trained
    sides = [
        read_file(job.path / "data" / f"{side}.jsonl").conversations
        for side in ("train", "validation")
    ]
    assert [len(side) for side in sides] == [9, 1]
    frozen = {row.messages[-1].content: row.messages for side in sides for row in side}
    assert frozen == {row.answer: row.messages for row in session.dataset("pirate").conversations}


def test_the_trained_model_and_the_base_answer_side_by_side(trained):
    session, _, _ = trained
    asked = ["question 1", "and now?"]
    found = session.compare(["base", "first try@all"], asked, SamplingParams(max_tokens=4))
    assert found.labels == ("base", "first try@step-2", "first try@step-4")
    assert found.systems == (None, "Be brief.", "Be brief.")
    assert [len(row) for row in found.replies] == [3, 3]


@pytest.mark.parametrize("place", [0, 7])
def test_a_row_that_is_cut_is_named_by_its_line_in_the_source_of_the_user(session, tiny, place):
    pairs = [*PAIRS]
    pairs[place] = ("question", "a" * 200)
    session.load_dataset(rows_of(pairs), name="pirate")
    job = session.train("pirate", base_model=str(tiny), max_length=150, max_steps=1)
    notices = job.wait(timeout_seconds=120).plan.notices
    cut = [notice.params for notice in notices if notice.code == "rows_cut"]
    assert cut == [{"count": 1, "max_length": 150, "lines": str(place + 1)}]


def test_a_failed_run_raises_when_it_is_waited_for(session, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    session.load_dataset(rows_of(PAIRS), name="pirate")
    job = session.train("pirate", base_model=str(empty))
    with pytest.raises(RunError) as error:
        job.wait(timeout_seconds=60)
    lines = str(error.value).split("\n")
    assert lines[0].startswith(f"run pirate failed: the model {empty} can't be loaded: ")
    assert lines[1] == "The whole story:  %ft_runs pirate --log"
    assert job.state == "failed"
    assert job.record().failure.traceback.startswith("Traceback")


def test_a_second_run_waits_until_the_first_has_ended(session, tiny):
    session.load_dataset(rows_of(PAIRS), name="pirate")
    long = {"epochs": 10, "batch_size": 1, "learning_rate": 1e-3}
    first = session.train("pirate", name="first", base_model=str(tiny), **long)
    second = session.train("pirate", name="second", base_model=str(tiny), max_steps=1)
    waits = session.training.place(second.run)
    before = (second.state, second.running, second.run.record().state, second.run.is_locked())
    said = str(session.training.stop())
    assert str(waits) == (
        "second waits, number 1 in the queue: it starts when first has ended or pauses"
    )
    assert before == ("queued", True, "queued", False)
    assert said == "first: stops after this step and keeps a checkpoint"
    assert second.wait(timeout_seconds=60).state == "finished"
    record = first.wait(timeout_seconds=60)
    assert record.state == "stopped"
    assert first.run.steps()[-1:] == [e.step for e in record.train][-1:]
    assert second.run.record().started >= record.started


REFUSED = [
    ({"lora_rank": 0}, ConfigError, "lora_rank must be between 1 and 64, got 0  (--lora-rank)"),
    ({"lr": 1e-3}, ConfigError, "unknown option --lr. Did you mean --learning-rate?"),
    ({"preset": "best"}, ConfigError,
     "preset must be one of standard, quality, fast, starter, got 'best'  (--preset)"),
    ({"validation": 1}, ConfigError,
     "validation must be 0 or more and below 1, got 1  (--validation)"),
    ({"validation": -0.1}, ConfigError,
     "validation must be 0 or more and below 1, got -0.1  (--validation)"),
    ({"validation": float("nan")}, ConfigError,
     "validation must be 0 or more and below 1, got nan  (--validation)"),
    ({"validation": "held-out"}, ConfigError,
     "validation must be a share below 1 or the name of a dataset, got 'held-out'  "
     "(--validation)"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "kind", "message"), REFUSED)
def test_what_is_wrong_is_refused_before_a_run_is_made(session, settings, kind, message):
    session.load_dataset(rows_of(PAIRS), name="pirate")
    with pytest.raises(kind) as error:
        session.train("pirate", **settings)
    assert str(error.value) == message
    assert session.runs.list() == []
    assert session.jobs == {}


def test_an_unknown_dataset_makes_no_run(session):
    with pytest.raises(DatasetError):
        session.train("pirate")
    assert session.runs.list() == []


def test_without_a_run_there_is_no_job(session):
    with pytest.raises(RunError) as error:
        session.job()
    assert str(error.value) == "there is no run yet\nStart one with  %ft_train DATASET"


def test_a_run_of_another_kernel_has_a_handle_too(session, tiny):
    run = make_run(session, "elsewhere", str(tiny))
    job = session.job("elsewhere")
    assert (job.run.id, job.running, job.wait()) == (run.id, False, run.record())


def test_a_run_of_another_kernel_can_be_asked_to_stop(session, tiny):
    run = make_run(session, "elsewhere", str(tiny), state="training")
    with run.locked():
        session.training.stop("elsewhere")
    assert run.requested("stop")


# names of models


def make_run(
    session, name, base_model, checkpoints=(), systems=("Be brief.", None), state="finished"
):
    """A run that ended; `checkpoints` are steps with their validation losses."""
    run = session.runs.create(
        RunSpec(
            run_id=f"id-{name}", name=name, created="2026-11-20T21:08:06+00:00",
            base_model=base_model, preset="standard", config=TrainConfig(),
            data=DataSpec(name="pirate", sha256="", train_rows=9, validation_rows=1,
                          systems=list(systems)),
        )
    )  # fmt: skip
    writer = EventWriter(run.events)
    for step, loss in checkpoints:
        save_checkpoint(load_base(base_model), run.checkpoint_path(step), step)
        writer.emit(
            Committed(step=step, epoch=1, path=f"checkpoints/step-{step}", validation_loss=loss)
        )
    writer.emit(StateChanged(state=state))
    writer.close()
    return run


@pytest.fixture(scope="module")
def with_runs(tiny, tmp_path_factory) -> Session:
    """Runs on the tiny model: one that got worse at the end, one without system, one empty."""
    session = Session(tmp_path_factory.mktemp("models") / "home")
    make_run(session, "first-try", str(tiny), [(5, 2.0), (10, 1.0), (15, 1.5)])
    make_run(session, "plain", str(tiny), [(3, None), (6, None)], systems=[None])
    make_run(session, "empty", str(tiny))
    return session


def meant(session: Session, *columns: str) -> list[tuple]:
    """Label, base model's name, step of the checkpoint and system prompt of each contender."""
    return [
        (
            c.label,
            c.model.model.base.name,
            c.model.checkpoint and f"{c.model.checkpoint.parts[-3]}/{c.model.checkpoint.name}",
            c.system,
        )
        for c in session.contenders(columns)
    ]


@pytest.mark.parametrize(
    ("column", "label", "step", "system"),
    [
        ("first-try", "first-try", "id-first-try/step-10", "Be brief."),
        ("first-try@best", "first-try@best", "id-first-try/step-10", "Be brief."),
        ("first-try@last", "first-try@last", "id-first-try/step-15", "Be brief."),
        ("first-try@step-5", "first-try@step-5", "id-first-try/step-5", "Be brief."),
        ("first-try=Shout.", "first-try", "id-first-try/step-10", "Shout."),
        ("first-try@last=", "first-try@last", "id-first-try/step-15", ""),
        ("id-first-try@last", "id-first-try@last", "id-first-try/step-15", "Be brief."),
        ("plain", "plain", "id-plain/step-6", None),
        ("plain=Shout.", "plain", "id-plain/step-6", "Shout."),
    ],
)
def test_a_run_stands_for_a_checkpoint_with_the_prompt_it_was_trained_with(
    with_runs, tiny, column, label, step, system
):
    assert meant(with_runs, column) == [(label, str(tiny), step, system)]


def test_all_checkpoints_stand_side_by_side(with_runs, tiny):
    assert meant(with_runs, "first-try@all=Shout.") == [
        (f"first-try@step-{step}", str(tiny), f"id-first-try/step-{step}", "Shout.")
        for step in (5, 10, 15)
    ]


def test_base_is_the_base_of_the_run_beside_it_and_gets_no_prompt(with_runs, tiny):
    assert meant(with_runs, "base", "first-try@last") == [
        ("base", str(tiny), None, None),
        ("first-try@last", str(tiny), "id-first-try/step-15", "Be brief."),
    ]


def test_base_alone_is_the_starter(with_runs):
    assert meant(with_runs, "base") == [("base", "starter", None, None)]


def test_a_prompt_for_the_base_is_text_or_a_file(with_runs, tiny, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("A long prompt.\n")
    assert meant(with_runs, "base=Hi.", f"base=@{path}", str(tiny), "first-try") == [
        ("base", str(tiny), None, "Hi."),
        ("base", str(tiny), None, "A long prompt."),
        (str(tiny), str(tiny), None, None),
        ("first-try", str(tiny), "id-first-try/step-10", "Be brief."),
    ]


def test_columns_on_one_base_share_one_loaded_model(with_runs):
    contenders = with_runs.contenders(["base", "first-try@all", "plain"])
    assert len({id(c.model.model) for c in contenders}) == 1


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        ("first-tri", ModelError,
         "'first-tri' is neither a run nor a model. Did you mean 'first-try'?"),
        ("startr", ModelError, "'startr' is neither a run nor a model. Did you mean 'starter'?"),
        ("zzz", ModelError, "'zzz' is neither a run nor a model"),
        ("first-tri@last", RunError, "there is no run 'first-tri'. Did you mean 'first-try'?"),
        ("base@last", RunError, "there is no run 'base'"),
        ("first-try@step-7", RunError,
         "run first-try has no committed checkpoint step-7 (step-5, step-10, step-15)"),
        ("empty@step-7", RunError, "run empty has no committed checkpoint step-7 (-)"),
        ("empty", RunError, "run empty has no committed checkpoint"),
        ("empty@all", RunError, "run empty has no committed checkpoint"),
        ("empty@last", RunError, "run empty has no committed checkpoint"),
        ("first-try@newest", ConfigError,
         "can't read the column 'first-try@newest': "
         "'@newest' is none of @best, @last, @all, @step-N"),
    ],
)  # fmt: skip
def test_a_name_that_stands_for_nothing_is_refused(with_runs, column, kind, message):
    with pytest.raises(kind) as error:
        with_runs.contenders([column])
    assert str(error.value).split("\n")[0] == message


def test_nothing_is_compared_without_columns_or_prompts(with_runs):
    with pytest.raises(ConfigError) as error:
        with_runs.compare([], ["hi"])
    assert str(error.value) == (
        "name at least one model to ask\nFor example:  %%ft_compare base first-try"
    )
    with pytest.raises(ConfigError) as error:
        with_runs.compare(["first-try"], [])
    assert str(error.value) == ("there are no prompts\nWrite one prompt per line below the magic.")


def test_a_comparison_is_greedy_unless_asked_otherwise(with_runs):
    asked = (["first-try=", "plain="], ["hi"])
    params = SamplingParams(max_tokens=3)
    one, two = with_runs.compare(*asked, params), with_runs.compare(*asked, params)
    texts = [[r.text for r in row] for row in one.replies]
    assert texts == [[r.text for r in row] for row in two.replies]
    seeded = msgspec.structs.replace(params, temperature=5.0, seed=1)
    other = with_runs.compare(*asked, seeded)
    assert [[r.text for r in row] for row in other.replies] != texts


def test_a_run_that_another_kernel_trains_by_now_is_stopped(session, tmp_path):
    """The handle that this kernel has of it ended with the first attempt."""
    run = prepare(tmp_path / "home", "acme/chat")
    done = Event()
    done.set()
    told(run, "queued", "training", "stopped")
    session.jobs[run.id] = TrainingJob(run, done)
    with Run(run.path).locked():
        told(run, "queued", "training")
        assert [session.job(run.id).state for _ in range(2)] == ["training", "training"]
        session.training.stop(run.id)
        assert run.requested("stop")


def test_the_settings_of_a_run_like_another_can_be_read_back(session, tiny, tmp_path):
    session.load_dataset(rows_of(PAIRS), name="pirate")
    first = session.train("pirate", name="A", base_model=str(tiny), epochs=1)
    first.wait(timeout_seconds=120)
    second = session.train(like="A", name="B")
    second.wait(timeout_seconds=120)
    path = tmp_path / "b.yaml"
    path.write_text(settings_text(second.run.spec), "utf-8")
    third = session.train("pirate", name="C", config=path)
    assert third.wait(timeout_seconds=120).state == "finished"
    assert third.run.spec.data.files == first.run.spec.data.files


def test_a_validation_set_is_found_in_the_library(session, tiny, tmp_path):
    session.load_dataset(rows_of(PAIRS[:8]), name="pirate")
    session.load_dataset(rows_of(PAIRS[8:]), name="held")
    again = Session(tmp_path / "home")  # after a restart of the kernel
    job = again.train("pirate", validation="held", base_model=str(tiny), epochs=1)
    assert job.wait(timeout_seconds=120).state == "finished"
    data = job.run.spec.data
    assert (data.train_rows, data.validation_rows, data.validation) == (8, 2, "held")


def told(run: Run, *states: State) -> None:
    writer = EventWriter(run.events)
    for state in states:
        writer.emit(StateChanged(state=state))
    writer.close()
