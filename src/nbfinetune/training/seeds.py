"""The random numbers of a run: a function of its seed and of the step, never of what came before.

So a resumed run needs no stored generators, a step that is repeated drops the same inputs, and the
random numbers of the user's own cells, in the same process, go on undisturbed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def drawing(device: torch.device, *seeds: int) -> Iterator[None]:
    """Inside, torch draws from these seeds; afterwards as if nothing had been drawn."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(_mixed(seeds))
        yield


def _mixed(seeds: tuple[int, ...]) -> int:
    """One seed of several, each in its place (FNV-1a, 64 bits); a single one is itself."""
    mixed, *others = seeds
    for seed in others:
        mixed = ((mixed ^ seed) * 0x100000001B3) % 2**64
    return mixed
