"""Every quick-fix: what it makes of a text, how that is shown, and the nearest text that it spares;
every reason for which one is refused. The texts stand in `outcomes.py` and `refusals.py`.
"""

from __future__ import annotations

import pytest

from nbfinetune.core import text
from nbfinetune.core.fixes.apply import FIXES, apply_fixes
from nbfinetune.core.fixes.edits import Refusal
from nbfinetune.core.text.fixes import FIX_WORDS
from nbfinetune.display.fixes import fixes_text
from tests.core.fixes.cases import fixed, only, unchanged
from tests.core.fixes.outcomes import OUTCOMES
from tests.core.fixes.refusals import REFUSED


def named(found: list[tuple[str, ...]]) -> list[object]:
    return [pytest.param(one, id=f"{one[0]}-{one[1]}") for one in found]


def test_every_fix_has_an_outcome():
    assert {outcome.fix for outcome in OUTCOMES} == {*FIXES}
    assert {f"fix/{fix}" for fix in FIXES} == {code for code in FIX_WORDS if code[:4] == "fix/"}


def test_every_reason_has_a_refusal():
    reasons = {code.partition("/")[2] for code in FIX_WORDS if code.startswith("fix_refused/")}
    assert {refused.reason for refused in REFUSED} == reasons


@pytest.mark.parametrize("outcome", named(OUTCOMES))
def test_a_fix_makes_exactly_this_of_a_text_and_leaves_nothing(outcome):
    assert only(outcome.fix, outcome.before, outcome.form) == outcome.after


@pytest.mark.parametrize("outcome", named(OUTCOMES))
def test_a_fix_that_is_named_alone_does_the_same(outcome):
    assert fixed(outcome.before, outcome.form, [outcome.fix]).text == outcome.after
    others = [fix for fix in FIXES if fix != outcome.fix]
    assert outcome.fix not in fixed(outcome.before, outcome.form, others).counts


@pytest.mark.parametrize("outcome", named(OUTCOMES))
def test_a_fix_is_shown_with_its_name_its_count_what_it_does_and_each_change(outcome):
    found = apply_fixes(outcome.before, outcome.form)
    assert fixes_text(found) == outcome.shown
    text.set_language("zh")
    assert fixes_text(found).split("\n")[0] == outcome.zh


@pytest.mark.parametrize("outcome", named(OUTCOMES))
def test_the_nearest_text_that_needs_no_fix_stays_byte_for_byte(outcome):
    form = outcome.spared_form or outcome.form
    assert unchanged(outcome.spared, form) == []
    if form == "jsonl":
        # a row that no fix can repair, so that fixes are looked for at all
        assert unchanged(f"{outcome.spared}\n{{}}\n") == []


@pytest.mark.parametrize("refused", named(REFUSED))
def test_what_is_not_certain_stays_and_the_reason_is_said(refused):
    found = fixed(refused.unclear, refused.form)
    assert (found.text, found.patches) == (refused.unclear, ())
    assert [refusal.reason for refusal in found.refused] == [refused.reason]
    assert fixes_text(found) == refused.en
    text.set_language("zh")
    assert fixes_text(found) == refused.zh


@pytest.mark.parametrize("refused", named(REFUSED))
def test_the_nearest_text_that_is_certain_is_fixed(refused):
    (refusal,) = apply_fixes(refused.unclear, refused.form).refused
    assert isinstance(refusal, Refusal)
    only(refusal.fix, refused.certain, refused.form)
