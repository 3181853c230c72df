"""The library as a list, as versions, and what was deleted: whole texts, and nothing unescaped."""

from __future__ import annotations

import re
import time

import pytest

from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library.entries import Deleted, Entry, Listing, Version
from nbfinetune.core.rules.rules import Rule
from nbfinetune.display.library import (
    deleted_html,
    deleted_text,
    entry_html,
    entry_text,
    listing_html,
    listing_text,
)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """A wall two hours east of Greenwich."""
    monkeypatch.setenv("TZ", "XXX-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def version(number: int, origin: Origin, **more) -> Version:
    return Version(
        number=number, sha256=f"{number}" * 64, file_sha256="", rows=number * 10,
        saved=f"2026-03-0{number}T23:30:00.000+00:00", origin=origin, **more,
    )  # fmt: skip


PIRATE = Entry(
    "pirate-1", "pirate",
    (
        version(1, Origin("file", "a.jsonl"), conversions=(Conversion("prompt_completion", 4),),
                fixes=("bom", "blanks")),
        version(2, Origin("cell", "pirate")),
        version(3, Origin("python", "rows")),
    ),
    current=2,
    rules=(Rule(name="short", kind="python", source="len(answer) < 9"),),
)  # fmt: skip
HOSTILE = Entry("x", "<b>海盗</b>\n", (version(1, Origin("hub", "hf:<i>")),))
DAMAGED = Entry(
    "d", "odd", (), damaged=(DatasetError("file_damaged", path="<p>", reason="gone"),)
)  # fmt: skip


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_the_list_says_what_each_name_stands_for():
    listing = Listing((PIRATE, HOSTILE, DAMAGED))
    assert listing_text(listing).split("\n") == [
        "dataset        rows  versions  hash          kept              from",
        "-------------  ----  --------  ------------  ----------------  ------",
        "pirate         20    3         222222222222  2026-03-03 01:30  a cell",
        "<b>海盗</b>\\n  10    1         111111111111  2026-03-02 01:30  hf:<i>",
        "odd                  0         damaged",
    ]
    assert cells(listing_html(listing))[1:3] == [
        ["pirate", "20", "3", "2" * 12, "2026-03-03 01:30", "a cell"],
        ["&lt;b&gt;海盗&lt;/b&gt;\\n", "10", "1", "1" * 12, "2026-03-02 01:30", "hf:&lt;i&gt;"],
    ]


def test_an_empty_library_says_how_to_begin():
    said = "no datasets yet: write one with  %%ft_dataset NAME"
    assert listing_text(Listing()) == said
    assert said in listing_html(Listing())


def test_the_versions_are_listed_with_where_and_how_newest_first():
    head, _, *rows, rules = entry_text(PIRATE).split("\n")
    assert head.split() == ["version", "rows", "hash", "kept", "from", "made", "by"]
    assert [re.split(r"\s{2,}", row) for row in rows] == [
        ["pirate@3", "30", "3" * 12, "2026-03-04 01:30", "Python rows"],
        ["pirate@2 (current)", "20", "2" * 12, "2026-03-03 01:30", "a cell"],
        ["pirate@1", "10", "1" * 12, "2026-03-02 01:30", "a.jsonl",
         "prompt and completion; fixes: bom,"],
        ["", "blanks"],
    ]  # fmt: skip
    assert rules == "rules kept with it: short"
    assert cells(entry_html(PIRATE))[3][-1] == "prompt and completion; fixes: bom, blanks"


def test_a_damaged_version_is_named_in_its_place():
    assert entry_text(DAMAGED).split("\n")[-1] == "<p> can't be read: gone"
    assert "<p>" not in entry_html(DAMAGED)


def test_a_time_that_can_not_be_read_is_shown_as_it_is():
    odd = Entry("x", "x", (Version(number=1, sha256="a", file_sha256="", rows=1, saved="<soon>",
                                   origin=Origin("cell")),))  # fmt: skip
    assert cells(listing_html(Listing((odd,))))[1][4] == "&lt;soon&gt;"


def test_what_is_gone_is_said_line_by_line():
    gone = Deleted("<b>", PIRATE.versions[:1], whole=True, runs=("<i>",))
    assert deleted_text(gone).split("\n") == [
        "<b> is deleted, with its versions: 1 (rows: 10)",
        "runs that were trained on it have their own copies of the rows: <i>",
    ]
    assert re.findall(r'<div class="note">(.*?)</div>', deleted_html(gone)) == [
        "&lt;b&gt; is deleted, with its versions: 1 (rows: 10)",
        "runs that were trained on it have their own copies of the rows: &lt;i&gt;",
    ]
