"""Long tensors in slices that stay in a core's cache while several operations go over them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

ELEMENTS = 2**17


def slices(tensor: Tensor) -> Iterator[slice]:
    """Slices over the rows of a tensor of shape (rows, width); on a GPU one for all of them."""
    rows = len(tensor)
    at_once = rows if tensor.device.type != "cpu" else max(1, ELEMENTS // tensor.shape[1])
    for start in range(0, rows, max(1, at_once)):
        yield slice(start, start + at_once)
