"""`%ft_dataset` and the library: versions, names, deletion, files that are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbfinetune.core.dataset import Origin
from nbfinetune.core.library.entries import Listing
from tests.magics.conftest import PIRATE, Notebook

MORE = f"{PIRATE}\nuser: And?\nassistant: Arr!"
ROW = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}


@pytest.fixture
def notebook(notebook: Notebook) -> Notebook:
    """With two versions of `pirate`."""
    notebook.run(PIRATE)
    notebook.run(MORE)
    return notebook


def test_the_list_is_a_value_with_every_dataset(notebook: Notebook) -> None:
    output = notebook.run("%ft_dataset")
    assert output.result == notebook.session.library.list()
    assert isinstance(output.result, Listing)
    assert (len(output.shown), len(output.html)) == (1, 1)


def test_the_versions_of_a_dataset_are_listed(notebook: Notebook) -> None:
    output = notebook.run("%ft_dataset pirate --versions")
    assert output.result == notebook.session.library.entry("pirate")
    assert [line.split()[0] for line in output.shown[0].splitlines()[2:]] == [
        "pirate@2", "pirate@1"
    ]  # fmt: skip


def test_an_older_version_takes_the_place_of_the_current_one_with_its_origin(
    notebook: Notebook,
) -> None:
    dataset = notebook.run("%ft_dataset pirate@1 --name pirate").result
    assert dataset.origin.kind == "cell"
    assert notebook.session.library.entry("pirate").current == 1
    assert len(notebook.run("%ft_dataset pirate").result) == 2


def test_a_dataset_takes_another_name_in_this_kernel_too(notebook: Notebook) -> None:
    notebook.run("%ft_dataset sample:pirate --name newest")
    output = notebook.run("%ft_dataset pirate --rename 海盗")
    assert output.result == notebook.session.library.entry("海盗")
    assert list(notebook.session.datasets) == ["海盗", "newest"]
    assert notebook.run("%ft_dataset 海盗").result.name == "海盗"
    assert "'pirate' is no dataset" in notebook.refused("%ft_dataset pirate")


def test_a_version_and_a_dataset_are_deleted_and_what_is_gone_is_said(notebook: Notebook) -> None:
    assert notebook.run("%ft_dataset pirate@2 --delete").shown == [
        "version 2 (rows: 3) of pirate is deleted; these stay: 1"
    ]
    assert len(notebook.run("%ft_dataset pirate").result) == 2
    assert notebook.run("%ft_dataset pirate --delete").shown == [
        "pirate is deleted, with its versions: 1 (rows: 2)"
    ]
    assert notebook.session.datasets == {}
    assert notebook.session.library.list() == ()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("pirat --delete", "DatasetError: there is no dataset 'pirat'. Did you mean 'pirate'?"),
        ("pirat", "DatasetError: 'pirat' is no dataset, no file and no Python variable. "
                  "Did you mean 'pirate'?"),
        ("pirate@7 --delete", "DatasetError: dataset 'pirate' has no version '7'; it has: "),
        ("pirate --rename other", "DatasetError: there is a dataset 'other' already"),
        ("--versions", "ConfigError: --versions is about a dataset of the library: name one, "
                       "and nothing else"),
        ("pirate --delete --versions", "ConfigError: --versions is about"),
        ("pirate --rename x --quality", "ConfigError: --rename is about"),
        ("--quality", "ConfigError: --quality needs a dataset or a source"),
        ("pirate --encoding gbk", "ConfigError: --encoding is for files, got 'pirate'"),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_refused_and_nothing_changes(
    notebook: Notebook, line: str, error: str
) -> None:
    notebook.run("%ft_dataset sample:pirate --name other")
    before = notebook.session.library.list()
    assert notebook.refused(f"%ft_dataset {line}").startswith(error)
    assert notebook.session.library.list() == before


def test_a_cell_is_no_place_for_the_library(notebook: Notebook) -> None:
    assert notebook.refused("%%ft_dataset pirate --delete\nuser: a\nassistant: b").startswith(
        "ConfigError: --delete is about a dataset of the library"
    )
    assert len(notebook.session.library.entry("pirate").versions) == 2


def test_a_file_is_written_once_again_and_replaced_only_if_asked(notebook: Notebook) -> None:
    assert notebook.run("%ft_dataset pirate --to rows.jsonl").shown[0] == (
        "rows.jsonl is written, rows: 3"
    )
    notebook.run("%ft_dataset pirate --to rows.jsonl")  # as Run All does
    assert notebook.refused("%ft_dataset pirate@1 --to rows.jsonl").startswith(
        "DatasetError: there is a file 'rows.jsonl' already, and it holds something else"
    )
    assert len(Path("rows.jsonl").read_text("utf-8").splitlines()) == 3
    notebook.run("%ft_dataset pirate@1 --to rows.jsonl --overwrite")
    assert len(Path("rows.jsonl").read_text("utf-8").splitlines()) == 2


def test_looks_at_a_dataset_are_values(notebook: Notebook) -> None:
    difference = notebook.run("d = %ft_dataset pirate@1 --diff pirate")
    assert difference.shown == []
    assert len(notebook.shell.user_ns["d"].added) == 1
    output = notebook.run("%ft_dataset pirate --diff pirate@1 --quality --review page.html")
    assert output.shown[0].startswith("added: 0, removed: 1")
    assert output.shown[1].startswith("page.html is written")
    assert output.result.dataset is notebook.session.datasets["pirate"]


def test_a_system_prompt_beside_messages_is_used_where_its_key_is_named(
    notebook: Notebook,
) -> None:
    Path("rows.jsonl").write_text(json.dumps({**ROW, "system": "Be brief."}) + "\n")
    assert notebook.run("%ft_dataset rows.jsonl").result.systems == (None,)
    dataset = notebook.run("%ft_dataset rows.jsonl --system-key system").result
    assert dataset.systems == ("Be brief.",)
    assert "a system prompt beside messages" in notebook.run("%ft_dataset rows --versions").shown[0]


def test_a_kept_dataset_has_nothing_to_fix_and_stays_what_it_is(notebook: Notebook) -> None:
    kept = notebook.session.datasets["pirate"]
    assert notebook.run("%ft_dataset pirate --fix").shown == ["there is nothing to fix"]
    assert notebook.run("%ft_dataset pirate --fix all").result == kept
    assert len(notebook.session.library.entry("pirate").versions) == 2


def test_rows_of_a_hub_are_repaired_and_keep_where_they_are_from(notebook: Notebook) -> None:
    Path("set").mkdir()
    row = {"messages": [{"role": "human", "content": "a"}, {"role": "gpt", "content": "b"}]}
    Path("set/train.jsonl").write_text(json.dumps(row) + "\n")
    dataset = notebook.run("%ft_dataset hf:./set --name hub --fix all").result
    assert [m.role for m in dataset.conversations[0].messages] == ["user", "assistant"]
    assert (dataset.origin, dataset.fixes) == (Origin("hub", "hf:./set:train"), ("role_aliases",))
