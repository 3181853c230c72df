"""Fixes that make JSON of a row: blanks, quotes, punctuation, Python, commas, tabs, line breaks."""

from __future__ import annotations

import json
import re

import pytest

from tests.core.fixes.cases import ROW, fixed, only, row, unchanged

TUTORIAL = [
    row("system: 你是客服。", f"user: 第 {n} 个问题？", f"assistant: 第 {n} 个回答。")
    for n in range(1, 11)
]


def test_ten_rows_as_a_web_page_prints_them_become_the_rows_that_were_meant():
    meant = "".join(line + "\n" for line in TUTORIAL)
    pasted = meant.replace(": ", ":\u00a0").replace(", ", ",\u00a0")
    found = fixed(pasted)
    assert found.text == meant
    assert found.counts == {"exotic_blanks": 10}
    assert found.left == ()
    assert [patch.line for patch in found.preview("exotic_blanks")] == list(range(1, 11))
    assert "\u00a0" in fixed(pasted, names=["smart_quotes"]).text


@pytest.mark.parametrize(
    ("blank", "plain"),
    [("\u00a0", " "), ("\u3000", " "), ("\u2003", " "), ("\u2028", " "), ("\x85", " "),
     ("\u200b", ""), ("\u2060", ""), ("\ufeff", "")],
)  # fmt: skip
def test_exotic_blanks_between_tokens_and_beside_a_row_become_plain_or_go(blank, plain):
    before = f"{ROW}\n{blank}{ROW.replace(': ', ':' + blank)}{blank}\n{ROW}"
    after = f"{ROW}\n{plain}{ROW.replace(': ', ':' + plain)}{plain}\n{ROW}"
    assert only("exotic_blanks", before) == after


def test_exotic_blanks_inside_texts_and_on_blank_lines_stay():
    assert unchanged(row("user: a\u00a0b\u3000\u200b", "assistant: c")) == []
    text = f"{ROW}\n\u00a0\n{ROW},\n"
    assert only("trailing_commas", text) == f"{ROW}\n\u00a0\n{ROW}\n"


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_exotic_blanks_between_the_elements_of_an_array(form):
    found = fixed(f"[{ROW}\u00a0,\u00a0{ROW}\n\u00a0,\u200b\n{ROW}]", form)
    arrays = {"json": f"[{ROW} , {ROW}\n ,\n{ROW}]", "jsonl": f"{ROW}\n{ROW}\n{ROW}"}
    assert found.text == arrays[form]
    assert found.left == ()


def in_quotes(opening: str, closing: str) -> str:
    return re.sub('"([^"]*)"', rf"{opening}\1{closing}", ROW)


SMART = {
    in_quotes("“", "”"): ROW,
    in_quotes("‘", "’"): ROW,
    in_quotes("”", "”"): ROW,
    in_quotes("„", "“"): ROW,
    in_quotes("＂", "＂"): ROW,
    ROW.replace('"hi"', "“你说“好”。”"): row("user: 你说“好”。", "assistant: yo"),
    ROW.replace('"hi"', '“say "hi" now”'): row('user: say \\"hi\\" now', "assistant: yo"),
    ROW.replace('"hi"', "“it’s”"): row("user: it’s", "assistant: yo"),
}  # fmt: skip


@pytest.mark.parametrize("before", SMART)
def test_smart_quotes_around_keys_and_texts_become_straight(before):
    assert only("smart_quotes", before) == SMART[before]


def test_smart_quotes_inside_texts_stay():
    assert unchanged(row("user: “a” ‘b’", "assistant: c")) == []


@pytest.mark.parametrize(
    "content",
    ["“he said “hi”, and left”", "‘it’s’", "“a”b”", '“role": "user”', '“he said: "hi"”', '“a"b”'],
)
def test_smart_quotes_stay_where_it_is_not_certain_which_of_them_end_the_text(content):
    text = f"{ROW}\n" + ROW.replace('"hi"', content)
    assert unchanged(text) == [("smart_quotes", 2, "quotes_unclear")]


def test_a_text_that_begins_with_one_kind_of_quote_and_ends_with_another_stays():
    assert unchanged(ROW.replace('"hi"', '"hi”')) == []
    assert unchanged(ROW.replace('"hi"', '“hi"')) == []


def test_full_width_punctuation_between_values_becomes_half_width():
    wide = str.maketrans("{}[]:,", "｛｝［］：，")
    assert only("full_width", ROW.translate(wide)) == ROW
    assert only("full_width", ROW.replace("[", "【").replace("]", "】")) == ROW
    assert only("full_width", f"【{ROW}，\n{ROW}】", "json") == f"[{ROW},\n{ROW}]"


def test_full_width_punctuation_inside_texts_stays():
    assert unchanged(row("user: ｛你好｝，［再见］：【】", "assistant: 好，再见：｝")) == []
    assert unchanged('{"messages"； []}') == []


