"""The LoRA matrices on one base model: those of a run that trains, and checkpoints that answer.

PEFT puts them beside the base's own weights, which never change. At most one takes part in
computing. All of this needs the turn of the device (`chat.turns`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

import msgspec
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors import SafetensorError, safe_open

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.checkpoints import RECORD, verify

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"

KEPT = 8
"""So many checkpoints stay on a base; beyond that, the one that answered longest ago goes."""

_OURS = {"r", "lora_alpha", "lora_dropout", "target_modules", "task_type", "inference_mode",
         "base_model_name_or_path", "peft_version"}  # fmt: skip
"""What a checkpoint decides. All else in its settings is as PEFT has it by default: some of that
replicates layers of the base, changes its weights or imports what it names."""

_UNKNOWN: Literal["?"] = "?"


class Adapters:
    """Which adapters are on a model, and which of them computes."""

    def __init__(self) -> None:
        self._peft: Any = None
        self._bytes: dict[str, int] = {}
        self._trained: dict[str, bool] = {}
        """Names of those that train, and whether gradient checkpointing is on for them."""
        self._loaded: dict[tuple[Path, bytes], str] = {}
        """Names of checkpoints, the last used one at the end."""
        self._active: str | None = None
        self._gradients_checkpointed = False
        self._numbers = count(1)

    @property
    def training(self) -> bool:
        """Whether a run trains on this base."""
        return bool(self._trained)

    @property
    def checkpoints(self) -> int:
        """How many checkpoints are on the base."""
        return len(self._loaded)

    @property
    def memory_bytes(self) -> int:
        """What all of them hold."""
        return sum(list(self._bytes.values()))

    def activate(self, model: Any, name: str | None) -> None:
        """From now on `model` computes with that adapter, or with none.

        One that trains gets gradients, nothing else does: whoever computed in between.
        """
        if self._peft is None or name == self._active:
            return
        self._active = _UNKNOWN
        tuner = self._peft.base_model
        if name is None:
            tuner.disable_adapter_layers()
        else:
            tuner.enable_adapter_layers()
            self._peft.set_adapter(name, inference_mode=name not in self._trained)
        self._checkpoint_gradients(model, on=self._trained.get(name or "", False))
        self._active = name

    def add(
        self, model: Any, lora: LoraConfig, name: str, *, gradient_checkpointing: bool = False
    ) -> Any:
        """The model with fresh matrices that are to be trained, drawn from torch's generator.

        They are float32 whatever the base is: small steps vanish in 16 bits.
        """
        with self._all_or_nothing(model, name):
            if self._peft is None:
                self._peft = get_peft_model(model, lora, name, autocast_adapter_dtype=True)
            else:
                self._peft.add_adapter(name, lora, autocast_adapter_dtype=True)
        self._trained[name] = gradient_checkpointing
        self.activate(model, name)
        return self._peft

    def load(self, model: Any, checkpoint: Path, device: str) -> str:
        """The name of a committed checkpoint's adapter, put on the model where it is not yet.

        Raises:
            RunError: It is damaged, or no plain LoRA.
        """
        key = (checkpoint, _record(checkpoint))
        name = self._loaded.pop(key, None) or self._read(model, checkpoint, device)
        self._loaded[key] = name
        while len(self._loaded) > KEPT:
            self.remove(self._loaded.pop(next(iter(self._loaded))))
        return name

    def _read(self, model: Any, checkpoint: Path, device: str) -> str:
        check_adapter(checkpoint)
        name = f"checkpoint{next(self._numbers)}"
        # low_cpu_mem_usage: no initialisation that draws random numbers, a run may be training
        options = {"adapter_name": name, "low_cpu_mem_usage": True, "torch_device": device}
        with self._all_or_nothing(model, name):
            if self._peft is None:
                self._peft = PeftModel.from_pretrained(model, checkpoint, **options)
            else:
                self._peft.load_adapter(checkpoint, **options)
        return name

    @contextmanager
    def _all_or_nothing(self, model: Any, name: str) -> Iterator[None]:
        """Memory may run out, or a cell be interrupted, with half of the matrices on the model."""
        self._active = _UNKNOWN
        try:
            yield
        except BaseException:
            self._take_out(model, name)
            raise
        weights = self._peft.named_parameters()
        self._bytes[name] = sum(w.nbytes for path, w in weights if f".{name}." in path)

    def _take_out(self, model: Any, name: str) -> None:
        first = self._peft is None
        getattr(model, "peft_config", {}).pop(name, None)
        for path, layer in list(model.named_modules()):
            if isinstance(layer, BaseTunerLayer) and first:
                model.set_submodule(path, layer.get_base_layer())
            elif isinstance(layer, BaseTunerLayer):
                layer.delete_adapter(name)
        if first and hasattr(model, "peft_config"):
            del model.peft_config

    def remove(self, name: str) -> None:
        """Take the adapter away; without any left the base is what it was before the first."""
        self._trained.pop(name, None)
        self._bytes.pop(name, None)
        others = [other for other in self._peft.peft_config if other != name]
        self._active = _UNKNOWN
        if others:
            self._peft.set_adapter(others[0], inference_mode=True)
            self._peft.delete_adapter(name)
            return
        model = self._peft.unload()
        self._peft = self._active = None
        self._checkpoint_gradients(model, on=False)

    def _checkpoint_gradients(self, model: Any, *, on: bool) -> None:
        if on and not self._gradients_checkpointed:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        elif self._gradients_checkpointed and not on:
            model.gradient_checkpointing_disable()
        self._gradients_checkpointed = on


def check_adapter(checkpoint: Path) -> None:
    """Refuse a checkpoint that is damaged or that asks PEFT for anything but plain LoRA weights.

    Raises:
        RunError: What is wrong with it.
    """
    names = {entry.name for entry in verify(checkpoint).files}
    if not {WEIGHTS, CONFIG} <= names:
        raise RunError("checkpoint_damaged", path=checkpoint, reason="it holds no LoRA weights")
    try:
        config = msgspec.json.decode((checkpoint / CONFIG).read_bytes())
        with safe_open(checkpoint / WEIGHTS, "pt"):
            pass
    except (ValueError, SafetensorError) as error:
        raise RunError("checkpoint_damaged", path=checkpoint, reason=str(error)) from None
    if not isinstance(config, dict) or not _is_plain(config):
        raise RunError("checkpoint_damaged", path=checkpoint, reason="it is not a plain LoRA")


def _is_plain(config: dict[str, Any]) -> bool:
    ordinary = LoraConfig().to_dict()
    listed = config.get("target_modules")
    return (
        config.get("peft_type") == "LORA"
        and isinstance(listed, list)  # a text would be a pattern
        # what another version of PEFT knows besides may stand there, as long as it is off
        and all(
            value == ordinary[name] if name in ordinary else not value
            for name, value in config.items()
            if name not in _OURS
        )
    )


def _record(checkpoint: Path) -> bytes:
    """What tells a checkpoint from another one that was at the same place before."""
    path = checkpoint / RECORD
    return path.read_bytes() if path.is_file() else b""
