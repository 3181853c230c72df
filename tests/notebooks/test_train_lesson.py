"""The lesson on training in both languages, run as people run it: what its text says, happens."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from nbfinetune.core.config import DEFAULTS, SETTINGS
from nbfinetune.core.presets import PRESETS
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import Run, RunStore

LESSONS = Path(__file__).parents[2] / "notebooks"


@dataclass(frozen=True)
class Said:
    """What one language's lesson says: the names of its runs, and the style that they learn."""

    lesson: str
    first: str
    slow: str
    wild: str
    by_heart: str
    in_time: str
    long: str
    short: str
    cut_off: str
    style: re.Pattern[str]


SAID = {
    "en": Said(
        "02_train_and_watch", "first", "slow", "wild", "by-heart", "in-time", "long", "short",
        "cut-off", re.compile("Ahoy! .+, arr!"),
    ),
    "zh": Said(
        "02_train_and_watch_zh", "第一次", "太慢", "太猛", "死记", "及时", "长跑", "短跑", "关机",
        re.compile("喵！.+，喵呜～"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Done:
    """A lesson that was run: its runs, and the outputs of each cell by its last line."""

    said: Said
    runs: RunStore
    outputs: dict[str, list[Any]]

    def run(self, name: str) -> Run:
        return self.runs.get(name)

    def record(self, name: str) -> RunRecord:
        return self.run(name).record()

    def text(self, start: str) -> str:
        """What the cells that begin so show, as text."""
        return "\n".join(
            output.data["text/plain"]
            for line, outputs in self.outputs.items()
            if line.startswith(start)
            for output in outputs
        )


@pytest.fixture(scope="module", params=["en", "zh"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    said = SAID[request.param]
    folder = tmp_path_factory.mktemp("lesson")
    notebook = nbformat.read(LESSONS / f"{said.lesson}.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=40"],
    )  # fmt: skip
    home = {"NBFINETUNE_HOME": str(folder / "nbfinetune"), "NBFINETUNE_LANG": "en"}
    with client.setup_kernel(env={**os.environ, **home}):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                client.execute_cell(cell, index)  # raises where a cell fails
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = {cell.source: cell.outputs for cell in cells}
    return Done(said, RunStore(folder / "nbfinetune"), outputs)


def validation(record: RunRecord) -> dict[int, float]:
    return {told.step: told.loss for told in record.validation if told.loss is not None}


def noticed(record: RunRecord) -> set[str]:
    return {told.notice.code for told in record.notices}


def test_batches_steps_and_epochs_are_as_the_words_are_explained(done: Done) -> None:
    run = done.run(done.said.first)
    record = run.record()
    data, config, plan = run.spec.data, run.spec.config, record.plan

    assert (data.train_rows, data.validation_rows, config.batch_size) == (32, 4, 4)
    assert plan is not None
    assert (plan.epochs, plan.total_steps) == (4, 32)
    assert [checkpoint.step for checkpoint in record.checkpoints] == [8, 16, 24, 32]
    counted = done.text(f"%ft_train {data.name} --epochs 4 --dry-run").split("\n")[1:3]
    numbers = [sorted(re.findall(r"\d+", line)) for line in counted]
    assert numbers == [["32", "4"], ["32", "4"]]  # rows on each side; steps and epochs


def test_the_first_run_learns_what_holds_for_rows_that_it_has_not_seen(done: Done) -> None:
    record = done.record(done.said.first)
    losses = validation(record)

    assert list(losses) == [0, 8, 16, 24, 32]
    assert losses[0] > 4 > 0.5 > losses[8] > losses[32]
    assert record.train[0].loss > 4 > 0.1 > record.train[-1].loss
    first = [sample for sample in record.samples if sample.row == 0]
    assert [sample.step for sample in first] == [0, 8, 16, 24, 32]
    fits = [bool(done.said.style.fullmatch(sample.answer)) for sample in first]
    assert (fits[0], fits[-1]) == (False, True)
    shown = done.text("asked = ")
    assert all(text in shown for text in (first[0].answer, first[-1].answer, first[0].reference))
    assert re.findall(r"(\d+):", done.text("{point.step")) == ["0", "8", "16", "24", "32"]


def test_the_best_checkpoint_answers_new_questions_in_the_style(done: Done) -> None:
    (html,) = [
        output.data["text/html"]
        for line, outputs in done.outputs.items()
        if line.startswith("%%ft_compare")
        for output in outputs
    ]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in html.split("<tr>")[2:]]

    assert [len(row) for row in rows] == [3, 3]
    assert [bool(done.said.style.fullmatch(row[0])) for row in rows] == [False, False]
    assert [bool(done.said.style.fullmatch(row[2])) for row in rows] == [True, True]


def test_steps_that_are_too_small_change_no_answer_and_that_is_said(done: Done) -> None:
    run = done.run(done.said.slow)
    record, losses = run.record(), validation(run.record())

    assert run.spec.config.learning_rate == PRESETS["standard"]["learning_rate"] == 1e-4
    assert PRESETS["starter"]["learning_rate"] == 20 * 1e-4
    assert PRESETS["starter"]["batch_size"] < PRESETS["standard"]["batch_size"]
    assert "answers_unchanged" in noticed(record)
    assert losses[0] > losses[24] > losses[0] / 2
    assert done.record(done.said.first).plan.parameters > 5_000_000


def test_steps_that_are_too_large_break_the_model_and_that_is_said(done: Done) -> None:
    record = done.record(done.said.wild)
    losses = validation(record)

    assert SETTINGS["learning_rate"].high == 0.1 == 50 * PRESETS["starter"]["learning_rate"]
    assert losses[8] > losses[0]
    assert losses[24] < losses[8]
    assert losses[24] > 100 * validation(done.record(done.said.first))[32]
    assert noticed(record) & {"answers_same", "loss_rising", "worse_than_base"}
    assert "loss_flat" not in noticed(record)
    assert "--learning-rate 0.01" in done.text(f"%ft_wait {done.said.wild}")


def test_runs_are_drawn_in_one_plot(done: Done) -> None:
    (plot,) = [outputs for line, outputs in done.outputs.items() if line.startswith("first.plot")]
    assert [sorted(output.data) for output in plot] == [["image/png", "text/plain"]]


def test_learning_by_heart_is_named_with_its_best_step(done: Done) -> None:
    record = done.record(done.said.by_heart)
    losses = validation(record)
    (told,) = [told.notice for told in record.notices if told.notice.code == "overfit"]
    best = record.best_checkpoint

    assert best is not None
    assert told.params["step"] == best.step < record.step == 24
    assert record.train[-1].loss < 0.1 < losses[best.step] < losses[record.step]
    assert "--early-stop-patience 2" in str(told)
    last = [sample for sample in record.samples if sample.step == record.step]
    assert any(sample.answer != sample.reference for sample in last)


def test_the_same_run_with_patience_ends_after_two_measurements_that_were_not_lower(
    done: Done,
) -> None:
    before, run = done.run(done.said.by_heart), done.run(done.said.in_time)
    record = run.record()

    assert "stopped_early" in noticed(record)
    assert run.spec.data.files == before.spec.data.files
    assert run.spec.config.learning_rate == before.spec.config.learning_rate
    best = record.best_checkpoint
    assert best is not None
    assert (record.state, record.step) == ("finished", best.step + 2 * 4)
    assert record.step < before.record().step


def test_a_run_that_pauses_lets_another_one_train_and_leaves_a_checkpoint_when_stopped(
    done: Done,
) -> None:
    said = done.said
    states = re.findall(rf"^{said.long} +(\S+)|^{said.short} +(\S+)", done.text("%ft_runs"), re.M)
    assert sorted(states) == [("", "finished"), ("paused", "")]

    run = done.run(said.long)
    record = run.record()
    assert record.state == "stopped"
    assert 4 <= record.step < 80
    assert run.steps()[-1] == record.step


def test_a_run_that_was_cut_off_goes_on_from_its_last_checkpoint_to_its_end(done: Done) -> None:
    run = done.run(done.said.cut_off)
    record = run.record()

    said = done.text(f"%ft_resume {done.said.cut_off}").split("\n")[0]
    resumed = re.search(r"step (\d+)|第 (\d+) 步", said)
    assert resumed is not None
    step = int(resumed[1] or resumed[2])
    assert step in range(4, 24)
    assert (record.state, record.step, record.attempt) == ("finished", 24, 2)
    assert [told.step for told in record.train] == list(range(1, 25))
    assert run.engine == "process"


def test_the_folder_holds_what_the_last_chapter_says(done: Done) -> None:
    run = done.run(done.said.first)
    folder = sorted(path.name for path in run.checkpoint_path(32).iterdir())

    assert all(name in done.text("[str(path") for name in folder)
    assert {"spec.json", "data", "events.jsonl", "checkpoints"} <= {
        path.name for path in run.path.iterdir()
    }
    details = done.text(f"%ft_runs {done.said.first} --details")
    assert str(run.path) in details
    assert [name for name in DEFAULTS if name not in details] == []


def test_there_are_eight_runs(done: Done) -> None:
    said = done.said
    names = {run.name for run in done.runs.list()}
    assert names == {
        said.first, said.slow, said.wild, said.by_heart, said.in_time, said.long, said.short,
        said.cut_off,
    }  # fmt: skip


def test_every_run_that_is_watched_is_shown(done: Done) -> None:
    watched = [line for line in done.outputs if "%ft_train" in line and "--dry-run" not in line]
    assert len(watched) == 8
    assert [line for line in watched if not done.outputs[line]] == []


def test_both_lessons_have_the_same_cells_and_no_outputs() -> None:
    books = [
        json.loads((LESSONS / f"{said.lesson}.ipynb").read_text("utf-8")) for said in SAID.values()
    ]
    kinds = [[(c["cell_type"], c["metadata"]) for c in book["cells"]] for book in books]
    assert kinds[0] == kinds[1]
    assert [c for book in books for c in book["cells"] if c.get("outputs")] == []
