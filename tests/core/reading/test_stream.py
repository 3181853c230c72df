"""The stream of a file's rows: what the careful reader alone gives, wherever the blocks are cut."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.messages import Conversation
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.checking import Check, by_line
from nbfinetune.core.reading.fast_rows import PlainRows, decoded_rows, plain_value, quotes
from nbfinetune.core.reading.json_scan import MAX_DEPTH, MAX_NUMBER
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.reading.line_rows import LONGEST_OBJECT_LINES
from nbfinetune.core.reading.stream import stream_jsonl, whole_lines
from nbfinetune.core.rows import Row
from tests.mutations import MUTATIONS, row_line

GOOD = row_line("hi", "yo")
OPEN = '{"messages": ['


def cut(raw: bytes, size: int) -> Iterator[bytes]:
    return (raw[at : at + size] for at in range(0, len(raw), size))


def expanded(items: Iterable[PlainRows | Row | Problem]) -> Iterator[Row | Problem]:
    """Plain rows as the careful reader has them."""
    for item in items:
        if isinstance(item, PlainRows):
            for line, row in zip(item.lines, item.rows, strict=True):
                messages = [{"role": m.role, "content": m.content} for m in row]
                yield Row(line, {"messages": messages})
        else:
            yield item


def assert_same(text: str, *sizes: int) -> None:
    raw = text.encode("utf-8", "surrogateescape")
    careful = list(read_jsonl(text))
    for size in sizes or (1 << 20, 1, 50):
        assert list(expanded(stream_jsonl(cut(raw, size)))) == careful
    assert checked(stream_jsonl([raw])) == checked(careful)


def checked(
    items: Iterable[PlainRows | Row | Problem],
) -> tuple[int, int, list[Conversation], list[Problem]]:
    kept: list[Conversation] = []
    check = Check("Be brief.", keep=kept.append)
    problems = sorted(check.problems(items), key=by_line)
    return check.rows, check.valid, kept, problems


# The same as the careful reader

CONTENTS = [
    "hi", " hi", "", " ", "\u200b", "你好", "caf\u00e9", "cafe\u0301", '"', "\\", '\\"', "\x7f",
    "\u2028", "😀", "a\nb", "\ud800", "x" * 300,
]  # fmt: skip
ROLES = {"s": "system", "u": "user", "a": "assistant", "b": "bot"}
ORDERS = ["ua", "sua", "uaua", "suaua", "u", "au", "s", "uau", "ssua", "usa", "", "ub", "bu"]
EXTRAS = [{}, {}, {}, {"id": 1}, {"weight": 1.5e3}, {"tools": [{"a": [None, True]}]}]
ODD_LINES = [
    "", " ", "\xa0", "x", "{", "[", "]", "}", "[1]", "7", '"a', "null", OPEN, '{"a": "b', '  "c"',
    '{\n "messages": []\n}', '{"messages": NaN}', "\udce9", '{"messages": [], "messages": []}',
    GOOD.replace('"role"', '"role": "user", "role"', 1), GOOD + " x", " " + GOOD + "\t",
    '{"messages": [' + "[" * 70 + "]" * 70 + "]}", '{"a": 1, "a": "\\ud83d"}',
]  # fmt: skip

_content = st.sampled_from(CONTENTS)
_said = st.tuples(st.sampled_from(ORDERS), st.lists(_content, min_size=5, max_size=5)).map(
    lambda pair: [
        {"role": ROLES[role], "content": content}
        for role, content in zip(pair[0], pair[1], strict=False)
    ]
)
_row = st.tuples(_said, st.sampled_from(EXTRAS)).map(lambda pair: {"messages": pair[0], **pair[1]})


def written(row: object, ascii_only: bool, separators: tuple[str, str]) -> str:
    """As a file has it: half a character that is no escape is three bytes that are no UTF-8."""
    text = json.dumps(row, ensure_ascii=ascii_only, separators=separators)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


_line = st.builds(
    written, _row, st.booleans(), st.sampled_from([(", ", ": "), (",", ":"), (" , ", "\t:  ")])
)
_odd = st.sampled_from(ODD_LINES)
_end = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(st.tuples(_line | _odd, _end), max_size=12), st.integers(1, 400))
def test_any_lines_give_the_rows_and_problems_of_the_careful_reader(lines, size):
    text = "".join(line + end for line, end in lines)
    if not text.lstrip().startswith("["):
        assert_same(text, 1 << 20, size)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(_line, min_size=1, max_size=5), st.sampled_from(sorted(MUTATIONS)), st.randoms())
def test_any_mutation_gives_the_problems_of_the_careful_reader(lines, name, random):
    place = random.randrange(len(lines))
    raw = MUTATIONS[name](lines[place].encode("utf-8", "surrogateescape"), random)
    lines[place] = raw.decode("utf-8", "surrogateescape")
    text = "\n".join(lines)
    if not text.lstrip().startswith("["):
        assert_same(text, 1 << 20, 64)


def test_rows_are_read_at_full_speed_only_where_nothing_is_wrong_with_them():
    fine = [
        GOOD,
        " " + GOOD + "\t",
        row_line("你好", '"\\n"', "a", "b", system="s"),
        row_line(" a", "b "),
    ]
    twice = GOOD.replace('"role"', '"role": "user", "role"', 1)
    others = [
        twice, row_line("a", ""), row_line("\u200b", "b"), row_line("a"), "", "[]", GOOD + "x",
        '{"messages": []}', GOOD[:-1] + ', "id": 1}', GOOD.replace("hi", "\\ud800"),
    ]  # fmt: skip
    lines = [*fine, *others, *fine]
    items = list(stream_jsonl(["\n".join(lines).encode()]))
    plain = [line for item in items if isinstance(item, PlainRows) for line in item.lines]
    assert plain == [1, 2, 3, 4, *range(len(lines) - 3, len(lines) + 1)]


def test_two_equal_keys_are_found_behind_an_escaped_backslash():
    # Counted by quotes alone, the end of each content would hide one of the repeated key's.
    line = row_line(*["\\"] * 4).replace('"role"', '"role": "user", "role"', 1)
    assert decoded_rows([line.encode()], quotes(line.encode())) == [None]
    assert_same(line)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}),
        ('{"a": 1, "a": 1}', None),
        ('{"a": NaN}', None),
        ('{"a": 1e999}', None),
        ('{"a": ' + "9" * (MAX_NUMBER + 1) + "}", None),
        ('{"a": "\\udc00"}', None),
        ('{"a": "\t"}', None),
        ('{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", None),
        ("[" * 100_000, None),
        ("[]", None),
        ('{"a": 1} x', None),
        ('\xa0{"a": 1}', None),
    ],
)
def test_a_value_is_vouched_for_only_without_any_fault(line, value):
    assert plain_value(line.encode()) == value


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_are_the_same_wherever_the_blocks_are_cut(end, size):
    raw = end.join(["a", "", '"bc"', "", "", "d" * 50 + '"', ""]).encode()
    pieces = list(whole_lines(cut(raw, size)))
    assert [line for lines, _ in pieces for line in lines] == raw.splitlines()
    assert sum(found for _, found in pieces) == raw.count(b'"')


@pytest.mark.parametrize("count", [3, LONGEST_OBJECT_LINES - 1, LONGEST_OBJECT_LINES, 3000])
def test_a_row_over_many_lines_and_one_that_never_ends(count):
    inner = ["  1,"] * (count - 3)
    assert_same("\n".join([GOOD, OPEN, *inner, "  1", "]}", GOOD, GOOD]), 1 << 20, 100)
    assert_same("\n".join([GOOD, OPEN, *inner, "  1 x", "]}", GOOD, GOOD]), 1 << 20, 100)
    assert_same("\n".join([GOOD, OPEN, *inner, GOOD, "", GOOD]), 1 << 20, 100)


def test_a_long_line_is_read_whole():
    line = row_line("q", 'x\n"' * 500_000)
    items = list(stream_jsonl(cut((line + "\n" + line[:-5]).encode(), 1 << 17)))
    assert [type(item) for item in items] == [PlainRows, Row]


def test_an_element_over_several_lines_has_the_lines_of_its_values():
    rows = [{"messages": [{"role": "bot", "content": " x"}], "id": 1}]
    problems = checked(read_json(json.dumps(rows, indent=1)))[3]
    assert [(p.code, p.line, p.path) for p in problems] == [
        ("role_invalid", 5, "$.messages[0].role"),
        ("extra_key", 9, "$.id"),
        ("few_rows", None, ""),
    ]
