"""What differs between two datasets, as HTML: words are marked, and all is escaped."""

from __future__ import annotations

import re

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.library.diff import diff
from nbfinetune.display.diff import SHOWN_ROWS, diff_html, diff_text
from tests.models import talk


def found(before: list[tuple[str, str]], after: list[tuple[str, str]]):
    sides = [MessageDataset("d", tuple(talk(*pair) for pair in pairs)) for pairs in (before, after)]
    return diff(*sides)


def lines(html: str) -> list[str]:
    """The lines of the rows, with the kinds of their spans."""
    inner = re.sub(r"<style>.*?</style>", "", html)
    shown = re.findall(r"<div>(.*?)</div>", inner)
    return [re.sub(r"<span class='(\w*)'[^>]*>(.*?)</span>", r"[\1:\2]", line) for line in shown]


def test_changed_rows_are_shown_word_by_word_then_those_that_went_and_came():
    html = diff_html(found([("q", "one two"), ("gone", "x")], [("q", "one <b>"), ("new", "y")]))
    assert "<b>added: 1, removed: 1, changed: 1, unchanged: 0</b>" in html
    assert lines(html) == [
        "[quiet:user: q]",
        "[:assistant: one ][bad:two][good:&lt;b&gt;]",
        "[bad:user: gone]",
        "[bad:assistant: x]",
        "[good:user: new]",
        "[good:assistant: y]",
    ]
    assert re.findall("<h4>(.*?)</h4>", html) == ["changed (1)", "removed (1)", "added (1)"]


def test_of_many_rows_the_first_are_shown_and_the_rest_is_counted():
    html = diff_html(found([], [(str(i), "a") for i in range(SHOWN_ROWS + 2)]))
    assert len(lines(html)) == 2 * SHOWN_ROWS
    assert "… and 2 more" in html


def test_rows_in_another_order_and_equal_rows_are_one_line():
    rows = [("a", "x"), ("b", "y")]
    turned = found(rows, rows[::-1])
    assert "the unchanged rows are in another order" in diff_html(turned)
    assert "the same rows in the same order: 2" in diff_html(found(rows, rows))
    assert diff_text(turned) == turned.text()
