"""What `%ft_dataset` shows in place of the report: what differs, quality, tokens, a page to review.

Each is a call of the Python twins; how the values look is known to `display`.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from nbfinetune.core import text
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.magics.arguments import Option

LOOKS = (
    Option("diff", "what another dataset or version has else", "NAME", means="dataset"),
    Option("quality", "the quality card: style, topics, repetition"),
    Option("review", "write a page on which somebody judges 30 rows", "FILE"),
)


def closer_looks(dataset: MessageDataset, given: Namespace) -> Iterator[object]:
    """What was asked for, in turn; a file that was written is a line that says so."""
    from nbfinetune.api.datasets import diff
    from nbfinetune.api.looks import quality, review, xray

    if given.diff is not None:
        yield diff(dataset, given.diff)
    if given.quality:
        yield quality(dataset)
    if given.base_model is not None:
        yield xray(dataset, given.base_model)
    if given.review is not None:
        path = review(dataset, given.review, overwrite=given.overwrite)
        yield text.message("review_written", {"path": path})
