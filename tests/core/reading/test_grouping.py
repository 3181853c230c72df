"""Problems by kind: errors first, each kind once, nothing lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.grouping import ProblemGroup, grouped


def role(line: int, got: str, meant: str = "'user'") -> Problem:
    params = {"expected": "'user'", "got": got, "meant": meant}
    return Problem(code="role_invalid", kind="alias", severity="error", line=line, params=params)


BLANK = Problem(code="blank_line", severity="warning", line=2, params={"count": 1})
FIX = "Or add:  --fix role_aliases"
MANY = Problem(code="many_rows", severity="advice", params={"rows": 2000, "limit": 1000})


def test_problems_with_one_way_out_are_one_group_errors_first():
    a, b, c = role(1, "'human'"), role(3, "'gpt'"), role(4, "'human'")
    assert grouped([MANY, BLANK, a, b, c]) == (
        ProblemGroup("role_invalid", "error", f"Write 'user' instead of 'human'. {FIX}", (a, c)),
        ProblemGroup("role_invalid", "error", f"Write 'user' instead of 'gpt'. {FIX}", (b,)),
        ProblemGroup("blank_line", "warning", BLANK.way_out, (BLANK,)),
        ProblemGroup("many_rows", "advice", MANY.way_out, (MANY,)),
    )


def test_a_group_says_what_all_its_members_say():
    (same,) = grouped([role(1, "'human'"), role(3, "'human'")])
    assert same.message == "expected 'user', got 'human'"
    blank = Problem(code="content_blank", severity="error", params={"expected": "x", "got": "' '"})
    tab = Problem(code="content_blank", severity="error", params={"expected": "x", "got": "'\\t'"})
    (differing,) = grouped([blank, tab])
    assert differing.message is None


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from([BLANK, MANY, role(1, "'human'"), role(2, "'bot'")]), max_size=9))
def test_no_problem_is_lost_and_order_within_a_kind_is_kept(problems):
    groups = grouped(problems)
    members = [p for group in groups for p in group.members]
    assert sorted(map(str, members)) == sorted(map(str, problems))
    for group in groups:
        assert list(group.members) == [p for p in problems if p in group.members]
