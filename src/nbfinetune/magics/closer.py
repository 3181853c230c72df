"""A closer look at a dataset: in the tokens of a model, as the loss sees it; its quality."""

from __future__ import annotations

from pathlib import Path

from IPython.display import display

from nbfinetune.core.config import DEFAULTS
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.quality.card import assess
from nbfinetune.core.quoting import quoted
from nbfinetune.display.dataset import dataset_html, dataset_text
from nbfinetune.display.html import note
from nbfinetune.display.quality import card_html, card_text, review_page
from nbfinetune.display.xray import xray_html, xray_text

SHOWN_ROWS = 3


def show_tokens(dataset: MessageDataset, base_model: str) -> None:
    """The report with the loss budget, what the template does to rows, and token X-rays.

    Raises:
        ModelError: The model can't be found, or its template can't be trained through.
    """
    from nbfinetune.chat.loading import load_template
    from nbfinetune.templates.figures import token_figures
    from nbfinetune.templates.statistics import token_statistics
    from nbfinetune.templates.traits import template_notes
    from nbfinetune.templates.xray import xray

    template = load_template(base_model)
    counted = token_statistics(template, dataset.conversations, DEFAULTS["max_length"])
    figures = token_figures(base_model, counted)
    notes = template_notes(template)
    rows = [xray(template, row, DEFAULTS["max_length"]) for row in
            dataset.conversations[:SHOWN_ROWS]]  # fmt: skip
    shown = {
        "text/html": dataset_html(dataset, tokens=figures)
        + "".join(note(n) for n in notes)
        + "".join(map(xray_html, rows)),
        "text/plain": "\n\n".join([dataset_text(dataset), *map(str, notes), *map(xray_text, rows)]),
    }
    display(shown, raw=True)


def show_quality(dataset: MessageDataset) -> None:
    """What can be measured of accuracy and style, each finding with what to do."""
    card = assess(dataset.conversations)
    shown = {
        "text/html": card_html(card, dataset.conversations),
        "text/plain": card_text(card, dataset.conversations),
    }
    display(shown, raw=True)


def write_review(dataset: MessageDataset, path: Path) -> None:
    """A page that needs nothing else, for a human review of some rows.

    Raises:
        DatasetError: It can't be written.
    """
    try:
        path.write_text(review_page(dataset.conversations, name=dataset.name), "utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise DatasetError("export_failed", name=quoted(str(path)), reason=reason) from None
