"""Completion as a front end gets it: by `complete_request`, on every IPython that we support."""

from __future__ import annotations

import json

import pytest

from tests.kernel.driver import Kernel

MAKE = """
import os as _os, sys as _sys
pirate_rows = [{"messages": []}]
_os.makedirs("some data", exist_ok=True)
open("some data/pirates.jsonl", "w").close()
_place = _ft.runs.folder / "20260101-000000-000-first-try"
for _step in (5, 10):
    (_place / "checkpoints" / f"step-{_step}").mkdir(parents=True, exist_ok=True)
    (_place / "checkpoints" / f"step-{_step}" / "commit.json").touch()
(_place / "spec.json").write_text(SPEC)
"""

SPEC = {
    "run_id": "20260101-000000-000-first-try",
    "name": "first try",
    "created": "2026-01-01T00:00:00.000+00:00",
    "base_model": "starter",
    "preset": "starter",
    "config": {},
    "data": {"name": "pirate", "sha256": "0", "train_rows": 1, "validation_rows": 0},
}


@pytest.fixture
def made(kernel: Kernel) -> Kernel:
    """The kernel with a run, a file of rows and a variable that holds rows."""
    cell = kernel.run(f"SPEC = {json.dumps(SPEC)!r}\n{MAKE}")
    assert cell.status == "ok", cell.traceback
    return kernel


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("%ft_train pirate --epo", ["%ft_train pirate --epochs"]),
        ("%ft_train pirate --epochs ", []),
        ("%ft_train pirate --lr-scheduler=co", [
            "%ft_train pirate --lr-scheduler=cosine", "%ft_train pirate --lr-scheduler=constant"]),
        ("%ft_train pirate --preset ", [
            f"%ft_train pirate --preset {n}" for n in ("standard", "quality", "fast", "starter")]),
        ("%ft_train pirate --validation pi", ["%ft_train pirate --validation pirate"]),
        ("job = %ft_train pirate --base-model s", ["job = %ft_train pirate --base-model starter"]),
        ("%ft_dataset pi", ["%ft_dataset pirate", "%ft_dataset pirate_rows"]),
        ("%ft_dataset so", ['%ft_dataset "some data/']),
        ('%ft_dataset "some data/', ['%ft_dataset "some data/pirates.jsonl"']),
        ("%ft_stop fi", ['%ft_stop "first try"']),
        ("%ft_wait ", ['%ft_wait "first try"']),
        ("%ft_runs --l", ["%ft_runs --log"]),
        ("%ft_chat ba", ["%ft_chat base"]),
        ('%%ft_compare base "first try@', [
            f'%%ft_compare base "first try@{at}"'
            for at in ("best", "last", "all", "step-5", "step-10")]),
        ("%%ft_compare base\npri", []),
        ("%%ft_dataset more\nuser: a\nas", ["%%ft_dataset more\nuser: a\nassistant: "]),
        ("%%ft_dataset more\nuser: pri", []),
        ('%%ft_dataset more\n{"messages": [{"role": "u', [
            '%%ft_dataset more\n{"messages": [{"role": "user"']),
    ],
)  # fmt: skip
def test_what_a_magic_takes_is_completed_and_nothing_else(
    made: Kernel, typed: str, completed: list[str]
) -> None:
    assert made.complete(typed) == completed


def test_the_rest_of_the_cell_stays(made: Kernel) -> None:
    cell = "x = 1\n%ft_train pirate --epo 3\nprint(x)"

    assert made.complete(cell, cell.index(" 3")) == [cell.replace("--epo", "--epochs")]


def test_python_is_completed_as_ever(made: Kernel) -> None:
    assert "print" in made.complete("pri")
    assert "%ft_train pirate --epochs {pirate_rows" in made.complete(
        "%ft_train pirate --epochs {pirate_ro"
    )


def test_completion_loads_no_model_package(made: Kernel) -> None:
    made.complete("%ft_chat ")
    loaded = made.value("sorted({'torch', 'transformers', 'datasets'} & set(_sys.modules))")

    assert loaded == []


def test_unloading_takes_completion_away(made: Kernel) -> None:
    try:
        assert made.run("%unload_ext nbfinetune").status == "ok"
        assert made.complete("%ft_train pirate --epo") == []
    finally:
        made.run("%load_ext nbfinetune")
    assert made.complete("%ft_train pirate --epo") == ["%ft_train pirate --epochs"]
