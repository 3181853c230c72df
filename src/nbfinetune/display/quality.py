"""The quality card, and the page on which a person checks whether answers are true. Pure."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import get_args

from nbfinetune.core.dataset import duplicate_key
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quality.card import Aspect, Finding, QualityCard
from nbfinetune.core.quality.topics import Topic
from nbfinetune.display.dataset import conversation_html, report_box
from nbfinetune.display.findings import finding_html, findings_html, title_html
from nbfinetune.display.html import esc, page
from nbfinetune.display.labels import heading, label, line_of, one_line, row_numbers

SHOWN_EXAMPLES = 5
SHOWN_TOPICS = 12


def card_html(card: QualityCard, rows: Sequence[Conversation]) -> str:
    """What stands out in `rows`, by aspect: where, how it reads, what to do; then the topics."""
    count = len(card.findings)
    chip = (f"<span class='chip busy'>{esc(label('card_to_see', count=count))}</span>" if count
            else f"<span class='chip good'>{esc(label('card_fine'))}</span>")  # fmt: skip
    by_aspect = {aspect: [f for f in card.findings if f.aspect == aspect]
                 for aspect in get_args(Aspect)}  # fmt: skip
    # what is to be looked at stands first
    ordered = sorted(by_aspect, key=lambda aspect: not by_aspect[aspect])
    parts = "".join(_aspect_html(aspect, by_aspect[aspect], rows) for aspect in ordered)
    head = f"<div class='head'><h4>{esc(label('card_title'))}</h4>{chip}</div>"
    return report_box(head + parts + _topics_html(card, rows))


def _aspect_html(aspect: Aspect, found: Sequence[Finding], rows: Sequence[Conversation]) -> str:
    note = label("card_accuracy_note") if aspect == "accuracy" else ""
    if not found and not note:
        note = label("card_fine")
    shown = findings_html(_finding_html(finding, rows) for finding in found)
    said = f"<div class='quiet'>{esc(note)}</div>" if note else ""
    return heading(f"aspect_{aspect}") + shown + said


def card_text(card: QualityCard, rows: Sequence[Conversation]) -> str:
    """The card for a terminal."""
    lines = [label("card_title")]
    for finding in card.findings:
        lines.append(f"  {finding.message}")
        if finding.rows:
            lines.append(f"    {row_numbers(rows, finding.rows)}")
        lines.append("    " + label("report_way_out", way_out=finding.way_out))
    lines += [f"  {len(t.rows):>5}  {', '.join(t.words)}" for t in card.topics[:SHOWN_TOPICS]]
    return "\n".join(lines if len(lines) > 1 else [*lines, "  " + label("card_fine")])


def _finding_html(finding: Finding, rows: Sequence[Conversation]) -> str:
    places = "".join(
        f"<div class='where'>{esc(label('at_line', line=line_of(rows, i)))}</div>"
        f"<div class='clip'>{_row_html(finding, rows[i])}</div>"
        for i in finding.rows[:SHOWN_EXAMPLES]
    )
    hidden = len(finding.rows) - SHOWN_EXAMPLES
    more = f"<div class='quiet'>{esc(label('report_more', count=hidden))}</div>"
    out = esc(label("report_way_out", way_out=finding.way_out))
    body = f"<div class='places'>{places}</div>{more if hidden > 0 else ''}" if places else ""
    return finding_html(
        "warning", title_html(finding.message), f"{body}<div class='out'>{out}</div>", opened=True
    )


def _row_html(finding: Finding, row: Conversation) -> str:
    """What shows the finding: the question, the answer, or the system prompt."""
    if finding.code == "quality_drift":
        return esc(one_line(row.system or "", 160))
    asked = one_line(row.prompt[-1].content, 60) if row.prompt else ""
    return f"<span class='quiet'>{esc(asked)} →</span> {esc(one_line(row.answer, 160))}"


def _topics_html(card: QualityCard, rows: Sequence[Conversation]) -> str:
    """The topics as bars of one scale, each with a question from it as an example."""
    if not card.topics:
        return ""
    most = len(card.topics[0].rows)
    sampled = label("card_sampled", count=card.looked_at) if card.looked_at < card.rows else ""
    cells = "".join(_topic_html(topic, rows, most) for topic in card.topics[:SHOWN_TOPICS])
    alone = f"<div class='number'>{len(card.alone)}</div><div class='quiet'>{{}}</div>"
    cells += alone.format(esc(label("card_alone"))) if card.alone else ""
    note = f"<div class='quiet'>{esc(sampled)}</div>" if sampled else ""
    return f"{heading('card_topics')}{note}<div class='list'>{cells}</div>"


def _topic_html(topic: Topic, rows: Sequence[Conversation], most: int) -> str:
    width = round(100 * len(topic.rows) / most)
    asked = next(m.content for m in rows[topic.rows[0]].messages if m.role == "user")
    return (
        f"<div class='number'>{len(topic.rows)}</div><div><b>{esc(', '.join(topic.words))}</b> "
        f"<span class='quiet'>{esc(one_line(asked, 80))}</span>"
        f"<div class='share'><div class='part' style='width:{width}%'></div></div></div>"
    )


# the review page


def review_page(rows: Sequence[Conversation], *, name: str = "", seed: int = 0, n: int = 30) -> str:
    """A page of its own with `n` rows to judge: right, wrong or unsure, with a note.

    Needs nothing from anywhere. Saves one JSON object per judged row: `v`, `row` (0-based), `line`,
    `key` (a hash of the messages, by which the row is found again), `verdict`, `note`.
    """
    chosen = sorted(random.Random(seed).sample(range(len(rows)), min(n, len(rows))))
    lead = label("review_lead", count=len(chosen), rows=len(rows), seed=seed)
    cards = "".join(_review_html(rows, i) for i in chosen)
    bar = (
        f"<div class='bar-top'><span><b id='done'>0</b> / {len(chosen)} "
        f"{esc(label('review_done'))}</span>"
        f"<button id='save' type='button'>{esc(label('review_save'))}</button></div>"
    )
    body = (
        f"<style>{_REVIEW_STYLE}</style><p>{esc(lead)}</p>{bar}{report_box(cards)}"
        f"<script>{_script(name, rows, chosen)}</script>"
    )
    return page(label("review_title", name=name or label("card_title")), body)


def row_key(row: Conversation) -> str:
    """By which a row is found again in a saved review: equal for duplicates."""
    return duplicate_key(row.messages).hex()[:16]


def _review_html(rows: Sequence[Conversation], row: int) -> str:
    line = label("report_row", line=line_of(rows, row))
    choices = "".join(
        f"<label><input type='radio' name='verdict-{row}' value='{verdict}'>"
        f"{esc(label(f'review_{verdict}'))}</label>"
        for verdict in ("ok", "wrong", "unsure")
    )
    return (
        f"<fieldset class='review' data-row='{row}' data-line='{line_of(rows, row)}' "
        f"data-key='{row_key(rows[row])}'><legend class='quiet'>{esc(line)}</legend>"
        f"{conversation_html(rows[row])}<div class='choices'>{choices}"
        f"<input type='text' class='remark' placeholder='{esc(label('review_note'))}' "
        f"aria-label='{esc(label('review_note'))}'></div></fieldset>"
    )


def _script(name: str, rows: Sequence[Conversation], chosen: Sequence[int]) -> str:
    """The page's own script, with the names that it needs; no text of rows is in it."""
    kept = "nbfinetune-review-" + "-".join(row_key(rows[i])[:4] for i in chosen)[:200]
    file = "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "review"
    # `</` would end the script, whatever quotes stand around it
    given = json.dumps({"store": kept, "file": f"{file}.review.jsonl"}).replace("</", "<\\/")
    return f"const GIVEN = {given};\n{_SCRIPT}"


