"""A draft: rows are changed, checked again, taken back; what it says is what a fresh check says."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.dataset import Origin
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.draft.history import Change
from nbfinetune.core.draft.rows import HABITS, is_chat, texts_of, with_turns
from nbfinetune.core.draft.totals import Totals
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.core.reading.sources import from_rows
from nbfinetune.core.reading.survey import Survey
from nbfinetune.core.rows import Row


def row(question: str, answer: str = "yo", **extra: object) -> dict[str, Any]:
    user = {"role": "user", "content": question}
    return {"messages": [user, {"role": "assistant", "content": answer}], **extra}


def draft(*rows: object) -> Draft:
    return Draft(read_rows(list(rows)), name="d")


def jsonl(*lines: str) -> Draft:
    text = "\n".join(lines)
    return Draft(read_jsonl(text), name="d", source=text)


def values(draft: Draft) -> list[object]:
    return [draft[row_id].row.value for row_id in draft.ids]


def codes(draft: Draft, row_id: int) -> list[str]:
    return [problem.code for problem in draft.problems(row_id)]


# Changes


def test_an_edited_row_is_checked_again():
    rows = draft(row("a", ""), row("b"))
    before = codes(rows, 0)
    change = rows.edit(0, row("a", "Arr."))
    assert (before, codes(rows, 0)) == (["content_empty"], [])
    assert change == Change(1, "written", 0)
    assert (rows[0].version, rows[0].line, rows[1].version) == (1, 1, 0)


def test_an_edit_that_changes_nothing_is_no_change():
    rows = draft(row("a", weight=1))
    assert rows.edit(0, row("a", weight=1)) == Change(0)
    assert rows.can_undo is False
    assert rows.edit(0, row("a", weight=True)).kind == "written"


def test_a_deleted_row_leaves_the_others_where_they_are():
    rows = draft(row("a"), row("b"), row("c"))
    assert rows.delete(1) == Change(1, "removed", 1)
    assert (rows.ids, 1 in rows, [rows[i].line for i in rows.ids]) == ((0, 2), False, [1, 3])


def test_a_new_row_has_the_next_number_and_stands_where_it_was_wanted():
    rows = draft(row("a"), row("b"))
    changes = [rows.add(0, row("c")), rows.add(None, row("d")), rows.add(1, row("e"))]
    assert changes == [
        Change(1, "placed", 2, 0),
        Change(2, "placed", 3, None),
        Change(3, "placed", 4, 1),
    ]
    assert (rows.ids, [rows[i].line for i in rows.ids]) == ((3, 0, 2, 1, 4), [4, 1, 3, 2, 5])
    rows.delete(4)
    rows.add(None, row("f"))
    assert (rows.ids[0], rows[5].line) == (5, 6)  # a number is never given twice


def test_changes_are_taken_back_in_order_and_done_again():
    rows = draft(row("a"), row("b"), row("c"))
    states = [(rows.ids, values(rows))]
    for change in (
        lambda: rows.edit(1, row("B")),
        lambda: rows.delete(1),
        lambda: rows.add(0, row("n")),
        lambda: rows.delete(0),
    ):
        change()
        states.append((rows.ids, values(rows)))
    back = []
    while rows.can_undo:
        back.append((rows.ids, values(rows)))
        rows.undo()
    assert [*back, (rows.ids, values(rows))] == states[::-1]
    while rows.can_redo:
        rows.redo()
    assert (rows.ids, values(rows)) == states[-1]
    assert (rows.redo(), rows.revision) == (Change(12), 12)


def test_a_new_change_ends_what_could_be_done_again():
    rows = draft(row("a"), row("b"))
    rows.delete(0)
    rows.undo()
    rows.edit(1, row("B"))
    assert (rows.can_redo, rows.redo()) == (False, Change(3))


def test_a_row_that_was_brought_back_is_not_changed():
    rows = draft(row("a"), row("b"))
    rows.edit(0, row("A"))
    rows.delete(1)
    assert (rows.find(code="changed"), rows.totals().changed) == ((0,), 2)
    rows.undo()
    rows.undo()
    assert (rows.find(code="changed"), rows.totals().changed) == ((), 0)


def test_an_unknown_row_is_refused():
    rows = draft(row("a"))
    rows.delete(0)
    for operation in (
        lambda: rows[0],
        lambda: rows.edit(0, row("b")),
        lambda: rows.edit_text(7, "{}"),
        lambda: rows.delete(0),
        lambda: rows.add(0, row("b")),
    ):
        with pytest.raises(DatasetError, match="not there any more"):
            operation()
    assert rows.revision == 1


# Messages and texts


@pytest.mark.parametrize("was", [-1, 2, 2**70, 0.5, "0", None, [0], {}])
def test_a_turn_of_a_message_that_there_is_not_is_a_new_one(was):
    value = row("a", "b")
    turns = [{"was": was, "role": "user", "content": "c"}]
    assert with_turns(value, turns) == {"messages": [{"role": "user", "content": "c"}]}


def test_messages_keep_their_other_keys_and_what_is_not_named():
    value = {
        "id": 2**70,
        "messages": [
            {"weight": 0, "role": "gpt", "content": "x", "name": "n"},
            {"role": "user"},
        ],
        "source": None,
    }
    new = {"role": "system", "content": "s"}
    turns = [{"was": 1, "content": "hi"}, new, {"was": 0, "role": "assistant"}]
    assert json.dumps(with_turns(value, turns)) == json.dumps(
        {
            "id": 2**70,
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "system", "content": "s"},
                {"weight": 0, "role": "assistant", "content": "x", "name": "n"},
            ],
            "source": None,
        }
    )
    assert value["messages"][0]["role"] == "gpt"  # the row as it was can be brought back


def test_messages_of_a_row_that_has_none_are_refused():
    rows = jsonl('{"answers": "a"}', '{"messages": [')
    for row_id in rows.ids:
        with pytest.raises(DatasetError, match="changed in another view"):
            rows.edit_turns(row_id, [])


@pytest.mark.parametrize(
    ("value", "chat"),
    [
        (row("a"), True),
        ({"messages": []}, True),
        ({"messages": [{"content": None}, {"role": "gpt"}]}, True),
        ({"messages": [{"role": "user", "content": ["a"]}]}, False),
        ({"messages": [{"role": 1, "content": "a"}]}, False),
        ({"messages": ["a"]}, False),
        ({"messages": {}}, False),
        ({"prompt": "a"}, False),
        ([row("a")], False),
        ("a", False),
    ],
)
def test_what_can_be_shown_as_messages(value, chat):
    assert is_chat(value) is chat


def test_a_row_that_cannot_be_read_is_its_text_and_can_be_repaired():
    good = json.dumps(row("a"))
    broken = '{"messages": [{"role": “user”, "content": "退货"}]}'
    rows = jsonl(good, "", broken, good[:-1])
    assert [rows[i].text for i in rows.ids] == [None, broken, good[:-1]]
    assert (rows.find("退货"), codes(rows, 1)) == ((1,), ["json_parse"])
    rows.edit_text(2, good)
    assert (rows[2].text, rows[2].row.value, codes(rows, 2)) == (None, row("a"), ["duplicate_row"])
    rows.edit_text(2, good[:-2])
    assert (rows[2].text, codes(rows, 2), rows[2].line) == (good[:-2], ["json_parse"], 4)
    rows.undo()
    rows.undo()
    assert rows[2].text == good[:-1]


def test_a_text_over_several_lines_is_one_row():
    rows = draft(row("a"))
    rows.edit_text(0, json.dumps(row("b", weight=1), indent=2))
    assert (rows[0].row.value, codes(rows, 0)) == (row("b", weight=1), ["extra_key"])
    assert rows.problems(0)[0].line == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["one_row_expected"]),
        ('{"a": 1}\n{"a": 2}', ["one_row_expected"]),
        (json.dumps([row("a"), row("b")]), ["one_row_expected"]),
        ("Here are more rows:", ["json_parse"]),
        ("[1, 2", ["one_row_expected"]),
    ],
)
def test_a_text_that_is_not_one_row_is_kept_with_its_problem(text, found):
    rows = draft(row("a"))
    rows.edit_text(0, text)
    assert (codes(rows, 0), rows[0].conversation) == (found, None)
    assert rows[0].text == text or text == ""


def test_a_row_with_a_broken_value_is_edited_as_its_text():
    answer = '{"role": "assistant", "content": "c"}'
    line = '{"messages": [{"role": "user", "content": "a", "content": "b"}, ' + answer + "]}"
    rows = jsonl(line)
    assert (rows[0].text, codes(rows, 0)) == (line, ["duplicate_key"])
    lost = draft({"messages": [{"role": "user", "content": float("nan")}]})
    assert lost[0].text == '{"messages": [{"role": "user", "content": null}]}'


def test_rows_of_an_array_have_their_own_lines_as_text():
    text = '[\n{"messages":\n [tru]},\n{"messages": []}\n]'
    rows = Draft(read_json(text), name="d", source=text)
    assert [rows[i].text for i in rows.ids] == ['{"messages":\n [tru]},', None]


def test_a_damaged_byte_is_shown_so_that_it_can_be_sent():
    raw = b'{"messages": [{"role": "user", "content": "caf\xe9"}]}'
    text = raw.decode("utf-8", "surrogateescape")
    rows = Draft(read_jsonl(text), name="d", source=text)
    assert rows[0].text == raw.decode("utf-8", "replace").replace("\ufffd", "?")


def test_a_row_of_another_format_is_edited_as_messages():
    rows = draft({"instruction": "a", "output": ""}, row("b"))
    assert rows[0].row.value == {"messages": row("a", "")["messages"]}
    assert [(p.code, p.path) for p in rows.problems(0)] == [
        ("content_empty", "$.messages[1].content")
    ]
    rows.edit_text(1, '{"prompt": "c", "completion": "d"}')
    assert values(rows)[1] == row("c", "d")


def test_a_system_prompt_is_for_rows_that_have_none_and_can_be_taken_out():
    own = {"messages": [{"role": "system", "content": "s"}, *row("a")["messages"]]}
    text = "\n".join([json.dumps(own), json.dumps(row("b", "", x=1)), "{"])
    rows = Draft(read_jsonl(text), name="d", source=text, system="Arr.")
    arr = {"role": "system", "content": "Arr."}
    assert values(rows)[:2] == [own, {"messages": [arr, *row("b", "")["messages"]], "x": 1}]
    assert [p.path for p in rows.problems(1)] == ["$.messages[2].content", "$.x"]
    rows.edit_text(2, json.dumps(row("c")))
    assert rows[2].row.value == {"messages": [arr, *row("c")["messages"]]}
    rows.edit_turns(2, [{"was": 1}, {"was": 2}])
    assert rows[2].row.value == row("c")
    assert rows.dataset("d").systems == ("s", None)


def test_a_row_that_can_not_be_read_is_shown_as_it_came_without_our_system_prompt():
    came = row("b\ud800", x=1)
    rows = Draft(read_rows([came]), name="d", system="Arr.")
    assert json.loads(rows[0].text) == row("b\ufffd", x=1)


# Problems beside other rows


def test_duplicates_and_conflicts_come_and_go_with_the_rows():
    rows = draft(row("a", "1"), row("b", "2"), row("a", "1"), row("a", "3"))
    assert [codes(rows, i) for i in rows.ids] == [
        [], [], ["duplicate_row"], ["conflicting_answers"],
    ]  # fmt: skip
    assert rows.edit(1, row("a", "1")).others == ()
    assert rows.delete(0).others == (1, 2, 3)
    assert [[(p.code, p.params) for p in rows.problems(i)] for i in rows.ids] == [
        [],
        [("duplicate_row", {"other": 2})],
        [("conflicting_answers", {"other": 2})],
    ]
    assert rows.edit(2, row("a", "3")).others == (3,)
    assert [codes(rows, i) for i in rows.ids] == [[], ["conflicting_answers"], ["duplicate_row"]]
    assert rows.edit(1, row("z")).others == (2,)
    assert rows.undo().others == (2,)
    assert rows.at_line(3) == 2


def test_a_conflict_names_the_row_that_stands_first():
    rows = draft(row("a", "1"), row("a", "2"))
    rows.add(None, row("a", "3"))
    assert [[p.params for p in rows.problems(i)] for i in rows.ids] == [
        [],
        [{"other": 3}],
        [{"other": 3}],
    ]


# Questions


def test_search_is_in_all_texts_in_any_case_and_form():
    rows = draft(
        row("Straße", "ＡＢＣ"),
        row("我想退货", weight=17),
        row("cafe\u0301", source="Anna"),
        {"text": "messages", "n": [True]},
    )
    expected = {
        "STRASSE": (0,), "退货": (1,), "café": (2,), "17": (1,), "weight": (1,), "anna": (2,),
        "messages": (3,), "true": (3,), " ": (0, 1, 2, 3),
    }  # fmt: skip
    assert {query: rows.find(query) for query in expected} == expected
    assert texts_of({"messages": [{"role": "user", "content": None}], "x": 1}) == ["x", "user", "1"]


def test_rows_are_found_by_problem_and_severity():
    rows = draft(row("a", ""), row("b", weight=1), row("c"), row("c"), {"messages": []})
    found = [rows.find(code=c) for c in ("error", "warning", "content_empty", "extra_key", "bom")]
    assert found == [(0, 4), (1, 3), (0,), (1,), ()]
    assert rows.find("c", "warning") == (3,)


def test_totals_count_rows():
    rows = draft(row("a", ""), row("b", "", weight=1), row("c"), row("c"), row("d"))
    rows.delete(4)
    assert rows.totals() == Totals(
        rows=4,
        valid=2,
        errors=2,
        warnings=2,
        changed=1,
        problems=(
            ("error", "content_empty", 2),
            ("warning", "extra_key", 1),
            ("warning", "duplicate_row", 1),
        ),
    )


def test_the_split_is_the_one_that_a_training_makes():
    rows = [row(str(i % 17)) for i in range(40)] + [row("bad", "")]
    whole = draft(*rows)
    held_out = whole.split(0.25, 5)
    of_training = from_rows(rows[:40], name="d").split(0.25, 5).validation
    assert [whole[i].conversation for i in sorted(held_out)] == list(of_training)
    assert whole.split(0, 5) == frozenset()


# The dataset


def test_the_dataset_has_all_problems_and_knows_where_it_came_from():
    origin = Origin("file", "rows.jsonl")
    text = "\n".join([json.dumps(row("a", "")), json.dumps(row("b", weight=1)), "", "{", "{"])
    rows = Draft(read_jsonl(text), name="d", origin=origin, source=text)
    rows.add(1, row("b"))
    made = rows.dataset("pirate")
    assert (made.name, made.origin, made.rows, len(made)) == ("pirate", origin, 5, 2)
    assert [c.as_dict() for c in made.conversations] == [row("b", weight=1), row("b")]
    assert [(p.code, p.line) for p in made.problems] == [
        ("content_empty", 1), ("extra_key", 2), ("json_parse", 4), ("json_parse", 5),
        ("duplicate_row", 6), ("few_rows", None),
    ]  # fmt: skip
    assert [note.code for note in rows.notes] == ["blank_line"]


def test_a_draft_of_a_dataset_has_its_valid_rows_and_names_the_others():
    made = from_rows([row("a", x=1), row("b", ""), row("c")], name="d")
    rows = Draft.of(made)
    assert (values(rows), [rows[i].line for i in rows.ids]) == ([row("a", x=1), row("c")], [1, 3])
    assert rows.notes == made.errors
    assert rows.dataset("e").sha256 == made.sha256


def test_a_dataset_keeps_what_was_converted_and_fixed():
    made = from_rows([{"prompt": "a", "completion": "b"}], name="d")
    assert [(c.format, c.rows) for c in made.conversions] == [("prompt_completion", 1)]
    assert draft({"prompt": "a", "completion": "b"}).dataset("d").conversions == made.conversions
    fixed = msgspec.structs.replace(made, fixes=("trailing_comma",))
    again = Draft.of(fixed).dataset("e")
    assert (again.conversions, again.fixes) == (made.conversions, ("trailing_comma",))


TEXTS = st.sampled_from(["a", "b", "", " ", "x ", "é"])
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"content": TEXTS},
        optional={"role": st.sampled_from(["user", "assistant", "system", "gpt"]), "w": TEXTS},
    ),
    max_size=3,
)
VALUES = st.one_of(
    st.builds(row, TEXTS, TEXTS),
    st.builds(row, TEXTS, TEXTS, x=TEXTS),
    st.builds(lambda messages: {"messages": messages}, MESSAGES),
    st.sampled_from([None, 3, [], {"prompt": "a"}]),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "text", "add", "delete", "undo", "redo"]),
        st.integers(0, 9),
        VALUES,
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(st.lists(VALUES, max_size=6), STEPS)
def test_after_any_changes_a_draft_says_what_a_new_one_says(start, steps):
    rows = draft(*start)
    states = {0: (rows.ids, values(rows))}
    for what, number, value in steps:
        row_id = rows.ids[number % len(rows)] if len(rows) else None
        before = {i: rows.problems(i) for i in rows.ids}
        if what in ("undo", "redo"):
            change = getattr(rows, what)()
        elif what == "add":
            change = rows.add(row_id, value)
        elif row_id is None:
            continue
        elif what == "delete":
            change = rows.delete(row_id)
        elif what == "edit":
            change = rows.edit(row_id, value)
        else:
            change = rows.edit_text(row_id, json.dumps(value))
        told = {change.row, *change.others}
        assert {i for i in before if i in rows and before[i] != rows.problems(i)} <= told
        states[change.revision] = (rows.ids, values(rows))

    again = (rows[row_id].row for row_id in rows.ids)
    fresh = Draft([Row(n, r.value, r.problems) for n, r in enumerate(again, start=1)], name="d")
    renumbered = {rows[old].line: new for new, old in enumerate(rows.ids, start=1)}
    for old, new in zip(rows.ids, fresh.ids, strict=True):
        mine = [_without_numbers(p, renumbered) for p in rows.problems(old)]
        assert mine == [_without_numbers(p, {}) for p in fresh.problems(new)]
    assert rows.totals().problems == fresh.totals().problems
    made = rows.dataset("d")
    assert (made.rows, len(made)) == (len(rows), rows.totals().valid)
    not_of_rows = (*HABITS, "system_prompt_varies")
    of_rows = [p for i in rows.ids for p in rows.problems(i) if p.code not in HABITS]
    of_data = [p for p in made.problems if p.line and p.code not in not_of_rows]
    assert sorted(map(_told, of_rows)) == sorted(map(_told, of_data))
    while rows.can_undo:
        rows.undo()
    assert (rows.ids, values(rows)) == states[0]


def _told(problem: Problem) -> tuple[object, ...]:
    # of several rows before it, a check names the lowest number, a draft the one that stands first
    params = {key: value for key, value in problem.params.items() if key != "other"}
    return problem.code, problem.line, problem.path, str(sorted(params.items()))


def _without_numbers(problem: Problem, renumbered: dict[int, int]) -> tuple[object, ...]:
    other = problem.params.get("other")
    return problem.phrase, problem.path, renumbered.get(other, other) if other else None


def test_a_habit_is_told_of_every_row_that_has_it():
    rows = draft(row("a", weight=1), row("b "), row("c", weight=2))
    texts = [[problem.message for problem in rows.problems(i)] for i in rows.ids]
    weight = "the key 'weight' has no effect on training"
    assert texts == [[weight], ["this text begins or ends with blanks"], [weight]]
    two = {"messages": [{"role": r, "content": "x "} for r in ("user", "assistant") * 2]}
    rows.edit(0, two)
    survey = Survey()
    survey.see(rows[0].row)
    assert [p.message for p in rows.problems(0)] == [
        p.message for p in survey.summary() if p.code in HABITS
    ]


def test_what_is_wrong_with_rows_of_python_is_said_by_row_also_when_they_are_kept():
    rows = Draft(read_rows([row("a"), row("b", "")]), name="d", origin=Origin("python"))
    (error,) = rows.dataset("d").errors
    assert error.place == "row 2  $.messages[1].content"
    rows = Draft(read_jsonl(json.dumps(row("b", ""))), name="d", origin=Origin("cell"))
    (error,) = rows.dataset("d").errors
    assert error.place == "line 1  $.messages[1].content"
