"""What a run is made of, decided before anything trains: rows of both sides, settings, notices.

Knows data and settings; nothing is written here and no model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbfinetune.core.dataset import MessageDataset, Split
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.presets import STARTER, preset_for, resolve_config
from nbfinetune.core.reading.sources import read_file
from nbfinetune.core.runs.events import Notice
from nbfinetune.core.runs.launched import ENGINES, EngineName
from nbfinetune.core.runs.store import DataSpec, Run, RunSpec, new_run_id
from nbfinetune.training import preflight

VALIDATION_SHARE = 0.1
"""What is held out where nothing is said."""


def plan(
    data: MessageDataset,
    validation: float | MessageDataset,
    settings: Mapping[str, Any],
    *,
    name: str,
    base_model: str,
    preset: str | None,
    engine: str,
) -> tuple[RunSpec, Split]:
    """The spec of a run, and the rows to freeze with it.

    Raises:
        DatasetError: The data can't be trained on.
        ConfigError: A setting with a value that it can't take.
    """
    config = resolve_config(base_model, preset, settings)
    split = preflight.split_rows(data, validation, config.seed)
    notices = preflight.step_notices(len(split.train), config)
    if isinstance(validation, MessageDataset):  # a share has no row of the other side
        notices += preflight.overlap_notices(split)
    if not split.validation:
        notices.append(Notice("no_validation"))
    said = validation.name if isinstance(validation, MessageDataset) else f"{validation:g}"
    chosen = preset or preset_for(base_model)
    if preset is None and chosen != "standard":
        notices.insert(0, Notice("preset_chosen", {"preset": chosen, "model": base_model}))
    spec = RunSpec(
        run_id=new_run_id(name),
        name=name,
        created=datetime.now(UTC).isoformat("T", "milliseconds"),
        base_model=_anywhere(base_model),
        preset=chosen,
        config=config,
        data=DataSpec(
            name=data.name,
            sha256=data.sha256,
            train_rows=len(split.train),
            validation_rows=len(split.validation),
            validation=said,
            systems=list(data.systems),
            files=preflight.hashes(split),
        ),
        engine=engine_named(engine),
        notices=notices,
    )
    return spec, split


def _anywhere(base_model: str) -> str:
    """The name of a base model that means the same in whichever folder a run is resumed."""
    folder = Path(base_model).expanduser()
    return str(folder.resolve()) if base_model != STARTER and folder.is_dir() else base_model


def rows_of(run: Run) -> tuple[MessageDataset, MessageDataset | float]:
    """The rows that a run was trained on, and those it was measured on: 0 where there are none.

    Raises:
        DatasetError, RunError: They can't be read.
    """
    spec, folder = run.spec, run.path / "data"
    train = read_file(folder / "train.jsonl", name=spec.data.name)
    if not spec.data.validation_rows:
        return train, 0.0
    return train, read_file(folder / "validation.jsonl", name=spec.data.validation)


def engine_named(name: str) -> EngineName:
    """Raises ConfigError where there is no such engine."""
    for engine in ENGINES:
        if name == engine:
            return engine
    raise ConfigError(
        "setting_wrong_type", field="engine", value=name, allowed="one of " + ", ".join(ENGINES)
    )


def validation_share(given: float | str) -> float:
    """The share of the rows that is held out.

    Raises:
        ConfigError: It is no share.
    """
    try:
        ratio = float(given)
    except ValueError:
        raise ConfigError(
            "setting_wrong_type",
            field="validation",
            value=given,
            allowed="a share below 1 or the name of a dataset",
        ) from None
    if not 0 <= ratio < 1:
        raise ConfigError(
            "setting_out_of_range",
            field="validation",
            value=f"{ratio:g}",
            allowed="0 or more and below 1",
        )
    return ratio
