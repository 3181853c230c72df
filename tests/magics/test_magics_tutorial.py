"""Ten rows as a tutorial's page prints them, with no-break spaces between all tokens of the JSON:
named, repaired with the one option that the way out names, and then byte for byte what was meant.

From a cell, from a file, from Python and from the command line.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nbfinetune as ft
from nbfinetune.__main__ import main
from tests.magics.conftest import Notebook


def _row(number: int) -> dict[str, object]:
    said = [
        ("system", "你是客服。"),
        ("user", f"第 {number} 个问题？"),
        ("assistant", f"答案 {number}，好。"),
    ]
    return {"messages": [{"role": role, "content": content} for role, content in said]}


ROWS = [_row(number) for number in range(1, 11)]


def _between_all_tokens(row: object) -> str:
    """A row with a blank between every two tokens."""
    if isinstance(row, str):
        return json.dumps(row, ensure_ascii=False).replace(" ", "\0")
    if isinstance(row, list):
        return f"[ {' , '.join(map(_between_all_tokens, row))} ]"
    assert isinstance(row, dict)
    members = (f"{_between_all_tokens(k)} : {_between_all_tokens(v)}" for k, v in row.items())
    return f"{{ {' , '.join(members)} }}"


def _as_printed(row: object) -> str:
    """A row with blanks behind colons and commas; those inside of texts are \\0."""
    text = json.dumps(row, ensure_ascii=False)
    return '"'.join(p.replace(" ", "\0") if i % 2 else p for i, p in enumerate(text.split('"')))


SHAPES = {
    shape.__name__: "".join(shape(row) + "\n" for row in ROWS)
    for shape in (_as_printed, _between_all_tokens)
}
NAMED = [
    "expected a plain space, got U+00A0 (no-break space): column",
    "→ Write plain spaces instead; such blanks often come from a web page. "
    "Or add:  --fix exotic_blanks",
]


@pytest.fixture(params=SHAPES)
def meant(request: pytest.FixtureRequest) -> str:
    """The rows that were meant."""
    return SHAPES[request.param].replace("\0", " ")


@pytest.fixture
def pasted(meant: str) -> str:
    """The same as it is pasted: no blank between tokens is a plain one, all in texts are."""
    shape = next(text for text in SHAPES.values() if text.replace("\0", " ") == meant)
    text = shape.replace(" ", "\u00a0").replace("\0", " ")
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(text.split("\n")[0])
    return text


def _is_the_dataset(dataset: ft.MessageDataset) -> None:
    assert dataset.errors == ()
    assert [conversation.as_dict() for conversation in dataset.conversations] == ROWS


def test_in_a_cell(notebook: Notebook, pasted: str, meant: str) -> None:
    output = notebook.cell(f"%%ft_dataset odd\n{pasted}")
    assert all(words in output.shown[0] for words in NAMED)
    assert "odd" not in notebook.session.datasets

    dataset = notebook.run(f"%%ft_dataset odd --fix exotic_blanks\n{pasted}").result
    _is_the_dataset(dataset)
    assert notebook.shell.rl_next_input == f"%%ft_dataset odd\n{meant}".rstrip()
    _is_the_dataset(notebook.run(f"{notebook.shell.rl_next_input}\n").result)


def test_in_a_file(notebook: Notebook, pasted: str, meant: str) -> None:
    Path("rows.jsonl").write_text(pasted, "utf-8")
    output = notebook.cell("%ft_dataset rows.jsonl")
    assert all(words in output.shown[0] for words in NAMED)

    dataset = notebook.run("%ft_dataset rows.jsonl --fix exotic_blanks").result
    _is_the_dataset(dataset)
    assert Path("rows.fixed.jsonl").read_bytes() == meant.encode()
    assert Path("rows.jsonl").read_bytes() == pasted.encode()


def test_from_python(notebook: Notebook, pasted: str, meant: str) -> None:
    Path("rows.jsonl").write_text(pasted, "utf-8")
    found = ft.validate("rows.jsonl")
    assert len(found.errors) == 10
    assert all(NAMED[0] in str(problem) for problem in found.errors)
    assert {f"→ {problem.way_out}" for problem in found.errors} == {NAMED[1]}

    fixed = ft.fix("rows.jsonl", "exotic_blanks", to="mine.jsonl")
    assert fixed.counts == {"exotic_blanks": 10}
    assert Path("mine.jsonl").read_bytes() == meant.encode()
    _is_the_dataset(ft.load_dataset("mine.jsonl"))


def test_on_the_command_line(
    notebook: Notebook, pasted: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rows.jsonl").write_text(pasted, "utf-8")
    assert main(["validate", "rows.jsonl"]) == 1
    printed = capsys.readouterr().out
    assert printed.count(NAMED[0]) == 10
    assert printed.count(NAMED[1]) == 1

    assert main(["validate", "rows.jsonl", "--fix", "exotic_blanks"]) == 0
    assert capsys.readouterr().out.endswith("rows.fixed.jsonl: valid (10 rows)\n")
    assert main(["validate", "rows.jsonl", "--fix", "mine.jsonl"]) == 0
    for name in ("rows.fixed.jsonl", "mine.jsonl"):
        assert Path(name).read_bytes() == meant.encode()
