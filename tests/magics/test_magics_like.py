"""A run again: `--like`, `--config`, `--settings` and `--code`, from cells and from Python."""

from __future__ import annotations

import json

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import ConfigError, DatasetError, RunError
from nbfinetune.core.presets import PRESETS
from nbfinetune.core.runs.store import Run
from tests.models import rows_of

ROWS = rows_of([(f"question {i}", f"answer {i}") for i in range(10)], "Be brief.")
SETTINGS = "--learning-rate 0.005 --epochs 2 --batch-size 5 --lora-dropout 0 --seed 4"


@pytest.fixture
def shell(notebook):
    return notebook.shell


@pytest.fixture
def session(notebook):
    return notebook.session


@pytest.fixture
def first(shell, session, tiny) -> Run:
    """A run of two rows held out, with settings of its own."""
    session.load_dataset(ROWS, name="pirate")
    line = f"pirate --name first --base-model {tiny} --validation 0.2 {SETTINGS} --attach"
    return shell.run_line_magic("ft_train", line).run


def trained(shell, line: str) -> Run:
    return shell.run_line_magic("ft_train", f"{line} --attach").run


def side(run: Run, name: str) -> list[dict]:
    return [json.loads(line) for line in (run.path / "data" / name).read_text().splitlines()]


def test_a_run_like_another_has_its_rows_settings_and_losses(shell, first):
    again = trained(shell, "--like first --name again")
    assert again.spec.config == first.spec.config
    assert (again.spec.base_model, again.spec.preset) == (first.spec.base_model, "standard")
    assert again.spec.data.files == first.spec.data.files
    assert [e.loss for e in again.record().train] == [e.loss for e in first.record().train]
    assert again.spec.data.name == "pirate"


def test_what_is_named_stands_above_the_run(shell, first):
    again = trained(shell, "--like first --epochs 5 --name longer")
    config = TrainConfig(learning_rate=0.005, epochs=5, batch_size=5, lora_dropout=0.0, seed=4)
    assert again.spec.config == config


def test_a_preset_that_is_named_stands_above_the_settings_of_the_run(shell, first):
    again = trained(shell, "--like first --preset fast --name fast")
    assert again.spec.config == TrainConfig(**PRESETS["fast"], seed=4)
    assert again.spec.preset == "fast"


def test_another_dataset_is_split_as_the_run_was(shell, session, first):
    session.load_dataset(ROWS[:5], name="half")
    again = trained(shell, "half --like first --name half")
    assert (len(side(again, "train.jsonl")), len(side(again, "validation.jsonl"))) == (4, 1)
    assert again.spec.config == first.spec.config


def test_another_share_of_the_rows_needs_a_dataset_or_keeps_to_the_training_rows(shell, first):
    again = trained(shell, "--like first --validation 0.5 --name shared")
    sides = side(again, "train.jsonl"), side(again, "validation.jsonl")
    assert [len(rows) for rows in sides] == [4, 4]
    known = side(first, "train.jsonl")
    assert all(row in known for rows in sides for row in rows)


def test_settings_go_to_a_file_and_back(shell, first, tmp_path, capsys):
    path = tmp_path / "run.yaml"
    shell.run_line_magic("ft_runs", "first --settings")
    shown = capsys.readouterr().out
    shell.run_line_magic("ft_runs", f"first --settings --to {path}")
    assert path.read_text("utf-8") == shown
    assert f"--config {path}" in capsys.readouterr().out
    again = trained(shell, f"pirate --config {path} --name again")
    assert again.spec.config == first.spec.config
    assert again.spec.data.files == first.spec.data.files
    over = trained(shell, f"pirate --config {path} --epochs 1 --name short")
    assert over.spec.config.epochs == 1


def test_a_file_stands_above_the_run_and_below_the_line(shell, first, tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text("epochs: 3\nseed: 9\n", "utf-8")
    config = trained(shell, f"--like first --config {path} --seed 1 --name both").spec.config
    assert (config.epochs, config.seed, config.learning_rate) == (3, 1, 0.005)


def test_the_script_is_shown_or_written_with_its_rows(shell, first, tmp_path, capsys):
    shell.run_line_magic("ft_runs", "first --code")
    shown = capsys.readouterr().out
    compile(shown, "train.py", "exec")
    assert "learning_rate=0.005" in shown
    shell.run_line_magic("ft_runs", f"first --code --to {tmp_path / 'train.py'}")
    rows = (tmp_path / "train.rows.jsonl").read_text("utf-8").splitlines()
    assert len(rows) == 8
    assert set(json.loads(rows[0])) == {"input_ids", "labels"}


def test_a_file_of_the_users_is_not_replaced(shell, first, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("mine", "utf-8")
    with pytest.raises(DatasetError, match="mine"):
        shell.run_line_magic("ft_runs", f"first --settings --to {path}")
    assert path.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("magic", "line", "error", "said"),
    [
        ("ft_train", "", ConfigError, "name one dataset"),
        ("ft_train", "--like firts", RunError, "Did you mean 'first'?"),
        ("ft_train", "pirate --config none.yaml", ConfigError, "No such file"),
        ("ft_runs", "first --to x.yaml", ConfigError, "--to writes either"),
        ("ft_runs", "--settings", ConfigError, "name a run"),
    ],
)
def test_what_is_wrong_is_said(shell, first, magic, line, error, said):
    with pytest.raises(error, match=said.replace("?", r"\?")):
        shell.run_line_magic(magic, line)
