"""A run that was looked at before it starts: its figures and what is said of them. Pure."""

from __future__ import annotations

from nbfinetune.core.sizes import in_bytes
from nbfinetune.display.html import box, esc, note
from nbfinetune.display.labels import label
from nbfinetune.display.run import duration
from nbfinetune.training.estimate import Forecast, Memory


def forecast_html(forecast: Forecast) -> str:
    """For a notebook."""
    rows = "".join(
        f"<tr><td class='quiet'>{esc(name)}</td><td>{esc(value)}</td></tr>"
        for name, value in forecast_facts(forecast)
    )
    head = f"<h4>{esc(label('dry_run', name=forecast.name))}</h4>"
    return box(head + f"<table>{rows}</table>" + "".join(map(note, forecast.notices)))


def forecast_text(forecast: Forecast) -> str:
    """For a terminal: a line for each figure, then the notices."""
    lines = [label("dry_run", name=forecast.name)]
    lines += [f"  {name}: {value}" for name, value in forecast_facts(forecast)]
    return "\n".join([*lines, *(f"  {notice}" for notice in forecast.notices)])


def forecast_facts(forecast: Forecast) -> list[tuple[str, str]]:
    """The figures, each with its name."""
    plan, disk = forecast.plan, forecast.disk
    unknown = label("dry_unknown")
    tokens = label(
        "dry_tokens_of",
        tokens=f"{plan.tokens:,}",
        trained=f"{plan.trained_tokens:,}",
        longest=f"{forecast.longest_row:,}",
    )
    weights = label(
        "dry_weights_of", trained=f"{plan.trained_parameters:,}", all=f"{plan.parameters:,}"
    )
    rows = label("dry_rows_of", train=plan.train_rows, validation=plan.validation_rows)
    seconds = forecast.seconds
    time = unknown if seconds is None else label("dry_time_of", duration=duration(seconds))
    return [
        (label("dry_rows"), rows),
        (label("dry_steps"), label("dry_steps_of", steps=plan.total_steps, epochs=plan.epochs)),
        (label("dry_tokens"), tokens),
        *([(label("dry_cut"), str(forecast.cut_rows))] if forecast.cut_rows else []),
        (label("dry_weights"), weights if plan.parameters else unknown),
        (label("dry_device"), f"{plan.device}, {plan.dtype}"),
        (label("dry_memory"), _memory(forecast.memory) if forecast.memory else unknown),
        (label("dry_time"), time),
        (label("dry_disk"), label(
            "dry_disk_of", total=in_bytes(disk.total), free=in_bytes(disk.free),
            count=disk.checkpoints, each=in_bytes(disk.checkpoint),
        )),
    ]  # fmt: skip


def _memory(memory: Memory) -> str:
    return label(
        "dry_memory_of",
        total=in_bytes(memory.total),
        free=in_bytes(memory.free),
        weights=in_bytes(memory.weights),
        adapter=in_bytes(memory.adapter),
        step=in_bytes(memory.step),
    )
