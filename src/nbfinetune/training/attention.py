"""Attention inside a pack: each token sees the tokens on its own path, through the model's layers.

A function in transformers' registry, which every model that has no attention of its own calls. The
shared beginning is computed once and causally; the rest of each row sees that and itself. Where the
rows are too unlike for that, one mask over the whole pack says who sees whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface

from nbfinetune.training.packing import Pack

NAME = "nbfinetune_packed"
_UNKNOWN = ("softcap", "s_aux", "position_bias")
"""What some models want of attention beside products and a window."""


class Layout:
    """The places of a pack as indices on a device.

    `own`: (R, S), for each path the places behind the shared beginning, filled up at its end.
    `back`: for each place behind the shared beginning, where in R · S it is computed.
    `filled`: tokens behind those of the pack that nobody sees and that see nothing.
    `wanted`: the places whose last states are read. `is_narrow`: a layer has given no others.
    `windows`: how far layers wanted to see, one after another.
    """

    def __init__(self, pack: Pack, device: torch.device, filled: int = 0) -> None:
        self.shared, self.device, self.filled = pack.shared, device, filled
        self._pack = pack
        self._masks: dict[tuple[torch.dtype, int | None], Tensor] = {}
        self.wanted: Tensor | None = None
        self.is_narrow = False
        self.windows: list[int | None] = []
        rows = [path[pack.shared :] for path in pack.paths]
        self.rows, self.longest = len(rows), max(map(len, rows))
        tokens = len(pack.ids)
        pairs = self.rows * self.longest * (self.shared + self.longest) + self.shared**2
        self.is_dense = pairs > tokens**2
        if self.is_dense:
            return
        own = [[*row, *[0] * (self.longest - len(row))] for row in rows]
        back = {p: r * self.longest + s for r, row in enumerate(rows) for s, p in enumerate(row)}
        self.own = torch.tensor(own, dtype=torch.int64, device=device).flatten()
        self.back = torch.tensor([back[p] for p in range(self.shared, tokens)], device=device)

    def own_mask(self, dtype: torch.dtype, window: int | None, repeated: int) -> Tensor:
        """What own tokens see of their whole path: (1, 1, `repeated` · S, P + S), additive."""
        queries = torch.arange(self.longest, device=self.device)[:, None] + self.shared
        keys = torch.arange(self.shared + self.longest, device=self.device)
        return self._mask(dtype, window, lambda: _seen(queries, keys, window).repeat(repeated, 1))

    def whole_mask(self, dtype: torch.dtype, window: int | None) -> Tensor:
        """Who sees whom in the pack: (1, 1, T, T), additive."""
        return self._mask(dtype, window, lambda: self._whole(window))

    def _mask(self, dtype: torch.dtype, window: int | None, seen: Any) -> Tensor:
        """Made once for all layers that see alike."""
        if (dtype, window) not in self._masks:
            allowed = seen()
            mask = torch.zeros(allowed.shape, dtype=dtype, device=self.device)
            self._masks[dtype, window] = mask.masked_fill_(~allowed, float("-inf"))[None, None]
        return self._masks[dtype, window]

    def _whole(self, window: int | None) -> Tensor:
        tokens = len(self._pack.ids) + self.filled
        seen = torch.eye(tokens, dtype=torch.bool, device=self.device)  # softmax needs something
        for path in self._pack.paths:
            places = torch.tensor(path, device=self.device)
            order = torch.arange(len(path), device=self.device)
            seen[places[:, None], places] = _seen(order[:, None], order, window)
        return seen


def _seen(queries: Tensor, keys: Tensor, window: int | None) -> Tensor:
    """Whether a position sees another one: not later, and not further back than the window."""
    seen = keys <= queries
    return seen if window is None else seen & (queries - keys < window)


@contextmanager
def packed_attention(model: Any) -> Iterator[None]:
    """Inside, `model` takes `packed=Layout` as an argument of its forward pass, for one pack."""
    config = model.config.get_text_config()
    before = config._attn_implementation
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    packed: Layout,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """The function in transformers' registry: (1, H, T, D) in, (1, T, H, D) out."""
    wanted = [name for name in _UNKNOWN if others.get(name) is not None]
    if attention_mask is not None:
        wanted.append("a mask of its own")
    if wanted or not getattr(module, "is_causal", True):
        raise NotImplementedError(", ".join(wanted) or "attention to later tokens")
    packed.windows.append(sliding_window)
    how = {"scale": scaling, "dropout_p": dropout}
    if packed.is_dense:
        seen = packed.whole_mask(query.dtype, sliding_window)
        return _products(query, key, value, attn_mask=seen, **how).transpose(1, 2), None
    return _by_rows(query, key, value, packed, sliding_window, how)[None], None


