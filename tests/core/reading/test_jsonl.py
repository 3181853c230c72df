"""JSON text to rows: what is accepted, what is a problem and where, what stays usable after it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.reading.json_scan import MAX_DEPTH, MAX_NUMBER, _Reader, scan
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.rows import BROKEN, Row

GOOD = '{"messages": [1]}'
VALUE = {"messages": [1]}


def read(text: str, reader=read_jsonl) -> tuple[list[tuple[int, object]], list[str]]:
    """Line and value of every row, and every problem as it is shown, with its code."""
    rows, problems = [], []
    for item in reader(text):
        found = [item] if isinstance(item, Problem) else item.problems
        problems += [f"{p.code}: {p}" for p in found]
        if isinstance(item, Row):
            rows.append((item.line, item.value))
    return rows, problems


def only_problem(text: str, reader=read_jsonl) -> str:
    _, (problem,) = read(text, reader)
    return problem


# What is accepted


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_with_or_without_the_last_one(end, last):
    text = end.join([GOOD, GOOD, GOOD]) + end * last
    assert read(text) == ([(1, VALUE), (2, VALUE), (3, VALUE)], [])


def test_line_separators_inside_strings_are_text():
    row = '{"a": "x\u2028y\u2029z\x85\x0b\x7f"}'.replace("\x0b", "")
    assert read(row) == ([(1, {"a": "x\u2028y\u2029z\x85\x7f"})], [])


def test_escapes_and_surrogate_pairs():
    assert read(r'{"a": "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}') == (
        [(1, {"a": '"\\/\b\f\n\r\té😀'})],
        [],
    )


def test_a_json_array_has_rows_with_the_lines_of_their_values():
    text = '[\n  {\n    "messages": [\n      1\n    ]\n  },\n  {"messages": [1]}\n]\n'
    first, second = read_json(text)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.line, first.value, first.line_of("$.messages[0]")) == (2, VALUE, 4)
    assert (second.line, second.value, second.line_of("$.messages[0]")) == (7, VALUE, 7)


def test_a_json_file_with_one_object_is_one_row():
    assert read('\n{\n"messages":\n[1]}\n\n', read_json) == ([(2, VALUE)], [])


@pytest.mark.parametrize("text", ["", "\n \n", "[]", " [ ] "])
def test_no_rows(text):
    assert read(text, read_json) == ([], [])


def test_blank_lines_are_counted_and_skipped():
    rows, problems = read(f"\n{GOOD}\n \t\n{GOOD}\n\n")
    assert rows == [(2, VALUE), (4, VALUE)]
    assert problems == ["blank_line: line 1  blank lines, skipped: 3 (first here)"]


# What is a problem


SYNTAX = {
    '{"a": x}': "expected a JSON value, got 'x' (column 7)",
    '{"a": }': "expected a JSON value, got '}' (column 7)",
    '{"a": True}': "expected a JSON value, got 'True' (column 7)",
    '{"a": 01}': "expected ',' or '}', got '1' (column 8)",
    '{"a": .5}': "expected a JSON value, got '.' (column 7)",
    '{"a": ١}': "expected a JSON value, got U+0661 '١' (column 7)",
    "{'a': 1}": "expected a key in double quotes, got \"'\" (column 2)",
    "{a: 1}": "expected a key in double quotes, got 'a' (column 2)",
    "{“a”: 1}": "expected a key in double quotes, got U+201C '“' (column 2)",
    '{"a"：1}': "expected ':' after the key, got U+FF1A '：' (column 5)",
    '{"a" 1}': "expected ':' after the key, got '1' (column 6)",
    '{"a": "say "hi" now"}': "expected ',' or '}', got 'h' (column 13)",
    '{"a": [1 2]}': "expected ',' or ']', got '2' (column 10)",
    '{"a": 1,}': "expected a value after ',', got '}' (column 8)",
    '{"a": [1,]}': "expected a value after ',', got ']' (column 9)",
    '{"a": 1},': "expected the end after the last bracket, got ',' (column 9)",
    '{"a": 1}}': "expected the end after the last bracket, got '}' (column 9)",
    '{"a": 1} {"a": 2}': "expected the end after the last bracket, got '{' (column 10)",
    '{"a": "\\x"}': "expected an escape such as \\n or \\\", got '\\x' (column 8)",
    '{"a": "\\u12g4"}': "expected an escape such as \\n or \\\", got '\\u12g4' (column 8)",
    '{"a": "\\u12g4': "expected an escape such as \\n or \\\", got '\\u12g4' (column 8)",
    '{"a": "b': "expected '\"' after the text that begins in column 7, got the end of the line",
    '{"a": "b\\': "expected more JSON, got the end (column 10)",
    '{"a": "\\ud83': "expected more JSON, got the end (column 13)",
    '{"a": [1, {': "expected more JSON, got the end (column 12)",
    '{"a"': "expected more JSON, got the end (column 5)",
    "Here are 200 more:": "expected a row {…}, got 'Here are 200 more:'",
    "```json": "expected a row {…}, got '```json'",
    '{"a":\xa01}': "expected a plain space, got U+00A0 (no-break space)"
                   ": column 6, 1× in this row",
    '{\u3000"a": 1}\ufeff': "expected a plain space, got U+3000 (ideographic space)"
                            ": column 2, 1× in this row",
}  # fmt: skip


@pytest.mark.parametrize("text", SYNTAX)
def test_broken_syntax_is_named_with_its_column_and_the_rows_around_it_stay(text):
    rows, problems = read(f"{GOOD}\n{text}\n{GOOD}\n")
    assert problems[0] == f"json_parse: line 2  {SYNTAX[text]}"
    assert len(problems) == 1 + text.endswith("\ufeff")
    assert [rows[0], rows[2]] == [(1, VALUE), (3, VALUE)]
    assert len(rows) == 3


VALUES = {
    '{"a": NaN}': "json_parse: line 1  $.a  expected a number that JSON knows, got NaN",
    '{"a": [-Infinity]}': "json_parse: line 1  $.a[0]  "
                          "expected a number that JSON knows, got -Infinity",
    '{"a": 1e999}': "json_parse: line 1  $.a  expected a number that JSON knows, got 1e999",
    '{"a": "\t\t"}': "json_parse: line 1  $.a  expected an escape such as \\t or \\n, "
                     "got the control character U+0009 (column 8)",
    '{"a": "\\ud800"}': "lone_surrogate: line 1  $.a  "
                        "expected a whole character, got half of one: \\ud800",
    '{"a": "\\ude00\\ud83d"}': "lone_surrogate: line 1  $.a  "
                               "expected a whole character, got half of one: \\ude00",
    '{"a": "\\udc00\\udc00"}': "lone_surrogate: line 1  $.a  "
                               "expected a whole character, got half of one: \\udc00",
    '{"a": "\\ud83d\\u0041"}': "lone_surrogate: line 1  $.a  "
                               "expected a whole character, got half of one: \\ud83d",
    '{"a": "\udce9"}': "encoding: line 1  $.a  expected UTF-8, got the byte 0xE9 (column 8)",
    '{"a": 1, "b": 2, "a": 1}': "duplicate_key: line 1  $.a  "
                                "expected each key once, got 'a' again",
    '{"a": {"b c": 1, "b c": 2}}': "duplicate_key: line 1  $.a['b c']  "
                                   "expected each key once, got 'b c' again",
}  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_a_bad_value_is_named_with_its_path_and_the_rest_of_the_row_is_read(text):
    rows, problems = read(text)
    assert problems == [VALUES[text]]
    assert isinstance(rows[0][1], dict)


def test_several_bad_values_of_a_row_are_all_reported():
    _, problems = read('{"a": NaN,\xa0"b": "\\ud800", "b": "\t"}')
    assert [problem.split("  expected")[0] for problem in problems] == [
        "json_parse: line 1  $.a",
        "json_parse: line 1",
        "lone_surrogate: line 1  $.b",
        "duplicate_key: line 1  $.b",
        "json_parse: line 1  $.b",
    ]


def test_a_value_given_twice_is_not_judged():
    (row,) = read_jsonl('{"a": 1, "a": 2, "b": NaN, "c": 3}')
    assert isinstance(row, Row)
    assert row.value == {"a": BROKEN, "b": BROKEN, "c": 3}


def test_numbers_have_a_longest_length():
    digits = "9" * MAX_NUMBER
    assert read(f'{{"a": {digits}}}') == ([(1, {"a": int(digits)})], [])
    assert only_problem(f'{{"a": 9{digits}}}') == (
        "json_parse: line 1  $.a  expected a number of at most 1,000 characters, got one of 1,001"
    )


def test_nesting_has_a_deepest_level():
    def nested(levels: int) -> str:
        return '{"a": ' + "[" * levels + "]" * levels + "}"

    assert read(nested(MAX_DEPTH - 1)) == ([(1, json.loads(nested(MAX_DEPTH - 1)))], [])
    assert only_problem(nested(MAX_DEPTH)) == (
        "too_deep: line 1  $.a[0][0]  expected at most 64 levels of brackets, got more"
    )
    assert only_problem(nested(100_000)).startswith("too_deep: line 1  $.a[0][0]")


def test_brackets_in_strings_are_no_levels():
    deep = "[" * 70 + '"]]]\\"]", {"a": 1}' + "]" * 70
    rows, problems = read(f'{{"a": {deep}, "b": 2}}')
    assert len(problems) == 1
    assert isinstance(rows[0][1], dict)
    assert rows[0][1]["b"] == 2


# Forms of a file


def test_a_pretty_printed_object_in_jsonl_is_one_problem_and_the_others_stay():
    pretty = json.dumps(VALUE, indent=2)
    assert read(f"{GOOD}\n{pretty}\n{GOOD}\n{pretty}") == (
        [(1, VALUE), (2, BROKEN), (7, VALUE), (8, BROKEN)],
        [
            "pretty_printed: line 2  expected one object per line, got one that goes on to line 6",
            "pretty_printed: line 8  expected one object per line, got one that goes on to line 12",
        ],
    )


def test_a_broken_pretty_printed_object_is_one_problem_at_its_mistake():
    pretty = json.dumps({"messages": [1, {"a": 1, "b": 2}]}, indent=2).replace("1,\n", "1\n", 1)
    assert read(f"{pretty}\n{GOOD}") == (
        [(1, BROKEN), (10, VALUE)],
        ["json_parse: line 4  expected ',' or ']', got '{' (column 5)"],
    )


def test_a_row_cut_into_the_next_line_is_one_problem():
    text = f'{{"a": "a text that\nwas wrapped"}}\n{GOOD}'
    assert read(text) == (
        [(1, BROKEN), (3, VALUE)],
        [
            "json_parse: line 1  expected '\"' after the text that begins in column 7, "
            "got the end of the line"
        ],
    )


def test_every_cut_row_is_a_problem_of_its_own():
    cut = GOOD[:-2]
    assert read(f"{cut}\n{cut}\n{GOOD}\n{cut}\n") == (
        [(1, BROKEN), (2, BROKEN), (3, VALUE), (4, BROKEN)],
        [f"json_parse: line {n}  expected more JSON, got the end (column 16)" for n in (1, 2, 4)],
    )


@pytest.mark.parametrize(
    "text", [f"[{GOOD}, {GOOD}]", f"[\n{GOOD},\n{GOOD}\n]\n", f"\n[{GOOD},\n{GOOD}]"]
)
def test_an_array_in_jsonl_is_one_problem_and_its_rows_are_read(text):
    rows, problems = read(text)
    assert [value for _, value in rows] == [VALUE, VALUE]
    line = 2 if text.startswith("\n") else 1
    assert problems == [f"array_in_jsonl: line {line}  expected one object per line, got an array"]


def test_an_array_between_the_rows_is_one_problem():
    assert read(f"{GOOD}\n[{GOOD}, {GOOD}]\n{GOOD}\n[\n{GOOD}\n]\n") == (
        [(1, VALUE), (2, BROKEN), (3, VALUE), (4, BROKEN)],
        [
            f"array_in_jsonl: line {line}  expected one object per line, got an array"
            for line in (2, 4)
        ],
    )


def test_jsonl_in_json_is_one_problem_and_its_rows_are_read():
    assert read(f"{GOOD}\n{GOOD}\n", read_json) == (
        [(1, VALUE), (2, VALUE)],
        ["jsonl_in_json: line 1  expected one array, got one object after another"],
    )
    _, problems = read(f"{GOOD[:-1]}\n{GOOD}\n", read_json)
    assert [problem.split(":")[0] for problem in problems] == ["jsonl_in_json", "json_parse"]


@pytest.mark.parametrize("between", ["\n", " ", ",\n"])
def test_printed_objects_one_after_another_in_json_are_one_problem(between):
    text = between.join([json.dumps(VALUE, indent=1)] * 2)
    rows, problems = read(text, read_json)
    assert [value for _, value in rows] == [VALUE, VALUE]
    assert problems == ["jsonl_in_json: line 1  expected one array, got one object after another"]


def test_a_wrapped_string_in_a_pretty_printed_object_is_one_problem_at_its_line():
    text = '{\n  "messages": [\n    "a text that\nwas wrapped"\n  ]\n}\n' + GOOD
    assert read(text) == (
        [(1, BROKEN), (7, VALUE)],
        [
            "json_parse: line 3  expected '\"' after the text that begins in column 5, "
            "got the end of the line"
        ],
    )


def test_a_broken_element_of_an_array_leaves_the_others():
    text = f'[\n{GOOD},\n{{"messages": [1}},\n{GOOD},\n{{"messages": NaN}}]'
    assert read(text, read_json) == (
        [(2, VALUE), (3, BROKEN), (4, VALUE), (5, {"messages": BROKEN})],
        [
            "json_parse: line 3  expected ',' or ']', got '}' (column 16)",
            "json_parse: line 5  $.messages  expected a number that JSON knows, got NaN",
        ],
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"[{GOOD}\n{GOOD}]", "line 2  expected ',' between two rows, got '{' (column 1)"),
        (f"[{GOOD},\n{GOOD},\n]", "line 2  expected a value after ',', got ']' (column 18)"),
        (f"[{GOOD},\n{GOOD}", "line 2  expected more JSON, got the end (column 18)"),
        (f"[{GOOD},\n{GOOD}] x", "line 2  expected the end after the last bracket, "
                                 "got 'x' (column 20)"),
        (f"[{GOOD},\xa0{GOOD}]", "line 1  expected a plain space, got U+00A0 (no-break space)"
                                 ": column 20, 1× in this row"),
        (f"[{GOOD}\xa0, {GOOD}]", "line 1  expected a plain space, got U+00A0 (no-break space)"
                                  ": column 19, 1× in this row"),
    ],
)  # fmt: skip
def test_a_mistake_between_the_elements_of_an_array_is_one_problem(text, problem):
    rows, problems = read(text, read_json)
    assert [value for _, value in rows] == [VALUE, VALUE]
    assert problems == [f"json_parse: {problem}"]


def test_a_file_of_open_brackets_is_read_in_reasonable_time():
    rows, problems = read('{"a": [\n' * 1500)
    assert len(rows) == 1500
    assert {problem.split(":")[0] for problem in problems} == {"json_parse"}


# Against the standard library

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False,
                                                                     allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, derandomize=True, deadline=None)
@given(_json, st.booleans(), st.sampled_from([None, 0, 2]))
def test_whatever_json_writes_is_read_as_the_same_value(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    found = scan(text)
    assert (found.value, found.faults, found.end) == (value, (), len(text))


_soup = st.text(alphabet='{}[]",:\\ud8 \n\t\xa001-.eE+ntrufalsNI', max_size=25)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(_soup | _json.map(json.dumps), st.integers(0, 60), st.sampled_from('{}[]",:\\ 0e-'))
def test_it_accepts_only_what_json_accepts_and_never_raises(text, at, char):
    text = text[:at] + char + text[at + 1 :]
    found = scan(text)
    complete = found.stopped is None and not text[found.end :].strip(" \t\n\r")
    if complete and not found.faults:
        assert found.value == json.loads(text)
    elif not found.faults or found.stopped:
        with pytest.raises(ValueError):  # noqa: PT011
            json.loads(text)


_values = ["1", "-2.5", "true", "null", '"x"', '"\\u4f60"', '"\\ud83d\\ude00"', "[1, [2]]", "{}",
           '{"a": 1, "b": [2]}', "[[[3]]]", "NaN", "1e5", '"\t"', '"\udce9"', '"\\ud83d"', "01",
           '{"a": 1, "a": 2}', "\xa01", "x", '"\\x"', ""]  # fmt: skip
_value = st.sampled_from(_values[:11]) | st.sampled_from(_values)
_key = st.sampled_from(['"a"', '"b"', '"c"', '"d"', '"e"', "f"])
_wide = st.lists(_value, max_size=9).map(lambda values: f"[{', '.join(values)}]")
_keyed = st.lists(st.tuples(_key, _value), max_size=6).map(
    lambda pairs: "{" + ",\n".join(f"{key}: {value}" for key, value in pairs) + "}"
)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(_wide | _keyed | st.tuples(_wide, _keyed).map(lambda two: f"[{two[0]}, {two[1]}]"))
def test_many_values_at_once_are_read_as_one_by_one(text):
    found = scan(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Reader, "run", lambda *_: ())
        one_by_one = scan(text)
    assert repr(found) == repr(one_by_one)


@pytest.mark.parametrize("piece", ["1,", '{"a": [1]}, ', '"x\\n", ', '"k%d": "v", ', "[[]], "])
def test_a_line_with_a_fault_among_a_million_values_takes_no_more_than_seconds(piece):
    begin, end = ('{"a": [', "NaN]}") if "%d" not in piece else ("{", '"z": NaN}')
    pieces = (piece % number if "%d" in piece else piece for number in range(500_000))
    text = begin + "".join(pieces) + end
    started = time.process_time()
    (row,) = read_jsonl(text)
    assert time.process_time() - started < 5
    assert isinstance(row, Row)
    assert [problem.kind for problem in row.problems] == ["constant"]


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from([GOOD, GOOD[:-3], "[", "]", '{"a": [', "  }", "x", "", "[1]"])))
def test_every_reader_gives_a_line_to_everything_and_drops_nothing(lines):
    text = "\n".join(lines)
    for reader in (read_jsonl, read_json):
        items = list(reader(text))
        places = [item.line for item in items if isinstance(item, Row)]
        assert places == sorted(places)
        assert all(
            item.problems or item.value is not BROKEN for item in items if isinstance(item, Row)
        )
        if text.strip() and text.strip() != "[\n]":
            assert items


@pytest.mark.parametrize("text", ["[]x", "[ ] x", "[]]"])
def test_something_behind_an_empty_array_is_a_problem(text):
    assert only_problem(text, read_json).startswith("json_parse: line 1  expected the end")


def test_skip_blanks_stops_at_the_end():
    assert [skip_blanks(" \xa0\ufeffx", 0), skip_blanks("  ", 0), skip_blanks("   x", 0, 2)] == [
        3, 2, 2,
    ]  # fmt: skip
