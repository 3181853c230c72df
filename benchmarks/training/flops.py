"""What a step has to compute, and what this machine can: the share of its peak is their quotient.

Counted are the forward pass, the gradients of activations and of the LoRA matrices; frozen weights
have no gradients, and what is computed twice counts once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.packing import needed, pack


def step_flops(rows: Sequence[LabelledRow], config: Any, rank: int) -> float:
    """Of a Qwen2 on these rows: tokens that several of them begin with counted once, the MLP of the
    last layer only where something is predicted.
    """
    packed = pack([needed(row) for row in rows])
    layers, head = config.num_hidden_layers, config.hidden_size * config.vocab_size
    tokens, seen = len(packed.ids), sum(position + 1 for position in packed.positions)
    # 2 for a product and its sum; scores and values forward, twice as much backward
    attention = 12 * seen * config.hidden_size * layers
    predicting, linear = len(packed.targets), 0
    for layer in range(layers):
        for inputs, outputs, reads_input in linear_shapes(config):
            narrow = layer == layers - 1 and config.intermediate_size in (inputs, outputs)
            passes_on = layer > 0 or not reads_input
            of_token = linear_flops(inputs, outputs, rank, passes_on=passes_on)
            linear += (predicting if narrow else tokens) * of_token
    return float(linear + attention + 4 * head * predicting)


def linear_shapes(config: Any) -> list[tuple[int, int, bool]]:
    """Inputs, outputs and whether it reads the layer's input, of each linear map in a layer."""
    hidden, inner = config.hidden_size, config.intermediate_size
    keys = hidden // config.num_attention_heads * config.num_key_value_heads
    return [(hidden, hidden, True), (hidden, keys, True), (hidden, keys, True),
            (hidden, hidden, False), (hidden, inner, False), (hidden, inner, False),
            (inner, hidden, False)]  # fmt: skip


def linear_flops(inputs: int, outputs: int, rank: int, *, passes_on: bool) -> int:
    """Per token. `passes_on`: the gradient of its input is needed; embeddings are not trained."""
    back = 2 if passes_on else 0
    return (2 + back) * inputs * outputs + rank * ((4 + back) * inputs + 6 * outputs)


def peak_flops(device: str) -> float:
    """Of this machine in bfloat16, per second: the best of square matrix products."""
    return max(_best_product(size, device) for size in (1024, 2048, 4096))


def _best_product(size: int, device: str, times: int = 12) -> float:
    one, other = (torch.randn(size, size, device=device).bfloat16() for _ in range(2))
    wait, seconds = waiting(device), []
    for _ in range(times):
        wait()
        began = time.perf_counter()
        torch.mm(one, other)
        wait()
        seconds.append(time.perf_counter() - began)
    return 2.0 * size**3 / min(seconds)


def waiting(device: str) -> Callable[[], None]:
    """A function that returns once the device has done everything."""
    return torch.cuda.synchronize if device.startswith("cuda") else lambda: None
