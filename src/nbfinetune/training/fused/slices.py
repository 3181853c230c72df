"""Long tensors in slices that stay in a core's cache while several operations go over them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

ELEMENTS = 2**17
SIMULATED = 2**21
"""Where only sizes are computed, every slice costs time and shows nothing new."""


def slices(tensor: Tensor) -> Iterator[slice]:
    """Slices over the rows of a tensor of shape (rows, width); on a GPU one for all of them."""
    rows = len(tensor)
    elements = SIMULATED if isinstance(tensor, FakeTensor) else ELEMENTS
    at_once = rows if tensor.device.type != "cpu" else max(1, elements // tensor.shape[1])
    for start in range(0, rows, max(1, at_once)):
        yield slice(start, start + at_once)
