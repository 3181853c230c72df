"""What a notebook keeps of a studio: its first rows, and what of the changes is kept elsewhere."""

from __future__ import annotations

import re

import pytest

from nbfinetune.core import text
from nbfinetune.core.dataset import Origin
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.reading import sources
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.display.draft import Saved
from nbfinetune.display.studio import studio_bundle, studio_html

HOSTILE = "<img src=x onerror=alert(1)>"


def row(question: str, answer: str) -> dict[str, object]:
    user = {"role": "user", "content": question}
    return {"messages": [user, {"role": "assistant", "content": answer}]}


def draft(*rows: object) -> Draft:
    return Draft(read_rows(rows), name="pirate")


def cells(html: str) -> list[list[str]]:
    """The table's cells as text."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", one) for one in rows]


def lines(html: str) -> list[str]:
    """What is said above and below the table."""
    return re.findall(r"<div class='quiet'>(.*?)</div>", html)


def test_the_picture_has_the_state_and_each_row_with_what_is_wrong_with_it() -> None:
    html = studio_html(draft(row("What?", "That."), row(HOSTILE, "")), None)
    assert "<h4>pirate <span class='chip bad'>1 of 2 rows valid</span></h4>" in html
    escaped = "&lt;img src=x onerror=alert(1)&gt;"
    problem = "expected an answer &#x27;…&#x27;, got an empty text &#x27;&#x27;"
    assert cells(html) == [
        ["Row", "user", "assistant", "Problems"],
        ["1", "What?", "That.", ""],
        ["2", escaped, "", problem],
    ]
    assert lines(html) == ["A picture of the dataset studio. Run this cell again to open it."]


def test_a_row_that_cant_be_read_is_shown_as_it_is_written() -> None:
    source = '{"messages": <b>'
    file = Origin("file", "rows.jsonl")
    items = sources.source_items(source, "jsonl")
    html = studio_html(Draft(items, name="d", origin=file, source=source), None)
    (head, shown) = cells(html)
    assert head[0] == "Line"
    assert shown[:2] == ["1", "<code>{&quot;messages&quot;: &lt;b&gt;</code>"]


def test_more_rows_than_a_picture_holds_are_counted() -> None:
    html = studio_html(draft(*(row(f"q{i}", f"a{i}") for i in range(23))), None)
    assert len(cells(html)) == 1 + 20
    assert lines(html)[-1] == "… and 3 more rows"
    assert "<span class='chip good'>23 of 23 rows valid</span>" in html


KEPT = "The valid rows were saved as a version:  %ft_dataset corsair --edit  opens it."
LOST = "Changed rows: 1. What was not saved as a version ended with its kernel."


@pytest.mark.parametrize(("saved_at", "said"), [(None, [LOST]), (0, [KEPT, LOST]), (1, [KEPT])])
def test_what_was_kept_and_what_was_lost_is_told(saved_at: int | None, said: list[str]) -> None:
    changed = draft(row("What?", "That."), row("Who?", "I."))
    changed.delete(0)
    saved = None if saved_at is None else Saved("corsair", saved_at)
    assert lines(studio_html(changed, saved))[1:] == said


def test_the_bundle_is_told_apart_by_its_type_and_read_as_text_elsewhere() -> None:
    text.set_language("zh")
    bundle = studio_bundle(draft(row("What?", "That.")), None)
    assert bundle["application/vnd.nbfinetune.studio+json"] == {"v": 1}
    assert bundle["text/plain"] == "数据集 pirate 的工作室：1 行中 1 行有效"
    assert "重新运行此单元格" in bundle["text/html"]
