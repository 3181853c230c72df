"""Runs beside each other as a list, and what one of them is made of. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nbfinetune.core import text
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import Environment
from nbfinetune.core.runs.launched import ENGINES
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import Run, RunSpec
from nbfinetune.display.html import box, esc
from nbfinetune.display.run import duration, loss_text
from nbfinetune.display.text import table

WIDTH = 110
HEADS = (
    "runs_run", "runs_state", "runs_progress", "runs_loss", "runs_time", "runs_engine", "runs_note",
    "runs_id",
)  # fmt: skip


def runs_html(runs: Sequence[Run]) -> str:
    """All runs as a table, in their order."""
    rows = runs_table(runs)
    # a column that says nothing, or of every run the usual engine, only takes room
    told = [i for i in range(len(HEADS)) if {row[i] for row in rows} - {"", ENGINES[0]}]
    heads = _heads()
    return _table_html([heads[i] for i in told], [[row[i] for i in told] for row in rows])


def runs_text(runs: Sequence[Run]) -> str:
    """The same in characters."""
    return table(_heads(), runs_table(runs), WIDTH)


def runs_table(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """Name, state, progress, validation loss, time, engine, note and id of each run."""
    return [_row(run) for run in runs]


def _heads() -> list[str]:
    return [text.message(head, {}) for head in HEADS]


def _row(run: Run) -> tuple[str, ...]:
    try:
        engine, record = run.engine, run.record()
    except RunError as error:  # one damaged run must not hide the others
        return (run.name, str(error).split("\n")[0], "", "", "", "", "", run.id)
    loss = loss_text(record.validation_loss) if record.validation else ""
    time = duration(record.elapsed_seconds)
    about = (_progress(record), loss, time, engine, run.labels.note)
    return (run.name, record.state, *about, run.id)


def _progress(record: RunRecord) -> str:
    if record.plan is None:
        return str(record.step)
    return f"{record.step} / {record.plan.total_steps} ({record.progress:.0%})"


def details_html(run: Run) -> str:
    """What a run is made of, as a table."""
    return _table_html([], details(run))


def details_text(run: Run) -> str:
    """The same as lines."""
    return "\n".join(f"{name}: {value}" for name, value in details(run))


def details(run: Run) -> list[tuple[str, str]]:
    """Name, method, base model, settings, data, versions and hardware of a run, each with its name.

    Raises:
        RunError: Its spec can't be read.
    """
    spec, record, note = run.spec, run.record(), run.labels.note
    pairs = [
        ("runs_run", f"{run.name} ({run.id})"),
        ("runs_note", note),
        ("runs_state", record.state),
        ("runs_created", spec.created),
        ("runs_method", _method(spec)),
        ("runs_base_model", spec.base_model),
        ("runs_settings", _settings(spec)),
        ("runs_data", _data(spec)),
        ("runs_weights", _weights(record)),
        ("runs_engine", run.engine),
        ("runs_attempts", str(record.attempt)),
        ("runs_checkpoints", ", ".join(f"step-{step}" for step in run.steps())),
        *_environment(record.environment),
        ("runs_folder", str(run.path)),
    ]
    return [(text.message(code, {}), value) for code, value in pairs if value]


def _method(spec: RunSpec) -> str:
    config = spec.config
    return f"SFT, LoRA (rank {config.lora_rank}, alpha {config.lora_alpha}), preset {spec.preset}"


def _settings(spec: RunSpec) -> str:
    return ", ".join(f"{k} {v}" for k, v in msgspec.to_builtins(spec.config).items())


def _data(spec: RunSpec) -> str:
    data = spec.data
    params = {"name": data.name, "train": data.train_rows, "validation": data.validation_rows}
    return text.message("runs_data_of", {**params, "sha256": data.sha256})


def _weights(record: RunRecord) -> str:
    plan = record.plan
    if plan is None:
        return ""
    share = f"{plan.trained_parameters:,} / {plan.parameters:,}"
    return f"{share}, {plan.device}, {plan.dtype}"


def _environment(told: Environment | None) -> list[tuple[str, str]]:
    if told is None:
        return []
    versions = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    hardware = [
        told.accelerator,
        text.message("runs_cores", {"cores": told.cores}),
        f"{told.memory_bytes / 2**30:.0f} GiB",
        told.platform,
    ]
    return [
        ("runs_versions", f"Python {told.python}, {versions}"),
        ("runs_hardware", ", ".join(part for part in hardware if part)),
    ]


def _table_html(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{esc(name)}</th>" for name in heads)
    body = "".join(f"<tr>{_cells(heads, row)}</tr>" for row in rows)
    kind = "runs listed" if heads else "runs"
    return box(f"<table class='{kind}'>{f'<tr>{head}</tr>' if head else ''}{body}</table>")


def _cells(heads: Sequence[str], row: Sequence[str]) -> str:
    if not heads:
        return "".join(f"<td>{esc(cell)}</td>" for cell in row)
    # a narrow page writes the head's name before the value
    named = zip(heads, row, strict=True)
    return "".join(f'<td data-head="{esc(head)}">{esc(cell)}</td>' for head, cell in named)