def _by_rows(
    query: Tensor, key: Tensor, value: Tensor, packed: Layout, window: int | None, how: Any
) -> Tensor:
    """The shared beginning, then the rest of every row beside each other: (T, H, D)."""
    shared = packed.shared
    done = []
    if shared:
        order = torch.arange(shared, device=query.device)
        near = window is not None and window < shared
        seen = {"attn_mask": _seen(order[:, None], order, window)} if near else {"is_causal": True}
        q, k, v = (t[:, :, :shared] for t in (query, key, value))
        done.append(_products(q, k, v, **seen, **how)[0].transpose(0, 1))
    if packed.longest:
        own = _own_products(query, key, value, packed, window, how)
        done.append(own.index_select(0, packed.back))
    if packed.filled:
        done.append(query.new_zeros(packed.filled, query.shape[1], value.shape[-1]))
    return torch.cat(done)


def _own_products(
    query: Tensor, key: Tensor, value: Tensor, packed: Layout, window: int | None, how: Any
) -> Tensor:
    """What the tokens behind the shared beginning see: (R · S, H, D)."""
    rows, longest, shared = packed.rows, packed.longest, packed.shared
    heads, size = key.shape[1], value.shape[-1]
    groups = query.shape[1] // heads

    def own(tensor: Tensor) -> Tensor:  # (R, S, heads, D)
        picked = tensor[0].transpose(0, 1).index_select(0, packed.own)
        return picked.view(rows, longest, *picked.shape[1:])

    def path(tensor: Tensor) -> Tensor:  # (R, heads, P + S, D)
        begin = tensor[:, :, :shared].expand(rows, -1, -1, -1)
        return torch.cat([begin, own(tensor).transpose(1, 2)], 2)

    # the query heads of a group stand below each other, so that nothing repeats their keys
    queries = own(query).view(rows, longest, heads, groups, -1).permute(0, 2, 3, 1, 4).flatten(2, 3)
    seen = packed.own_mask(query.dtype, window, groups)
    found = scaled_dot_product_attention(queries, path(key), path(value), attn_mask=seen, **how)
    found = found.reshape(rows, heads, groups, longest, size).permute(0, 3, 1, 2, 4)
    return found.reshape(rows * longest, heads * groups, size)


def _products(query: Tensor, key: Tensor, value: Tensor, **how: Any) -> Tensor:
    groups = query.shape[1] // key.shape[1]
    is_grouped = groups > 1 and _takes_groups(query, value, is_masked="attn_mask" in how)
    if groups > 1 and not is_grouped:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    return scaled_dot_product_attention(query, key, value, enable_gqa=is_grouped, **how)


def _takes_groups(query: Tensor, value: Tensor, *, is_masked: bool) -> bool:
    """Whether a kernel takes heads of queries that share their keys without holding all scores.

    On GPUs that is flash attention alone: 16 bits, no mask, heads of one size up to 256.
    """
    if query.device.type != "cuda":
        return query.device.type == "cpu"
    size = query.shape[-1]
    return (
        not is_masked
        and query.dtype is not torch.float32
        and size == value.shape[-1] <= 256
        and torch.cuda.get_device_capability(query.device) >= (8, 0)
    )


def _no_mask(*_args: Any, **_kwargs: Any) -> None:
    """The layout says who sees whom."""


AttentionInterface.register(NAME, _attend)
AttentionMaskInterface.register(NAME, _no_mask)
