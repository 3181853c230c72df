"""The loss of rows on one model, computed in the fastest way that is exact for that model.

Rows become a pack where the model can compute one. That is tried: a few tokens are computed both
ways. Where the results differ (states that run on, code that we don't know), or where what was seen
on the way says that longer rows would differ, rows are padded as everywhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException

from nbfinetune.chat.devices import is_out_of_memory
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.attention import Layout, packed_attention
from nbfinetune.training.batches import collate, summed_loss
from nbfinetune.training.fused.head import linear_cross_entropy
from nbfinetune.training.fused.layer import last_layer
from nbfinetune.training.fused.patch import Fused
from nbfinetune.training.packing import Pack, Target, needed, pack, pieces

_PROBE = tuple(
    [5 * i % 61 for i in range(24)] + [(7 * i + 13 * row + 1) % 61 for i in range(24 + row)]
    for row in range(3)
)
"""Three rows that begin alike, long enough for what counts distances in the pack to show."""
TRIED_TOKENS = max(map(len, _PROBE))
_KINDS = {"full_attention", "sliding_attention"}
_EXACT, _COARSE = 1e-3, 0.03
"""How far logits may lie apart, relative to their size: 16 bits round otherwise in other shapes."""


_NO_TARGET = Target(0, 0, 0)

_tried: WeakKeyDictionary[nn.Module, Notice | None] = WeakKeyDictionary()
"""What trying has found out of models in memory."""


class Losses:
    """Losses of rows on `model`: a causal LM, plain or with LoRA matrices of `adapter`.

    `is_packed`: rows are computed as packs. Else they are padded, and `because` says why.
    """

    def __init__(self, model: Any, pad_id: int, adapter: str | None = None) -> None:
        self._model, self._pad_id = model, pad_id
        self._base = model.get_base_model() if hasattr(model, "get_base_model") else model
        self.because = self._unlike() or self._failing()
        last = last_layer(self._base.get_decoder()) if self.is_packed else None
        self._fused = Fused(model, adapter, last) if adapter else None

    @property
    def is_packed(self) -> bool:
        return self.because is None

    def pieces(self, rows: Sequence[LabelledRow], rows_at_once: int) -> Iterator[range]:
        """Where to cut a batch so that what is computed at once is not too much, as indices."""
        return pieces(rows, rows_at_once, packed=self.is_packed)

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
        packed, head = pack([needed(row) for row in rows]), self._base.get_output_embeddings()
        fill = _filling(len(packed.ids), head.weight)
        targets = [*packed.targets, *[_NO_TARGET] * _filling(len(packed.targets), head.weight)]
        # (targets, 3), also where there are none
        table = torch.tensor(targets, dtype=torch.int64, device=device).view(-1, 3)
        places, tokens, counts = table.unbind(1)
        layout = Layout(packed, device, fill)
        layout.wanted = places
        hidden = self._hidden(packed, layout)
        trained = hidden if layout.is_narrow else hidden.index_select(0, places)
        if head.weight.requires_grad:  # of a model that is trained as a whole
            losses = nn.functional.cross_entropy(head(trained).float(), tokens, reduction="none")
            return (losses * counts).sum()
        return linear_cross_entropy(trained, head.weight, head.bias, tokens, counts)

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
        try:
            with torch.no_grad(), self.computing():
                for part in self.pieces(ordered, rows_at_once):
                    total += self.summed([ordered[i] for i in part]).item()
        finally:
            self._model.train(was_training)
        return total / sum(row.trained_tokens for row in rows)

    def _hidden(self, packed: Pack, layout: Layout) -> Tensor:
        """The last hidden states of a pack: (T, D), or those that are wanted."""
        device = layout.device
        states = self._base.get_decoder()(
            input_ids=torch.tensor([packed.ids + [0] * layout.filled], device=device),
            position_ids=torch.tensor([packed.positions + [0] * layout.filled], device=device),
            use_cache=False,
            packed=layout,
        )
        hidden: Tensor = states.last_hidden_state[0]
        return hidden

    def _unlike(self) -> Notice | None:
        """What keeps rows of this kind of model from being packed; None if nothing does."""
        head, config = self._base.get_output_embeddings(), self._base.config.get_text_config()
        if type(head) is not nn.Linear:
            return self._padded("head")
        # what counts distances by places in the pack, as ALiBi does, differs by little: not tried
        takes = inspect.signature(self._base.get_decoder().forward).parameters
        if "position_ids" not in takes or getattr(config, "alibi", False):
            return self._padded("positions")
        others = set(getattr(config, "layer_types", None) or _KINDS) - _KINDS
        if getattr(config, "attention_chunk_size", None):
            others.add("chunked_attention")
        return self._padded("layers", kinds=", ".join(sorted(others))) if others else None

    def _failing(self) -> Notice | None:
        """What goes wrong with a few packed rows, tried once for a model; None if nothing does."""
        if self._base not in _tried:
            _tried[self._base] = self._try()
        return _tried[self._base]

    def _try(self) -> Notice | None:
        head = self._base.get_output_embeddings()
        was_training = self._model.training
        self._model.eval()
        try:
            with torch.no_grad():
                return self._found(head)
        except DataDependentOutputException:  # simulated: shapes alone say nothing against it
            return None
        except Exception as error:  # whatever a model does that we don't know
            if is_out_of_memory(error):
                raise
            return self._padded("failed", reason=f"{type(error).__name__}: {error}")
        finally:
            self._model.train(was_training)

    def _found(self, head: nn.Linear) -> Notice | None:
        """What keeps rows from being packed, as a few of them show."""
        config = self._base.config.get_text_config()
        packed = pack([LabelledRow(ids, ids) for ids in _PROBE])
        layout = Layout(packed, head.weight.device)
        with packed_attention(self._base):
            ours = head(self._hidden(packed, layout)).float()
        if len(layout.windows) < config.num_hidden_layers:
            return self._padded("attention")
        # a window that is only in the mask shows in no row that is shorter
        kinds = getattr(config, "layer_types", None) or ["sliding_attention"]
        window = getattr(config, "sliding_window", None) if "sliding_attention" in kinds else None
        if window and window not in layout.windows:
            return self._padded("window", window=f"{window:,}")
        apart = self._difference(head, packed, ours)
        allowed = _EXACT if head.weight.dtype is torch.float32 else _COARSE
        return None if apart <= allowed else self._padded("differs", share=f"{apart:.1%}")

    def _padded(self, why: str, **params: str) -> Notice:
        return Notice(f"rows_padded_{why}", {"model": self._base.name_or_path, **params})

    def _difference(self, head: nn.Linear, packed: Pack, ours: Tensor) -> float:
        """How far the logits of packed rows are from those of the rows alone, relatively."""
        squares = size = 0.0
        for path in packed.paths:
            alone = torch.tensor([[packed.ids[i] for i in path]], device=ours.device)
            theirs = self._logits(head, alone)
            squares += (ours[path] - theirs).square().sum().item()
            size += theirs.square().sum().item()
        return (squares / size) ** 0.5 if size else 0.0

    def _logits(self, head: nn.Linear, ids: Tensor) -> Tensor:
        """The model's own logits of a row: (T, V).

        Raises:
            NotImplementedError: They are not what its LM head gives, but a scale or a cap of it.
        """
        given: list[Tensor] = []
        hook = head.register_forward_hook(lambda *called: given.append(called[-1]))
        try:
            logits: Tensor = self._base(input_ids=ids, use_cache=False).logits
        finally:
            hook.remove()
        if not torch.equal(given[-1].float(), logits.float()):
            raise NotImplementedError("logits that are more than its LM head's")
        return logits[0].float()


def _filling(count: int, weight: Tensor) -> int:
    """How many tokens to add, so that shapes come again.

    In 16 bits a CPU's kernel is made anew for each shape, which takes longer than the product.
    """
    is_made = weight.device.type == "cpu" and weight.dtype is not torch.float32
    return -count % 32 if is_made else 0
