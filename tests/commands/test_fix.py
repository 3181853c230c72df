"""`python -m nbfinetune validate FILE --fix OUT`: what is printed and written, the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbfinetune.__main__ import main

ROW = '{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "yo"}]}\n'
VALID = "".join(ROW % i for i in range(10))


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBFINETUNE_LANG", raising=False)


def validate(capsys, *arguments: str) -> tuple[int, str]:
    status = main(["validate", *arguments])
    return status, capsys.readouterr().out


def test_the_rows_of_a_tutorial_are_named_and_repaired_with_one_option(capsys):
    pasted = VALID.replace(": ", ":\u00a0").replace(", ", ",\u00a0")
    Path("rows.jsonl").write_text(pasted, "utf-8")
    status, said = validate(capsys, "rows.jsonl")
    assert status == 1
    assert "got U+00A0 (no-break space)" in said
    status, said = validate(capsys, "rows.jsonl", "--fix", "fixed.jsonl")
    assert status == 0
    assert said.split("\n")[:4] == [
        "exotic_blanks (10): plain spaces for no-break spaces and other blanks that JSON does not "
        "know",
        "    line 1",
        '    - {"messages":\\xa0[{"role":\\xa0"user",\\xa0"content":\\xa0"0"},\\xa0{"role":\\xa0'
        '"assistant",\\xa0"content":\\xa0"yo"}]}',
        '    + {"messages": [{"role": "user", "content": "0"}, {"role": "assistant", '
        '"content": "yo"}]}',
    ]
    assert said.split("\n")[-4:] == [
        "written to 'fixed.jsonl'; places repaired: 10, errors left: 0",
        "",
        "fixed.jsonl: valid (10 rows)",
        "",
    ]
    assert Path("fixed.jsonl").read_text("utf-8") == VALID
    assert Path("rows.jsonl").read_text("utf-8") == pasted


def test_what_is_left_is_reported_for_the_new_file(capsys):
    Path("rows.jsonl").write_text(VALID.replace("user", "human", 1) + "{}\n")
    status, said = validate(capsys, "rows.jsonl", "--fix", "fixed.jsonl")
    assert status == 1
    assert "written to 'fixed.jsonl'; places repaired: 1, errors left: 1" in said
    assert "fixed.jsonl: not valid (10 of 11 rows are)" in said


def test_only_the_fixes_that_are_named(capsys):
    Path("rows.jsonl").write_text("Rows:\n" + VALID.replace("user", "human"))
    status, _ = validate(capsys, "rows.jsonl", "--fix", "fixed.jsonl", "--fixes", "preamble")
    assert status == 1
    assert Path("fixed.jsonl").read_text() == VALID.replace("user", "human")


@pytest.mark.parametrize("named", ["exotic_blanks", "exotic-blanks,role_aliases", "all"])
def test_the_option_that_a_way_out_names_writes_a_file_beside_the_one_that_is_broken(capsys, named):
    Path("rows.jsonl").write_text(VALID.replace(": ", ":\u00a0"), "utf-8")
    assert "→ Write plain spaces instead; such blanks often come from a web page. " \
           "Or add:  --fix exotic_blanks\n" in validate(capsys, "rows.jsonl")[1]  # fmt: skip
    status, said = validate(capsys, "rows.jsonl", "--fix", named)
    assert status == 0
    assert "written to 'rows.fixed.jsonl'; places repaired: 10, errors left: 0" in said
    assert Path("rows.fixed.jsonl").read_text("utf-8") == VALID


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rows.jsonl", "--fix", "rows.jsonl"], "'rows.jsonl' exists already"),
        (["rows.jsonl", "--fix", "x.jsonl", "--fixes", "x"], "there is no fix 'x'"),
        (["rows.jsonl", "rows.jsonl", "--fix", "x.jsonl"], "expected one file to repair, got 2"),
        (["no.jsonl", "--fix", "x.jsonl"], "there is no file 'no.jsonl'"),
        (["rows.jsonl", "--fix", "exotic_blank"], "there is no fix 'exotic_blank'"),
        (["rows.jsonl", "--fix", "bom,exotic blanks"], "there is no fix 'exotic blanks'"),
        (["rows.jsonl", "--fix", "no/folder"], "expected a .jsonl or .json file, got 'folder'"),
        (["rows.jsonl", "--fix", "x.txt"], "expected a .jsonl or .json file, got 'x.txt'"),
    ],
)
def test_where_nothing_can_be_written_nothing_is_and_it_is_said(capsys, arguments, message):
    Path("rows.jsonl").write_text(VALID)
    status, said = validate(capsys, *arguments)
    assert status == 2
    assert message in said
    assert [path.name for path in Path.cwd().iterdir()] == ["rows.jsonl"]
    assert Path("rows.jsonl").read_text() == VALID
    status, said = validate(capsys, *arguments, "--json")
    assert status == 2
    assert message in json.loads(said)["message"]


def test_the_same_for_a_program(capsys):
    Path("rows.jsonl").write_text("a,b: c\nuser: x\n" + VALID.replace("user", "human", 1))
    status, said = validate(capsys, "rows.jsonl", "--fix", "fixed.jsonl", "--json")
    first, second = map(json.loads, said.splitlines())
    assert first == {
        "file": "rows.jsonl",
        "fixes": {"preamble": 1, "role_aliases": 1},
        "refused": [
            {
                "fix": "preamble",
                "line": 1,
                "reason": "this may be data in another form, not talk around the rows",
            }
        ],
    }
    assert (status, second["file"], second["rows"], second["valid_rows"]) == (
        1, "fixed.jsonl", 11, 10,
    )  # fmt: skip


def test_a_file_in_another_encoding_is_written_as_utf_8(capsys):
    Path("rows.jsonl").write_bytes(VALID.replace("yo", "你好").encode("gb18030"))
    status, said = validate(
        capsys, "rows.jsonl", "--encoding", "gb18030", "--fix", "fixed.jsonl"
    )  # fmt: skip
    assert status == 0
    assert said.startswith("there is nothing to fix\n")
    assert Path("fixed.jsonl").read_bytes() == VALID.replace("yo", "你好").encode()
