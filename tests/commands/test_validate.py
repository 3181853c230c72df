"""`python -m nbfinetune validate`: the report, the JSON lines, the exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbfinetune.__main__ import main
from nbfinetune.commands.validate import MOST_LISTED
from nbfinetune.core import text

ROW = '{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "yo"}]}\n'
VALID = "".join(ROW % i for i in range(10))
INVALID = VALID + (ROW % "x").replace("user", "human") * 2 + "{}\n\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBFINETUNE_LANG", raising=False)
    monkeypatch.setattr(text, "_chosen", None)
    Path("good.jsonl").write_text(VALID)
    Path("bad.jsonl").write_text(INVALID)


def test_a_valid_file_is_one_line_and_status_0(capsys):
    assert main(["validate", "good.jsonl"]) == 0
    assert capsys.readouterr().out == "good.jsonl: valid (10 rows)\n"


def test_a_key_that_holds_the_system_prompt_is_used(capsys):
    row = (ROW % "a").replace('{"messages"', '{"prompt_of_system": "Be brief.", "messages"')
    Path("keyed.jsonl").write_text(VALID.replace(ROW % "0", row))
    main(["validate", "keyed.jsonl", "--system-key", "prompt_of_system"])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "keyed.jsonl: valid (10 rows)",
        "  rows converted from a system prompt beside messages: 1",
    ]


def test_warnings_alone_are_valid(capsys):
    Path("few.jsonl").write_text(ROW % "a")
    assert main(["validate", "few.jsonl"]) == 0
    assert capsys.readouterr().out == (
        "few.jsonl: valid (1 rows)\n"
        "\n"
        "warnings: 1\n"
        "  few_rows\n"
        "    expected at least 10 rows, got 1\n"
        "    → Add rows: a few dozen good ones are enough to begin with, 100 to 1,000 are usual.\n"
    )


def test_the_report_groups_problems_with_their_way_out(capsys):
    assert main(["validate", "bad.jsonl"]) == 1
    expected = "expected 'system' / 'user' / 'assistant', got 'human'"
    assert capsys.readouterr().out == (
        "bad.jsonl: not valid (10 of 13 rows are)\n"
        "\n"
        "errors: 3\n"
        "  role_invalid (2)\n"
        f"    line 11  $.messages[0].role  {expected}\n"
        f"    line 12  $.messages[0].role  {expected}\n"
        "    → Write 'user' instead of 'human'. Or add:  --fix role_aliases\n"
        "  messages_missing\n"
        "    line 13  expected the key 'messages', got {}\n"
        "    → Put the turns of the row into an array under 'messages'.\n"
        "\n"
        "warnings: 1\n"
        "  blank_line\n"
        "    line 14  blank lines, skipped: 1 (first here)\n"
        "    → Nothing needs to be done; other tools may refuse them.\n"
    )


def test_json_is_one_object_per_file_and_line(capsys):
    assert main(["validate", "--json", "good.jsonl", "bad.jsonl", "gone.jsonl"]) == 2
    good, bad, gone = map(json.loads, capsys.readouterr().out.splitlines())
    assert good == {"file": "good.jsonl", "rows": 10, "valid_rows": 10, "problems": []}
    assert (bad["rows"], bad["valid_rows"]) == (13, 10)
    assert bad["problems"][2] == {
        "code": "messages_missing",
        "severity": "error",
        "line": 13,
        "path": "",
        "message": "expected the key 'messages', got {}",
    }
    assert gone == {
        "file": "gone.jsonl",
        "rows": 0,
        "valid_rows": 0,
        "problems": [
            {
                "code": "file_missing",
                "severity": "error",
                "line": None,
                "path": "",
                "message": "there is no file 'gone.jsonl'",
            }
        ],
    }


@pytest.mark.parametrize(
    ("files", "status"),
    [
        (["good.jsonl", "good.jsonl"], 0),
        (["bad.jsonl", "good.jsonl"], 1),
        (["gone.jsonl", "bad.jsonl", "good.jsonl"], 2),
        (["."], 2),
    ],
)
def test_the_status_is_the_worst_of_all_files(files, status, capsys):
    assert main(["validate", *files]) == status
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("arguments", [[], ["validate"], ["validate", "--nope", "x"], ["nope"]])
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m nbfinetune" in capsys.readouterr().err


def test_the_upload_profile_adds_its_limits(capsys):
    Path("rows.json").write_text(f"[{(ROW % 'a').strip()}]")
    assert main(["validate", "rows.json"]) == 0
    assert main(["validate", "--profile", "siliconcloud", "rows.json"]) == 1
    assert "expected a .jsonl file for the upload, got 'rows.json'" in capsys.readouterr().out


def test_as_a_process_it_is_utf8_in_chinese_and_loads_nothing_heavy():
    code = (
        "import sys; from nbfinetune.__main__ import main; status = main(); "
        "heavy = {'torch', 'transformers', 'numpy', 'pandas', 'IPython', 'ipywidgets'}; "
        "sys.exit(f'loaded {heavy & set(sys.modules)}' if heavy & set(sys.modules) else status)"
    )
    environment = {**os.environ, "NBFINETUNE_LANG": "zh", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", "--json", "bad.jsonl"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert "应有键 'messages'，得到 {}" in done.stdout.decode("utf-8")


def test_a_report_lists_some_problems_of_a_code_and_counts_all_and_json_has_each(capsys):
    Path("many.jsonl").write_text("{}\n" * (MOST_LISTED + 5))
    assert main(["validate", "many.jsonl"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "errors: 1005" in lines
    assert "  … and 5 more messages_missing (--json lists all)" in lines
    assert sum(line.startswith("    line ") for line in lines) == MOST_LISTED
    assert main(["validate", "--json", "many.jsonl"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [p["line"] for p in problems if p["severity"] == "error"] == list(range(1, 1006))


def test_a_file_of_another_encoding_is_read_with_its_name(capsys):
    Path("gbk.jsonl").write_bytes("".join(ROW % f"你好{i}" for i in range(11)).encode("gbk"))
    assert main(["validate", "gbk.jsonl"]) == 1
    assert "or add  --encoding gb18030." in capsys.readouterr().out
    assert main(["validate", "--encoding", "gb18030", "gbk.jsonl"]) == 0
    assert capsys.readouterr().out == "gbk.jsonl: valid (11 rows)\n"
    assert main(["validate", "--encoding", "nope", "gbk.jsonl"]) == 2
    assert "there is no encoding 'nope'" in capsys.readouterr().out


def test_rows_of_another_format_are_named(capsys):
    Path("a.jsonl").write_text('{"instruction": "a", "output": "b"}\n' * 10)
    assert main(["validate", "--json", "a.jsonl"]) == 0
    conversions = json.loads(capsys.readouterr().out)["conversions"]
    assert conversions == [{"format": "alpaca", "rows": 10, "left_out": []}]
