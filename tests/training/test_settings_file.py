"""The settings of a run as a file: written, edited, read back; what is wrong in one is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbfinetune.core.config import TrainConfig, make_config
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.runs.store import DataSpec, RunSpec
from nbfinetune.training.settings_file import GivenSettings, read_settings, settings_text


def spec_of(base_model: str = "starter", name: str = "first", **settings) -> RunSpec:
    return RunSpec(
        run_id="one", name=name, created="", base_model=base_model, preset="quality",
        config=TrainConfig(**settings),
        data=DataSpec(name="d", sha256="", train_rows=9, validation_rows=1, validation="0.25"),
    )  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text, "utf-8")
    return path


def test_what_is_written_is_read_back(tmp_path):
    spec = spec_of(learning_rate=1e-5, lr_scheduler="linear", gradient_checkpointing=True)
    found = read_settings(written(tmp_path, settings_text(spec)))
    assert found == GivenSettings.of(spec)
    assert make_config(found.values) == spec.config


def test_a_person_can_read_it():
    lines = settings_text(spec_of(name="a\nb")).splitlines()
    assert lines[:6] == [
        r"# settings of the run a\nb:  --config THIS_FILE",
        'base_model: "starter"',
        'preset: "quality"',
        'validation: "0.25"',
        "learning_rate: 0.0001  # between 0 and 0.1",
        "epochs: 3  # between 1 and 10",
    ]


@given(
    st.builds(
        spec_of,
        st.text(),
        st.text(),
        target_modules=st.text(),
        device=st.text(),
        learning_rate=st.floats(0, 0.1),
    )
)
def test_any_text_survives(tmp_path_factory, spec):
    path = written(tmp_path_factory.getbasetemp(), settings_text(spec))
    assert read_settings(path) == GivenSettings.of(spec)


def test_the_spec_of_a_run_is_such_a_file_too(tmp_path):
    spec = spec_of(epochs=7)
    path = tmp_path / "spec.json"
    path.write_bytes(spec.as_json())
    assert read_settings(path) == GivenSettings.of(spec)


def test_a_few_lines_by_hand_are_enough(tmp_path):
    path = written(tmp_path, "learning_rate: 1e-3\nepochs: 5\nbase_model: org/model\n")
    assert read_settings(path) == GivenSettings(
        base_model="org/model", values={"learning_rate": "1e-3", "epochs": 5}
    )


@dataclass(frozen=True)
class Wrong:
    text: str
    said: str


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("epochs: 99", "epochs must be between 1 and 10, got 99  (--epochs)"),
        Wrong("epoch: 3", "unknown option --epoch. Did you mean --epochs?"),
        Wrong("num_train_epochs: 3", "unknown option --num-train-epochs. Did you mean --epochs?"),
        Wrong("- a\n- b", "settings in {path} can't be read: it holds no names and values"),
        Wrong("epochs: [", "settings in {path} can't be read: while parsing a flow node"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, wrong):
    path = written(tmp_path, wrong.text)
    with pytest.raises(ConfigError) as error:
        read_settings(path)
    assert str(error.value).startswith(wrong.said.format(path=path))


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_settings(tmp_path / "none.yaml")


def test_yaml_cannot_make_objects(tmp_path):
    path = written(tmp_path, "epochs: !!python/object/apply:os.abort []")
    with pytest.raises(ConfigError, match="can't be read"):
        read_settings(path)
