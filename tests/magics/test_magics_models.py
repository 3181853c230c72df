"""`%ft_models` and `%ft_doctor` in a notebook."""

from __future__ import annotations

import pytest

from nbfinetune.chat.catalogue import Catalogue
from nbfinetune.core.diagnosis import Diagnosis
from nbfinetune.training.lora import trained_on
from tests.magics.conftest import Notebook


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))


def test_the_list_is_shown_as_text_and_as_html_and_can_be_worked_with(notebook: Notebook) -> None:
    output = notebook.run("%ft_models")
    assert isinstance(output.result, Catalogue)
    first, *_ = output.shown[0].splitlines()
    assert first == "nothing is loaded"
    assert "Qwen/Qwen2.5-0.5B-Instruct" in output.shown[0]
    assert "<table>" in output.html[0]


def test_what_is_loaded_is_listed_and_unloaded(notebook: Notebook, tiny) -> None:
    notebook.session.models.get(str(tiny))
    notebook.session.models.get("starter")
    shown = notebook.run("%ft_models").shown[0]
    assert [line.split("  ")[0] for line in shown.splitlines()[2:4]] == [str(tiny), "starter"]

    assert notebook.run("%ft_models --unload starter").shown == ["unloaded: starter (24 MB)"]
    assert [told.name for told in notebook.session.models.loaded()] == [str(tiny)]
    assert notebook.run("%ft_models --unload all").shown[0].startswith(f"unloaded: {tiny} (")
    assert notebook.run("%ft_models --unload").shown == ["nothing is loaded"]


def test_a_model_that_a_run_trains_on_is_kept_and_named(notebook: Notebook, tiny) -> None:
    from nbfinetune.core.config import TrainConfig

    base = notebook.session.models.get(str(tiny)).base
    with trained_on(base, TrainConfig()):
        assert notebook.run("%ft_models --unload").shown == [f"{tiny}: a run trains on it"]
        assert notebook.refused(f"%ft_models --unload {tiny}") == (
            f"ModelError: a run trains on {tiny}\nEnd it first:  %ft_stop"
        )


def test_a_model_that_is_not_loaded_is_told(notebook: Notebook) -> None:
    assert notebook.refused("%ft_models --unload nobody") == (
        "ModelError: the model nobody is not loaded\n%ft_models shows what is."
    )


@pytest.mark.parametrize("magic", ["ft_models", "ft_doctor"])
def test_a_name_where_none_is_taken_is_not_forgotten(notebook: Notebook, magic: str) -> None:
    assert notebook.refused(f"%{magic} starter") == (
        f"ConfigError: no names are taken here, got starter\nSee  %{magic}?"
    )


def test_hostile_names_stay_text(notebook: Notebook, tiny, tmp_path) -> None:
    import shutil

    folder = shutil.copytree(tiny, tmp_path / "<img src=x onerror=alert(1)>")
    notebook.session.models.get(str(folder))
    assert "<img" not in notebook.run("%ft_models").html[0]
    assert "<img" not in notebook.run("%ft_doctor").html[0]


def test_the_doctor_tells_what_it_looked_at_and_a_way_out_for_what_is_wrong(
    notebook: Notebook,
) -> None:
    output = notebook.run("%ft_doctor")  # tests are offline, and that is told
    assert isinstance(output.result, Diagnosis)
    lines = output.shown[0].splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("! hub: "))
    assert lines[at + 1 : at + 3] == [
        "    HF_HUB_OFFLINE is set: nothing new is fetched",
        "    Unset it and restart the kernel to fetch models.",
    ]
    assert "HF_HUB_OFFLINE is set" in output.html[0]


def test_the_twins_return_the_same(notebook: Notebook, tiny) -> None:
    import nbfinetune as ft

    notebook.session.models.get(str(tiny))
    assert [told.name for told in ft.models().loaded] == [str(tiny)]
    assert [told.name for told in ft.unload(str(tiny))] == [str(tiny)]
    assert ft.models().loaded == ()
    assert ft.doctor().findings[0].code == "doctor_device"


def test_a_cell_that_waits_for_long_says_how_far_it_is(notebook: Notebook, monkeypatch) -> None:
    told = ["asking …", "downloading: 50 %"]

    def compare(columns, prompts, params, waiting):
        for text in told:
            waiting.tell(text)

    monkeypatch.setattr(notebook.session, "compare", compare)
    cell = "%%ft_compare acme/large\nhi"
    assert notebook.run(cell).shown == []  # what is over soon leaves no trace
    monkeypatch.setattr("nbfinetune.magics.base.SOON_SECONDS", 0)
    assert notebook.run(cell).shown == ["asking …", "downloading: 50 %", ""]
