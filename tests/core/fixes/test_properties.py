"""What holds for fixes of any text: nothing valid changes, all can be undone, once is enough."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbfinetune.core.fixes.apply import FIXES, apply_fixes, find_fixes, undo
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.chatform import read_chat
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.validation import check_row
from tests.core.fixes.cases import ROW

READERS = {"jsonl": read_jsonl, "json": read_json, "chat": read_chat}
CHAT = "user: a\nassistant: b\n"

_role = st.sampled_from(["system", "user", "assistant", "human", "tool", 1])
_content = st.text(max_size=6) | st.sampled_from(["hi", "“a”", "'", '"', None, ["x"], "\u00a0"])
_message = st.fixed_dictionaries({"role": _role, "content": _content})
_row = st.fixed_dictionaries({"messages": st.lists(_message, max_size=5)})
_pieces = st.one_of(
    st.just(ROW),
    _row.map(lambda value: json.dumps(value, ensure_ascii=False)),
    _row.map(lambda value: json.dumps(value, indent=1).replace(" ", "\u00a0")),
    _row.map(repr),
    st.sampled_from(
        ["```json", "```", "Here are 10:", "[", "]", ",", "{", "}", '"', "'", "\\", "\t", "\u00a0",
         "\u200b", "\ufeff", "：", "，", "【", "】", "“", "”", "user: a", "assistant: b", "user: ",
         "Human: x", "GPT: y", "---", ROW[:-5], '{"data": [', '{"messages": [', "true", "\udc80",
         "\r", "\n\n", "\x0b", "\u2028", '{"role": "user", "content": "x"}']
    ),
)  # fmt: skip
_texts = st.lists(st.tuples(_pieces, st.sampled_from(["", " ", "\n", "\r\n"])), max_size=8).map(
    lambda parts: "".join(piece + behind for piece, behind in parts)
)
_forms = st.sampled_from(["jsonl", "json", "chat"])


def rows(text: str, form: str) -> tuple[list[object], list[str]]:
    """The valid rows of a text, and the errors in it."""
    valid, errors = [], []
    for item in READERS[form](text):
        problems = (item,) if isinstance(item, Problem) else check_row(item)
        found = [str(problem) for problem in problems if problem.severity == "error"]
        errors += found
        if not found and not isinstance(item, Problem):
            valid.append(item.value)
    return valid, errors


def is_among(few: list[object], many: list[object]) -> bool:
    """Whether all of the few stand in the many, in the same order."""
    rest = iter(many)
    return all(any(one == other for other in rest) for one in few)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(_texts | st.text(max_size=40), _forms)
@example("", "jsonl")
@example(f"\u2028\n{ROW} \u200b{ROW}", "json")
@example(f"{ROW}\n ,【\r \n”【\n", "jsonl")
@example(f"【\u00a0\n，\u200b】\n{ROW}\n", "json")
def test_the_fixes_of_any_text(text, form):
    found = find_fixes(text, form)
    assert undo(found.text, found.patches) == text
    again = find_fixes(found.text, form)
    assert (again.text, again.patches, again.refused) == (found.text, (), found.refused)
    valid, errors = rows(text, form)
    after, left = rows(found.text, form)
    assert is_among(valid, after)
    assert [str(problem) for problem in found.left] == left
    if not errors:
        assert found.text == text.lstrip("\ufeff")


@settings(max_examples=100, derandomize=True, deadline=None)
@given(_texts, _forms, st.sets(st.sampled_from(FIXES)))
def test_some_of_the_fixes_of_any_text(text, form, names):
    found = apply_fixes(text, form, names)
    assert set(found.counts) <= names
    assert undo(found.text, found.patches) == text
    assert apply_fixes(found.text, form, names).patches == ()
    assert is_among(rows(text, form)[0], rows(found.text, form)[0])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(_row.map(lambda value: json.dumps(value, ensure_ascii=False)), max_size=6))
def test_a_valid_line_stays_byte_for_byte_where_others_are_repaired(lines):
    kept = [line for line in lines if not rows(line, "jsonl")[1]]
    found = find_fixes("\n".join(lines), "jsonl")
    assert is_among(kept, found.text.split("\n"))


def test_undoing_another_text_is_refused():
    found = find_fixes(ROW.replace("user", "human"), "jsonl")
    with pytest.raises(ValueError, match="line 1 is not what the fix role_aliases made of it"):
        undo(ROW.replace("user", "bot"), found.patches)


def test_lines_are_those_of_the_source_also_where_it_begins_later():
    text = f"Here:\n{ROW}\n{ROW.replace('user', 'human')}\n“{ROW}\n"
    found = find_fixes(text, "jsonl", 11)
    assert [(patch.fix, patch.line, patch.last_line) for patch in found.patches] == [
        ("preamble", 11, 11), ("role_aliases", 13, 13),
    ]  # fmt: skip
    assert [problem.line for problem in found.left] == [13]
    assert [refusal.line for refusal in found.refused] == [13]
