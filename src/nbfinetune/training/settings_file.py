"""A run's settings as a file of names and values: YAML to read, keep and edit, or a `spec.json`.

Knows base model, preset, validation share and the fields of `TrainConfig`; no data, no names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbfinetune.core.config import SETTINGS, allowed_values, make_config, unknown_setting
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.presets import PRESETS
from nbfinetune.core.quoting import visible
from nbfinetune.core.runs.store import RunSpec

_BESIDE = ("base_model", "preset", "validation")


Validation = float | MessageDataset | str
"""A share of the rows, or rows of their own, or the name of one of these."""


class GivenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says about how to train: a caller, a file, an earlier run. None and {} where
    nothing is said.
    """

    base_model: str | None = None
    preset: str | None = None
    validation: Validation | None = None
    values: Mapping[str, Any] = {}

    @classmethod
    def of(cls, spec: RunSpec) -> GivenSettings:
        """Everything that decided how that run trained."""
        return cls(
            base_model=spec.base_model,
            preset=spec.preset,
            validation=spec.data.validation,
            values=msgspec.to_builtins(spec.config),
        )

    def over(self, below: GivenSettings) -> GivenSettings:
        """What is said here, and where nothing is, what `below` says.

        A preset that is named here stands above single values that `below` has.
        """
        hidden = PRESETS.get(self.preset or "", {})
        kept = {name: value for name, value in below.values.items() if name not in hidden}
        return GivenSettings(
            base_model=self.base_model or below.base_model,
            preset=self.preset or below.preset,
            validation=self.validation if self.validation is not None else below.validation,
            values={**kept, **self.values},
        )


def settings_text(spec: RunSpec) -> str:
    """The file of a run: every setting with its value, a line each, and what it may be."""
    given = GivenSettings.of(spec)
    lines = [f"# settings of the run {visible(spec.name)}:  --config THIS_FILE"]
    lines += [f"{name}: {_value(getattr(given, name))}" for name in _BESIDE]
    lines += [
        f"{name}: {_value(value)}  # {allowed_values(name)}" for name, value in given.values.items()
    ]
    return "\n".join(lines) + "\n"


def read_settings(path: Path) -> GivenSettings:
    """The settings in a file, checked one by one.

    Raises:
        ConfigError: It can't be read, names something else, or a value is out of range.
    """
    found = _read(path)
    config = found.pop("config", {})  # a spec.json has its settings inside
    if isinstance(config, dict) and config:
        data = found.get("data")
        validation = data.get("validation") if isinstance(data, dict) else None
        found = {name: found.get(name) for name in _BESIDE} | {"validation": validation, **config}
    beside = {name: found.pop(name, None) for name in _BESIDE}
    for name in found:
        if name not in SETTINGS:
            raise unknown_setting(str(name), _BESIDE)
    make_config(found)
    said = {name: None if value is None else str(value) for name, value in beside.items()}
    return GivenSettings(**said, values=found)


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text("utf-8"))  # JSON is YAML
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError("settings_unreadable", field="config", path=path, reason=reason) from None
    if not isinstance(found, dict):
        reason = "it holds no names and values"
        raise ConfigError("settings_unreadable", field="config", path=path, reason=reason)
    return found


def _value(value: object) -> str:
    """A value as YAML reads it back; texts in quotes, since one may look like a number."""
    import yaml

    style = '"' if isinstance(value, str) else None
    dumped: str = yaml.safe_dump(value, default_style=style, width=math.inf, allow_unicode=True)
    return dumped.splitlines()[0]
