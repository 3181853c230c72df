"""The stream of an array's rows: what the careful reader gives, wherever the blocks are cut."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.problems import Problem
from nbfinetune.core.reading import elements
from nbfinetune.core.reading.checking import Check
from nbfinetune.core.reading.fast_rows import PlainRows
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.reading.stream_json import stream_array, stream_json
from nbfinetune.core.rows import BROKEN, Row
from tests.core.reading.test_stream import _line, _odd, checked, cut, expanded
from tests.mutations import MUTATIONS, row_line

GOOD = row_line("hi", "yo")


def careful(text: str, reader=read_json) -> list[Row | Problem]:
    """Every element read by itself, by the scanner that looks for faults."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "plain_object", lambda text, at: None)
        return list(reader(text))


def assert_same(text: str, *sizes: int) -> None:
    raw = text.encode("utf-8", "surrogateescape")
    found = careful(text)
    assert list(read_json(text)) == found
    for size in (1 << 20, *sizes):
        assert list(expanded(stream_json(cut(raw, size)))) == found
    assert checked(stream_json([raw])) == checked(found)
    if text.lstrip().startswith("["):
        found = careful(text, read_jsonl)
        for size in (1 << 20, *sizes):
            assert list(expanded(stream_array(cut(raw, size)))) == found


_row = _line | _line | _odd
_between = st.sampled_from([",", ",", ",\n", " ,\r\n ", ",\r", ",\xa0", "\n", ",,"])


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    st.lists(_row, max_size=6),
    _between,
    st.sampled_from(["[]", "[ ]", "[\n]", "[,]", "[]x", "[", "[\u3000]", "[]\n{}", "\n []", "{}"]),
    st.integers(1, 400),
)
def test_any_elements_give_the_rows_and_problems_of_the_careful_reader(
    lines, between, brackets, size
):
    begin, end = brackets.rstrip("]x{}\n"), brackets[len(brackets.rstrip("]x{}\n")) :]
    assert_same(begin + between.join(lines) + end, size, 1)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(_line, min_size=1, max_size=5),
    st.sampled_from([None, 0, 2]),
    st.sampled_from(sorted(MUTATIONS)),
    st.randoms(),
    st.integers(1, 400),
)
def test_any_mutation_gives_the_problems_of_the_careful_reader(lines, indent, name, random, size):
    rows = [json.loads(line.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            for line in lines]  # fmt: skip
    raw = json.dumps(rows, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
    mutated = MUTATIONS[name](raw, random).decode("utf-8", "surrogateescape")
    assert_same(mutated, size)


def test_rows_that_begin_with_another_key_are_found_after_a_mistake():
    rows = [f'{{"id": {number}, "messages": []}}' for number in range(4)]
    rows[1] = rows[1].replace(":", "", 1)
    assert_same(f"[{', '.join(rows)}]", 7)
    lines = [item.value for item in read_json(f"[{', '.join(rows)}]") if isinstance(item, Row)]
    assert lines[1] is BROKEN
    assert lines[2:] == [{"id": 2, "messages": []}, {"id": 3, "messages": []}]


def test_a_row_that_is_never_closed_is_one_problem_and_the_others_stay():
    text = "[\n" + ",\n".join([GOOD, GOOD[:-2], GOOD, GOOD[:-1], GOOD]) + "\n]"
    assert_same(text, 50)
    items = [item for item in read_json(text) if isinstance(item, Row)]
    value = json.loads(GOOD)
    assert [item.value for item in items] == [value, BROKEN, value, BROKEN, value]
    assert [(p.line, p.kind) for item in items for p in item.problems] == [(3, "cut"), (5, "cut")]


def test_a_row_may_hold_rows_of_its_own():
    inner = f'{{"messages": [], "more": [{GOOD}, {GOOD}]}}'
    assert_same(f"[{inner}, {inner}, {GOOD}]", 30)


def test_one_object_and_objects_line_by_line_are_read_as_ever():
    for text in ("", " ", "{}", GOOD, f"{GOOD}\n{GOOD}\n\n{GOOD}", f"{GOOD}\nx\n{GOOD}", "7", "x"):
        assert_same(text, 3)
    assert_same("\n".join([GOOD] * 30), 100)


def test_an_element_over_several_lines_has_the_lines_of_its_values():
    rows = [{"messages": [{"role": "bot", "content": " x"}], "id": 1}] * 2
    problems = checked(stream_json([json.dumps(rows, indent=1).encode()]))[3]
    assert [(p.code, p.line, p.path) for p in problems] == [
        ("role_invalid", 5, "$.messages[0].role"),
        ("extra_key", 9, "$.id"),
        ("role_invalid", 14, "$.messages[0].role"),
        ("few_rows", None, ""),
    ]


def test_columns_of_a_file_of_one_line_count_from_its_beginning():
    text = "[" + ", ".join([row_line("你" * 9, "好")] * 20 + [GOOD[:-1] + " x}"]) + "]"
    problems = checked(stream_json(cut(text.encode(), 64)))[3]
    (problem,) = [problem for problem in problems if problem.severity == "error"]
    assert problem.params["column"] == text.index(" x}") + 2


@pytest.mark.parametrize("indent", [None, 2])
def test_of_a_large_array_only_little_is_held(indent):
    row = json.dumps(json.loads(row_line("q" * 200, "a" * 800)), indent=indent)

    def blocks() -> Iterator[bytes]:
        yield b"[" + row.encode()
        for _ in range(300):
            yield b",\n".join([b"", *[row.encode()] * 20])
        yield b"]"

    check = Check()
    tracemalloc.start()
    found = sum(problem.severity == "error" for problem in check.problems(stream_json(blocks())))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found, check.rows, check.valid) == (0, 6_001, 6_001)
    assert peak < 5_000_000


def test_many_rows_that_are_never_closed_take_no_more_than_seconds():
    rows = [GOOD[:-2] if number % 10 == 0 else GOOD for number in range(20_000)]
    started = time.process_time()
    items = list(expanded(stream_json([f"[{','.join(rows)}]".encode()])))
    assert time.process_time() - started < 10
    assert sum(isinstance(item, Row) for item in items) == 20_000
    assert sum(bool(item.problems) for item in items if isinstance(item, Row)) == 2_000


def test_plain_elements_are_read_at_full_speed():
    text = json.dumps([json.loads(GOOD)] * 100, indent=2)
    items = list(stream_json([text.encode()]))
    plain = [line for item in items if isinstance(item, PlainRows) for line in item.lines]
    assert plain == list(range(2, 2 + 12 * 99, 12))
