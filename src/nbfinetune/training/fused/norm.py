"""RMSNorm with a frozen weight, as one operation that keeps its input and one number per token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from nbfinetune.training.fused.slices import slices
from nbfinetune.training.fused.source import body

_LLAMA = (
    "input_dtype = hidden_states.dtype hidden_states = hidden_states.to(torch.float32)"
    " variance = hidden_states.pow(2).mean(-1, keepdim=True)"
    " hidden_states = hidden_states * torch.rsqrt(variance + self.variance_epsilon)"
    " return self.weight * hidden_states.to(input_dtype)"
)
_GEMMA = (
    "output = self._norm(x.float()) output = output * (1.0 + self.weight.float())"
    " return output.type_as(x)"
)
_GEMMA_NORM = "return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)"


def fused_norm(module: nn.Module) -> Callable[..., Any] | None:
    """A forward function for such a norm; None where the module is something else."""
    norm: Any = module
    weight = getattr(module, "weight", None)
    if not isinstance(weight, Tensor) or weight.requires_grad:
        return None
    if body(module) == _LLAMA:
        return lambda x: _normed(x, norm.weight, norm.variance_epsilon, True)
    if body(module) == _GEMMA and body(module, "_norm") == _GEMMA_NORM:
        scale = 1.0 + weight.float()
        return lambda x: _normed(x, scale, norm.eps, False)
    return None


class _RMSNorm(torch.autograd.Function):
    """`rounded`: to the dtype of x before it is multiplied with the weight, not behind that."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float, rounded: bool) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        out = torch.empty_like(flat)
        rates = torch.empty(len(flat), 1, device=x.device)
        for part in slices(flat):
            wide = flat[part].float()
            rate = torch.rsqrt(wide.square().mean(-1, keepdim=True).add_(eps), out=rates[part])
            normed = wide * rate
            torch.mul(normed.to(x.dtype) if rounded else normed, weight, out=out[part])
        ctx.save_for_backward(flat, weight, rates)
        return out.view(x.shape)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        flat, weight, rates = ctx.saved_tensors
        grad = grads[0].reshape(flat.shape)
        grad_x = torch.empty_like(flat)
        for part in slices(flat):
            rate = rates[part]
            normed = flat[part].float() * rate
            slope = grad[part].float() * weight
            along = (slope * normed).mean(-1, keepdim=True)
            grad_x[part] = slope.addcmul_(normed, along, value=-1).mul_(rate)
        return grad_x.view(grads[0].shape), None, None, None


_normed: Callable[..., Tensor] = _RMSNorm.apply
