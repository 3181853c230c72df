"""The last layer of Llama and its relatives, behind its attention only where something is trained.

Attention needs the keys of all tokens. What comes behind it concerns each token alone, and nothing
reads the states of tokens that predict nothing. Of few layers that saves much, of many little.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from nbfinetune.training.fused.source import body

_LLAMA = (
    "residual = hidden_states hidden_states = self.input_layernorm(hidden_states)"
    " hidden_states, _ = self.self_attn(hidden_states=hidden_states,"
    " attention_mask=attention_mask, position_ids=position_ids, past_key_values=past_key_values,"
    " use_cache=use_cache, position_embeddings=position_embeddings, **kwargs)"
    " hidden_states = residual + hidden_states residual = hidden_states"
    " hidden_states = self.post_attention_layernorm(hidden_states)"
    " hidden_states = self.mlp(hidden_states)"
    " hidden_states = residual + hidden_states return hidden_states"
)


def last_layer(decoder: Any) -> nn.Module | None:
    """The last layer of a decoder, where it is one that we know."""
    layers = getattr(decoder, "layers", None)
    if not isinstance(layers, nn.ModuleList) or body(layers[-1]) != _LLAMA:
        return None
    return layers[-1]


def narrowed(module: nn.Module) -> Callable[..., Any]:
    """A forward function for such a layer: (1, T, D) in, the states at `packed.wanted` out."""
    layer: Any = module

    def forward(hidden_states: Tensor, **how: Any) -> Tensor:
        packed = how["packed"]
        found, _ = layer.self_attn(hidden_states=layer.input_layernorm(hidden_states), **how)
        states = (hidden_states + found).index_select(1, packed.wanted)
        packed.is_narrow = True
        out: Tensor = states + layer.mlp(layer.post_attention_layernorm(states))
        return out

    return forward