PYTHON = {
    "{'messages': [{'role': 'user', 'content': 'hi'}, "
    "{'role': 'assistant', 'content': 'yo', 'weight': None, 'a': [True, False]}]}":
        '{"messages": [{"role": "user", "content": "hi"}, '
        '{"role": "assistant", "content": "yo", "weight": null, "a": [true, false]}]}',
    ROW.replace('"hi"', "'say \"hi\", it\\'s'"): row("user: say \\\"hi\\\", it's", "assistant: yo"),
    ROW.replace('"hi"', "'a\\xa0b\\n\\\\ \\u4f60 \\U0001f600'"):
        row("user: a\\u00a0b\\n\\\\ \\u4f60 😀", "assistant: yo"),
    ROW.replace('"role"', "'role'").replace('"hi"', '"it\'s\\x41"'):
        row("user: it's\\u0041", "assistant: yo"),
    ROW.replace('"hi"', '"it\\\'s"'): row("user: it's", "assistant: yo"),
}  # fmt: skip


@pytest.mark.parametrize("before", PYTHON)
def test_a_python_dict_becomes_json_with_the_same_texts(before):
    assert only("python_literals", before) == PYTHON[before]


def test_what_python_prints_for_a_row_becomes_that_row():
    texts = {
        "messages": [
            {"role": "user", "content": 'it\'s "a"\t\xa0\n你'},
            {"role": "assistant", "content": "it's\u200b \\ ' \U0001f600"},
        ]
    }
    found = fixed(f"{texts}\n")
    assert found.left == ()
    assert json.loads(found.text) == texts


@pytest.mark.parametrize(
    "content",
    ["'it's'", "'C:\\apps'", "'a\\/b'", "'\\N{DASH}'", "'a' 'b'", "u'a'", '"\\x41"', "'\\0'"],
)
def test_python_that_could_mean_something_else_stays(content):
    assert unchanged(ROW.replace('"hi"', content)) == []


def test_python_words_inside_texts_stay():
    assert unchanged(row("user: None 'a' True", "assistant: 'b': {'c'}")) == []


def test_trailing_commas_in_a_row_and_behind_it_go():
    before = ROW.replace('"yo"}', '"yo", }').replace("]}", ",],}") + " ,\n" + ROW + "，\n"
    assert only("trailing_commas", before) == ROW.replace('"yo"}', '"yo" }') + " \n" + ROW + "\n"
    assert only("trailing_commas", f"[{ROW},\n{ROW} ,\n]\n", "json") == f"[{ROW},\n{ROW} \n]\n"
    assert only("trailing_commas", f"{ROW},\n", "json") == f"{ROW}\n"


def test_other_commas_stay():
    assert unchanged(ROW.replace('"yo"}', '"yo",,}')) == []
    assert unchanged(ROW.replace("[{", "[,{")) == []
    assert unchanged(row("user: a, ]", "assistant: b,}")) == []


def test_raw_tabs_in_texts_are_written_as_escapes():
    assert only("raw_tabs", row("user: a\tb", "assistant: c")) == row("user: a\\tb", "assistant: c")


def test_other_control_characters_and_tabs_between_values_stay():
    text = row("user: a\x0cb", "assistant: c")
    assert [str(problem) for problem in fixed(text).left] == [
        "line 1  $.messages[0].content  expected an escape such as \\t or \\n, "
        "got the control character U+000C (column 45)"
    ]
    assert unchanged(text) == []
    assert unchanged(ROW.replace(": ", ":\t")) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_end_inside_a_text_is_written_as_an_escape(end):
    before = f"{row(f'user: a{end} b', 'assistant: c')}{end}{ROW}{end}"
    assert only("line_breaks", before) == before.replace(f"a{end}", "a\\n")


def test_a_row_that_is_cut_stays_with_everything_up_to_the_next_row():
    text = f"{ROW[:45]}\nand so on\n```\n{ROW}\n{ROW[:-3]}\n"
    assert unchanged(text) == []
    assert [problem.line for problem in fixed(text).left] == [1, 5]


def test_several_fixes_on_one_row_are_applied_one_after_another():
    first = "{'role': 'human',\u00a0“content”: \"a\tb\",}"
    before = f"{{‘message’：[{first}, {{'role': 'gpt', 'content': 'c'}}]}}"
    found = fixed(before)
    assert found.text == '{"messages":[{"role": "user", "content": "a\\tb"}, ' \
                         '{"role": "assistant", "content": "c"}]}'  # fmt: skip
    assert list(found.counts) == [
        "exotic_blanks", "smart_quotes", "full_width", "python_literals", "trailing_commas",
        "raw_tabs", "messages_key", "role_aliases",
    ]  # fmt: skip
    steps = [(patch.before, patch.after) for patch in found.patches]
    assert steps[0][0] == before
    assert steps[-1][1] == found.text
    assert [after for _, after in steps[:-1]] == [before for before, _ in steps[1:]]


def test_a_fix_works_alone_where_others_are_needed_too():
    before = ROW.replace(", ", ",\u00a0").replace("user", "human")
    found = fixed(before, names=["role_aliases"])
    assert found.text == ROW.replace(", ", ",\u00a0")
    assert [problem.phrase for problem in found.left] == ["json_parse/blank"]
