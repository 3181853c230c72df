"""Sources that are repaired: a cell's body, a file, Python rows. Nothing that was there changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.fixes.repair import CellBody, PythonRows, RowsFile, content, free_name

ROW = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}
MEANT = json.dumps(ROW)
PASTED = MEANT.replace(": ", ":\u00a0")
ALIASED = json.loads(MEANT.replace('"user"', '"human"'))


def test_a_cell_becomes_another_body_that_is_read_as_the_cell_was():
    cell = CellBody(f"{PASTED}\n{MEANT}", {"name": "pirate", "system": "Brief."})
    preview = cell.preview(["exotic_blanks"])

    assert dict(preview.found.counts) == {"exotic_blanks": 1}
    assert (preview.out, preview.write()) == (None, "")
    assert cell.body == f"{PASTED}\n{MEANT}"
    read = preview.after.read()
    assert (read.name, read.systems, len(read), read.errors) == ("pirate", ("Brief.",), 2, ())
    assert read.origin == Origin("cell", "pirate", cell=f"{MEANT}\n{MEANT}")


def test_a_file_becomes_a_new_one_and_each_further_step_another_one(tmp_path: Path):
    first = tmp_path / "rows.jsonl"
    both = f"{PASTED}\n{PASTED}".replace('"user"', '"human"')
    first.write_bytes(both.encode("gb18030"))
    source = RowsFile(first, {"name": "rows", "encoding": "gb18030"}, first=first)

    preview = source.preview(["exotic_blanks"])
    written = preview.write()
    assert first.read_bytes() == both.encode("gb18030")
    assert preview.out == tmp_path / "rows.fixed.jsonl"
    assert preview.out.read_bytes() == both.replace("\u00a0", " ").encode()
    assert written == content(preview.out)

    then = preview.after.preview(["role_aliases"])
    assert then.out == tmp_path / "rows.fixed-2.jsonl"
    then.write()
    assert then.out.read_text("utf-8") == f"{MEANT}\n{MEANT}"
    assert then.after.read().errors == ()
    with pytest.raises(DatasetError, match="exists already"):
        then.write()


def test_python_rows_become_other_rows(tmp_path: Path):
    rows = [ALIASED, ROW]
    source = PythonRows(rows, {"name": "rows"}, Origin("python", "rows"))
    preview = source.preview(["role_aliases"])

    assert dict(preview.found.counts) == {"role_aliases": 1}
    assert preview.out is None
    assert rows == [ALIASED, ROW]
    assert preview.after == PythonRows([ROW, ROW], {"name": "rows"}, Origin("python", "rows"))
    assert [row.as_dict() for row in preview.after.read().conversations] == [ROW, ROW]


def test_a_new_file_has_the_first_name_that_is_free(tmp_path: Path):
    path = tmp_path / "rows.json"
    names = []
    for _ in range(3):
        names.append(free_name(path).name)
        free_name(path).touch()
    assert names == ["rows.fixed.json", "rows.fixed-2.json", "rows.fixed-3.json"]
