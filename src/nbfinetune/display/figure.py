"""The loss curve with matplotlib: for saved notebooks, and for people who go on drawing."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nbfinetune.core.record import RunRecord


def run_figure(named: Sequence[tuple[str, RunRecord]]) -> Figure:
    figure = Figure(figsize=(8.9, 3.3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, record in named:
        steps = [e.step for e in record.train]
        axes.plot(steps, [math.nan if e.loss is None else e.loss for e in record.train], label=name)
    return figure


def run_png(named: Sequence[tuple[str, RunRecord]]) -> bytes:
    buffer = io.BytesIO()
    run_figure(named).savefig(buffer, dpi=144, transparent=True)
    return buffer.getvalue()
