"""What a rule says of some rows, by itself: the share that keep it, and rows that don't."""

from __future__ import annotations

from typing import get_args

from nbfinetune.core.rules.checks import Outcome
from nbfinetune.core.rules.rules import Marks
from nbfinetune.display.dataset import conversation_html, report_box
from nbfinetune.display.dataset_parts import marks_part
from nbfinetune.display.html import esc
from nbfinetune.display.labels import label, line_of

SHOWN_ROWS = 3
SHOWN_LINES = 10


def marks_html(marks: Marks) -> str:
    """The marks for a notebook: the bar, the first reasons, and some of these rows in full."""
    broken = [*marks.having("failed"), *marks.having("unjudged")][:SHOWN_ROWS]
    bubbles = "".join(
        f"<div class='rownumber'>{esc(label('report_row', line=line_of(marks.rows, i)))}</div>"
        + conversation_html(marks.rows[i])
        for i in broken
    )
    return report_box(marks_part(marks) + bubbles)


def marks_text(marks: Marks) -> str:
    """The marks for a terminal."""
    counts = {o: len(marks.having(o)) for o in get_args(Outcome)}
    words = ", ".join(label(f"rule_{o}", count=n) for o, n in counts.items() if n or o == "passed")
    broken = [*marks.having("failed"), *marks.having("unjudged")]
    lines = [f"{marks.rule.name}: {words}"]
    for i in broken[:SHOWN_LINES]:
        place = label("report_row", line=line_of(marks.rows, i))
        lines.append(f"  {place}: {marks.verdicts[i].reason}")
    if len(broken) > SHOWN_LINES:
        lines.append("  " + label("report_more", count=len(broken) - SHOWN_LINES))
    return "\n".join(lines)
