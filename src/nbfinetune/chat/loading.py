"""Base models in memory: weights, tokenizer, template, device.

Where a model's files are is known to `chat.hub`. Only safetensors are read, and no code that comes
with a model is ever run.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from nbfinetune.chat.adapters import Adapters
from nbfinetune.chat.devices import (
    SMALL_PARAMETERS,
    fits,
    give_memory_back,
    no_room,
    settled,
    single_core,
)
from nbfinetune.chat.hub import Found, find, first_line
from nbfinetune.chat.models import How, Loaded
from nbfinetune.chat.turns import turns_of
from nbfinetune.chat.waiting import PATIENT, Waiting
from nbfinetune.chat.weights import CONFIG
from nbfinetune.core import text
from nbfinetune.core.errors import ModelError, NbFinetuneError
from nbfinetune.templates.render import ChatTemplate

_SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}

# PEFT 0.21 asks transformers 5.23 by a name that is going: no news for whoever runs a cell
warnings.filterwarnings("ignore", r"`\w*gradient_checkpointing\w*` is deprecated", FutureWarning)


@dataclass(frozen=True)
class BaseModel:
    """A loaded base model with everything that is needed to talk to it.

    `adapters` are the LoRA matrices on it; `adapter` names the one that computes, None is the base
    alone. Several of these can share a model and its adapters.
    """

    name: str
    model: Any
    tokenizer: Any
    template: ChatTemplate
    device: torch.device
    dtype: torch.dtype
    parameters: int = 0
    """How many weights it has, without those of adapters; `weight_bytes` is what they hold."""
    weight_bytes: int = 0
    adapters: Adapters = field(default_factory=Adapters)
    adapter: str | None = None

    @property
    def context_length(self) -> int:
        """The longest sequence that the model was made for, in tokens."""
        return int(self.model.config.get_text_config().max_position_embeddings)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """While this model computes, with its adapter: nobody else does so on its device."""
        with self.turn():
            self.adapters.activate(self.model, self.adapter)
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn on the device, to compute or to change what is on the model.

        A small model on the CPU takes a single core: its matrices are too small to share, and two
        threads wait for each other at every layer (on a busy machine a run took 69 s instead of
        23).
        """
        small = self.device.type == "cpu" and self.parameters <= SMALL_PARAMETERS
        with turns_of(self.device).taken(), single_core() if small else nullcontext():
            yield

    @property
    def memory_bytes(self) -> int:
        """What its weights and those of its adapters hold."""
        return self.weight_bytes + self.adapters.memory_bytes

    def stop_ids(self) -> list[int]:
        """The ids at which an answer ends: the template's and those of the model's own settings."""
        own = self.model.generation_config.eos_token_id
        listed = own if isinstance(own, list) else [own]
        found = {self.template.end_of_turn_id(), self.tokenizer.eos_token_id, *listed}
        return sorted(i for i in found if i is not None)


def load_base(name: str, device: str = "auto", dtype: str = "auto") -> BaseModel:
    """A base model of one's own by name: `starter`, a folder or a hub id.

    Raises:
        ModelError: It can't be found, reached or read, or has no chat template.
        ConfigError: The device is not here.
    """
    found = find(name)
    return open_base(found, settled(How(device, dtype), found.parameters))


def open_base(
    found: Found, how: How, beside: Sequence[Loaded] = (), waiting: Waiting = PATIENT
) -> BaseModel:
    """The model that was found, loaded as `how` says, where it fits `beside` the others.

    Raises:
        ModelError: It doesn't fit, can't be read, has no chat template or needs code of its own.
    """
    options = _options(found, how)
    if not fits(found.parameters, how):
        raise no_room(found.name, found.parameters, how, beside)
    waiting.tell(text.message("model_loading", {"name": found.name, "device": how.device}))
    template = _template(found)
    model = None
    with _readable(found.name), _without_bars(), suppress(torch.OutOfMemoryError, MemoryError):
        model = _model(found, how, options)
    if model is None:  # here, where no error's frames hold what was loaded before the end
        give_memory_back()
        raise no_room(found.name, found.parameters, how, beside)
    device = torch.device(how.device)
    model.eval().requires_grad_(False)
    model.name_or_path = found.name  # what PEFT writes into checkpoints: no path of this machine
    number_format: torch.dtype = getattr(torch, how.dtype)
    parameters = sum(weight.numel() for weight in model.parameters())
    return BaseModel(
        found.name,
        model,
        template.tokenizer,
        template,
        device,
        number_format,
        parameters,
        _bytes(model),
    )


def _bytes(model: Any) -> int:
    """What a model's tensors hold, those that share a place counted once."""
    storages = [t.untyped_storage() for t in (*model.parameters(), *model.buffers())]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def load_template(name: str) -> ChatTemplate:
    """The chat template of a model with its tokenizer alone: what the loss sees needs no weights.

    Raises:
        ModelError: As `load_base`.
    """
    return _template(find(name, weights=False))


def _model(found: Found, how: How, options: dict[str, Any]) -> Any:
    model = AutoModelForCausalLM.from_pretrained(found.folder, **options)
    return model if how.load_in_4bit else model.to(how.device)


_templates: dict[tuple[Found, tuple[object, ...]], ChatTemplate] = {}
_templates_lock = Lock()


def _template(found: Found) -> ChatTemplate:
    """The template with its tokenizer, the same one again as long as its files are the same: what
    an X-ray or a dry run has tokenized, the run after it doesn't tokenize again.

    The last two stay in memory.
    """
    with _readable(found.name):
        key = (found._replace(parameters=0), _state(found.folder))
    with _templates_lock:
        template = _templates.pop(key, None) or ChatTemplate(_tokenizer(found), found.name)
        _templates[key] = template
        while len(_templates) > 2:
            del _templates[next(iter(_templates))]
    return template


def _state(folder: Path) -> tuple[object, ...]:
    """What tells the files of a tokenizer from others that were at their places before."""
    files = sorted(path for path in folder.iterdir() if path.suffix != ".safetensors")
    stats = ((path.name, path.stat()) for path in files)
    return tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _tokenizer(found: Found) -> Any:
    with _readable(found.name):
        return AutoTokenizer.from_pretrained(found.folder, **_SAFE)


def _options(found: Found, how: How) -> dict[str, Any]:
    """The arguments of `from_pretrained`; nothing in a model's own files decides on them."""
    config = _config(found)
    number_format = getattr(torch, how.dtype)
    options: dict[str, Any] = {
        **_SAFE,
        "dtype": number_format,
        # sdpa leaves out the soft cap of attention scores that some Gemma models have
        "attn_implementation": "eager" if config.get("attn_logit_softcapping") else "sdpa",
        "use_safetensors": True,
    }
    if how.device.startswith("cuda"):
        options["device_map"] = {"": how.device}  # past the memory of the CPU
    if how.load_in_4bit:
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=number_format,
        )
    return options


def _config(found: Found) -> dict[str, Any]:
    """A model's own settings; one that only its own code could read is refused."""
    with _readable(found.name):
        config: dict[str, Any] = json.loads((found.folder / CONFIG).read_bytes())
        known = config.get("model_type") in CONFIG_MAPPING
    if not known and "auto_map" in config:
        raise ModelError("model_needs_code", name=found.name)
    return config


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What the libraries say of a model that they can't read becomes an error of ours."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, TypeError, SafetensorError) as error:
        if isinstance(error, NbFinetuneError):
            raise
        if "trust_remote_code" in str(error):
            raise ModelError("model_needs_code", name=name) from error
        raise ModelError("model_damaged", name=name, reason=first_line(error)) from error


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
