"""One reading for everything that a dataset can be read from."""

from __future__ import annotations

import json

import msgspec
import pytest

from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library.source import read_source

ROW = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
ROWS = [{**ROW, "system": "Brief."}, ROW]


def test_rows_a_file_and_a_sample_are_read_the_same_way(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    read = [
        read_source(source, name=name, system="Kind.", system_key="system")
        for source, name in ((ROWS, "rows"), (path, None), (str(path), None), (ROWS, "again"))
    ]
    assert [data.name for data in read] == ["rows", "pairs", "pairs", "again"]
    for data in read:
        assert [row.system for row in data.conversations] == ["Brief.", "Kind."]
        assert data.conversions == (Conversion("top_level_system", 1),)
    assert read_source("sample:pirate", name="p", system="Kind.").name == "p"


def test_a_key_beside_messages_stays_where_it_is_unless_it_is_named():
    data = read_source(ROWS, name="d")
    assert [row.system for row in data.conversations] == [None, None]
    assert data.conversations[0].extra == {"system": "Brief."}
    assert "extra_key" in [problem.code for problem in data.problems]


def test_rows_without_a_name_are_refused_whatever_they_are():
    with pytest.raises(DatasetError) as caught:
        read_source(ROWS)
    assert caught.value.code == "dataset_name_missing"


def test_the_name_of_nothing_is_told_from_a_file_of_another_kind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError) as caught:
        read_source("pirate")
    assert str(caught.value) == (
        "'pirate' is no file and no named set\n"
        "Give the path of a .jsonl or .json file, or sample:pirate …; what was kept before is "
        "opened with  open_dataset(NAME)."
    )
    (tmp_path / "pirate").touch()
    with pytest.raises(DatasetError, match=r"expected a .jsonl or .json file, got 'pirate'"):
        read_source("pirate")


def test_a_dataset_is_renamed_and_keeps_what_is_known_of_it():
    data = read_source([ROW, {"messages": []}], name="d")
    data = msgspec.structs.replace(data, origin=Origin("file", "x.jsonl"), fixes=("bom",))
    assert read_source(data) == data
    assert read_source(data, name="e") == msgspec.structs.replace(data, name="e")


def test_a_dataset_that_is_given_a_system_prompt_still_lacks_the_rows_that_it_lost():
    data = read_source([ROW, {"messages": []}], name="d")
    data = msgspec.structs.replace(data, origin=Origin("file", "x.jsonl"), fixes=("bom",))
    read = read_source(data, name="e", system="Kind.")
    assert (read.name, read.origin, read.fixes) == ("e", data.origin, data.fixes)
    assert (read.systems, read.rows, len(read)) == (("Kind.",), 2, 1)
    assert read.errors == data.errors
