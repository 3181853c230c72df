"""Dropout that draws as few random numbers as it can.

On a CPU most of the time of dropout goes into a random number for each element, nearly all of which
are kept. There the dropped places are drawn instead: for each row a Poisson number of them, each
anywhere in it. A place is then hit a Poisson number of times with mean −log(1 − p), independently
of all others, so that it is dropped with probability 1 − exp(log(1 − p)) = p: the same
distribution. Row by row, so that places which are written one after another lie together.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

_RARE = 0.3


class Holes(NamedTuple):
    """What is dropped of a tensor: its places, as indices of the flat tensor, or a mask of it."""

    places: Tensor
    scale: float
    """What is left is to be multiplied with it, 1 / (1 − p)."""

    def cut_(self, tensor: Tensor) -> Tensor:
        """`tensor`, contiguous, with zeros at the dropped places; not scaled."""
        if self.places.dtype is torch.bool:
            return tensor.masked_fill_(self.places, 0)
        tensor.view(-1).index_fill_(0, self.places, 0)
        return tensor

    def add_product_(self, tensor: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """`tensor` + `left` · `right`, but as it was at the dropped places."""
        if self.places.dtype is torch.bool:
            return tensor.add_(torch.mm(left, right).masked_fill_(self.places, 0))
        flat = tensor.view(-1)
        before = flat.index_select(0, self.places)
        tensor.addmm_(left, right)
        flat.index_copy_(0, self.places, before)
        return tensor


def holes(tensor: Tensor, p: float) -> Holes:
    """Drop each element of `tensor`, (rows, width), with probability `p`, below 1."""
    scale = 1 / (1 - p)
    if tensor.device.type != "cpu" or p > _RARE:
        mask = torch.empty(tensor.shape, dtype=torch.bool, device=tensor.device).bernoulli_(p)
        return Holes(mask, scale)
    rows, width = tensor.shape
    mean = -math.log1p(-p) * width
    counts = torch.poisson(torch.full((rows,), mean)).long()
    is_simulated = isinstance(counts, FakeTensor)  # then as many as on average
    total = round(rows * mean) if is_simulated else int(counts.sum())
    begins = torch.arange(0, rows * width, max(1, width))
    begins = begins.repeat_interleave(counts, output_size=total)
    return Holes(begins + torch.randint(max(1, width), (total,)), scale)
