"""A frozen linear layer with LoRA beside it, as one operation.

PEFT computes `W x + s · B A dropout(x)` in six, with float32 copies of what goes in and comes out.
Here the matrices take the dtype of the layer's input for the product, which accumulates in float32
all the same; nothing is kept for the backward pass but the input, which layers share, and A x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn

from nbfinetune.training.fused.dropout import Holes, holes


def fused_lora(module: nn.Module, adapter: str) -> Callable[..., Any] | None:
    """A forward function for PEFT's layer while `adapter` alone is active on it.

    None where the layer is anything but plain LoRA on a plain frozen layer: quantized, DoRA …
    """
    if type(module) is not Linear:
        return None
    layer: Any = module
    if adapter not in layer.lora_A or adapter in layer.lora_variant or layer.fan_in_fan_out:
        return None
    base, a, b = layer.base_layer, layer.lora_A[adapter], layer.lora_B[adapter]
    dropout = getattr(layer.lora_dropout[adapter], "p", 0.0)
    if type(base) is not nn.Linear or base.weight.requires_grad or b.bias is not None:
        return None
    if dropout >= 1:
        return None
    scaling = float(layer.scaling[adapter])

    def forward(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        alone = layer.active_adapters == [adapter] and not layer.disable_adapters
        if args or kwargs or not alone or layer.merged or x.dtype is not base.weight.dtype:
            return Linear.forward(layer, x, *args, **kwargs)
        p = dropout if layer.training else 0.0
        return _lora_linear(x, base.weight, base.bias, a.weight, b.weight, scaling, p)

    return forward


class _LoraLinear(torch.autograd.Function):
    """x: (…, in), weight: (out, in), a: (rank, in), b: (out, rank) → (…, out)."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        a: Tensor,
        b: Tensor,
        scaling: float,
        p: float,
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        dropped = holes(flat, p) if p else None
        ctx.scaling = scaling * (dropped.scale if dropped else 1.0)
        left = flat if dropped is None else dropped.cut_(flat.clone())
        low = torch.mm(left, a.to(x.dtype).T)
        out = nn.functional.linear(flat, weight, bias)
        out.addmm_(low, b.to(x.dtype).T, alpha=ctx.scaling)
        ctx.save_for_backward(left, weight, a, b, low, dropped.places if dropped else None)
        return out.view(*x.shape[:-1], len(weight))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        left, weight, a, b, low, places = ctx.saved_tensors
        dropped = Holes(places, 1.0) if places is not None else None
        grad = grads[0].reshape(-1, len(weight))
        grad_low = torch.mm(grad, b.to(grad.dtype)).mul_(ctx.scaling)
        grad_a = torch.mm(grad_low.T, left).to(a.dtype)
        grad_b = torch.mm(grad.T, low).to(b.dtype).mul_(ctx.scaling)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = torch.mm(grad, weight)
            if dropped is None:
                grad_x.addmm_(grad_low, a.to(grad.dtype))
            else:
                dropped.add_product_(grad_x, grad_low, a.to(grad.dtype))
            grad_x = grad_x.view(*grads[0].shape[:-1], weight.shape[1])
        return grad_x, None, None, grad_a, grad_b, None, None


_lora_linear: Callable[..., Any] = _LoraLinear.apply
