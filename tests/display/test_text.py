"""Tables in characters, aligned in a terminal where Chinese characters are two columns wide."""

from __future__ import annotations

import pytest

from nbfinetune.chat.compare import Comparison
from nbfinetune.chat.model import Reply
from nbfinetune.display.comparison import comparison_text
from nbfinetune.display.text import table, width_of, wrap


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("你好", 4),
        ("a你b", 4),
        ("，", 2),
        ("ｆｕｌｌ", 8),
        ("e\u0301", 1),
        ("é", 1),
    ],
)
def test_the_width_of_a_line(text, columns):
    assert width_of(text) == columns


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two", 10, ["one two"]),
        ("one two three", 8, ["one two", "three"]),
        ("one two three", 7, ["one two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a abcdefghij", 4, ["a", "abcd", "efgh", "ij"]),
        ("one\ntwo", 10, ["one", "two"]),
        ("one\n\ntwo", 10, ["one", "", "two"]),
        ("你好世界", 4, ["你好", "世界"]),
        ("你好世界", 5, ["你好", "世界"]),
        ("a你好世界", 5, ["a你好", "世界"]),
    ],
)
def test_lines_are_broken_at_spaces_or_anywhere_else(text, width, lines):
    assert wrap(text, width) == lines


def test_nothing_is_lost_and_nothing_is_too_wide():
    text = "The quick brown fox 跳过了那只懒狗 and runs_away_without_a_single_space " * 3
    for width in range(8, 60):
        lines = wrap(text, width)
        assert max(map(width_of, lines)) <= width
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_columns_are_aligned_also_in_chinese():
    assert table(["prompt", "答案", "n"], [["你好", "a", "1"], ["hi", "世界 ok", "22"]], 40) == (
        "prompt  答案     n\n------  -------  --\n你好    a        1\nhi      世界 ok  22"
    )


def test_cells_are_wrapped_where_the_page_is_too_narrow():
    found = table(["a", "b"], [["one two three four", "x"], ["y", "一二三四五六七八九十"]], 24)
    assert found == (
        "a            b\n"
        "-----------  -----------\n"
        "one two      x\n"
        "three four\n"
        "y            一二三四五\n"
        "             六七八九十"
    )
    assert max(map(width_of, found.split("\n"))) <= 24


def test_answers_side_by_side_in_a_terminal():
    comparison = Comparison(
        ("capital?", "opposite?"),
        ("base", "tuned"),
        (None, "Be brief."),
        (
            (Reply(text="Paris"), Reply(text="巴黎", finish_reason="length")),
            (Reply(text="cold"), Reply(text="冷", finish_reason="stopped")),
        ),
    )
    assert comparison_text(comparison) == (
        "prompt     base   tuned\n"
        "---------  -----  ----------\n"
        "capital?   Paris  巴黎 [cut]\n"
        "opposite?  cold   冷"
    )
