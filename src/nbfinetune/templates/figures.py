"""Token statistics in the form of the dataset report, which knows no tokenizer."""

from __future__ import annotations

from statistics import median

from nbfinetune.core.quality.statistics import Bin, Lengths, TokenFigures
from nbfinetune.templates.statistics import TokenStatistics


def token_figures(model: str, counted: TokenStatistics) -> TokenFigures:
    """What the report shows of `counted`, in the tokens of `model`."""
    lengths = sorted(row.tokens for row in counted.rows) or [0]
    return TokenFigures(
        model=model,
        total=counted.tokens,
        trained=counted.trained_tokens,
        by_role=counted.roles,
        lengths=Lengths(
            shortest=lengths[0],
            median=median(lengths),
            longest=lengths[-1],
            bins=tuple(Bin(b.low, b.high + 1, b.rows) for b in counted.histogram),
        ),
        owners=tuple((share.row, share.trained_tokens) for share in counted.top_rows),
        max_length=counted.max_length,
        cut=tuple(row.row for row in counted.rows if row.is_cut),
    )
