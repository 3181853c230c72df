"""The quality card and the review page, as they are read."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess

import pytest

from nbfinetune.core import text
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.quality.card import QualityCard, assess
from nbfinetune.display.quality import card_html, card_text, review_page, row_key
from tests.display.test_dataset import words
from tests.display.test_html import HOSTILE, Page, read


def row(question: str, answer: str, line: int | None = None) -> Conversation:
    return Conversation((Message("user", question), Message("assistant", answer)), line)


ROWS = [row("What is it?", "One.", 3), row("What is it?", "Two\nlines.", 4), row("Who?", "She.", 9)]


def test_the_card_shows_each_finding_with_rows_and_way_out_by_aspect():
    assert words(card_html(assess(ROWS), ROWS)) == (
        "Quality card | to look at: 2 | Accuracy | questions with different answers: 1 (2 rows) | "
        "line 3 | What is it? → | One. | line 4 | What is it? → | Two lines. | → Keep the best "
        "answer of each, unless the model shall vary: it learns a blend of all. | Whether answers "
        "are true, no program can tell: read some of them on the review page. | Coverage | the "
        "questions share too few words to be sorted into topics | → Check by hand that each "
        "scenario has a few rows. | One style and tone | nothing stands out | Repetition | nothing "
        "stands out"
    )


def test_topics_are_shown_with_their_size_words_and_an_example():
    fruit = ["apple", "pear", "plum", "fig", "kiwi", "lime", "date"]
    rows = [row(f"How ripe must a {f} be for jam?", f"{f}.") for f in fruit]
    rows += [row(f"Which bus leaves at {n} o'clock?", f"{n}.") for n in range(7)]
    card = assess(rows)
    shown = words(card_html(card, rows))
    assert [len(topic.rows) for topic in card.topics] == [7, 7]
    for topic in card.topics:
        asked = rows[topic.rows[0]].prompt[-1].content
        assert f"7 | {', '.join(topic.words)} | {asked}" in shown


def test_a_card_with_nothing_to_say_says_so():
    card = QualityCard(2, ())
    assert "Quality card | nothing stands out" in words(card_html(card, ROWS))
    assert card_text(card, ROWS) == "Quality card\n  nothing stands out"


def test_the_card_for_a_terminal_names_rows_by_their_lines():
    assert card_text(assess(ROWS[:2]), ROWS) == (
        "Quality card\n"
        "  questions with different answers: 1 (2 rows)\n"
        "    line 3 · line 4\n"
        "    → Keep the best answer of each, unless the model shall vary: it learns a blend of all."
        "\n"
        "  the questions share too few words to be sorted into topics\n"
        "    → Check by hand that each scenario has a few rows."
    )


def test_the_card_speaks_chinese():
    text.set_language("zh")
    assert words(card_html(assess(ROWS), ROWS)).startswith(
        "质量卡 | 待查看：2 | 准确性 | 1 个问题有不同的回答（2 行）"
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_data_say_stays_text_on_the_card(hostile):
    rows = [row(f"{hostile} is what about bread?", f"{hostile} {n}") for n in range(14)]
    shown = read(card_html(assess(rows), rows)).text
    assert hostile[:8].replace("\x00", "\\x00") in shown


# the review page


def fields(html: str) -> list[tuple[int, int, str]]:
    found = re.findall(r"data-row='(\d+)' data-line='(\d+)' data-key='(\w+)'", html)
    return [(int(row), int(line), key) for row, line, key in found]


def test_the_review_page_has_rows_drawn_by_the_seed_in_order():
    rows = [row(f"q{i}", f"a{i}", line=i * 2) for i in range(50)]
    shown = review_page(rows, name="mine", seed=3, n=5)
    chosen = sorted(random.Random(3).sample(range(50), 5))
    assert fields(shown) == [(i, i * 2, row_key(rows[i])) for i in chosen]
    assert shown == review_page(rows, name="mine", seed=3, n=5)
    assert fields(shown) != fields(review_page(rows, name="mine", seed=4, n=5))
    assert len(fields(review_page(rows, n=99))) == 50
    assert fields(review_page([], n=5)) == []


def test_each_row_can_be_judged_right_wrong_or_unsure_and_remarked_on():
    shown = words(review_page(ROWS, name="mine", n=1, seed=0))
    assert "mine: are these answers right?" in shown
    assert "1 of 3 rows, drawn with seed 0." in shown
    assert "right | wrong | unsure" in shown
    names = [value for name, value in Page(review_page(ROWS)).attributes if name == "value"]
    assert names == ["ok", "wrong", "unsure"] * 3


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_data_say_stays_text_on_the_review_page(hostile):
    shown = review_page([row(hostile, hostile)] * 2, name=hostile)
    plain = review_page([row("a", "b")] * 2, name="x")
    found, usual = Page(shown), Page(plain)
    assert found.tags == usual.tags
    assert found.open == []
    assert [n for n, _ in found.attributes] == [n for n, _ in usual.attributes]
    assert not [n for n, _ in found.attributes if n.startswith("on") or n in ("href", "src")]
    assert shown.count("<script>") == shown.count("</script>") == 1


def test_the_review_page_needs_nothing_from_anywhere():
    assert not re.search(r"https?://|@import|url\(|<link|<img|fetch\(|eval\(", review_page(ROWS))


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_what_is_judged_on_the_page_is_saved_as_json_lines_and_kept():
    """The page's own script, with a page that is just enough of one."""
    script = re.search(r"<script>(.*)</script>", review_page(ROWS, name="mine"), re.DOTALL)
    assert script is not None
    program = _PAGE + script.group(1) + _JUDGE
    done = subprocess.run(["node", "-"], input=program, capture_output=True, text=True, check=True)
    file, done_count, *lines = done.stdout.splitlines()
    assert (file, done_count) == ("mine.review.jsonl", "2")
    assert [json.loads(line) for line in lines] == [
        {"v": 1, "row": 0, "line": 3, "key": "k0", "verdict": "wrong", "note": "it is “two”"},
        {"v": 1, "row": 2, "line": 9, "key": "k2", "verdict": "unsure", "note": "who?"},
    ]


_PAGE = """
const element = (row, line, key) => {
  const radios = ['ok', 'wrong', 'unsure'].map((value) => ({ value, checked: false }));
  const note = { value: '' };
  return { dataset: { row, line, key }, radios, note, className: '',
    querySelector: (s) => s === '.remark' ? note : radios.find((r) => r.checked) ?? null,
    querySelectorAll: () => radios };
};
const elements = [element('0', '3', 'k0'), element('1', '4', 'k1'), element('2', '9', 'k2')];
const heard = {}, saved = [], done = {}, store = {};
globalThis.localStorage = {
  setItem: (k, v) => { store[k] = v; }, getItem: (k) => store[k] ?? null,
};
globalThis.Blob = class { constructor(parts) { saved.push(parts.join('')); } };
URL.createObjectURL = () => 'blob:'; URL.revokeObjectURL = () => {};
globalThis.document = {
  querySelectorAll: () => elements,
  getElementById: (id) =>
    id === 'done' ? done : { addEventListener: (n, f) => { heard.save = f; } },
  createElement: () => ({ click() { console.log(this.download); } }),
  addEventListener: (name, f) => { heard[name] = f; },
};
"""
_JUDGE = """
elements[0].radios[1].checked = true; elements[0].note.value = ' it is “two” ';
elements[2].note.value = 'who?';
heard.input();
for (const e of elements) { for (const r of e.radios) r.checked = false; e.note.value = ''; }
restore();  // as after a reload
heard.save();
console.log(done.textContent);
process.stdout.write(saved[0]);
"""
