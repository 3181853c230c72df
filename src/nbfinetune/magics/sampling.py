"""The options for generation, the same in every magic that asks models."""

from __future__ import annotations

from argparse import Namespace

import msgspec

from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.errors import ConfigError
from nbfinetune.magics.arguments import Option

SAMPLING = (
    Option("max-tokens", "longest answer [256]", "N"),
    Option("temperature", "0 is the same answer every time [0]", "T"),
    Option("top-p", "draw from the likeliest tokens that share this mass [1]", "P"),
    Option("seed", "of the drawing [0]", "N"),
)

_RANGES = {
    "max_tokens": (1, 1_000_000),
    "temperature": (0, 5),
    "top_p": (0.01, 1),
    "seed": (0, 2**63),
}


def sampling_params(given: Namespace) -> SamplingParams:
    """What was given, the defaults for the rest.

    Raises:
        ConfigError: Not a number, or out of range.
    """
    read: dict[str, float] = {}
    for name, (low, high) in _RANGES.items():
        value = getattr(given, name)
        if value is None:
            continue
        whole = name in ("max_tokens", "seed")
        try:
            read[name] = int(value) if whole else float(value)
        except ValueError:
            read[name] = float("nan")
        if not low <= read[name] <= high:
            allowed = f"{'a whole number ' if whole else ''}between {low} and {high}"
            raise ConfigError("setting_out_of_range", field=name, value=value, allowed=allowed)
    return msgspec.convert(read, SamplingParams)
