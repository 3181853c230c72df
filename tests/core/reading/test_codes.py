"""Everything that a check of a dataset can say: each code found in the smallest input that has it,
with every word of it in both languages, and not in the nearest input that hasn't.

The inputs and the words stand in `codes/*_cases.py`: the reference of what the product says.
"""

from __future__ import annotations

import re

import pytest

from nbfinetune.__main__ import main
from nbfinetune.core import text
from nbfinetune.core.fixes.apply import FIXES, apply_fixes
from nbfinetune.core.fixes.sources import form_of_cell
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.special_tokens import special_token_problems
from nbfinetune.core.text.dataset_problems import FILES, REPORT
from nbfinetune.core.text.problems import PROBLEMS
from nbfinetune.core.text.quick_fixes import fix_for
from tests.core.reading.codes.case import Case, Source, lines
from tests.core.reading.codes.file_cases import FILE_CASES
from tests.core.reading.codes.json_cases import JSON_CASES
from tests.core.reading.codes.order_cases import ORDER_CASES
from tests.core.reading.codes.row_cases import ROW_CASES
from tests.core.reading.codes.whole_cases import WHOLE_CASES

CASES = [*JSON_CASES, *FILE_CASES, *ROW_CASES, *ORDER_CASES, *WHOLE_CASES]
OF_FILES = [
    case
    for case in CASES
    # of one code the report lists the first thousand
    if "." in case.wrong.name and case.phrase != "extra_key/more"
]
REPAIRED = [case for case in CASES if "--fix" in case.en_way_out]
OF_A_MODEL = {"special_token_in_content", "special_token"}

# The words of P-D2, as they are promised.
PROMISED = """
json_parse encoding no_rows row_not_object messages_missing messages_not_array messages_empty
message_not_object role_missing content_missing role_invalid system_multiple system_not_first
first_not_user not_alternating unpaired_end no_pair content_null content_not_string content_empty
content_blank duplicate_key lone_surrogate too_deep array_in_jsonl jsonl_in_json pretty_printed
size_limit row_limit special_token_in_content few_rows many_rows duplicate_row conflicting_answers
blank_line bom extra_key user_empty system_empty special_token system_prompt_varies outer_whitespace
"""


def named(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.phrase) for case in cases]


def said(problems: list[Problem]) -> list[tuple[str, str]]:
    """What a user reads of problems."""
    return [(str(problem), problem.way_out) for problem in problems]


def test_every_phrase_of_the_catalogue_has_a_case():
    of_problems = PROBLEMS.keys() - FILES.keys() - REPORT.keys() - OF_A_MODEL
    assert {case.phrase for case in CASES} == of_problems | {"file_type/upload"}


def test_every_code_that_is_promised_has_a_case():
    assert {case.code for case in CASES} | OF_A_MODEL == {*PROMISED.split(), "file_type"}


@pytest.mark.parametrize("case", named(CASES))
def test_a_mistake_is_named_with_its_place_and_its_way_out_in_both_languages(case, tmp_path):
    problems = case.wrong.problems(tmp_path)
    found = [problem for problem in problems if problem.phrase == case.phrase]
    assert said(found) == [(case.en, case.en_way_out)]
    text.set_language("zh")
    assert said(found) == [(case.zh, case.zh_way_out)]
    others = {problem.code for problem in problems if problem not in found}
    assert others - {"few_rows"} <= set(case.besides)


@pytest.mark.parametrize("case", named(CASES))
def test_the_nearest_input_without_the_mistake_has_nothing_to_be_said_about(case, tmp_path):
    problems = case.right.problems(tmp_path)
    assert case.phrase not in {problem.phrase for problem in problems}
    assert {problem.code for problem in problems} - {"few_rows"} <= set(case.besides)