_REVIEW_STYLE = """
.bar-top { position: sticky; top: 0; display: flex; justify-content: space-between; z-index: 1;
  align-items: center; padding: .6em 0; background: Canvas; border-bottom: 1px solid #8884; }
.bar-top button { font: inherit; padding: .35em 1.1em; border-radius: 6px; cursor: pointer;
  border: 1px solid #2176d6; background: #2176d6; color: white; }
.review { border: 0; padding: 0; margin: 1.4em 0; max-width: 46em; }
.review .choices { display: flex; flex-wrap: wrap; gap: .4em 1.2em; align-items: center; }
.review label { cursor: pointer; white-space: nowrap; }
.review .remark { flex: 1; min-width: 14em; font: inherit; padding: .25em .6em; color: inherit;
  border: 1px solid #8886; border-radius: 6px; background: transparent; }
.review.ok .chat { border-color: rgba(34,150,80,.8); }
.review.wrong .chat { border-color: rgba(210,60,50,.8); }
.review.unsure .chat { border-color: rgba(214,140,20,.8); }
"""

_SCRIPT = """
const rows = [...document.querySelectorAll('.review')];
const remark = (row) => row.querySelector('.remark');
const verdict = (row) => row.querySelector('input[type=radio]:checked')?.value ?? '';
const judged = () => rows.filter((row) => verdict(row) || remark(row).value.trim());
const record = (row) => ({
  v: 1, row: Number(row.dataset.row), line: Number(row.dataset.line), key: row.dataset.key,
  verdict: verdict(row) || 'unsure', note: remark(row).value.trim(),
});
function show() {
  for (const row of rows) row.className = ('review ' + verdict(row)).trim();
  document.getElementById('done').textContent = judged().length;
}
function keep() {
  show();
  // a browser may refuse to store for a page from a file: the verdicts are still on the page
  try { localStorage.setItem(GIVEN.store, JSON.stringify(judged().map(record))); } catch {}
}
function restore() {
  let kept = [];
  try { kept = JSON.parse(localStorage.getItem(GIVEN.store) ?? '[]'); } catch {}
  for (const one of kept) {
    const row = rows.find((r) => r.dataset.key === one.key && Number(r.dataset.row) === one.row);
    if (!row) continue;
    const radio = [...row.querySelectorAll('input[type=radio]')];
    const chosen = radio.find((r) => r.value === one.verdict);
    if (chosen) chosen.checked = true;
    remark(row).value = one.note ?? '';
  }
  show();
}
function save() {
  const lines = judged().map((row) => JSON.stringify(record(row)) + '\\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(lines, { type: 'application/jsonl' }));
  link.download = GIVEN.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
document.addEventListener('input', keep);
document.getElementById('save').addEventListener('click', save);
restore();
"""
