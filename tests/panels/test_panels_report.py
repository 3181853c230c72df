"""The report knows what the session knows: rules that were kept with the dataset, token figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nbfinetune.core.quality.statistics import TokenFigures, lengths
from nbfinetune.panels import report
from nbfinetune.panels.report import report_html
from nbfinetune.session import Session
from tests.display.test_dataset import words

ROWS = [
    {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}
    for asked, answer in (("shoe", "boot"), ("hat", "a hat"))
]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session(tmp_path)
    session.load_dataset(ROWS, name="rows")
    return session


def test_rules_that_are_kept_with_a_dataset_mark_its_rows_in_the_report(session: Session):
    assert "Rules" not in report_html(session, session.datasets["rows"])
    session.rule("no-echo", "lacks(answer, user)", on="rows")
    shown = words(report_html(session, session.datasets["rows"]))
    assert "Rules | no-echo | keep it: 1 · break it: 1 | lacks(answer, user) | line 2 |" in shown


def test_a_rule_that_waits_to_be_confirmed_is_not_run(session: Session, tmp_path: Path):
    session.rule("no-echo", "lacks(answer, user)", on="rows")
    session.rule("tidy", "answer must match ^a", on="rows")
    later = Session(tmp_path)  # a new kernel: the rules came with data
    shown = words(report_html(later, later.dataset("rows")))
    assert re.findall("no-echo|tidy", shown) == ["tidy"]


def test_rules_are_not_run_over_very_many_rows_for_a_report(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    session.rule("no-echo", "lacks(answer, user)", on="rows")
    monkeypatch.setattr(report, "MOST_ROWS", 1)
    assert "no-echo" not in report_html(session, session.datasets["rows"])


def test_token_figures_are_those_that_somebody_asked_for(session: Session):
    dataset = session.datasets["rows"]
    assert "Tokens of" not in report_html(session, dataset)
    session.token_figures[dataset.sha256] = TokenFigures(
        "starter", 9, 4, {}, lengths([4, 5]), (), 64, ()
    )
    assert "Tokens of starter | 4 of 9 tokens are learned (44 %)" in words(
        report_html(session, dataset)
    )
    other = session.load_dataset(ROWS[:1], name="other")
    assert "Tokens of" not in report_html(session, other)
