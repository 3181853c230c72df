"""Importing and loading the extension cost nothing: no package of the training stack is loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ["accelerate", "datasets", "matplotlib", "numpy", "openai", "pandas", "peft"]
HEAVY += ["safetensors", "tokenizers", "torch", "transformers", "trl"]

LOADED = f"import json, sys; print(json.dumps(sorted(set({HEAVY}) & set(sys.modules))))"


def loaded_after(code: str) -> list[str]:
    """The heavy packages in a fresh interpreter that has run `code`."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], check=True, capture_output=True, text=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


def test_importing_loads_nothing_heavy() -> None:
    assert loaded_after("import nbfinetune") == []


def test_loading_the_extension_loads_nothing_heavy() -> None:
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell()\n"
        "shell.run_line_magic('load_ext', 'nbfinetune')\n"
        "assert 'ft_train' in shell.magics_manager.magics['line']"
    )
    assert loaded_after(code) == []


def test_writing_a_dataset_and_listing_runs_loads_nothing_heavy() -> None:
    code = (
        "import nbfinetune as ft\n"
        "from nbfinetune.session import current\n"
        "row = [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': 'b'}]\n"
        "assert len(ft.load_dataset([{'messages': row}], name='one')) == 1\n"
        "current().runs.list()"
    )
    assert loaded_after(code) == []


def test_a_worker_with_the_built_in_model_loads_no_more_than_it_needs() -> None:
    code = (
        "from nbfinetune.training import worker\n"
        "from nbfinetune.chat.loading import load_base\n"
        "load_base('starter').template.end_of_turn_id()"
    )
    unneeded = {"datasets", "matplotlib", "openai", "pandas", "trl"}
    assert unneeded.intersection(loaded_after(code)) == set()


def test_a_kernel_that_only_looks_at_data_never_pays_for_training() -> None:
    code = (
        "import threading\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'nbfinetune')\n"
        "assert len(shell.run_line_magic('ft_dataset', 'sample:pirate')) > 0\n"
        "for thread in threading.enumerate():\n"
        "    if thread.name.startswith('nbfinetune'):\n"
        "        thread.join()"
    )
    assert loaded_after(code) == []


@pytest.mark.parametrize("name", ["Comparison", "MessageDataset", "TrainConfig", "TrainingJob"])
def test_a_public_name_is_there_without_anything_heavy(name: str) -> None:
    assert loaded_after(f"from nbfinetune import {name}") == []


def test_every_public_name_exists() -> None:
    import nbfinetune

    missing = [name for name in nbfinetune.__all__ if getattr(nbfinetune, name, None) is None]
    assert missing == []


def test_every_public_name_is_offered_to_completion() -> None:
    import nbfinetune

    assert set(nbfinetune.__all__) <= set(dir(nbfinetune))


@pytest.mark.parametrize("name", ["datasets", "validate", "quality", "fix", "edit", "rule", "diff"])
def test_the_python_calls_for_datasets_load_nothing_heavy(name: str) -> None:
    assert loaded_after(f"import nbfinetune as ft; ft.{name}") == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    import nbfinetune

    with pytest.raises(AttributeError, match=r"^module 'nbfinetune' has no attribute 'nothing'$"):
        nbfinetune.nothing  # noqa: B018
