"""`%%ft_dataset` and `%ft_dataset` in all their forms."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from nbfinetune.core.dataset import Origin
from tests.magics.conftest import PIRATE, Notebook

ROW = {
    "messages": [
        {"role": "user", "content": "What is the capital of France?"},
        {"role": "assistant", "content": "Paris."},
    ]
}
OTHER = {
    "messages": [
        {"role": "user", "content": "What is the opposite of hot?"},
        {"role": "assistant", "content": "Cold."},
    ]
}
TURNS = [
    [("user", "What is the capital of France?"), ("assistant", "Paris.")],
    [("user", "What is the opposite of hot?"), ("assistant", "Cold.")],
]


def turns(notebook: Notebook, name: str) -> list[list[tuple[str, str]]]:
    """The messages of a kept dataset."""
    rows = notebook.session.datasets[name].conversations
    return [[(m.role, m.content) for m in row.messages] for row in rows]


def test_a_cell_in_chat_form_becomes_conversations_with_the_system_prompt(
    notebook: Notebook,
) -> None:
    output = notebook.run(PIRATE)

    assert output.result is notebook.session.datasets["pirate"]
    assert turns(notebook, "pirate") == [
        [
            ("system", "You are a pirate."),
            ("user", "What is the capital of France?"),
            ("assistant", "Ahoy! The capital o' France be Paris, arr!"),
        ],
        [
            ("system", "You are a pirate."),
            ("user", "What is the opposite of hot?"),
            ("assistant", "Ahoy! The opposite o' hot be cold, arr!"),
        ],
    ]


@pytest.mark.parametrize(
    "body",
    [
        f"{json.dumps(ROW)}\n{json.dumps(OTHER)}",
        json.dumps([ROW, OTHER], indent=2),
        "user: What is the capital of France?\nassistant: Paris.\n\n"
        "user: What is the opposite of hot?\nassistant: Cold.\n",
    ],
    ids=["json lines", "json array", "chat"],
)
def test_the_forms_of_a_cell_mean_the_same(notebook: Notebook, body: str) -> None:
    notebook.run(f"%%ft_dataset rows\n{body}")

    assert turns(notebook, "rows") == TURNS


def test_a_cell_is_data_and_nothing_in_it_is_expanded(notebook: Notebook) -> None:
    notebook.shell.user_ns["price"] = "WRONG"

    notebook.run("%%ft_dataset shop\nuser: Is it $price or {price}?\nassistant: It is $price.")

    assert turns(notebook, "shop") == [
        [("user", "Is it $price or {price}?"), ("assistant", "It is $price.")]
    ]


def test_chinese_names_markers_and_prompts_are_read(notebook: Notebook) -> None:
    notebook.run(
        "%%ft_dataset 海盗 --system 你是海盗。\n用户：法国的首都是哪里？\n助手：巴黎，啊！"
    )

    assert turns(notebook, "海盗") == [
        [("system", "你是海盗。"), ("user", "法国的首都是哪里？"), ("assistant", "巴黎，啊！")]
    ]


def test_the_system_prompt_can_come_from_a_file(notebook: Notebook) -> None:
    Path("long prompt.txt").write_text("You are a poet.\n", "utf-8")

    notebook.run('%%ft_dataset verse --system "@long prompt.txt"\nuser: Hi\nassistant: Oh!')

    assert notebook.session.datasets["verse"].systems == ("You are a poet.",)


def test_a_file_is_loaded_under_its_own_name_or_another(notebook: Notebook) -> None:
    Path("rows.jsonl").write_text(f"{json.dumps(ROW)}\n{json.dumps(OTHER)}\n", "utf-8")

    notebook.run("%ft_dataset rows.jsonl")
    notebook.run("%ft_dataset rows.jsonl --name capitals --system Brief.")

    assert turns(notebook, "rows") == TURNS
    assert notebook.session.datasets["capitals"].systems == ("Brief.",)


def test_a_file_with_blanks_in_its_name_is_quoted(notebook: Notebook) -> None:
    Path("my rows.json").write_text(json.dumps([ROW, OTHER]), "utf-8")

    notebook.run('%ft_dataset "my rows.json" --name mine')

    assert turns(notebook, "mine") == TURNS


def test_a_variable_is_loaded_under_its_name(notebook: Notebook) -> None:
    notebook.shell.user_ns["rows"] = [ROW, OTHER]

    notebook.run("%ft_dataset rows")

    assert turns(notebook, "rows") == TURNS


def test_a_variable_that_has_changed_is_read_again(notebook: Notebook) -> None:
    notebook.shell.user_ns["rows"] = [ROW]
    notebook.run("%ft_dataset rows")
    notebook.shell.user_ns["rows"] = [ROW, OTHER]

    notebook.run("%ft_dataset rows")

    assert turns(notebook, "rows") == TURNS


def test_the_name_of_a_dataset_gives_it_back_also_to_a_variable(notebook: Notebook) -> None:
    notebook.run(PIRATE)

    notebook.run("pirate = %ft_dataset pirate")
    again = notebook.run("%ft_dataset pirate")

    assert notebook.shell.user_ns["pirate"] is notebook.session.datasets["pirate"]
    assert again.result is notebook.session.datasets["pirate"]


def test_without_a_name_the_datasets_are_listed(notebook: Notebook) -> None:
    empty = notebook.run("%ft_dataset")
    notebook.run(PIRATE)
    notebook.run(f"{PIRATE}\nuser: And?\nassistant: Arr!")
    listed = notebook.run("%ft_dataset").shown[0].splitlines()

    sha256 = notebook.session.datasets["pirate"].sha256
    assert empty.shown == ["no datasets yet: write one with  %%ft_dataset NAME"]
    assert [line.split() for line in listed[:1]] == [
        ["dataset", "rows", "versions", "hash", "kept", "from"]
    ]
    name, rows, versions, digits, day, minute, *place = listed[2].split()
    assert (name, rows, versions, digits, place) == ("pirate", "3", "2", sha256[:12], ["a", "cell"])
    assert datetime.fromisoformat(f"{day} {minute}")


def test_a_new_kernel_finds_datasets_and_their_older_versions(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = notebook.run(PIRATE).result
    second = notebook.run(f"{PIRATE}\nuser: And?\nassistant: Arr!").result
    notebook.session.datasets.clear()

    latest = notebook.run("%ft_dataset pirate").result
    older = notebook.run("%ft_dataset pirate@1 --name older").result

    assert (latest.sha256, older.sha256) == (second.sha256, first.sha256)
    assert list(notebook.session.datasets) == ["pirate", "older"]


def test_a_dataset_is_shown_as_text_and_as_html(notebook: Notebook) -> None:
    output = notebook.run("%%ft_dataset tags\nuser: <b>Hi</b>\nassistant: <script>x</script>")

    assert len(output.shown) == len(output.html) == 1
    assert output.shown[0].splitlines()[-2:] == [
        "  user:      <b>Hi</b>",
        "  assistant: <script>x</script>",
    ]
    assert "<script>" not in output.html[0]
    assert "&lt;script&gt;x&lt;/script&gt;" in output.html[0]


def test_a_dataset_is_replaced_only_by_a_valid_one(notebook: Notebook) -> None:
    notebook.run(PIRATE)
    before = notebook.session.datasets["pirate"]

    assert not notebook.cell("%%ft_dataset pirate\nuser: no answer").success

    assert notebook.session.datasets["pirate"] is before


def test_a_refused_dataset_is_shown_with_every_problem_and_the_error_is_brief(
    notebook: Notebook,
) -> None:
    output = notebook.cell(
        '%%ft_dataset odd\n{"messages": []}\n'
        '{"messages": [{"role": "usr", "content": "a"}, {"role": "assistant", "content": "b"}]}'
    )

    assert output.error == (
        "DatasetError: problems in odd: 2 (0 of 2 rows are valid)\n"
        "The report names them; correct these rows and run the cell again."
    )
    (report,) = output.shown
    for line in (
        "  line 2  $.messages  expected at least one question and its answer, got []",
        "    → Add a 'user' and an 'assistant' message, or delete the row.",
        "  line 3  $.messages[0].role  expected 'system' / 'user' / 'assistant', got 'usr'",
        "    → Use one of these three, in lower case.",
    ):
        assert line in report.splitlines()
    assert len(output.html) == 1


def test_a_sample_is_loaded_by_its_name(notebook: Notebook) -> None:
    notebook.run("%ft_dataset sample:pirate")

    assert notebook.session.datasets["pirate"].origin == Origin("sample", "sample:pirate")


def test_rows_of_another_format_are_converted_and_the_dataset_says_so(notebook: Notebook) -> None:
    notebook.shell.user_ns["pairs"] = [{"prompt": "a", "completion": "b"}]

    dataset = notebook.run("%ft_dataset pairs").result

    assert turns(notebook, "pairs") == [[("user", "a"), ("assistant", "b")]]
    assert [(c.format, c.rows) for c in dataset.conversions] == [("prompt_completion", 1)]


def test_rows_are_written_to_a_new_file(notebook: Notebook) -> None:
    notebook.run("%ft_dataset sample:pirate --to mine.jsonl")

    notebook.run("%ft_dataset mine.jsonl")

    kept = notebook.session.datasets
    assert kept["mine"].conversations == kept["pirate"].conversations


def test_a_file_in_another_encoding_is_read_as_it_is_told(notebook: Notebook) -> None:
    row = {**ROW, "messages": [{"role": "user", "content": "你好"}, ROW["messages"][1]]}
    Path("old.jsonl").write_bytes(json.dumps(row, ensure_ascii=False).encode("gbk"))

    notebook.run("%ft_dataset old.jsonl --encoding gbk")

    assert turns(notebook, "old") == [[("user", "你好"), ("assistant", "Paris.")]]


def test_the_limits_of_a_platform_are_added(notebook: Notebook) -> None:
    Path("rows.json").write_text(json.dumps([ROW]), "utf-8")

    output = notebook.cell("%ft_dataset rows.json --profile siliconcloud")

    assert "DatasetError: problems in rows.json: 1 (1 of 1 rows are valid)" in output.error
    assert notebook.refused("%ft_dataset rows.json --profile hosted").startswith(
        "ConfigError: profile must be local or siliconcloud"
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (
            "%%ft_dataset\nuser: a\nassistant: b",
            "DatasetError: the dataset needs a name\n"
            "For example:  %ft_dataset rows.jsonl --name pirate",
        ),
        (
            "%ft_dataset nothing",
            "DatasetError: 'nothing' is no dataset, no file and no Python variable\n"
            "Give the path of a .jsonl or .json file, the name of a list of rows, "
            "sample:pirate …; %ft_dataset alone lists the datasets.",
        ),
        (
            "%ft_dataset nothing.jsonl",
            "DatasetError: there is no file 'nothing.jsonl'\n"
            "Check the name; a relative path begins at the folder of the notebook.",
        ),
        (
            "%ft_dataset two words",
            "ConfigError: one name or source, got two words\nSee  %ft_dataset?",
        ),
        (
            "%%ft_dataset a --system @nothing.txt\nuser: a\nassistant: b",
            "ConfigError: the system prompt can't be read from nothing.txt: "
            "No such file or directory\n"
            "@FILE takes the text of a file; without @ the words themselves are the prompt.",
        ),
        (
            "%ft_dataset a --sytem x",
            "ConfigError: unknown option --sytem. Did you mean --system?",
        ),
        (
            '%%ft_dataset a --system "open\nuser: a\nassistant: b',
            "ConfigError: no closing quotation\nSee  %ft_dataset?",
        ),
        (
            "%ft_dataset a --name",
            "ConfigError: argument --name: expected one argument\nSee  %ft_dataset?",
        ),
    ],
)
def test_a_mistake_is_told_with_the_way_out(notebook: Notebook, code: str, error: str) -> None:
    assert notebook.refused(code) == error


def test_an_empty_cell_is_refused(notebook: Notebook) -> None:
    assert not notebook.cell("%%ft_dataset empty\n").success
    assert notebook.session.datasets == {}
