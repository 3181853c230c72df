"""Rows to tensors: tokenized once, checked against `max_length`, padded per batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.reading.special_tokens import special_token_problems
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.labels import IGNORED, LabelledRow
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.traits import special_tokens


def tokenize(
    rows: Sequence[Conversation], template: ChatTemplate, max_length: int
) -> tuple[list[LabelledRow], list[Notice]]:
    """Ids and labels of each row, cut at `max_length` tokens, and a notice that names the cut ones.

    Raises:
        DatasetError: Rows that would lose all their trained tokens.
        ModelError: Rows whose answers can't be located in the rendered text.
    """
    whole = [template.row(row) for row in rows]
    cut = [row.cut(max_length) for row in whole]
    lost = [r for r, c in zip(rows, cut, strict=True) if not c.trained_tokens]
    if lost:
        raise DatasetError(
            "nothing_trained", count=len(lost), max_length=max_length, lines=_lines(lost)
        )
    shortened = [r for r, w in zip(rows, whole, strict=True) if len(w.ids) > max_length]
    if not shortened:
        return cut, []
    params: dict[str, str | int | float] = {
        "count": len(shortened), "max_length": max_length, "lines": _lines(shortened)
    }  # fmt: skip
    return cut, [Notice("rows_cut", params)]


def special_tokens_kept(
    rows: Sequence[Conversation], template: ChatTemplate, *, allow: bool
) -> list[Notice]:
    """A notice where contents hold special tokens that are trained all the same.

    Raises:
        DatasetError: They hold tokens that begin or end a turn, and that is not allowed.
    """
    control, special = special_tokens(template)
    found = list(special_token_problems(rows, control, special, allow=allow))
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise DatasetError(
            "special_tokens_refused", problems=errors, count=len(errors), model=template.name
        )
    if not found:
        return []
    lines = sorted({problem.line or 0 for problem in found})
    shown = ", ".join(map(str, lines[:8])) + (" …" if len(lines) > 8 else "")
    return [Notice("special_tokens_kept", {"count": len(found), "lines": shown})]


def _lines(rows: Sequence[Conversation]) -> str:
    """The first lines, for a message: `3, 8, 21 …`."""
    numbers = [str(row.line) for row in rows if row.line is not None]
    return ", ".join(numbers[:8]) + (" …" if len(numbers) > 8 else "") or "?"


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


def mean_loss(
    model: Any, rows: Sequence[LabelledRow], pad_id: int, batch_size: int
) -> float | None:
    """Nats per trained token over all rows: every token weighs the same, however rows are batched.

    Rows of like length are computed together, so that little is padding. Dropout is off; gradients
    are not kept. None where there are no rows.
    """
    if not rows:
        return None
    device = next(model.parameters()).device
    rows = sorted(rows, key=lambda row: len(row.ids))
    total = 0.0
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for start in range(0, len(rows), batch_size):
            batch = collate(rows[start : start + batch_size], pad_id, device)
            total += summed_loss(model, batch).item()
    model.train(was_training)
    return total / sum(row.trained_tokens for row in rows)
