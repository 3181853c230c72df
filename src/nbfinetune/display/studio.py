"""What of a dataset studio stays in a saved notebook: its first rows, and how it is opened again.

Readable without a kernel, on any page. Pure.
"""

from __future__ import annotations

from typing import Any

from nbfinetune.core import text
from nbfinetune.core.draft.draft import Draft
from nbfinetune.display import draft as shown
from nbfinetune.display.html import box, esc

STUDIO_MIME = "application/vnd.nbfinetune.studio+json"
"""Tells our JupyterLab extension that the HTML beside it stands for a studio."""

SHOWN_ROWS = 20
LEFT = "style='text-align: left'"  # a notebook that isn't trusted has no style of ours


def studio_bundle(draft: Draft, saved: shown.Saved | None) -> dict[str, Any]:
    """The picture of a studio by MIME type."""
    return {
        STUDIO_MIME: {"v": 1},
        "text/html": studio_html(draft, saved),
        "text/plain": studio_text(draft),
    }


def studio_text(draft: Draft) -> str:
    """What a terminal shows."""
    return text.message("studio_summary", _about(draft))


def studio_html(draft: Draft, saved: shown.Saved | None) -> str:
    """How the rows stand, what of that is kept as a version, and the first of them."""
    about = _about(draft)
    state = "good" if about["valid"] == about["rows"] else "bad"
    chip = f"<span class='chip {state}'>{_say('studio_valid', **about)}</span>"
    said = [_say("studio_picture"), *_fate(draft, saved)]
    return box(
        f"<h4>{esc(draft.name)} {chip}</h4>"
        + "".join(f"<div class='quiet'>{line}</div>" for line in said)
        + _table(draft)
    )


def _fate(draft: Draft, saved: shown.Saved | None) -> list[str]:
    """What was kept, and what was lost with the kernel."""
    changed = draft.totals().changed
    kept = [_say("studio_kept", name=saved.name)] if saved else []
    lost = changed and (saved is None or saved.revision != draft.revision)
    return kept + ([_say("studio_lost", count=changed)] if lost else [])


def _table(draft: Draft) -> str:
    head = ("studio_row" if draft.unit == "row" else "studio_line", "studio_problems")
    number, problems = map(_say, head)
    rows = "".join(_row(draft, row_id) for row_id in draft.ids[:SHOWN_ROWS])
    more = len(draft) - SHOWN_ROWS
    return (
        f"<table><tr><th class='number'>{number}</th><th {LEFT}>user</th>"
        f"<th {LEFT}>assistant</th><th {LEFT}>{problems}</th></tr>{rows}</table>"
        + (f"<div class='quiet'>{_say('studio_more_rows', count=more)}</div>" if more > 0 else "")
    )


def _row(draft: Draft, row_id: int) -> str:
    line = shown.line(draft, row_id)
    if "text" in line:
        cells = f"<td {LEFT} colspan='2'><code>{esc(line['text'])}</code></td>"
    else:
        cells = f"<td {LEFT}>{esc(line['asked'])}</td><td {LEFT}>{esc(line['answer'])}</td>"
    found = "<br>".join(esc(problem.message) for problem in draft.problems(row_id)[:2])
    return f"<tr><td class='number'>{line['line']}</td>{cells}<td {LEFT}>{found}</td></tr>"


def _about(draft: Draft) -> dict[str, Any]:
    totals = draft.totals()
    return {"name": draft.name, "valid": totals.valid, "rows": totals.rows}


def _say(code: str, **params: object) -> str:
    """Words of the catalogue, as HTML."""
    return esc(text.message(code, params))
