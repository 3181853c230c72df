"""A dataset in the tokens of one model: what is learned of it, as the loss sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.quality.statistics import TokenFigures
from nbfinetune.core.reading.special_tokens import special_token_problems
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.figures import token_figures
from nbfinetune.templates.statistics import token_statistics
from nbfinetune.templates.traits import special_tokens, template_notes
from nbfinetune.templates.xray import Xray, xray

if TYPE_CHECKING:
    from nbfinetune.templates.render import ChatTemplate

SHOWN_ROWS = 3


class TokenReport(NamedTuple):
    """Figures of all rows, what the template does to them, and some of them token by token.

    `dataset` has a problem more for each special token of the model in its texts.
    """

    dataset: MessageDataset
    figures: TokenFigures
    notes: tuple[Notice, ...]
    rows: tuple[Xray, ...]


def token_report(
    template: ChatTemplate,
    dataset: MessageDataset,
    max_length: int,
    *,
    model: str,
    shown: int = SHOWN_ROWS,
) -> TokenReport:
    """What is learned of the dataset where it is cut at `max_length` tokens; the first rows whole.

    Raises:
        ModelError: The template can't be trained through.
    """
    rows = dataset.conversations
    special = special_token_problems(rows, *special_tokens(template))
    return TokenReport(
        msgspec.structs.replace(dataset, problems=(*dataset.problems, *special)),
        token_figures(model, token_statistics(template, rows, max_length)),
        template_notes(template),
        tuple(xray(template, row, max_length) for row in rows[:shown]),
    )
