"""A closer look at a dataset: its quality, its rows in the tokens of a model, fixes. Pure."""

from __future__ import annotations

from nbfinetune.core.fixes.apply import Fixed
from nbfinetune.core.fixes.sources import FixedRows
from nbfinetune.core.quality.assessed import Quality
from nbfinetune.display.dataset import dataset_html, dataset_text
from nbfinetune.display.fixes import fixes_html, fixes_text
from nbfinetune.display.html import esc, note
from nbfinetune.display.labels import label, line_of
from nbfinetune.display.quality import card_html, card_text
from nbfinetune.display.xray import xray_html, xray_text
from nbfinetune.templates.token_report import TokenReport


def quality_html(quality: Quality) -> str:
    """The quality card for a notebook."""
    return card_html(quality.card, quality.dataset.conversations)


def quality_text(quality: Quality) -> str:
    """The quality card for a terminal."""
    return card_text(quality.card, quality.dataset.conversations)


def fixed_rows_html(found: FixedRows) -> str:
    """What quick-fixes make of Python rows."""
    return fixes_html(_fixed(found))


def fixed_rows_text(found: FixedRows) -> str:
    """The same for a terminal."""
    return fixes_text(_fixed(found))


def _fixed(found: FixedRows) -> Fixed:
    return Fixed("", found.patches, found.refused, found.left)


def tokens_html(report: TokenReport) -> str:
    """The dataset's report with its token budget, what the template does, and rows in tokens."""
    notes = "".join(map(note, report.notes))
    rows = "".join(
        f"<h5>{esc(label('report_row', line=line_of(report.dataset.conversations, i)))}</h5>"
        + xray_html(row)
        for i, row in enumerate(report.rows)
    )
    return dataset_html(report.dataset, tokens=report.figures, shown_rows=notes + rows)


def tokens_text(report: TokenReport) -> str:
    """The same for a terminal."""
    parts = [dataset_text(report.dataset), *map(str, report.notes), *map(xray_text, report.rows)]
    return "\n\n".join(parts)
