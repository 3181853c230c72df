"""A draft of what was just read holds the rows that can't be trained on, too."""

from __future__ import annotations

import json

import pytest

from nbfinetune.core.draft.opening import open_draft
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file

GOOD = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
LINES = [json.dumps({**GOOD, "system": "Brief."}), '{"messages": []}', "no JSON"]


def rows(draft) -> list[bool]:
    """Of each row, in order, whether it can be trained on."""
    return [draft[row_id].conversation is not None for row_id in draft.ids]


@pytest.mark.parametrize("kind", ["cell", "jsonl", "json"])
def test_broken_rows_of_a_text_are_there_to_be_repaired(tmp_path, kind):
    how = {"system": "Kind.", "system_key": "system"}
    if kind == "cell":
        dataset = read_cell("\n".join(LINES), name="d", **how)
    elif kind == "jsonl":
        path = tmp_path / "d.jsonl"
        path.write_text("\n".join(LINES))
        dataset = read_file(path, **how)
    else:
        path = tmp_path / "d.json"
        path.write_text(f"[{LINES[0]}, {LINES[1]}]")
        dataset = read_file(path, **how)
    draft = open_draft(dataset, **how)
    assert rows(draft) == [True, False, False][: len(draft)]
    assert len(draft) == dataset.rows
    assert draft.dataset("e").conversations[0].system == "Brief."


def test_a_valid_dataset_and_python_rows_are_drafts_of_their_valid_rows(tmp_path):
    valid = read_cell(LINES[0], name="d")
    assert rows(open_draft(valid)) == [True]
    assert rows(open_draft(from_rows([GOOD, {"messages": []}], name="d"))) == [True]


def test_a_file_in_another_encoding_is_opened_as_it_was_read(tmp_path):
    path = tmp_path / "d.jsonl"
    row = {"messages": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": ""}]}
    path.write_bytes(json.dumps(row, ensure_ascii=False).encode("gbk"))
    draft = open_draft(read_file(path, encoding="gbk"), encoding="gbk")
    assert "你好" in draft[draft.ids[0]].searched
