"""Fixes of what stands around and between the rows, in both forms of a file."""

from __future__ import annotations

import json

import pytest

from tests.core.fixes.cases import ROW, fixed, only, row, unchanged

PRETTY = json.dumps(json.loads(ROW), indent=2)
ARRAY = json.dumps([json.loads(ROW), json.loads(ROW)], indent=2)


@pytest.mark.parametrize("form", ["jsonl", "json", "chat"])
def test_a_byte_order_mark_goes(form):
    text = ROW if form != "chat" else "user: a\nassistant: b"
    assert only("bom", f"\ufeff{text}\n", form) == f"{text}\n"


def test_code_fences_around_rows_go_with_their_lines():
    before = f"```jsonl\n{ROW}\n```\n\n~~~\n{ROW}\n~~~"
    assert only("code_fences", before) == f"{ROW}\n\n{ROW}\n"
    assert only("code_fences", f"```json\n[{ROW}]\n```\n", "json") == f"[{ROW}]\n"


def test_code_fences_inside_texts_and_without_rows_stay():
    assert unchanged(row("user: ```\\na\\n```", "assistant: b")) == []
    assert unchanged("```json\nnothing\n```") == []


TALK = ["Here are 200 more examples:", "200 more:", "Sure", "以下是 10 条数据：", "---", "好的！",
        '# rows in "messages" format', "I hope this helps. Let me know!"]  # fmt: skip


@pytest.mark.parametrize("talk", TALK)
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_lines_of_talk_around_the_rows_go(talk, form):
    assert only("preamble", f"{talk}\n{ROW}\n{talk}\n", form) == f"{ROW}\n"


DATA = ["user: hi", "Human: hi", "用户：你好", "**Human:** hi", '"hi"', "a\tb", "'role': 'user'}",
        "[1, 2", "x" * 501, "?!"]  # fmt: skip


@pytest.mark.parametrize("line", DATA)
def test_a_line_that_may_be_data_stays(line):
    refused = unchanged(f"{ROW}\n{line}\n{ROW}\n")
    assert refused in ([("preamble", 2, "may_be_data")], [])
    assert [problem.line for problem in fixed(f"{ROW}\n{line}\n").left] == [2]


def test_talk_without_any_row_stays():
    assert unchanged("Here are 10 rows:\nnone\n") == []


def test_objects_behind_each_other_get_lines_of_their_own():
    assert only("split_objects", f"{ROW}{ROW} {ROW},{ROW}\n{ROW}") == "\n".join([ROW] * 5)
    assert only("split_objects", f"{ROW}{ROW}\r\n") == f"{ROW}\r\n{ROW}\r\n"


def test_rows_of_an_array_without_a_comma_between_them_get_one():
    assert only("split_objects", f"[{ROW}\n{ROW}]", "json") == f"[{ROW},\n{ROW}]"


def test_what_is_no_row_behind_a_row_stays():
    assert unchanged(f"{ROW}}}\n{ROW} x\n") == []


def test_an_array_in_jsonl_becomes_lines():
    assert only("array_to_lines", f"{ARRAY}\n") == f"{ROW}\n{ROW}\n"
    assert only("array_to_lines", f"[{ROW}, {ROW}]") == f"{ROW}\n{ROW}"
    assert only("array_to_lines", f"[\n{ROW},\n{ROW},\n]\n") == f"{ROW}\n{ROW}\n"
    assert only("array_to_lines", f"{ROW}\n[{ROW}, {ROW}]\n[{ROW}]\n{ROW}\n") == f"{ROW}\n" * 5


def test_an_array_keeps_a_row_that_can_not_be_read_on_its_line():
    broken = '{"messages": [1 2]}'
    found = fixed(f"[\n{ROW},\n{broken},\n{ROW}\n]\n")
    assert found.text == f"{ROW}\n{broken}\n{ROW}\n"
    assert [problem.line for problem in found.left] == [2]


def test_an_array_that_is_cut_becomes_lines_of_which_the_last_is_cut():
    found = fixed(f"[\n  {ROW},\n  {ROW[:50]}")
    assert found.text == f"{ROW}\n{ROW[:50]}"
    assert [problem.line for problem in found.left] == [2]


