"""The LM head and its cross entropy in one pass: no logits of the whole vocabulary are ever held.

The vocabulary comes in slices. As in online softmax (Milakov and Gimelshein 2018), the sum of the
exponentials is kept relative to the largest logit so far; beside it grows the gradient of the
hidden states, which is the softmax' average of the head's rows less the target's row. So the
backward pass has nothing left to compute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

LOGITS_AT_ONCE = 2**20
LOGITS_ON_GPU = 2**24
"""As many as a CPU's cache and a GPU's launches like."""


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, counts: Tensor
) -> Tensor:
    """The sum of `counts[i] · −log softmax(hidden[i] · weightᵀ + bias)[targets[i]]`.

    `hidden`: (N, D); `weight`: (V, D), frozen; `targets` and `counts`: (N). In nats: a scalar,
    float32.
    """
    if torch.is_grad_enabled() and hidden.requires_grad:
        return _with_gradient(hidden, weight, bias, targets, counts)
    return (_losses(hidden, weight, bias, targets, None) * counts).sum()


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        counts: Tensor,
    ) -> Tensor:
        gradient = torch.zeros(hidden.shape, dtype=torch.float32, device=hidden.device)
        losses = _losses(hidden, weight, bias, targets, gradient)
        ctx.save_for_backward(gradient.mul_(counts[:, None]))
        ctx.dtype = hidden.dtype
        return (losses * counts).sum()  # a product of matrices would be autocast to 16 bits

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        (gradient,) = ctx.saved_tensors
        # float32 up to here: a loss scale would not fit into float16
        return (gradient * grads[0]).to(ctx.dtype), None, None, None, None


_with_gradient: Callable[..., Tensor] = _LinearCrossEntropy.apply


def _losses(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, gradient: Tensor | None
) -> Tensor:
    """The loss of each row: (N), float32. `gradient`: zeros of (N, D), filled with its gradient."""
    largest = torch.full((len(hidden), 1), float("-inf"), device=hidden.device)
    others = torch.zeros_like(largest)  # the sum of all exponentials but the target's
    found = torch.zeros_like(largest)
    logits_at_once = LOGITS_AT_ONCE if hidden.device.type == "cpu" else LOGITS_ON_GPU
    columns = max(1024, 2 ** (logits_at_once // max(len(hidden), 1)).bit_length() // 2)
    for start in range(0, len(weight), columns):
        part = weight[start : start + columns]
        logits = torch.mm(hidden, part.T).float()
        if bias is not None:
            logits += bias[start : start + columns]
        column = targets[:, None] - start
        is_here = (column >= 0) & (column < len(part))
        column = column.clamp(0, len(part) - 1)
        found = torch.where(is_here, logits.gather(1, column), found)
        seen = torch.maximum(largest, logits.amax(1, keepdim=True))
        shrunk = (largest - seen).exp_()
        odds = logits.sub_(seen).exp_()
        # left out, or what a sure model still has to learn drowns in the rounding of its own odds
        odds.scatter_(1, column, odds.gather(1, column).masked_fill_(is_here, 0))
        others.mul_(shrunk).add_(odds.sum(1, keepdim=True))
        if gradient is not None:
            gradient.mul_(shrunk).add_(torch.mm(odds.to(part.dtype), part))
        largest = seen
    total = others + (found - largest).exp_()
    if gradient is not None:
        gradient.sub_(others * weight[targets]).div_(total)
    return (largest - found + total.log()).squeeze(1)
