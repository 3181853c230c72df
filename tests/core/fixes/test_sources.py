"""Fixes of files, cells and Python rows."""

from __future__ import annotations

import json
import os

import pytest

from nbfinetune.core.errors import DatasetError
from nbfinetune.core.fixes.apply import FIXES, undo
from nbfinetune.core.fixes.sources import (
    fix_cell,
    fix_file,
    fix_names,
    fix_rows,
    form_of_cell,
    write_new,
)
from nbfinetune.core.reading.sources import read_cell, read_file
from tests.core.fixes.cases import ROW, row

VALUE = json.loads(ROW)
HUMAN = ROW.replace("user", "human")


# files


def test_a_file_is_repaired_into_a_new_one_and_stays_as_it_was(tmp_path):
    source, out = tmp_path / "rows.jsonl", tmp_path / "fixed.jsonl"
    before = ("\ufeff" + f"{HUMAN}\r\n{ROW}\r\n").encode()
    source.write_bytes(before)
    found = fix_file(source)
    write_new(found.text, out)
    assert source.read_bytes() == before
    assert out.read_bytes() == f"{ROW}\r\n{ROW}\r\n".encode()
    assert found.counts == {"bom": 1, "role_aliases": 1}
    assert undo(found.text, found.patches).encode() == before
    assert read_file(out).errors == ()


def test_the_name_of_the_new_file_decides_its_form(tmp_path):
    source = tmp_path / "rows.json"
    source.write_text(f"[{ROW},\n{ROW}]")
    assert fix_file(source).text == f"[{ROW},\n{ROW}]"
    assert fix_file(source, out=tmp_path / "x.jsonl").text == f"{ROW}\n{ROW}"
    source.write_text(f"{ROW}\n{ROW}\n")
    assert fix_file(source).text == f"[\n{ROW},\n{ROW}\n]\n"
    assert fix_file(source, out=tmp_path / "x.jsonl").text == f"{ROW}\n{ROW}\n"


def test_a_file_in_another_encoding_needs_its_name(tmp_path):
    source = tmp_path / "rows.jsonl"
    source.write_bytes(row("user: 你好", "assistant: 再见").encode("gb18030") + b"\n")
    with pytest.raises(DatasetError) as error:
        fix_file(source)
    assert str(error.value).startswith("expected UTF-8, got GBK / GB18030")
    found = fix_file(source, encoding="gb18030")
    assert (found.text, found.patches) == (row("user: 你好", "assistant: 再见") + "\n", ())


def test_damaged_bytes_stay_as_they_were(tmp_path):
    source, out = tmp_path / "rows.jsonl", tmp_path / "fixed.jsonl"
    raw = b"".join([ROW.encode() + b"\n"] * 9) + HUMAN.encode().replace(b"hi", b"h\xe9") + b"\n"
    source.write_bytes(raw)
    found = fix_file(source)
    write_new(found.text, out)
    assert out.read_bytes() == raw.replace(b"human", b"user")
    assert [problem.code for problem in found.left] == ["encoding"]


def test_an_existing_file_is_never_overwritten(tmp_path):
    out = tmp_path / "rows.jsonl"
    out.write_text("mine")
    with pytest.raises(DatasetError, match="exists already and is not overwritten"):
        write_new(ROW, out)
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rows.txt", "expected a .jsonl or .json file"),
        ("no/rows.jsonl", "can't be written: No such"),
        ("x\0.jsonl", "can't be written"),
    ],
)
def test_a_file_that_can_not_be_written_is_said(tmp_path, name, message):
    with pytest.raises(DatasetError, match=message):
        write_new(ROW, tmp_path / name)


def test_a_file_that_is_missing_is_said(tmp_path):
    with pytest.raises(DatasetError, match="there is no file"):
        fix_file(tmp_path / "rows.jsonl")


