"""Questions asked before, also where the table of known ones grows or is read in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbfinetune.core.reading import repeats
from nbfinetune.core.reading.repeats import Repeat, Repeats

PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 2)), max_size=40)


def expected(pairs: list[tuple[int, int]]) -> list[Repeat]:
    """The first row with the same question and answer, else the first with the question."""
    found = []
    for at, (question, answer) in enumerate(pairs):
        before = [(i, a) for i, (q, a) in enumerate(pairs[:at]) if q == question]
        same = [i for i, a in before if a == answer]
        if before:
            found.append(Repeat(at + 1, (same or [before[0][0]])[0] + 1, bool(same)))
    return found


@pytest.mark.parametrize(("slots", "at_once"), [(1 << 10, 1 << 10), (4, 1 << 10), (4, 2)])
@given(pairs=PAIRS, size=st.integers(1, 9))
def test_each_row_is_compared_with_the_first_that_asks_the_same(slots, at_once, pairs, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_SLOTS", slots)
        patch.setattr(repeats, "_AT_ONCE", at_once)
        known = Repeats()
        for start in range(0, len(pairs), size):
            some = pairs[start : start + size]
            lines = range(start + 1, start + 1 + len(some))
            known.add(lines, [question for question, _ in some], [answer for _, answer in some])
        assert list(known.found()) == expected(pairs)