def test_lines_in_json_become_an_array():
    assert only("lines_to_array", f"{ROW}\n{ROW}\n", "json") == f"[\n{ROW},\n{ROW}\n]\n"
    assert only("lines_to_array", f"{ROW},\n{ROW}，\n", "json") == f"[\n{ROW},\n{ROW}\n]\n"
    assert only("lines_to_array", f"{PRETTY}\n{PRETTY}", "json") == f"[\n{PRETTY},\n{PRETTY}\n]"


def test_lines_in_json_of_which_one_can_not_be_read_stay():
    text = f'{ROW}\n{{"messages": [1 2]}}\n'
    assert unchanged(text, "json") == []
    assert [problem.code for problem in fixed(text, "json").left] == ["jsonl_in_json", "json_parse"]


@pytest.mark.parametrize("text", [ROW, PRETTY, ARRAY, f"[{ROW}]", "[]"])
def test_json_that_is_valid_stays(text):
    assert unchanged(text, "json") == []


def test_a_printed_object_is_put_on_one_line():
    assert only("one_line", f"{ROW}\n{PRETTY}\n{ROW}\n") == f"{ROW}\n{ROW}\n{ROW}\n"
    tabs = json.dumps(json.loads(ROW), indent="\t").replace("\n", "\r\n").replace(": ", ":")
    assert only("one_line", tabs) == ROW.replace(": ", ":")
    spaced = '{"messages" :\n [{"role":"user","content":"a  b"} ,\n{"role":\n"x", "content":"c"}]}'
    line = '{"messages" : [{"role":"user","content":"a  b"} , {"role": "x", "content":"c"}]}'
    assert fixed(spaced).text == line


def test_a_printed_object_that_can_not_be_read_stays():
    assert unchanged(PRETTY.replace('"hi"', "hi")) == []


@pytest.mark.parametrize("key", ["data", "rows", "train"])
def test_rows_are_taken_out_of_an_object_around_them(key):
    before = f'{{"{key}": [{ROW},\n{ROW}]}}'
    assert only("wrapper", before, "json") == f"[{ROW},\n{ROW}]"
    found = fixed(before)
    assert found.text == f"{ROW}\n{ROW}"
    assert found.counts == {"wrapper": 1, "array_to_lines": 2}


def test_an_object_with_more_than_the_rows_stays():
    text = f'{{"version": 2, "data": [{ROW}]}}'
    assert unchanged(text, "json") == [("wrapper", 1, "other_keys")]
    assert unchanged('{"data": [1, 2]}', "json") == []
    assert unchanged(f'{{"data": [{ROW}]}}\n{ROW}') == []


def test_a_row_that_could_be_read_is_not_lost_to_what_is_open_before_it():
    before = f'[],\n{{"data": [\n{ROW}'
    assert fixed(before).text == before
    assert fixed("[],\n" + ROW).text == ROW


def test_fixes_that_are_not_named_are_not_applied():
    before = f"Rows:\n```\n{ROW},\n{ROW}{ROW}\n```\n"
    assert fixed(before, names=["code_fences"]).text == f"Rows:\n{ROW},\n{ROW}{ROW}\n"
    assert fixed(before, names=["split_objects"]).text == f"Rows:\n```\n{ROW},\n{ROW}\n{ROW}\n```\n"
    assert fixed(before, names=[]).text == before


def test_a_reply_of_a_language_model_becomes_its_rows():
    reply = (
        "Sure! Here are 3 rows:\n\n```json\n[\n"
        + ROW.replace('"messages"', '"message"') + ",\n"
        + PRETTY.replace("user", "human") + ",\n"
        + str(json.loads(ROW)) + ",\n]\n```\nLet me know if you need more!\n"
    )  # fmt: skip
    found = fixed(reply)
    assert found.text == f"\n{ROW}\n{ROW}\n{ROW}\n"
    assert found.left == ()
    assert found.counts == {
        "code_fences": 2, "preamble": 2, "python_literals": 1, "messages_key": 1, "role_aliases": 1,
        "array_to_lines": 3,
    }  # fmt: skip
