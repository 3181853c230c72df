"""What errors say, and what they can be caught as."""

from __future__ import annotations

import pytest

from nbfinetune.core import text
from nbfinetune.core.errors import (
    ConfigError,
    DatasetError,
    ModelError,
    NbFinetuneError,
    RunError,
)
from nbfinetune.core.problems import Problem


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (DatasetError, ValueError),
        (ConfigError, ValueError),
        (ModelError, RuntimeError),
        (RunError, RuntimeError),
    ],
)
def test_each_error_is_ours_and_the_builtin_that_people_expect(kind, builtin):
    assert issubclass(kind, NbFinetuneError)
    assert issubclass(kind, builtin)


def test_an_error_says_what_happened_and_the_way_out_a_line_each():
    error = ModelError("template_missing", model="acme/base")
    assert str(error) == (
        "acme/base has no chat template\nChoose an instruct or chat version of the model."
    )
    assert (error.code, error.params) == ("template_missing", {"model": "acme/base"})


def test_the_language_is_that_of_the_moment_it_is_shown():
    error = ModelError("template_missing", model="acme/base")
    text.set_language("zh")
    assert str(error) == "acme/base 没有对话模板\n请选择该模型的 instruct 或 chat 版本。"


def test_braces_in_what_the_user_wrote_are_shown_as_they_are():
    assert str(RunError("run_unknown", name="{x}", suggestion="")) == (
        "there is no run '{x}'\n%ft_runs lists the runs."
    )


def problem(line: int, severity: str = "error") -> Problem:
    return Problem(code="bom", severity=severity, line=line)


def invalid(problems: list[Problem]) -> list[str]:
    error = DatasetError(
        "dataset_invalid", problems=problems, name="rows.jsonl", count=len(problems), rows=9,
        valid=3,
    )  # fmt: skip
    assert error.problems == tuple(problems)
    return str(error).split("\n")


def test_a_dataset_error_lists_the_errors_between_headline_and_way_out():
    lines = invalid([problem(1), problem(2, "warning"), problem(5)])
    assert lines == [
        "problems in rows.jsonl: 3 (3 of 9 rows are valid)",
        f"  {problem(1)}",
        f"    → {problem(1).way_out}",  # once for all problems of this kind
        f"  {problem(5)}",
        "Correct these lines and run the cell again.",
    ]


@pytest.mark.parametrize(("count", "more"), [(20, []), (21, ["  … and 1 more"])])
def test_a_dataset_error_shows_twenty_errors_and_counts_the_others(count, more):
    lines = invalid([problem(i) for i in range(1, count + 1)])
    del lines[2]  # the way out
    assert lines[1:-1] == [f"  {problem(i)}" for i in range(1, 21)] + more


def test_a_config_error_names_the_option():
    error = ConfigError("setting_out_of_range", field="lora_rank", value=0, allowed="x")
    assert error.params["option"] == "--lora-rank"
