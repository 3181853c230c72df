"""Other formats to messages: what comes out, what is named, where problems are placed."""

from __future__ import annotations

import copy
import json

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core import text
from nbfinetune.core.convert.converter import LISTED_LINES, Conversion, Converter, Note
from nbfinetune.core.convert.formats import FORMATS, PAIRS, format_of
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file
from nbfinetune.core.rows import BROKEN, Row

Q, A = "What is it?", "A pear."
TURNS = [{"role": "user", "content": Q}, {"role": "assistant", "content": A}]
SYSTEM = {"role": "system", "content": "Be brief."}
EARLIER = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]

EXAMPLES = {
    "alpaca": [
        ({"instruction": Q, "output": A}, TURNS),
        ({"instruction": Q, "input": "", "output": A, "system": "", "history": []}, TURNS),
        ({"instruction": Q, "input": None, "output": A, "system": None, "history": None}, TURNS),
        ({"instruction": "", "input": Q, "output": A}, TURNS),
        (
            {"instruction": "Translate.", "input": "Birne", "output": A},
            [{"role": "user", "content": "Translate.\nBirne"}, TURNS[1]],
        ),
        (
            {"instruction": Q, "output": A, "system": "Be brief.", "history": [["Hi", "Hello"]]},
            [SYSTEM, *EARLIER, *TURNS],
        ),
    ],
    "prompt_completion": [
        ({"prompt": Q, "completion": A}, TURNS),
        ({"prompt": [SYSTEM, TURNS[0]], "completion": TURNS[1:]}, [SYSTEM, *TURNS]),
        ({"prompt": [*EARLIER, TURNS[0]], "completion": A}, [*EARLIER, *TURNS]),
        ({"system": "Be brief.", "prompt": Q, "completion": A}, [SYSTEM, *TURNS]),
    ],
    "query_response": [
        ({"query": Q, "response": A}, TURNS),
        (
            {"system": "Be brief.", "history": [["Hi", "Hello"]], "query": Q, "response": A},
            [SYSTEM, *EARLIER, *TURNS],
        ),
    ],
    "question_answer": [({"question": Q, "answer": A}, TURNS)],
    "prompt_response": [({"prompt": Q, "response": A}, TURNS)],
    "instruction_response": [({"instruction": Q, "response": A}, TURNS)],
    "input_output": [({"input": Q, "output": A}, TURNS)],
    "sharegpt": [
        ({"conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": A}]}, TURNS),
        ({"conversations": TURNS}, TURNS),
        ({"conversation": TURNS, "system": "Be brief."}, [SYSTEM, *TURNS]),
        (
            {
                "conversations": [
                    {"from": "system", "value": "Be brief."},
                    {"from": "User", "value": Q},
                    {"from": "chatgpt", "value": A, "weight": 1},
                ]
            },
            [SYSTEM, TURNS[0], {**TURNS[1], "weight": 1}],
        ),
    ],
    "xtuner": [
        ({"conversation": [{"input": Q, "output": A}]}, TURNS),
        (
            {
                "conversation": [
                    {"system": "Be brief.", "input": "Hi", "output": "Hello"},
                    {"system": "Be brief.", "input": Q, "output": A, "loss": 1},
                ]
            },
            [SYSTEM, *EARLIER, TURNS[0], {**TURNS[1], "loss": 1}],
        ),
        (
            {"system": "Be brief.", "conversation": [{"human": Q, "assistant": A}]},
            [SYSTEM, *TURNS],
        ),
    ],
}
CASES = [(name, *case) for name, cases in EXAMPLES.items() for case in cases]


def converted(value: object) -> tuple[object, tuple[Conversion, ...]]:
    converter = Converter()
    return converter.convert(Row(1, value)).value, converter.conversions()


def errors(*rows: object) -> list[str]:
    return [str(p) for p in from_rows(list(rows), name="d").errors]


def test_every_format_but_the_one_on_request_has_an_example():
    assert {*EXAMPLES, "top_level_system"} == set(FORMATS)


@pytest.mark.parametrize(("name", "value", "messages"), CASES)
def test_a_row_becomes_messages_and_its_format_is_named(name, value, messages):
    before = copy.deepcopy(value)
    assert converted(value) == ({"messages": messages}, (Conversion(name, 1),))
    assert value == before


@pytest.mark.parametrize(("name", "value", "messages"), CASES)
def test_other_keys_are_kept_and_named(name, value, messages):
    dataset = from_rows([{**value, "id": 7}], name="d")
    assert [c.as_dict() for c in dataset.conversations] == [{"messages": messages, "id": 7}]
    assert dataset.errors == ()
    assert "$.id" in [p.path for p in dataset.problems if p.code == "extra_key"]


@pytest.mark.parametrize(
    "value",
    [
        BROKEN,
        None,
        [],
        "text",
        {},
        {"messages": TURNS, "conversations": [], "instruction": Q, "output": A},
        {"messages": None, "prompt": Q, "completion": A},
        {"messages": TURNS, "system": "Be brief."},
        {"message": TURNS, "prompt": Q, "completion": A},
        {"prompt": Q, "chosen": A, "rejected": "x"},
        {"question": Q, "choices": ["a"], "answers": [A]},
        {"text": Q},
    ],
)
def test_a_row_with_messages_or_of_no_known_format_passes_untouched(value):
    row, converter = Row(3, value), Converter()
    assert converter.convert(row) is row
    assert converter.conversions() == ()


