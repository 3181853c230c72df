"""Rows that don't end on their line: as by reading all that follows, but in little time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.reading.json_scan import Scan, scan
from nbfinetune.core.reading.jsonl import read_jsonl
from nbfinetune.core.reading.line_rows import LONGEST_OBJECT_LINES, LineRows
from nbfinetune.core.reading.scanned import broken_row
from nbfinetune.core.reading.stream import stream_jsonl
from nbfinetune.core.rows import Row

PIECES = [
    '{"a": [', '{"a": 1,', '{"messages": [', "]}", "]},", "]", "}", "},", "[", "1,", "1", '"x",',
    '"x', '{"b": 2},', '{"b": 2}', " {", '  "c": 1', "]]", '"\\u12', '"\\', "NaN,", "\xa0", "x",
    '{"a": ' + "[" * 66, "]" * 66 + "}", "", '{"messages": []}', '{"a": "}]"',
]  # fmt: skip


def by_reading_all(self: LineRows, index: int, found: Scan) -> tuple[Row, int, bool]:
    """What `LineRows` finds out with less: all lines that might be of the row are read."""
    page, line = self.page, self.page.lines[index]
    whole = scan(page.text, line.start, page.lines[: index + LONGEST_OBJECT_LINES][-1].end)
    if whole.stopped is None:
        return self._printed_row(index, whole)
    after = self._behind(index)
    mistake = whole.stopped.offset
    known = whole.stopped.kind == "newline" or line.end < mistake
    faults = whole.faults if known and mistake < page.lines[after - 1].end else found.faults
    return broken_row(page, line.start, *faults), after, True


def assert_same(lines: list[str], end: str, size: int) -> None:
    text = end.join(lines)
    found = list(read_jsonl(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LineRows, "_open_row", by_reading_all)
        assert list(read_jsonl(text)) == found
    raw = text.encode()
    if not text.lstrip().startswith("["):
        blocks = [raw[at : at + size] for at in range(0, len(raw), size)]
        assert list(stream_jsonl(blocks)) == found


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=14),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    st.integers(1, 60),
)
def test_any_lines_give_the_same_as_reading_all_that_follows(lines, end, size):
    assert_same(lines, end, size)


@pytest.mark.parametrize("count", [498, 499, 500, 501])
@pytest.mark.parametrize("close", ["]}", "}]", "]} x", ""])
def test_a_row_is_followed_for_five_hundred_lines(count, close):
    last = '{"b": 1}' + close
    assert_same(['{"a": [', *['{"b": 1},'] * (count - 2), last, '{"c": 1}'], "\n", 1 << 17)


SLOW = {
    "brackets": ['{"a": ['] * 4000,
    "brackets with values": ['{"a": [' + "1," * 500] * 4000,
    "closed in the wrong order": (['{"a": ['] * 250 + ["]}"] * 249 + ["]]"]) * 16,
    "closed by the last line": ['{"a": ['] * 400 + ["]]" * 400],
    "texts": ['{"a": "'] * 4000,
    "rows within a row": ['{"messages": [', '{"messages": [{"role": "user"}]},'] * 2000,
}


@pytest.mark.parametrize("name", SLOW)
def test_four_thousand_lines_without_an_end_take_no_more_than_seconds(name):
    raw = "\n".join(SLOW[name]).encode()
    started = time.process_time()
    rows = [item for item in stream_jsonl([raw]) if isinstance(item, Row)]
    assert time.process_time() - started < 5
    assert rows
