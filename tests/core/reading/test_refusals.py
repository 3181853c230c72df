"""What is said where there is nothing to check: no such file, no such encoding, no rows."""

from __future__ import annotations

import pytest

from nbfinetune.core import text
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.reading.checking import Check, file_items
from nbfinetune.core.reading.sources import from_rows, read_file
from nbfinetune.core.text.dataset_problems import FILES
from tests.core.reading.codes.case import PRETTY, ROW

REFUSED = {
    "file_missing": (
        lambda: read_file("no.jsonl"),
        "there is no file 'no.jsonl'\n"
        "Check the name; a relative path begins at the folder of the notebook.",
        "没有文件 'no.jsonl'\n请检查文件名；相对路径从笔记本所在的文件夹开始。",
    ),
    "file_is_folder": (
        lambda: read_file("folder.jsonl"),
        "expected a file, got the folder 'folder.jsonl'\nName a .jsonl or .json file in it.",
        "应为文件，得到文件夹 'folder.jsonl'\n请指明其中的 .jsonl 或 .json 文件。",
    ),
    "file_unreadable": (
        lambda: read_file("d.jsonl/d.jsonl"),
        "'d.jsonl/d.jsonl' can't be read: Not a directory\n"
        "Check the rights of the file, or copy it beside the notebook.",
        "无法读取 'd.jsonl/d.jsonl'：Not a directory\n"
        "请检查文件的权限，或把它复制到笔记本旁边。",
    ),
    "file_type": (
        lambda: read_file("d.csv"),
        "expected a .jsonl or .json file, got 'd.csv'\n"
        "Save the rows as JSON Lines: one object per line, file name ending in .jsonl.",
        "应为 .jsonl 或 .json 文件，得到 'd.csv'\n"
        "请保存为 JSON Lines：每行一个对象，文件名以 .jsonl 结尾。",
    ),
    "encoding_unknown": (
        lambda: read_file("d.jsonl", encoding="utf-80"),
        "there is no encoding 'utf-80'\nTry gb18030, utf-16 or cp1252.",
        "没有名为 'utf-80' 的编码\n可以试试 gb18030、utf-16 或 cp1252。",
    ),
    "profile_unknown": (
        lambda: read_file("d.jsonl", profile="SiliconCloud"),
        "there is no profile 'SiliconCloud'\nThere are: local, siliconcloud.",
        "没有名为 'SiliconCloud' 的 profile\n现有：local, siliconcloud。",
    ),
    "encoding_without_bom": (
        lambda: read_file("d.jsonl", encoding="utf-16"),
        "the file doesn't begin as 'utf-16' does: with a byte order mark\n"
        "Leave --encoding out: the report names the encoding that it finds.",
        "文件开头没有 'utf-16' 应有的字节顺序标记\n请去掉 --encoding：报告会指出检测到的编码。",
    ),
    "not_rows": (
        lambda: from_rows(ROW, name="d"),
        "expected a list of rows, got str\n"
        'Pass a list of {"messages": [...]}, a pandas frame, or one split of a datasets object.',
        "应为由行组成的列表，得到 str\n"
        '请传入 {"messages": [...]} 的列表、pandas 表，或 datasets 的一个 split。',
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "d.jsonl").write_text(ROW)
    (tmp_path / "d.json").write_text(PRETTY)


def test_every_refusal_of_the_catalogue_has_a_case():
    assert REFUSED.keys() | {"file_type/upload"} == FILES.keys()


@pytest.mark.parametrize("code", REFUSED)
def test_what_can_not_be_read_is_refused_in_both_languages(code):
    read, english, chinese = REFUSED[code]
    with pytest.raises(DatasetError) as error:
        read()
    assert error.value.code == code
    assert str(error.value) == english
    text.set_language("zh")
    assert str(error.value) == chinese


@pytest.mark.parametrize("name", ["d.jsonl", "d.json"])
def test_what_can_be_read_is_not_refused(tmp_path, name):
    assert len(read_file(name)) == 1
    assert len(read_file(tmp_path / name, encoding="utf-8")) == 1
    check = Check()
    assert [p.code for p in check.problems(file_items(tmp_path / name))] == ["few_rows"]
    assert len(from_rows([{"messages": []}], name="d").errors) == 1
