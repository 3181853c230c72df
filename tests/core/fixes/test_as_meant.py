"""Every quick-fix on rows of any content: what comes out is what was meant, or nothing is changed.

So no fix invents or loses a word, and none touches a row that is valid, beside whatever it stands.
"""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.fixes.apply import FIXES, Form, apply_fixes
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.validation import check_row, is_blank
from tests.core.fixes.spoilers import SPOILERS, Row, written

AROUND = ["bom", "code_fences", "preamble", "wrapper", "split_objects", "array_to_lines",
          "lines_to_array"]  # fmt: skip
"""Fixes of what stands around the rows."""

UNCLEAR = {"smart_quotes": '[“”‘’"]', "line_breaks": r"[\n\r][{\[｛［【]"}
"""What makes it uncertain where a text ends, or that a line begins no row; nothing else does."""

BESIDE = [fix for fix in FIXES if fix not in ("bom", "wrapper", "lines_to_array")]
"""Fixes of rows that can stand beside others."""

_words = st.text(
    st.sampled_from("ab “”‘’\"'\\{}[],:：，。\t\n\u00a0\u3000\u2028你😀`-"), max_size=12
)
_content = (_words | st.text(max_size=6)).map(lambda text: f"{text}." if is_blank(text) else text)
_turns = st.lists(st.tuples(_content, _content), min_size=1, max_size=2)
_system = st.none() | _content


def _row(system: str | None, turns: list[tuple[str, str]]) -> Row:
    said = [message for q, a in turns for message in (("user", q), ("assistant", a))]
    return [("system", system), *said] if system is not None else said


_rows = st.lists(st.builds(_row, _system, _turns), min_size=2, max_size=3)


def read(text: str, form: Form) -> tuple[list[Row], list[str]]:
    """The valid rows of a text, and each error in it."""
    valid: list[Row] = []
    errors: list[str] = []
    for item in (read_json if form == "json" else read_jsonl)(text):
        found = (item,) if isinstance(item, Problem) else check_row(item)
        errors += [str(problem) for problem in found if problem.severity == "error"]
        if not isinstance(item, Problem) and not any(p.severity == "error" for p in found):
            valid.append([(m["role"], m["content"]) for m in item.value["messages"]])
    return valid, errors


def test_every_fix_has_rows_that_need_it():
    assert SPOILERS.keys() == {*FIXES}


@pytest.mark.parametrize("fix", FIXES)
@settings(max_examples=30, derandomize=True, deadline=None)
@given(_rows)
def test_a_fix_makes_of_rows_what_was_meant_or_says_what_is_left(fix, rows):
    spoiled = SPOILERS[fix](rows)
    found = apply_fixes(spoiled.text, spoiled.form, [fix])
    valid, errors = read(found.text, spoiled.form)
    assert [str(problem) for problem in found.left] == errors
    contents = "\0".join(content for row in rows for _, content in row)
    assert errors == [] or re.search(UNCLEAR.get(fix, "(?!)"), contents)
    if not errors:
        assert valid == spoiled.meant
        assert fix in found.counts
    else:
        assert all(row in spoiled.meant for row in valid)


@pytest.mark.parametrize("fix", AROUND)
@settings(max_examples=15, derandomize=True, deadline=None)
@given(_rows)
def test_rows_stay_byte_for_byte_where_only_what_is_around_them_is_repaired(fix, rows):
    spoiled = SPOILERS[fix](rows)
    found = apply_fixes(spoiled.text, spoiled.form)
    assert list(found.counts) == [fix]
    rest = found.text
    for row in rows:
        before, _, rest = rest.partition(written(row))
        assert before.strip(" \n[,") == ""
    assert rest.strip(" \n]") == ""


@pytest.mark.parametrize("fix", BESIDE)
@settings(max_examples=15, derandomize=True, deadline=None)
@given(_rows, st.booleans(), st.booleans())
def test_valid_lines_beside_what_a_fix_repairs_stay_byte_for_byte(fix, rows, ascii_only, alone):
    spoiled = SPOILERS[fix](rows)
    # written otherwise than our own writer does, so that rewriting it would show
    value = json.loads(written(rows[0])) | {"id": 1.50}
    good = json.dumps(value, ensure_ascii=ascii_only, separators=(" ,", " : "))
    text = f"{good}\n{spoiled.text}\n{good}"
    found = apply_fixes(text, "jsonl", [fix] if alone else FIXES)
    lines = found.text.split("\n")
    assert (lines[0], lines[-1]) == (good, good)