@pytest.mark.parametrize("name", PAIRS)
def test_half_a_pair_alone_is_a_row_that_lacks_the_other_half(name):
    question, answer = PAIRS[name]
    assert errors({question: Q}) == [
        f"row 1  $.{question}  expected 'assistant' at the end, got 'user'"
    ]
    assert errors({answer: A}) == [
        f"row 1  $.{answer}  expected 'user' at the start, got 'assistant'"
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"instruction": Q, "output": None}, ["$.output  expected a text '…', got null"]),
        ({"instruction": Q, "output": ""},
         ["$.output  expected an answer '…', got an empty text ''"]),
        ({"instruction": 3, "input": "x", "output": A},
         ["$.instruction  expected a text '…', got 3"]),
        ({"instruction": Q, "input": [1], "output": A}, ["$.input  expected a text '…', got [1]"]),
        ({"query": Q, "response": A, "system": 3}, ["$.system  expected a text '…', got 3"]),
        ({"query": Q, "response": A, "history": [[None, "x"], "y"]},
         ["$.history[0][0]  expected a text '…', got null",
          "$.history[1]  expected an object {…}, got 'y'"]),
        ({"prompt": [{"role": "user", "content": 1}], "completion": A},
         ["$.prompt[0].content  expected a text '…', got 1"]),
        ({"prompt": [Q], "completion": A},
         ["$.prompt  expected a text '…', got a list of parts: [\"What is it?\"]"]),
        ({"conversations": None}, ["$.conversations  expected an array […], got null"]),
        ({"conversations": []},
         ["$.conversations  expected at least one question and its answer, got []"]),
        ({"conversations": [{"from": "human", "value": Q}, {"from": "human", "value": Q}]},
         ["$.conversations[1].from  expected 'assistant' after 'user', got 'user'"]),
        ({"conversations": [{"from": "alien", "value": Q}, "x"]},
         ["$.conversations[0].from  expected 'system' / 'user' / 'assistant', got 'alien'",
          "$.conversations[1]  expected an object {…}, got 'x'"]),
        ({"conversation": [{"input": Q, "output": A}, {"system": "x", "input": Q, "output": A}]},
         ["$.conversation[1].system  expected 'user' / 'assistant' here, got 'system', "
          "which can only be the first message"]),
        ({"conversation": [{"input": Q, "output": A}, {"note": "x"}, 5]},
         ["$.conversation[1]  expected the key 'role', got 'note'",
          "$.conversation[1]  expected the key 'content', got 'note'",
          "$.conversation[2]  expected an object {…}, got 5"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_where_it_stands_in_the_source(row, expected):
    assert errors(row) == [f"row 1  {line}" for line in expected]


def test_lines_of_a_pretty_printed_file_are_those_of_the_source(tmp_path):
    rows = [{"instruction": Q, "output": A}, {"instruction": Q, "output": None}]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    assert [(p.line, p.path) for p in read_file(tmp_path / "a.json").errors] == [(8, "$.output")]


def test_rows_below_a_broken_element_of_an_array_are_read_whatever_their_first_key(tmp_path):
    rows = [{"id": i, "conversations": TURNS} for i in range(4)]
    body = json.dumps(rows, indent=0).replace('"id": 1', '"id": "x"1"')
    (tmp_path / "s.json").write_text(body)
    dataset = read_file(tmp_path / "s.json")
    assert [c.extra["id"] for c in dataset.conversations] == [0, 2, 3]
    assert (dataset.rows, [p.code for p in dataset.errors]) == (4, ["json_parse"])


def test_extra_keys_and_outer_blanks_of_turns_are_named_by_their_place_in_the_source():
    row = {"conversation": [{"input": Q + " ", "output": A, "loss": 0}]}
    assert [(p.code, p.path) for p in from_rows([row], name="d").problems] == [
        ("extra_key", "$.conversation[0].loss"),
        ("outer_whitespace", "$.conversation[0].input"),
        ("few_rows", ""),
    ]


TOOLS = {
    "conversations": [
        {"from": "human", "value": Q},
        {"from": "function_call", "value": "{}"},
        {"from": "observation", "value": "{}"},
        {"from": "gpt", "value": A},
    ],
    "tools": "[]",
}


def test_tool_turns_are_left_out_and_listed_with_their_rows():
    dataset = from_rows([TOOLS, {"prompt": Q, "completion": A}, TOOLS], name="d")
    assert dataset.conversations[0].as_dict() == {"messages": TURNS, "tools": "[]"}
    notes = (Note("function_call", 2, 2, (1, 3)), Note("observation", 2, 2, (1, 3)))
    assert dataset.conversions == (
        Conversion("sharegpt", 2, notes),
        Conversion("prompt_completion", 1),
    )
    assert [c.message for c in dataset.conversions] == [
        "rows converted from ShareGPT (conversations): 2",
        "rows converted from prompt and completion: 1",
    ]
    assert notes[1].message == (
        "turns left out, since messages have no place for them: 'observation' 2× (line 1, 3)"
    )


def test_a_row_that_breaks_a_rule_without_its_tool_turns_is_named_and_counted():
    row = {"conversations": [TOOLS["conversations"][i] for i in (0, 1, 2)]}
    dataset = from_rows([row], name="d")
    assert [str(p) for p in dataset.errors] == [
        "row 1  $.conversations[0].from  expected 'assistant' at the end, got 'user'"
    ]
    assert [(c.format, c.rows) for c in dataset.conversions] == [("sharegpt", 1)]


def test_a_note_names_the_first_rows_and_counts_all():
    converter = Converter()
    for line in range(1, LISTED_LINES + 51):
        converter.convert(Row(line, TOOLS))
    note = converter.conversions()[0].notes[0]
    assert (note.count, note.rows, note.lines) == (150, 150, tuple(range(1, LISTED_LINES + 1)))
    assert note.message.endswith("150× (line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)")


def test_a_cell_of_another_format_is_converted_and_a_system_prompt_added():
    dataset = read_cell('{"prompt": "a", "completion": "b"}', name="d", system="Be brief.")
    assert [c.system for c in dataset.conversations] == ["Be brief."]
    assert dataset.conversions == (Conversion("prompt_completion", 1),)


def test_empty_cells_of_a_table_are_keys_that_a_row_does_not_have():
    frame = pandas.DataFrame(
        [{"instruction": Q, "output": A}, {"instruction": Q, "input": "Now?", "output": A}]
    )
    dataset = from_rows(frame, name="d")
    assert [c.messages[0].content for c in dataset.conversations] == [Q, f"{Q}\nNow?"]
    assert dataset.conversions == (Conversion("alpaca", 2),)


def test_rows_with_messages_beside_others_are_told_by_their_number():
    dataset = from_rows([{"messages": TURNS}, {"question": "x", "answer": "y"}], name="d")
    assert (dataset.rows, dataset.conversions) == (2, (Conversion("question_answer", 1),))


def lifted(value: object) -> tuple[Row, tuple[Conversion, ...]]:
    converter = Converter(system_key="system")
    return converter.convert(Row(4, value)), converter.conversions()


def test_a_system_prompt_beside_messages_is_moved_into_them_on_request_only():
    row, found = lifted({"system": "Be brief.", "messages": TURNS, "id": 1})
    assert row.value == {"messages": [SYSTEM, *TURNS], "id": 1}
    assert found == (Conversion("top_level_system", 1),)
    paths = ("$.messages[0].content", "$.messages[2].role", "$.id", "$.messages")
    assert [row.source_path(path) for path in paths] == [
        "$.system", "$.messages[1].role", "$.id", "$.messages",
    ]  # fmt: skip


def test_the_key_of_a_system_prompt_can_have_any_name():
    converter = Converter(system_key="the prompt")
    row = converter.convert(Row(1, {"the prompt": "Be brief.", "system": "x", "messages": TURNS}))
    assert row.value == {"messages": [SYSTEM, *TURNS], "system": "x"}
    assert row.source_path("$.messages[0].content") == "$['the prompt']"


@pytest.mark.parametrize(
    "value",
    [
        {"system": "Be brief.", "messages": [SYSTEM, *TURNS]},
        {"system": " ", "messages": TURNS},
        {"system": 3, "messages": TURNS},
        {"system": "Be brief.", "messages": "x"},
        {"system": "Be brief.", "messages": [BROKEN]},
        {"messages": TURNS},
        BROKEN,
    ],
)
def test_no_system_prompt_is_moved_where_there_is_none_or_one_already(value):
    row, found = lifted(value)
    assert (row.value, found) == (value, ())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_name_in_both_languages(name):
    english = Conversion(name, 1).label
    text.set_language("zh")
    assert Conversion(name, 1).label != english


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["from", "value", "role", "content", "input", "output", "system", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
KEYS = sorted({k for pair in PAIRS.values() for k in pair})
rows = st.dictionaries(
    st.sampled_from([*KEYS, "conversation", "conversations", "system", "history", "messages", "x"]),
    json_values,
    max_size=5,
)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.lists(rows, max_size=4))
def test_whatever_the_rows_are_nothing_is_lost_and_nothing_raises(values):
    dataset = from_rows(values, name="d")
    wrong = {p.line for p in dataset.errors if p.line is not None}
    assert (dataset.rows, len(dataset)) == (len(values), len(values) - len(wrong))
    found = [name for value in values if (name := format_of(value)) is not None]
    assert {c.format: c.rows for c in dataset.conversions} == {n: found.count(n) for n in found}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(rows)
def test_every_key_of_a_converted_row_is_in_the_messages_or_kept(value):
    out, found = converted(value)
    if not found:
        assert out is value
        return
    known = {*KEYS, "conversation", "conversations", "system", "history"}
    others = {k: v for k, v in value.items() if k not in known}
    assert {k: v for k, v in out.items() if k not in {*known, "messages"}} == others
