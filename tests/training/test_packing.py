"""Rows as a trie of tokens: what stands where, who sees whom, what is trained how often."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbfinetune.templates.labels import IGNORED, LabelledRow
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.training import packing
from nbfinetune.training.packing import Pack, computed_at_once, needed, pack, pieces
from tests.models import byte_ids, byte_tokenizer, talk


def row(text: str) -> LabelledRow:
    """A token for each letter; capitals are trained, and are the same tokens as small letters."""
    ids = [ord(letter) for letter in text.lower()]
    labels = [i if letter.isupper() else IGNORED for i, letter in zip(ids, text, strict=True)]
    return LabelledRow(ids, labels)


def told(found: Pack) -> tuple:
    """A pack in letters; its targets in order."""
    targets = sorted((place, chr(token), rows) for place, token, rows in found.targets)
    return ("".join(map(chr, found.ids)), found.positions, found.paths, found.shared, targets)


BY_HAND = {
    "one row": (
        ["abCD"],
        ("abcd", [0, 1, 2, 3], [[0, 1, 2, 3]], 4, [(1, "c", 1), (2, "d", 1)]),
    ),
    "one shared beginning": (
        ["sysB", "sysCD", "sysA"],
        (
            "sysabcd",
            [0, 1, 2, 3, 3, 3, 4],
            [[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 5, 6]],
            3,
            [(2, "a", 1), (2, "b", 1), (2, "c", 1), (5, "d", 1)],
        ),
    ),
    "several beginnings": (
        ["xyA", "xyB", "pqA", "pqB"],
        (
            "pqabxyab",
            [0, 1, 2, 2, 0, 1, 2, 2],
            [[0, 1, 2], [0, 1, 3], [4, 5, 6], [4, 5, 7]],
            0,
            [(1, "a", 1), (1, "b", 1), (5, "a", 1), (5, "b", 1)],
        ),
    ),
    "nothing in common": (
        ["aB", "cDE"],
        ("abcde", [0, 1, 0, 1, 2], [[0, 1], [2, 3, 4]], 0, [(0, "b", 1), (2, "d", 1), (3, "e", 1)]),
    ),
    # the last turn is trained; the history of two rows is itself a row
    "turns with a history in common": (
        ["sqA", "sqarB", "sqarC"],
        (
            "sqarbc",
            [0, 1, 2, 3, 4, 4],
            [[0, 1, 2, 3, 4], [0, 1, 2, 3, 5]],
            3,
            [(1, "a", 1), (3, "b", 1), (3, "c", 1)],
        ),
    ),
    "a trie of three storeys": (
        ["abE", "abcD", "acF"],
        (
            "abcdecf",
            [0, 1, 2, 3, 2, 1, 2],
            [[0, 1, 2, 3], [0, 1, 4], [0, 5, 6]],
            1,
            [(1, "e", 1), (2, "d", 1), (5, "f", 1)],
        ),
    ),
    "equal rows": (
        ["abC", "abC", "abC"],
        ("abc", [0, 1, 2], [[0, 1, 2]], 3, [(1, "c", 3)]),
    ),
    "a row that is the beginning of others": (
        ["aB", "aBC", "aBD"],
        ("abcd", [0, 1, 2, 2], [[0, 1, 2], [0, 1, 3]], 2, [(0, "b", 3), (1, "c", 1), (1, "d", 1)]),
    ),
    "a beginning of one of several": (
        ["aB", "aBC", "x"],
        ("abcx", [0, 1, 2, 0], [[0, 1, 2], [3]], 0, [(0, "b", 2), (1, "c", 1)]),
    ),
    "trained in one row, ignored in the other": (
        ["aBc", "abC", "aBC"],
        ("abc", [0, 1, 2], [[0, 1, 2]], 3, [(0, "b", 2), (1, "c", 2)]),
    ),
    "a first token is never predicted": (
        ["AB", "A"],
        ("ab", [0, 1], [[0, 1]], 1, [(0, "b", 1)]),
    ),
    "nothing is trained": (["ab", "ac"], ("abc", [0, 1, 1], [[0, 1], [0, 2]], 1, [])),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_rows_as_a_pack_by_hand(name):
    texts, expected = BY_HAND[name]
    assert told(pack([row(text) for text in texts])) == expected


def test_what_rows_have_in_common_ends_where_their_tokens_part_not_where_a_turn_does():
    template = ChatTemplate(byte_tokenizer(), "tiny")
    rows = [template.row(talk(q, "si", system="Say.")) for q in ("only", "one", "on my own")]
    shared = byte_ids("<|im_start|>system\nSay.<|im_end|>\n<|im_start|>user\non")
    found = pack(rows)
    assert found.shared == len(shared)
    assert found.ids[: found.shared] == shared
    # "one" and "only" part after "on", "on my own" has a blank there
    assert len(found.ids) == len(shared) + sum(len(r.ids) - len(shared) for r in rows)


# whatever the rows

TOKENS = st.integers(0, 2)  # so few that rows have much in common


@st.composite
def labelled(draw) -> LabelledRow:
    ids = draw(st.lists(TOKENS, min_size=1, max_size=9))
    return LabelledRow(ids, [i if draw(st.booleans()) else IGNORED for i in ids])


FEW = settings(max_examples=50, deadline=None)
ROWS = st.lists(labelled(), min_size=1, max_size=8)
LONG = LabelledRow([1] * 700 + [2], [1] * 701)


def beginnings(rows: list[LabelledRow]) -> set[tuple[int, ...]]:
    return {tuple(r.ids[:n]) for r in rows for n in range(1, len(r.ids) + 1)}


@FEW
@given(ROWS)
@example([LONG, LabelledRow([1] * 650, [IGNORED] * 650), LONG.cut(699)])
def test_a_place_is_a_beginning_of_rows_and_each_stands_once(rows):
    found = pack(rows)
    of_place: dict[int, tuple[int, ...]] = {}
    for path in found.paths:
        for position, place in enumerate(path):
            begin = tuple(found.ids[p] for p in path[: position + 1])
            # on every path the same tokens come before it, and it is at the same position
            assert of_place.setdefault(place, begin) == begin
            assert found.positions[place] == position
    assert sorted(of_place) == list(range(len(found.ids))) == list(range(len(found.positions)))
    assert Counter(of_place.values()) == Counter(beginnings(rows))


@FEW
@given(ROWS)
def test_paths_are_the_rows_that_no_other_one_goes_on(rows):
    found = pack(rows)
    paths = [[found.ids[place] for place in path] for path in found.paths]
    ids = [r.ids for r in rows]
    assert Counter(map(tuple, paths)) == Counter(
        {tuple(a) for a in ids if not any(b[: len(a)] == a and b != a for b in ids)}
    )
    assert all(path == sorted(path) for path in found.paths)  # nobody stands before its parent


@FEW
@given(ROWS)
def test_the_shared_beginning_is_all_that_all_rows_begin_with(rows):
    found = pack(rows)
    columns = zip(*(r.ids for r in rows), strict=False)
    alike = takewhile(lambda column: len(set(column)) == 1, columns)
    assert found.ids[: found.shared] == [column[0] for column in alike]
    assert all(path[: found.shared] == list(range(found.shared)) for path in found.paths)


@FEW
@given(ROWS)
def test_every_trained_token_is_predicted_from_its_own_beginning(rows):
    found = pack(rows)
    begins = {p: tuple(found.ids[q] for q in path[: n + 1])
              for path in found.paths for n, p in enumerate(path)}  # fmt: skip
    expected = Counter(
        (tuple(r.ids[:n]), label)
        for r in rows
        for n, label in enumerate(r.labels)
        if n and label != IGNORED
    )
    assert Counter({(begins[p], token): n for p, token, n in found.targets}) == expected
    assert len(found.targets) == len(expected)  # told once each
    assert sum(t.rows for t in found.targets) == sum(r.trained_tokens for r in rows)


@FEW
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(rows, random):
    other = random.sample(rows, len(rows))
    one, two = pack(rows), pack(other)
    assert one[:4] == two[:4]
    assert sorted(one.targets) == sorted(two.targets)


# how a batch is cut


@FEW
@given(ROWS)
def test_what_is_computed_at_once_is_counted_without_packing(rows):
    assert computed_at_once(rows, packed=True) == len(pack(rows).ids)
    longest = max(len(r.ids) for r in rows)
    assert computed_at_once(rows, packed=False) == len(rows) * longest


@FEW
@given(ROWS, st.integers(1, 9), st.integers(1, 30), st.booleans())
def test_pieces_are_the_batch_in_its_order_and_none_is_too_large(rows, most, tokens, packed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "TOKENS_AT_ONCE", tokens)
        found = list(pieces(rows, most, packed=packed))
    assert [i for part in found for i in part] == list(range(len(rows)))
    for part in found:
        together = [rows[i] for i in part]
        assert 1 <= len(part) <= most
        assert len(part) == 1 or computed_at_once(together, packed=packed) <= tokens


def test_pieces_are_no_smaller_than_they_must_be(monkeypatch):
    rows = [row("sysA"), row("sysB"), row("sysC"), row("sysD"), row("sysE")]
    cut = [list(pieces(rows, n, packed=True)) for n in (8, 2)]
    assert cut == [[range(5)], [range(0, 2), range(2, 4), range(4, 5)]]
    monkeypatch.setattr(packing, "TOKENS_AT_ONCE", 7)  # sys + 4
    assert list(pieces(rows, 8, packed=True)) == [range(0, 3), range(3, 5)]
    assert list(pieces(rows, 8, packed=False)) == [range(i, i + 1) for i in range(5)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("abCDe", "abc"), ("aBcdE", "abcd"), ("abC", "ab"), ("AB", "a"), ("Ab", "a"), ("ab", "a")],
)
def test_what_comes_behind_the_last_prediction_is_not_computed(text, kept):
    whole = row(text)
    short = needed(whole)
    assert "".join(map(chr, short.ids)) == kept
    assert told(pack([short]))[-1] == told(pack([whole]))[-1]
