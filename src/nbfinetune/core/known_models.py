"""Base models that people fine-tune: how large, which languages, under which licence.

Facts as their makers state them; whatever else has a chat template works as well.
"""

from __future__ import annotations

import msgspec

from nbfinetune.core.presets import STARTER

_BILLION = 1_000_000_000

APACHE, MIT = "Apache-2.0", "MIT"
_LLAMA = "en de fr it pt hi es th"


class KnownModel(msgspec.Struct, frozen=True):
    """`languages`: codes of those that it was made for, or how many; `gated`: its maker wants the
    licence accepted on the hub before it can be fetched.
    """

    name: str
    parameters: int
    languages: str
    licence: str
    gated: bool = False


def _known(
    name: str, billions: float, languages: str, licence: str, *, gated: bool = False
) -> KnownModel:
    return KnownModel(name, round(billions * _BILLION), languages, licence, gated)


KNOWN = (
    KnownModel(STARTER, 6_002_944, "en zh", APACHE),
    _known("HuggingFaceTB/SmolLM2-135M-Instruct", 0.135, "en", APACHE),
    _known("HuggingFaceTB/SmolLM2-360M-Instruct", 0.362, "en", APACHE),
    _known("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1.71, "en", APACHE),
    _known("Qwen/Qwen2.5-0.5B-Instruct", 0.494, "en zh + 27", APACHE),
    _known("Qwen/Qwen2.5-1.5B-Instruct", 1.54, "en zh + 27", APACHE),
    _known("Qwen/Qwen2.5-3B-Instruct", 3.09, "en zh + 27", "Qwen Research"),
    _known("Qwen/Qwen2.5-7B-Instruct", 7.62, "en zh + 27", APACHE),
    _known("Qwen/Qwen3-0.6B", 0.6, "en zh + 117", APACHE),
    _known("Qwen/Qwen3-1.7B", 1.7, "en zh + 117", APACHE),
    _known("Qwen/Qwen3-4B", 4.0, "en zh + 117", APACHE),
    _known("Qwen/Qwen3-8B", 8.2, "en zh + 117", APACHE),
    _known("meta-llama/Llama-3.2-1B-Instruct", 1.24, _LLAMA, "Llama 3.2", gated=True),
    _known("meta-llama/Llama-3.2-3B-Instruct", 3.21, _LLAMA, "Llama 3.2", gated=True),
    _known("meta-llama/Llama-3.1-8B-Instruct", 8.03, _LLAMA, "Llama 3.1", gated=True),
    _known("google/gemma-2-2b-it", 2.61, "en", "Gemma", gated=True),
    _known("google/gemma-3-1b-it", 1.0, "en", "Gemma", gated=True),
    _known("microsoft/Phi-3.5-mini-instruct", 3.82, "en zh + 21", MIT),
    _known("microsoft/Phi-4-mini-instruct", 3.84, "en zh + 21", MIT),
    _known("mistralai/Mistral-7B-Instruct-v0.3", 7.25, "en", APACHE),
)
