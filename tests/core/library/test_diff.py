"""What differs between two datasets: by question, with counts that add up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.library.diff import Changed, DatasetDiff, diff
from nbfinetune.core.messages import Conversation, Message


def row(question: str, answer: str = "yo", system: str | None = None, **extra) -> Conversation:
    turns = [Message("system", system)] if system else []
    turns += [Message("user", question), Message("assistant", answer)]
    return Conversation(tuple(turns), extra=extra)


def dataset(*rows: Conversation) -> MessageDataset:
    return MessageDataset("d", rows, rows=len(rows))


def test_the_same_rows_in_the_same_order_are_the_same():
    found = diff(dataset(row("a"), row("b")), dataset(row("a"), row("b")))
    assert found == DatasetDiff((), (), (), 2, False)
    assert (found.same, found.text()) == (True, "the same rows in the same order: 2")


def test_rows_are_added_removed_and_changed_by_what_is_asked():
    before = dataset(row("a", "1"), row("b", "2"), row("gone"), row("c", "3"))
    after = dataset(row("a", "1"), row(" b\n", "two", "Be brief."), row("new"), row("c", "3", id=1))
    assert diff(before, after) == DatasetDiff(
        added=(row("new"),),
        removed=(row("gone"),),
        changed=(
            Changed(row("b", "2"), row(" b\n", "two", "Be brief.")),
            Changed(row("c", "3"), row("c", "3", id=1)),
        ),
        kept=1,
        reordered=False,
    )


def test_another_order_of_the_same_rows_is_named():
    found = diff(dataset(row("a"), row("b")), dataset(row("b"), row("a")))
    assert found == DatasetDiff((), (), (), 2, True)
    assert found.text() == (
        "added: 0, removed: 0, changed: 0, unchanged: 2\nthe unchanged rows are in another order"
    )


def test_of_duplicates_as_many_are_kept_as_both_have():
    found = diff(dataset(row("a"), row("a"), row("a")), dataset(row("a"), row("b")))
    assert found == DatasetDiff((row("b"),), (row("a"), row("a")), (), 1, False)


def test_the_text_shows_every_change_whole_and_nothing_invisible():
    before = dataset(row("a\u200b", "x" * 300 + "1"), row("gone"))
    after = dataset(row("a\u200b", "x" * 300 + "2", note=["n\n"]), row("new", "l1\nl2"))
    assert diff(before, after).text().split("\n") == [
        "added: 1, removed: 1, changed: 1, unchanged: 0",
        "",
        "changed (1)",
        "    user: a\\u200b",
        f"  - assistant: {'x' * 300}1",
        f"  + assistant: {'x' * 300}2",
        '  + note: ["n\\\\n"]'.replace("\\\\", "\\"),
        "",
        "",
        "removed (1)",
        "  - user: gone",
        "  - assistant: yo",
        "",
        "",
        "added (1)",
        "  + user: new",
        "  + assistant: l1\\nl2",
        "",
    ]


def test_the_text_counts_what_it_does_not_show_and_speaks_chinese():
    found = diff(dataset(), dataset(*(row(str(i)) for i in range(5))))
    assert found.text(limit=1).split("\n")[-2:] == ["", "… and 4 more"]
    text.set_language("zh")
    assert found.text(limit=1).split("\n")[0] == "新增：5，删除：0，修改：0，未变：0"


rows = st.lists(
    st.builds(row, st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from([None, "s"])),
    max_size=8,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(rows, rows)
def test_every_row_is_in_exactly_one_place_and_the_way_back_is_the_mirror(left, right):
    found, back = diff(dataset(*left), dataset(*right)), diff(dataset(*right), dataset(*left))
    assert len(found.removed) + len(found.changed) + found.kept == len(left)
    assert len(found.added) + len(found.changed) + found.kept == len(right)
    assert (found.same, found.kept, found.reordered) == (left == right, back.kept, back.reordered)
    assert (len(found.added), len(found.removed)) == (len(back.removed), len(back.added))
    for change in found.changed:
        assert change.before != change.after
        assert [m.content for m in change.before.messages if m.role == "user"] == [
            m.content for m in change.after.messages if m.role == "user"
        ]
