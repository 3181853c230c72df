"""Rows to tensors: padded per batch, and their loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from nbfinetune.templates.labels import IGNORED, LabelledRow


def collate(
    rows: Sequence[LabelledRow], pad_id: int, device: torch.device | None = None
) -> dict[str, Tensor]:
    """Rows padded on the right to the longest one of them.

    Returns `input_ids`, `attention_mask` and `labels`, each of shape (B, T), int64.
    """
    longest = max(len(row.ids) for row in rows)

    def padded(values: Iterable[Sequence[int]], fill: int) -> Tensor:
        filled = [[*v, *[fill] * (longest - len(v))] for v in values]
        return torch.tensor(filled, device=device)

    return {
        "input_ids": padded((row.ids for row in rows), pad_id),
        "attention_mask": padded(([1] * len(row.ids) for row in rows), 0),
        "labels": padded((row.labels for row in rows), IGNORED),
    }


def pad_id(tokenizer: Any) -> int:
    """An id to fill up rows with; it is neither attended to nor trained."""
    found = tokenizer.pad_token_id
    return int(found if found is not None else tokenizer.eos_token_id)


def summed_loss(model: Any, batch: Mapping[str, Tensor]) -> Tensor:
    """The summed negative log-likelihood of the trained tokens, in nats: a scalar, float32."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(),
        batch["labels"][:, 1:].flatten(),
        ignore_index=IGNORED,
        reduction="sum",
    )