@pytest.mark.parametrize("case", named(OF_FILES))
def test_the_command_line_prints_the_same_words(case, tmp_path, capsys):
    profile = case.wrong.options.get("profile", "local")
    main(["validate", str(case.wrong.file(tmp_path)), "--profile", profile])
    printed = capsys.readouterr().out.split("\n")
    place = printed.index(f"    {case.en}")
    assert f"    → {case.en_way_out}" in printed[place + 1 :]


@pytest.mark.parametrize("case", named(REPAIRED))
def test_the_quick_fix_that_a_way_out_names_is_the_one_that_repairs_it(case, tmp_path):
    (name,) = re.findall(r"--fix (\w+)", case.en_way_out)
    body = case.wrong.content
    form = "json" if case.wrong.name == "d.json" else "jsonl"
    fixed = apply_fixes(body, form_of_cell(body) if case.wrong.name == "cell" else form, [name])
    assert list(fixed.counts) == [name]
    problems = case.wrong._replace(content=fixed.text).problems(tmp_path)
    assert case.phrase not in {problem.phrase for problem in problems}


def test_every_quick_fix_is_named_by_some_way_out():
    assert {fix for case in REPAIRED for fix in re.findall(r"--fix (\w+)", case.en_way_out)} == {
        *FIXES
    }


def test_a_way_out_names_no_fix_for_what_none_repairs():
    assert fix_for("json_parse/extra", {"got": "'}'"}) == ""
    assert fix_for("content_null", {"got": "null"}) == ""
    assert fix_for("json_parse/prose", {"got": "'a, 'hello there'"}) == "preamble"
    assert fix_for("json_parse/prose", {"got": "'{a}, 'hello there'"}) == ""
    assert fix_for("role_missing/chat_blank", {"got": "'  \\xa0user: a'"}) == "exotic_blanks"
    assert fix_for("role_missing/chat_blank", {"got": "'  user: \\xa0a'"}) == ""


def of_a_model(content: str, *, allow: bool = False) -> list[tuple[str, str, str]]:
    """What is said about a text whose model ends a turn with <end>."""
    rows = [Conversation((Message("user", content), Message("assistant", "a")), 1)]
    problems = list(special_token_problems(rows, ["<end>"], ["<think>"], allow=allow))
    severities = [problem.severity for problem in problems]
    return [(severity, *words) for severity, words in zip(severities, said(problems), strict=True)]


def test_a_token_of_the_model_that_ends_a_turn():
    line = "line 1  $.messages[0].content  expected plain text, got the token '<end>' (2×), " \
           "which begins or ends a turn for this model"  # fmt: skip
    out = "Delete it from the text; or add  --allow-special-tokens  if it is meant."
    assert of_a_model("<end><end>") == [("error", line, out)]
    assert of_a_model("<end><end>", allow=True) == [("warning", line, out)]
    assert of_a_model("<end") == []
    text.set_language("zh")
    assert of_a_model("<end>") == [(
        "error",
        "第 1 行  $.messages[0].content  应为普通文字，得到标记 '<end>'（1 次），"
        "它在这个模型中开始或结束一轮对话",
        "请从文字中删除它；如果有意让模型这样读，请加上  --allow-special-tokens。",
    )]  # fmt: skip


def test_a_token_of_the_model_that_ends_nothing():
    assert of_a_model("<think>") == [(
        "warning",
        "line 1  $.messages[0].content  the text has the special token '<think>' of this model "
        "(1×)",
        "Delete it, unless the model should learn to write it.",
    )]  # fmt: skip
    assert of_a_model("<thin>") == []
    text.set_language("zh")
    assert of_a_model("<think>") == [(
        "warning",
        "第 1 行  $.messages[0].content  文字中有这个模型的特殊标记 '<think>'（1 次）",
        "请删除它，除非要让模型学会写它。",
    )]  # fmt: skip


def test_a_good_file_has_no_problem(tmp_path):
    assert Source(lines(10)).problems(tmp_path) == []
    assert Source(lines(10), options={"profile": "siliconcloud"}).problems(tmp_path) == []
