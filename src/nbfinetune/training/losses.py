"""The loss of rows on one model, computed in the fastest way that is exact for that model.

Rows become a pack where the model can compute one. That is tried: a few tokens are computed both
ways, and where the results differ (states that run on, caps on logits, code that we don't know)
rows are padded as everywhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from nbfinetune.chat.devices import is_out_of_memory
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.attention import Layout, packed_attention
from nbfinetune.training.batches import collate, summed_loss
from nbfinetune.training.fused.head import linear_cross_entropy
from nbfinetune.training.fused.patch import Fused
from nbfinetune.training.packing import Pack, pack

TOKENS_AT_ONCE = 8192
"""Larger packs are no faster, and hold more at once."""

_PROBE = tuple(
    [5 * i % 61 for i in range(24)] + [(7 * i + 13 * row + 1) % 61 for i in range(24 + row)]
    for row in range(3)
)
"""Three rows that begin alike, long enough for what counts distances in the pack to show."""
_KINDS = {"full_attention", "sliding_attention"}
_EXACT, _COARSE = 1e-3, 0.03
"""How far logits may lie apart, relative to their size: 16 bits round otherwise in other shapes."""


class Losses:
    """Losses of rows on `model`: a causal LM, plain or with LoRA matrices of `adapter`.

    `is_packed`: rows are computed as packs. Else they are padded, and `because` says why.
    """

    def __init__(self, model: Any, pad_id: int, adapter: str | None = None) -> None:
        self._model, self._pad_id = model, pad_id
        self._base = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._fused = Fused(model, adapter) if adapter else None
        self.because = self._why_not()

    @property
    def is_packed(self) -> bool:
        return not self.because

    def pieces(self, rows: Sequence[LabelledRow], rows_at_once: int) -> Iterator[range]:
        """Where to cut a batch so that what is computed at once is not too much, as indices."""
        for start in range(0, len(rows), rows_at_once):
            yield from self._halves(rows, range(start, min(start + rows_at_once, len(rows))))

    def _halves(self, rows: Sequence[LabelledRow], part: range) -> Iterator[range]:
        if len(part) == 1 or self._tokens([rows[i] for i in part]) <= TOKENS_AT_ONCE:
            yield part
            return
        half = (len(part) + 1) // 2
        yield from self._halves(rows, part[:half])
        yield from self._halves(rows, part[half:])

    def _tokens(self, rows: Sequence[LabelledRow]) -> int:
        if self.is_packed:
            return len(pack(rows).ids)
        return len(rows) * max(len(row.ids) for row in rows)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Around a forward pass and its backward pass, in which layers may be computed again."""
        fused = self._fused.installed() if self._fused else nullcontext()
        with fused, packed_attention(self._base) if self.is_packed else nullcontext():
            yield

    def summed(self, rows: Sequence[LabelledRow]) -> Tensor:
        """The summed negative log-likelihood of the trained tokens, in nats: a scalar, float32.

        To be called in `computing`.
        """
        device = next(self._model.parameters()).device
        if not self.is_packed:
            return summed_loss(self._model, collate(rows, self._pad_id, device))
        packed = pack(rows)
        hidden = self._hidden(packed, device)
        head = self._base.get_output_embeddings()
        places = torch.tensor([t.place for t in packed.targets], device=device)
        tokens = torch.tensor([t.token for t in packed.targets], device=device)
        counts = torch.tensor([t.rows for t in packed.targets], device=device)
        return linear_cross_entropy(
            hidden.index_select(0, places), head.weight, head.bias, tokens, counts
        )

    def mean(self, rows: Sequence[LabelledRow], rows_at_once: int) -> float | None:
        """Nats per trained token over all rows: every token weighs the same, however rows are cut.

        Rows that begin alike, and rows of like length, are computed together. Dropout is off;
        gradients are not kept. None where there are no rows.
        """
        if not rows:
            return None
        order = (lambda row: row.ids) if self.is_packed else (lambda row: len(row.ids))
        ordered = sorted(rows, key=order)
        total = 0.0
        was_training = self._model.training
        self._model.eval()
        with torch.no_grad(), self.computing():
            for part in self.pieces(ordered, rows_at_once):
                total += self.summed([ordered[i] for i in part]).item()
        self._model.train(was_training)
        return total / sum(row.trained_tokens for row in rows)

    def _hidden(self, packed: Pack, device: torch.device) -> Tensor:
        """The last hidden states of a pack: (T, D)."""
        states = self._base.get_decoder()(
            input_ids=torch.tensor([packed.ids], device=device),
            position_ids=torch.tensor([packed.positions], device=device),
            use_cache=False,
            packed=Layout(packed, device),
        )
        hidden: Tensor = states.last_hidden_state[0]
        return hidden

    def _why_not(self) -> str:
        """What keeps rows of this model from being packed; nothing if nothing does."""
        head, config = self._base.get_output_embeddings(), self._base.config.get_text_config()
        if type(head) is not nn.Linear or head.weight.requires_grad:
            return "its LM head is no plain frozen layer"
        # what counts distances by places in the pack, as ALiBi does, differs by little: not tried
        takes = inspect.signature(self._base.get_decoder().forward).parameters
        if "position_ids" not in takes or getattr(config, "alibi", False):
            return "it takes no positions"
        kinds = set(getattr(config, "layer_types", None) or _KINDS)
        if kinds - _KINDS or getattr(config, "attention_chunk_size", None):
            return f"its layers are of other kinds: {', '.join(sorted(kinds))}"
        was_training = self._model.training
        self._model.eval()
        try:
            with torch.no_grad():
                apart = self._difference(head)
        except Exception as error:  # whatever a model does that we don't know
            if is_out_of_memory(error):
                raise
            return f"{type(error).__name__}: {error}"
        finally:
            self._model.train(was_training)
        allowed = _EXACT if head.weight.dtype is torch.float32 else _COARSE
        return "" if apart <= allowed else f"its results would differ by {apart:.1%}"

    def _difference(self, head: nn.Linear) -> float:
        """How far the logits of a few packed rows are from those of the rows alone, relatively."""
        device = head.weight.device
        packed = pack([LabelledRow(ids, ids) for ids in _PROBE])
        with packed_attention(self._base):
            ours = head(self._hidden(packed, device)).float()
        squares = size = 0.0
        for path in packed.paths:
            alone = torch.tensor([[packed.ids[i] for i in path]], device=device)
            theirs = self._base(input_ids=alone, use_cache=False).logits[0].float()
            squares += (ours[path] - theirs).square().sum().item()
            size += theirs.square().sum().item()
        return (squares / size) ** 0.5 if size else 0.0
