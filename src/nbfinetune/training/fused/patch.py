"""Our operations in place of a model's own ones, for as long as a step computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from nbfinetune.training.fused.gated import fused_mlp
from nbfinetune.training.fused.layer import narrowed
from nbfinetune.training.fused.lora import fused_lora
from nbfinetune.training.fused.norm import fused_norm


class Fused:
    """What can be replaced in a model that trains `adapter`; found once, taken in and out often.

    `last`: a layer of which only the wanted states are computed to their end.
    """

    def __init__(self, model: nn.Module, adapter: str, last: nn.Module | None = None) -> None:
        self._forwards: list[tuple[dict[str, Any], Any]] = []
        for module in model.modules():
            forward = fused_lora(module, adapter) or fused_mlp(module) or fused_norm(module)
            if module is last:
                forward = narrowed(module)
            if forward is not None:
                self._forwards.append((module.__dict__, forward))

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Inside, the model computes with them; whoever computes later finds it as it was.

        A function of the instance goes before that of its class; one that is there already, of a
        hook or another library, stays.
        """
        taken: list[dict[str, Any]] = []
        try:
            for attributes, forward in self._forwards:
                if "forward" not in attributes:
                    taken.append(attributes)
                    attributes["forward"] = forward
            yield
        finally:
            for attributes in taken:
                attributes.pop("forward", None)
