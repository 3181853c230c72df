"""Datasets written to files and tables of other packages, and read back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.errors import DatasetError, MissingDependency
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.reading.sources import from_rows, read_file

# What JSON text can hold and a rule lets pass; blanks alone are no answer.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
answers = texts.filter(lambda text: any(c.isalnum() for c in text))
words = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=6)
keys = words.filter(lambda key: key not in ("role", "content", "messages"))
scalars = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0.5, -1.25, 1e9]) | texts
)
extras = st.dictionaries(
    keys,
    scalars | st.lists(scalars, max_size=2) | st.dictionaries(keys, scalars, max_size=2),
    max_size=2,
)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    turns = [Message("system", draw(answers))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 2))):
        turns += [
            Message("user", draw(answers), draw(extras)),
            Message("assistant", draw(answers), draw(extras)),
        ]
    return Conversation(tuple(turns), None, draw(extras))


datasets = st.lists(conversations(), max_size=4).map(
    lambda rows: MessageDataset("d", tuple(rows), rows=len(rows))
)


def same(read: MessageDataset, written: MessageDataset) -> bool:
    """Equal rows, extra keys included, whatever their order; equal hash; no errors."""
    rows = [[row.as_dict() for row in data.conversations] for data in (read, written)]
    return (
        rows[0] == rows[1]
        and read.sha256 == written.sha256
        and not [p for p in read.errors if p.code != "no_rows"]
    )


SLOW = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@SLOW
@given(datasets)
def test_a_file_gives_back_what_was_written(tmp_path, data):
    assert same(read_file(data.to_jsonl(tmp_path / "d.jsonl", overwrite=True)), data)


@SLOW
@given(datasets)
def test_a_table_of_datasets_gives_back_what_was_put_in(data):
    assert same(from_rows(data.to_hf(), name="d"), data)


@SLOW
@given(datasets)
def test_a_frame_gives_back_what_was_put_in(data):
    assert same(from_rows(data.to_pandas(), name="d"), data)


def row(question: str, **extra: object) -> dict[str, object]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": "yo"}]
    return {"messages": turns, **extra}


def test_the_columns_of_a_table_are_the_messages_and_the_extra_keys():
    data = from_rows([row("a", id=1), row("b", tags=["x", 2]), row("c", id=2)], name="d")
    table = data.to_hf()
    assert table.column_names == ["messages", "id", "tags"]
    assert (table["id"][:], table["tags"][:]) == ([1, None, 2], [None, ["x", 2], None])
    frame = data.to_pandas()
    assert list(frame.columns) == ["messages", "id", "tags"]
    assert [frame["id"][0], type(frame["id"][2])] == [1, int]
    assert frame["messages"][1] == row("b")["messages"]


def test_a_dataset_and_a_single_row_are_rows_too():
    data = from_rows(row("a", id=1), name="d")
    assert same(from_rows(data, name="e"), data)
    assert from_rows({"prompt": "a", "completion": "yo"}, name="f").sha256 == data.sha256


def test_what_a_table_can_not_hold_is_said_with_the_way_out():
    with pytest.raises(DatasetError) as caught:
        from_rows([row("a", **{"\0": 1})], name="d").to_hf()
    head, way_out = str(caught.value).split("\n")
    assert head.startswith("the rows don't fit a table of the datasets package: ")
    assert way_out == "Rename or delete the extra keys, or write a file:  .to_jsonl(PATH)"


def test_without_pandas_the_line_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependency) as caught:
        from_rows([row("a")], name="d").to_pandas()
    assert str(caught.value) == (
        "the package pandas is not installed\nInstall it:  %pip install pandas"
    )


def test_a_file_is_replaced_only_where_that_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("ü 数据.jsonl")
    path.write_text("old")
    data = from_rows([row("é")], name="d")
    with pytest.raises(DatasetError) as caught:
        data.to_jsonl(path)
    assert str(caught.value) == (
        "there is a file 'ü 数据.jsonl' already, and it holds something else\n"
        "Choose another name, or replace it with  --overwrite  (in Python: overwrite=True)."
    )
    assert path.read_text() == "old"
    assert data.to_jsonl(str(path), overwrite=True) == path
    assert data.to_jsonl(path) == path  # it holds these rows already
    assert json.loads(path.read_text("utf-8")) == row("é")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_file_that_a_dataset_was_read_from_is_never_replaced(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps(row("a")) + "\nbroken\n")
    before = path.read_bytes()
    with pytest.raises(DatasetError) as caught:
        read_file(path).to_jsonl(tmp_path / "." / "d.jsonl")
    assert str(caught.value).endswith(
        " is the file that this dataset was read from\n"
        "Choose another name: rows with problems and blank lines would be lost."
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["d.json", "d.csv", "d", "."])
def test_rows_are_written_only_into_a_file_that_can_be_read_again(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError) as caught:
        from_rows([row("a")], name="d").to_jsonl(name)
    assert str(caught.value) == (
        f"rows are written one per line: expected a .jsonl file, got '{name}'\n"
        "Choose a name that ends in .jsonl."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["missing/d.jsonl", "missing.jsonl/d.jsonl", "d\0.jsonl"])
def test_a_file_that_can_not_be_written_is_an_error_with_the_reason(tmp_path, place):
    with pytest.raises(DatasetError) as caught:
        from_rows([row("a")], name="d").to_jsonl(tmp_path / place)
    assert caught.value.code == "export_failed"
    assert str(caught.value).endswith("Check that the folder exists and may be written to.")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_may_be_written_anew(tmp_path):
    data = MessageDataset("d", (), origin=Origin("file", str(tmp_path / "gone.jsonl")))
    assert data.to_jsonl(tmp_path / "gone.jsonl") == Path(tmp_path / "gone.jsonl")
