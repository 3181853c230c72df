"""What is known before the wait."""

from __future__ import annotations

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.dataset import MessageDataset, Split
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.runs.events import Notice
from nbfinetune.core.runs.store import RunStore
from nbfinetune.training.planning import plan
from nbfinetune.training.preflight import (
    freeze,
    optimizer_steps,
    overlap_notices,
    read_rows,
    split_rows,
    step_notices,
    write_rows,
)
from tests.models import talk


def dataset(count: int, name: str = "pirate") -> MessageDataset:
    rows = tuple(talk(f"question {i}", f"answer {i}", line=i + 1) for i in range(count))
    return MessageDataset(name, rows, (), count)


@pytest.mark.parametrize(
    ("rows", "settings", "steps"),
    [
        (8, {"batch_size": 8, "epochs": 3}, 3),
        (9, {"batch_size": 8, "epochs": 3}, 6),  # a last, smaller batch is a step
        (1, {"batch_size": 32, "epochs": 1}, 1),
        (100, {"batch_size": 8, "epochs": 10}, 130),
        (100, {"batch_size": 8, "epochs": 10, "max_steps": 7}, 7),
        (8, {"batch_size": 8, "epochs": 3, "max_steps": 100}, 3),
        (9, {"batch_size": 8, "micro_batch_size": 2, "epochs": 3}, 6),
    ],
)
def test_the_steps_of_a_run(rows, settings, steps):
    assert optimizer_steps(rows, TrainConfig(**settings)) == steps


def test_a_run_too_short_to_learn_says_so_with_the_epochs_that_cure_it():
    # 40 rows / 8 = 5 steps per epoch: 3 epochs are 15, 4 are the 20 that are enough
    assert step_notices(40, TrainConfig()) == [
        Notice("few_steps", {"steps": 15, "epochs": 4, "more_steps": 20})
    ]
    assert str(step_notices(40, TrainConfig())[0]) == (
        "only 15 optimizer steps: too few to learn much. --epochs 4 would give 20."
    )


def test_where_more_epochs_are_not_enough_the_limit_is_suggested():
    assert step_notices(8, TrainConfig()) == [
        Notice("few_steps", {"steps": 3, "epochs": 10, "more_steps": 10})
    ]


def test_where_there_are_no_more_epochs_rows_are_asked_for():
    assert step_notices(8, TrainConfig(epochs=10)) == [
        Notice("few_steps_few_rows", {"steps": 10, "rows": 8})
    ]
    assert str(step_notices(8, TrainConfig(epochs=10))[0]) == (
        "only 10 optimizer steps from 8 rows: too few to learn much. "
        "Add rows, or lower --batch-size."
    )


@pytest.mark.parametrize(
    ("rows", "settings"), [(56, {}), (160, {"epochs": 1}), (8, {"max_steps": 2})]
)
def test_enough_steps_or_a_number_that_was_asked_for_are_not_remarked_on(rows, settings):
    assert step_notices(rows, TrainConfig(**settings)) == []


def test_the_rows_are_split_by_share_and_the_same_way_again():
    data = dataset(20)
    split = split_rows(data, 0.1, 0)
    assert (len(split.train), len(split.validation)) == (18, 2)
    assert sorted(row.line for side in split for row in side) == list(range(1, 21))
    assert split_rows(data, 0.1, 0) == split
    assert any(split_rows(data, 0.1, seed) != split for seed in range(1, 5))


def test_a_share_of_zero_trains_on_all_rows():
    data = dataset(5)
    assert split_rows(data, 0.0, 0) == Split(data.conversations, ())


def test_a_dataset_of_its_own_validates_and_every_row_trains():
    data, other = dataset(5), dataset(2, "held-out")
    assert split_rows(data, other, 0) == Split(data.conversations, other.conversations)


def test_nothing_to_train_on_is_an_error():
    with pytest.raises(DatasetError):
        split_rows(dataset(0), 0.1, 0)


def test_rows_are_frozen_with_the_lines_of_their_source(tmp_path):
    train = (talk("a", "b\n你", "c", "d", system="S", line=12), talk("e", "f", line=3))
    write_rows(Split(train, (talk("g", "h"),)), tmp_path)
    assert read_rows(tmp_path, "train") == train
    assert read_rows(tmp_path, "validation") == (talk("g", "h"),)


def test_a_side_without_rows_is_read_as_such(tmp_path):
    write_rows(Split((talk("a", "b"),), ()), tmp_path)
    assert read_rows(tmp_path, "validation") == ()


def test_validation_rows_that_are_trained_on_are_counted():
    train = (talk("a", "b"), talk("c", "d"))
    own = (talk(" a", "b"), talk("e", "f"))  # blanks around a text make no other row
    assert overlap_notices(Split(train, own)) == [Notice("validation_overlap", {"count": 1})]
    assert overlap_notices(Split(train, own[1:])) == []


def test_a_folder_that_is_taken_costs_nobody_their_run(tmp_path):
    spec, split = plan(
        dataset(20), 0.1, {}, name="one", base_model="starter", preset=None, engine="thread"
    )
    runs = RunStore(tmp_path)
    run = freeze(runs, spec, split)
    with pytest.raises(FileExistsError):
        freeze(runs, spec, split)
    assert run.spec == spec
    assert len(read_rows(run.path / "data", "train")) == 18


def test_a_model_folder_is_named_so_that_it_is_found_from_everywhere(tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    monkeypatch.chdir(tmp_path)

    def planned(base_model: str) -> str:
        spec, _ = plan(
            dataset(20), 0.1, {}, name="one", base_model=base_model, preset=None, engine="thread"
        )
        return spec.base_model

    found = [planned(name) for name in ("m", "./m", str(tmp_path / "m"), "org/m", "starter")]
    assert found == [str(tmp_path / "m")] * 3 + ["org/m", "starter"]
