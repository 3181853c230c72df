"""`--base-model`: a dataset in the tokens of a model, and its first rows as the loss sees them."""

from __future__ import annotations

from IPython.display import display

from nbfinetune.core.config import DEFAULTS
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.display.dataset import dataset_html, dataset_text
from nbfinetune.display.html import note
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