# cells


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (ROW, "json"),
        (f"{ROW}\n{ROW}", "jsonl"),
        (f"[{ROW}]", "json"),
        (f"Here:\n{ROW}", "jsonl"),
        ("｛“messages”：［］｝", "jsonl"),
        ("user: a\n{b}\n", "chat"),
        ("Human: a", "chat"),
        ("", "chat"),
    ],
)
def test_the_form_of_a_cell_is_told_by_what_is_in_it(body, form):
    assert form_of_cell(body) == form


@pytest.mark.parametrize(
    "body",
    [
        f"Sure:\n```\n{HUMAN}\n```",
        "Human: a\nGPT: b",
        ROW.translate(str.maketrans("{}:,", "｛｝：，")),
        ROW.replace(" ", "\u00a0"),
        f"[{HUMAN},]",
        json.dumps(VALUE, indent=2).replace("user", "USER"),
    ],
)
def test_the_new_body_of_a_cell_is_a_valid_dataset(body):
    found = fix_cell(body)
    assert found.left == ()
    assert undo(found.text, found.patches) == body
    dataset = read_cell(found.text, name="x")
    assert (dataset.errors, len(dataset)) == ((), 1)


def test_lines_of_a_cell_begin_below_its_magic():
    found = fix_cell(f"{ROW}\n{HUMAN}\n{{}}")
    assert [patch.line for patch in found.patches] == [3]
    assert [problem.line for problem in found.left] == [4]


# Python rows


def test_python_rows_are_repaired_and_the_others_are_the_same_objects():
    good, human = json.loads(ROW), json.loads(HUMAN)
    rows = [good, human, {"messages": []}]
    found = fix_rows(rows)
    assert found.rows == (VALUE, VALUE, {"messages": []})
    assert found.rows[0] is good
    assert found.rows[2] is rows[2]
    assert human == json.loads(HUMAN)
    assert [(patch.fix, patch.line) for patch in found.patches] == [("role_aliases", 2)]
    assert [(problem.line, problem.code) for problem in found.left] == [(3, "messages_empty")]


def test_python_rows_with_values_that_are_no_json_stay():
    rows = [json.loads(HUMAN) | {"x": object()}, json.loads(HUMAN) | {"y": float("nan")}]
    found = fix_rows(rows)
    assert found.rows[0] is rows[0]
    assert found.rows[1] is rows[1]
    assert [problem.phrase for problem in found.left] == [
        "role_invalid/alias", "json_parse/constant", "role_invalid/alias",
    ]  # fmt: skip


def test_what_is_refused_in_python_rows_is_said_with_the_row():
    question = {"messages": [{"role": "user", "content": "a"}]}
    found = fix_rows([VALUE, question])
    assert [tuple(refusal) for refusal in found.refused] == [("trailing_user", 2, "only_question")]


@pytest.mark.skipif(os.name == "nt", reason="no limit of a file's size")
def test_a_disk_that_is_full_leaves_no_half_file(tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(DatasetError) as error:
            write_new(f"{ROW}\n" * 1000, tmp_path / "new.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.code == "fix_file_unwritable"
    assert list(tmp_path.iterdir()) == []


# names


def test_names_of_fixes():
    assert fix_names("all") == FIXES
    assert fix_names("role_aliases, code-fences,") == ("code_fences", "role_aliases")
    with pytest.raises(DatasetError, match="there is no fix 'spelling'; known: bom, code_fences"):
        fix_names("bom,spelling")


@pytest.mark.parametrize("damage", [float("nan"), "\ud800"])
def test_a_row_that_is_no_json_stays_as_it_was_given_also_beside_one_that_is_repaired(damage):
    turns = [{"role": "human", "content": damage}, {"role": "gpt", "content": "yo"}]
    damaged = {"messages": turns}
    alias = {"messages": [{"role": "human", "content": "hi"}, {"role": "gpt", "content": "yo"}]}
    for rows in ([damaged, alias], iter([damaged, alias])):
        found = fix_rows(rows)
        assert found.rows[0] is damaged
        assert [message["role"] for message in found.rows[1]["messages"]] == ["user", "assistant"]
        assert [patch.line for patch in found.patches] == [2]
        assert {problem.line for problem in found.left} == {1}
