"""Base models from the package, from disk or from the hub: weights, tokenizer, template, device.

Cache first: what is on this machine starts offline. Only safetensors are read and no code that
comes with a model is ever run.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import ConfigError, ModelError
from nbfinetune.core.presets import STARTER
from nbfinetune.templates.render import ChatTemplate

HUB_TIMEOUT_SECONDS = 8.0
SMALL_PARAMETERS = 30_000_000
STARTER_FOLDER = Path(__file__).parent.parent / "starter"

# PEFT 0.21 asks transformers 5.23 by a name that is going: no news for whoever runs a cell
warnings.filterwarnings("ignore", r"`is_gradient_checkpointing` is deprecated", FutureWarning)


@dataclass(frozen=True)
class BaseModel:
    """A loaded base model with everything that is needed to talk to it."""

    name: str
    model: Any
    tokenizer: Any
    template: ChatTemplate
    device: torch.device
    dtype: torch.dtype

    @property
    def context_length(self) -> int:
        """The longest sequence that the model was made for, in tokens."""
        return int(self.model.config.get_text_config().max_position_embeddings)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """While this model computes: a small one on the CPU takes a single core.

        Its matrices are too small to share: two threads save little on a quiet machine, and on a
        busy one they wait for each other at every layer (a run took 69 s instead of 23).
        """
        threads = torch.get_num_threads()
        small = sum(p.numel() for p in self.model.parameters()) <= SMALL_PARAMETERS
        if self.device.type == "cpu" and small and threads > 1:
            torch.set_num_threads(1)
            try:
                yield
            finally:
                torch.set_num_threads(threads)
        else:
            yield

    def stop_ids(self) -> list[int]:
        """The ids at which an answer ends: the template's and those of the model's own settings."""
        own = self.model.generation_config.eos_token_id
        listed = own if isinstance(own, list) else [own]
        found = {self.template.end_of_turn_id(), self.tokenizer.eos_token_id, *listed}
        return sorted(i for i in found if i is not None)


def load_base(name: str, device: str = "auto", dtype: str = "auto") -> BaseModel:
    """Load a base model by name: `starter`, a folder or a hub id.

    Raises:
        ModelError: It can't be found, reached or read, or has no chat template.
        ConfigError: The device is not here.
    """
    source, local = _locate(name)
    target = choose_device(device)
    number_format = choose_dtype(dtype, target)
    options: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **options)
        options |= {"dtype": number_format, "attn_implementation": "sdpa", "use_safetensors": True}
        with _without_bars() if local else nullcontext():
            model = AutoModelForCausalLM.from_pretrained(source, **options)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError("model_damaged", name=name, reason=_first_line(error)) from error
    model.to(target).eval()
    return BaseModel(name, model, tokenizer, ChatTemplate(tokenizer, name), target, number_format)


def load_template(name: str) -> ChatTemplate:
    """The chat template of a model with its tokenizer alone: what the loss sees needs no weights.

    Raises:
        ModelError: As `load_base`.
    """
    source, local = _locate(name)
    options: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError("model_damaged", name=name, reason=_first_line(error)) from error
    return ChatTemplate(tokenizer, name)


@contextmanager
def _without_bars() -> Iterator[None]:
    """No progress bars: those for weights on this disk stay in the notebook and say nothing."""
    if not transformers_logging.is_progress_bar_enabled():
        yield
        return
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.enable_progress_bar()


def _locate(name: str) -> tuple[str, bool]:
    """What to give to `from_pretrained`, and whether it is on this machine."""
    if name == STARTER:
        return str(STARTER_FOLDER), True
    if Path(name).is_dir():
        return name, True
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return name, True
        # an unreachable hub takes minutes to fail inside from_pretrained: ask first, briefly
        HfApi().model_info(name, timeout=HUB_TIMEOUT_SECONDS)
    except HFValidationError:
        raise ModelError("model_unknown", name=name, suggestion="") from None
    except Exception as error:  # the hub client raises its transport's own errors
        raise ModelError("model_unreachable", name=name, reason=_first_line(error)) from error
    return name, False


def choose_device(wanted: str = "auto") -> torch.device:
    """The device named, or the best one here: CUDA, then MPS, then the CPU."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    available = [*cuda, *mps, "cpu"]
    if wanted == "auto":
        return torch.device(available[0])
    name = "cuda:0" if wanted == "cuda" else wanted
    if name not in available:
        raise ConfigError(
            "device_unknown", field="device", device=wanted, available=", ".join(available)
        )
    return torch.device(name)


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """The format named; on auto bfloat16 where native, float16 on older GPUs, else float32."""
    if wanted != "auto":
        chosen: torch.dtype = getattr(torch, wanted)
        return chosen
    if device.type != "cuda":
        return torch.float32
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float16


def load_for_training(name: str, config: TrainConfig) -> BaseModel:
    """A base model of its own for a run: PEFT changes its modules in place."""
    return load_base(name, config.device, config.dtype)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
