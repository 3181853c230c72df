"""The gated MLP of Llama and its many relatives: `down(act(gate(x)) · up(x))`.

Nothing is kept for the backward pass but what goes in, and no operation goes over more than what
stays in the cache.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers.activations import ACT2FN

from nbfinetune.training.fused.slices import slices
from nbfinetune.training.fused.source import body

_aten = torch.ops.aten
_FORWARD = re.compile(
    r"(return|(?P<out>\w+) =) self\.down_proj\(self\.act_fn\(self\.gate_proj\((?P<x>\w+)\)\)"
    r" \* self\.up_proj\((?P=x)\)\)( return (?P=out))?"
)


class _Activation(NamedTuple):
    """A function of x and its derivative times a gradient, each written to the last argument."""

    forward: Callable[[Tensor, Tensor], object]
    backward: Callable[[Tensor, Tensor, Tensor], object]


_ACTIVATIONS = {
    type(ACT2FN["silu"]): _Activation(
        lambda x, out: _aten.silu.out(x, out=out),
        lambda grad, x, out: _aten.silu_backward.grad_input(grad, x, grad_input=out),
    ),
    type(ACT2FN["gelu_pytorch_tanh"]): _Activation(
        lambda x, out: _aten.gelu.out(x, approximate="tanh", out=out),
        lambda grad, x, out: _aten.gelu_backward.grad_input(
            grad, x, approximate="tanh", grad_input=out
        ),
    ),
}
_ACTIVATIONS[nn.SiLU] = _ACTIVATIONS[type(ACT2FN["silu"])]


def fused_mlp(module: nn.Module) -> Callable[..., Any] | None:
    """A forward function for such an MLP; None where the module is something else."""
    mlp: Any = module
    activation = _ACTIVATIONS.get(type(getattr(module, "act_fn", None)))
    if activation is None or not _FORWARD.fullmatch(body(module)):
        return None

    def forward(x: Tensor) -> Any:
        return mlp.down_proj(_gated(mlp.gate_proj(x), mlp.up_proj(x), activation))

    return forward


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor, activation: _Activation) -> Tensor:
        ctx.save_for_backward(gate, up)
        ctx.activation = activation
        out = torch.empty(up.shape, dtype=up.dtype, device=up.device)
        flat, g, u = map(_flat, (out, gate, up))
        for part in slices(u):
            activation.forward(g[part], flat[part])
            flat[part].mul_(u[part])
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        gate, up = ctx.saved_tensors
        grad_gate, grad_up = (torch.empty(up.shape, dtype=up.dtype, device=up.device) for _ in "gu")
        grad, g, u, to_g, to_u = map(_flat, (grads[0], gate, up, grad_gate, grad_up))
        for part in slices(u):
            ctx.activation.forward(g[part], to_u[part])
            to_u[part].mul_(grad[part])
            ctx.activation.backward(grad[part] * u[part], g[part], to_g[part])
        return grad_gate, grad_up, None


_gated: Callable[..., Tensor] = _Gated.apply


def _flat(tensor: Tensor) -> Tensor:
    return tensor.reshape(-1, tensor.shape[-1])
