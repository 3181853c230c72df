"""Tokens of many rows, counted by hand: one token is one character here, except special ones."""

from __future__ import annotations

import pytest

from nbfinetune.core.messages import Conversation
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.statistics import (
    Bin,
    LossShare,
    RowTokens,
    TokenStatistics,
    histogram,
    token_statistics,
)
from tests.models import byte_tokenizer, talk

TEMPLATE = ChatTemplate(byte_tokenizer(), "tiny")
# header and end of a question: 1 + len("user\n") + 1 + 1 = 8, of an answer 1 + 10 + 1 + 1 = 13,
# of a system prompt 1 + 7 + 1 + 1 = 10; the end token of an answer is the assistant's
SHORT = talk("ab", "cde", line=1)  # 8 + 2 + 13 + 3 = 26, trained 4
LONG = talk("a", "12345", "b", "1", system="S", line=2)  # 11 + 9 + 18 + 9 + 14 = 61, trained 6 + 2


def test_the_figures_of_two_rows():
    assert token_statistics(TEMPLATE, [SHORT, LONG]) == TokenStatistics(
        rows=(RowTokens(0, 1, 26, 4, False), RowTokens(1, 2, 61, 8, False)),
        roles={"system": 1, "user": 4, "assistant": 12, "template": 70},
        top_rows=(LossShare(1, 2, None, 8, 8 / 12), LossShare(0, 1, None, 4, 4 / 12)),
        top_turns=(
            LossShare(1, 2, 2, 6, 6 / 12),
            LossShare(0, 1, 1, 4, 4 / 12),
            LossShare(1, 2, 4, 2, 2 / 12),
        ),
        histogram=tuple(
            Bin(low, low + 9, rows)
            for low, rows in [(1, 0), (11, 0), (21, 1), (31, 0), (41, 0), (51, 0), (61, 1)]
        ),
        refused=(),
        stopped=False,
        max_length=None,
    )


def test_what_lies_beyond_max_length_counts_for_nobody():
    # of LONG 11 + 9 + 11 tokens come before the first answer, three characters of it are kept
    found = token_statistics(TEMPLATE, [SHORT, LONG], 34)
    assert found.rows == (RowTokens(0, 1, 26, 4, False), RowTokens(1, 2, 61, 3, True))
    assert found.roles == {"system": 1, "user": 3, "assistant": 7, "template": 49}
    assert (found.tokens, found.trained_tokens, found.share) == (60, 7, 7 / 60)
    assert found.top_turns == (LossShare(0, 1, 1, 4, 4 / 7), LossShare(1, 2, 2, 3, 3 / 7))


def test_the_figures_agree_with_the_rows_of_the_trainer():
    rows = [talk("a" * i, "b" * (i + 1), "c", "d" * (i % 3 + 1)) for i in range(1, 30)]
    for max_length in (None, 40, 55):
        found = token_statistics(TEMPLATE, rows, max_length)
        cut = [TEMPLATE.row(row).cut(max_length or 10_000) for row in rows]
        assert [r.trained_tokens for r in found.rows] == [row.trained_tokens for row in cut]
        assert found.tokens == sum(len(row.ids) for row in cut)
        assert len(found.top_rows) == len(found.top_turns) == 10
        assert found.top_rows[0].trained_tokens == max(row.trained_tokens for row in cut)


def test_rows_that_the_template_refuses_are_listed_with_the_reason():
    template = TEMPLATE.tokenizer.chat_template
    asked = "{% if messages[0].content == 'no' %}{{ raise_exception('no') }}{% endif %}"
    picky = ChatTemplate(byte_tokenizer(asked + template), "picky")
    found = token_statistics(picky, [talk("no", "x"), SHORT])
    assert [(index, error.code, error.params["reason"]) for index, error in found.refused] == [
        (0, "template_refused", "no")
    ]
    assert found.rows == (RowTokens(1, 1, 26, 4, False),)


def test_progress_is_told_and_a_stop_keeps_the_rows_so_far():
    told: list[tuple[int, int]] = []
    rows: list[Conversation] = [SHORT] * 250
    found = token_statistics(TEMPLATE, rows, progress=lambda *p: told.append(p))
    assert told == [(0, 250), (100, 250), (200, 250), (250, 250)]
    assert (len(found.rows), found.stopped) == (250, False)
    told.clear()
    found = token_statistics(
        TEMPLATE, rows, progress=lambda *p: told.append(p), should_stop=lambda: len(told) == 3
    )
    assert told == [(0, 250), (100, 250), (200, 250)]
    assert (len(found.rows), found.stopped) == (200, True)
    assert found.roles["assistant"] == 200 * 4


def test_no_rows_have_no_figures():
    found = token_statistics(TEMPLATE, [])
    assert (found.tokens, found.share, found.histogram, found.top_rows) == (0, 0, (), ())


@pytest.mark.parametrize(
    ("lengths", "bins"),
    [
        ([1, 1, 3], [(1, 1, 2), (2, 2, 0), (3, 3, 1)]),
        ([12], [(i, i, int(i == 12)) for i in range(1, 13)]),
        ([13], [(i, i + 1, int(i == 13)) for i in range(1, 14, 2)]),
        ([100, 1000], [(1, 100, 1), *((i, i + 99, int(i == 901)) for i in range(101, 1000, 100))]),
    ],
)
def test_a_histogram_has_at_most_twelve_bins_of_one_round_width(lengths, bins):
    assert histogram(lengths) == tuple(Bin(*b) for b in bins)
