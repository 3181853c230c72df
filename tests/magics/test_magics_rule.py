"""`%%ft_rule` and `%ft_rule` in all their forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbfinetune.core.rules.rules import Rule
from nbfinetune.display.rules import marks_html, marks_text
from nbfinetune.magics.rule import LINE, RuleMagics
from tests.display.test_dataset import words
from tests.magics.conftest import PIRATE, Notebook

SHOES = """%%ft_dataset shoes
user: shoe
assistant: A boot.

user: hat
assistant: A hat!
"""


@pytest.fixture
def notebook(notebook: Notebook) -> Notebook:
    notebook.shell.register_magics(RuleMagics(notebook.shell, notebook.session))
    return notebook


def outcomes(notebook: Notebook, cell: str) -> list[tuple[str, str]]:
    marks = notebook.run(cell).result
    return [(verdict.outcome, verdict.reason) for verdict in marks.verdicts]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%ft_rule r\nuser not in answer", ("failed", "not kept")),
        ("%%ft_rule r\nlacks(answer, user)", ("failed", "contains 'hat'")),
        ("%%ft_rule r\ndef check(row):\n    return row.user not in row.answer or 'echo'",
         ("failed", "echo")),
        ("%%ft_rule r\nanswer must match \\.$", ("failed", r"answer does not match \.$")),
        (r"%ft_rule r --match \.$", ("failed", r"answer does not match \.$")),
        (r"%ft_rule r --no-match ^h --target user", ("failed", "user matches ^h: 'h'")),
        ("%%ft_rule r\nanswer[6]", ("unjudged", "IndexError: string index out of range (line 1)")),
    ],
)  # fmt: skip
def test_a_rule_marks_the_newest_dataset(notebook: Notebook, cell, expected) -> None:
    notebook.run(PIRATE)
    notebook.run(SHOES)
    first, second = outcomes(notebook, cell)
    assert second == expected
    assert first == ("passed", "") or expected[0] == "unjudged"


def test_a_named_dataset_or_file_is_marked(notebook: Notebook) -> None:
    notebook.run(PIRATE)
    notebook.run(SHOES)
    Path("rows.jsonl").write_text(
        '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}\n'
    )
    arr = outcomes(notebook, "%%ft_rule arr --on pirate\nanswer must match arr!$")
    assert arr == [("passed", "")] * 2
    assert outcomes(notebook, "%ft_rule arr --on shoes")[0][0] == "failed"
    assert [o for o, _ in outcomes(notebook, "%ft_rule arr --on rows.jsonl")] == ["failed"]
    assert "there is no dataset 'shose'. Did you mean 'shoes'?" in notebook.refused(
        "%ft_rule arr --on shose"
    )


def test_without_a_dataset_a_rule_is_kept_for_later(notebook: Notebook) -> None:
    output = notebook.run("%%ft_rule brief\nat_most(answer, 5)")
    assert output.result is None
    assert output.shown == ["rule brief is ready; there is no dataset to mark yet"]
    notebook.run(SHOES)
    assert outcomes(notebook, "%ft_rule brief") == [
        ("failed", "7 characters, more than 5"),
        ("failed", "6 characters, more than 5"),
    ]


def test_the_body_is_python_and_nothing_in_it_is_expanded(notebook: Notebook) -> None:
    notebook.run(SHOES)
    notebook.shell.user_ns["x"] = "WRONG"
    marks = notebook.run('%%ft_rule r\nf"{answer} $x"').result
    assert [v.reason for v in marks.verdicts] == ["A boot. $x", "A hat! $x"]


def test_the_rules_are_listed_with_those_that_wait(notebook: Notebook) -> None:
    assert notebook.run("%ft_rule").shown == ["no rules yet: write one with  %%ft_rule NAME"]
    notebook.run("%%ft_rule one\nuser not in answer\nlen(answer) < 9")
    notebook.session.rules.offer(Rule(name="two", kind="python", source="1 / 0"))
    notebook.session.rules.offer(Rule(name="three", kind="regex", source="answer must match x"))
    assert notebook.run("%ft_rule").shown == [
        f"{'one':<24} user not in answer …\n"
        f"{'two':<24} 1 / 0  (not run here yet)\n"
        f"{'three':<24} answer must match x"
    ]


def test_python_that_came_with_data_runs_when_its_cell_is_run(notebook: Notebook) -> None:
    notebook.run(SHOES)
    stored = Rule(name="theirs", kind="python", source="open('touched', 'w').close() or True")
    notebook.session.rules.offer(stored)
    refused = notebook.refused("%ft_rule theirs")
    assert refused == (
        "ConfigError: the rule 'theirs' is Python that came with the data and has not been run "
        "here\nIt could do anything on this machine. Read it; if you trust it, run this cell:\n"
        "%%ft_rule theirs\nopen('touched', 'w').close() or True"
    )
    assert not Path("touched").exists()
    cell = refused[refused.index("%%ft_rule") :]
    assert outcomes(notebook, cell) == [("passed", "")] * 2
    assert Path("touched").exists()
    # from now on it is the user's: what comes with data does not replace it
    notebook.session.rules.offer(Rule(name="theirs", kind="python", source="False"))
    assert outcomes(notebook, "%ft_rule theirs") == [("passed", "")] * 2


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%ft_rule\nuser not in answer", "the rule needs a name"),
        ("%%ft_rule a b\nTrue", "one name, got a b"),
        ("%ft_rule brif", "there is no rule 'brif'. Did you mean 'brief'?"),
        ("%%ft_rule r\nuser not", "the rule 'r' is no valid Python: invalid syntax (line 1)"),
        ("%%ft_rule r --match x\nTrue",
         "the rule 'r' is given twice: by options and by the lines below"),
        ("%ft_rule r --match (", "line 1 of the rule 'r' is no valid pattern: missing ), "
         "unterminated subpattern at position 0"),
        ("%ft_rule r --match x --target reply",
         "line 1 of the rule 'r' can't be read: 'reply must match x'"),
        ("%%ft_rule r --mach x\nTrue", "unknown option --mach. Did you mean --match?"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_rule_is_refused_and_the_old_one_stays(
    notebook: Notebook, cell, message
) -> None:
    notebook.run("%%ft_rule brief\nat_most(answer, 5)")
    assert notebook.refused(cell).split("\n")[0] == f"ConfigError: {message}"
    assert [rule.name for rule in notebook.session.rules.rules] == ["brief"]


def test_the_help_names_the_options_and_the_forms(notebook: Notebook) -> None:
    shown = RuleMagics.ft_rule.__doc__ or ""
    assert all(f"--{option.name}" in shown for option in LINE.options)
    for form in ("lacks(answer, user)", "def check(answer):", "answer must match 。$"):
        assert form in shown


def test_marks_are_shown_with_counts_reasons_and_rows(notebook: Notebook) -> None:
    notebook.run(SHOES)
    marks = notebook.run("%%ft_rule no-echo\nlacks(answer, user)").result
    assert marks_text(marks) == ("no-echo: keep it: 1, break it: 1\n  line 5: contains 'hat'")
    assert words(marks_html(marks)) == (
        "no-echo | keep it: 1 · break it: 1 | lacks(answer, user) | line 5 | hat → A hat! | "
        "(contains 'hat') | line 5 | hat | A hat!"
    )


def test_of_many_broken_rows_ten_are_listed(notebook: Notebook) -> None:
    body = "\n\n".join(f"user: {i}\nassistant: {i}" for i in range(13))
    notebook.run(f"%%ft_dataset many\n{body}")
    marks = notebook.run("%%ft_rule no-echo\nlacks(answer, user)").result
    assert marks_text(marks).split("\n")[-1] == "  … and 3 more"
    assert len(marks_text(marks).split("\n")) == 12
