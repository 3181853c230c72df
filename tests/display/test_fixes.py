"""The preview of quick-fixes: a diff per row, as text and as HTML."""

from __future__ import annotations

import pytest

from nbfinetune.core import text
from nbfinetune.core.fixes.apply import find_fixes
from nbfinetune.display.fixes import Change, diff, fixes_html, fixes_text
from tests.display.test_html import HOSTILE, read

ROW = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}'


def test_a_diff_is_what_stayed_went_and_came():
    assert diff('{"role": "human"}', '{"role": "user"}') == [
        Change("same", '{"role": "'), Change("gone", "human"), Change("new", "user"),
        Change("same", '"}'),
    ]  # fmt: skip
    assert diff("```json\n", "") == [Change("gone", "```json↵")]
    assert diff("\t\r", "\\t\\r") == [Change("gone", "⇥␍"), Change("new", "\\t\\r")]
    assert diff("", "a") == [Change("new", "a")]


def test_a_diff_shows_blanks_that_the_eye_can_not_tell_apart():
    assert diff("a\u00a0b\u200bc", "a bc") == [
        Change("same", "a"), Change("gone", "\\xa0b\\u200bc"), Change("new", " bc"),
    ]  # fmt: skip


def test_a_diff_is_cut_to_what_is_near_its_changes():
    same = "-".join("abcdefghijklmnopqrstuvwxyz" * 2)
    assert diff(f"{same}x.{same}y{same}", f"{same}.{same}z{same}") == [
        Change("same", "…n-o-p-q-r-s-t-u-v-w-x-y-"),
        Change("gone", "zx"),
        Change("new", "z"),
        Change("same", ".a-b-c-d-e-f-g-h-i-j-k-l…n-o-p-q-r-s-t-u-v-w-x-y-"),
        Change("gone", "zya"),
        Change("new", "zza"),
        Change("same", "-b-c-d-e-f-g-h-i-j-k-l-m…"),
    ]


def test_a_large_change_is_not_compared_word_by_word_and_shown_cut():
    found = diff("a b" * 5000, "c d" * 5000)
    assert [(change.kind, len(change.text)) for change in found] == [("gone", 400), ("new", 400)]


def test_the_preview_as_text():
    found = find_fixes("\n".join([ROW.replace("user", "human")] * 5 + ["```", "user: x"]), "jsonl")
    assert fixes_text(found).split("\n")[:4] == [
        "code_fences (1): delete lines such as ``` around the rows",
        "    line 6",
        "    - ```↵",
        "role_aliases (5): write roles as 'system', 'user', 'assistant' (not human, gpt, bot, "
        "User …)",
    ]
    assert fixes_text(found).split("\n")[4:7] == [
        "    line 1",
        '    - {"messages": [{"role": "human", "content": "hi"}, {"r…',
        '    + {"messages": [{"role": "user", "content": "hi"}, {"r…',
    ]
    assert fixes_text(found).split("\n")[-2:] == [
        "    … and 2 more",
        "line 6 of the result is not fixed by preamble: "
        "this may be data in another form, not talk around the rows",
    ]


def test_nothing_to_fix_is_said():
    assert fixes_text(find_fixes(ROW, "jsonl")) == "there is nothing to fix"
    assert "there is nothing to fix" in read(fixes_html(find_fixes(ROW, "jsonl"))).text


def test_the_preview_in_chinese():
    text.set_language("zh")
    found = find_fixes(ROW.replace("user", "human"), "jsonl")
    assert fixes_text(found).startswith("role_aliases（1）：把角色写成")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_preview_as_html_keeps_data_text(hostile):
    content = hostile.replace('"', "'").replace("\x00", "")
    rows = [ROW.replace("user", "human").replace("hi", content), content, "x"]
    found = find_fixes("\n".join([*rows, ROW]), "jsonl")
    page = read(fixes_html(found))
    assert "role_aliases" in page.text
    kinds = [value for name, value in page.attributes if name == "title"]
    assert set(kinds) <= {"same", "gone", "new"}
    assert {"same", "gone", "new"} <= set(kinds)
