"""How one run is drawn: its lines, its marks, and what they are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nbfinetune.core.runs.events import TrainStep
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.display.curve import TRAIN, VALIDATION
from nbfinetune.display.picture import thinned

INK, BEST = "#808080", "#229650"
# Told apart with any colour vision, on white and on black (after P. Tol's "vibrant" and "muted").
COLOURS = (
    "#0f86d3", "#ee7733", "#14a08f", "#dd3d5b", "#999933", "#aa4fa8", "#33a5c4", "#b0703c",
)  # fmt: skip
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.6)), (0, (1.6, 1.4)))
SMOOTH_FROM = 30
"""Fewer steps than these are as clear as they are."""
FEW, MANY = 4, 8
"""More runs than these are drawn thinly, without unsmoothed lines, dots and checkpoints but the
best; and of more than many there is the training loss only where no validation loss is."""
FLOOR = 0.028
"""Where checkpoints stand: below the line of 0, as a share of the height."""


class Style(NamedTuple):
    """How one run is drawn."""

    train: str
    validation: str
    best: str
    dashes: Any = "solid"


def draw_run(axes: Axes, record: RunRecord) -> list[tuple[Line2D, str]]:
    """One run; its lines and marks with what they are called."""
    style = Style(TRAIN, VALIDATION, BEST)
    raw, smooth = _training(axes, record, style, raw_alpha=0.45)
    validation = _validation(axes, record, style)
    marks, best = _checkpoints(axes, record, style)
    legend = [
        (smooth or raw, "training loss"),
        (validation, "validation loss"),
        (marks, "checkpoint"),
        (best, _best_label(record)),
    ]
    return [(handle, label) for handle, label in legend if handle is not None]


def draw_one_of_many(axes: Axes, record: RunRecord, place: int, count: int) -> list[Line2D]:
    """One of several runs; the line that stands for it in the legend."""
    colour = COLOURS[place % len(COLOURS)]
    style = Style(colour, colour, colour, DASHES[place // len(COLOURS) % len(DASHES)])
    validation = _validation(axes, record, style)
    lines: tuple[Line2D | None, Line2D | None] = (None, None)
    if validation is None or count <= MANY:
        lines = _training(axes, record, style, raw_alpha=0.22 if count <= FEW else 0.0)
    for line in lines:
        if line is not None and validation is not None and len(record.validation) > 1:
            line.set_linewidth(line.get_linewidth() * 0.7)
            line.set_alpha((line.get_alpha() or 0.0) * 0.6)
    _, best = _checkpoints(axes, record, style, all_marks=count <= FEW)
    if count > FEW and validation is not None:
        validation.set(linewidth=1.5, marker="none")
    if count > FEW and best is not None:
        best.set(markersize=4.5, markeredgewidth=0)
    shown = validation or lines[1] or lines[0]
    return [shown or Line2D([], [], color=colour)]


def _training(
    axes: Axes, record: RunRecord, style: Style, raw_alpha: float
) -> tuple[Line2D | None, Line2D | None]:
    """What was measured, thin, and its moving average over it where there are enough steps."""
    if not record.train:
        return None, None
    shown = thinned(record.train)
    steps, losses = [e.step for e in shown], [_finite(e.loss) for e in shown]
    if len(record.train) < SMOOTH_FROM:
        return _plot(axes, steps, losses, style.train, 1.3, 0.85, style.dashes), None
    mean = _smoothed(record.train)
    raw = _plot(axes, steps, losses, style.train, 0.8, raw_alpha) if raw_alpha else None
    smooth = [mean[e.step] for e in shown]
    return raw, _plot(axes, steps, smooth, style.train, 1.5, 0.95, style.dashes)


def _validation(axes: Axes, record: RunRecord, style: Style) -> Line2D | None:
    if not any(known(e.loss) for e in record.validation):
        return None
    steps = [e.step for e in record.validation]
    losses = [_finite(e.loss) for e in record.validation]
    line = _plot(axes, steps, losses, style.validation, 2.2, 1.0, style.dashes)
    if len(steps) <= 60:
        line.set_marker("o")
        line.set_markersize(4.6)
    return line


def _checkpoints(
    axes: Axes, record: RunRecord, style: Style, *, all_marks: bool = True
) -> tuple[Line2D | None, Line2D | None]:
    """Ticks that stand on the axis; on the best one a diamond, at its loss."""
    best = record.best_checkpoint
    if best is None:
        return None, None
    marks = None
    if all_marks:
        steps = [checkpoint.step for checkpoint in record.checkpoints]
        colour = INK if style.best == BEST else style.best
        marks = _plot(axes, steps, [FLOOR] * len(steps), colour, 0, 0.9)
        marks.set(transform=axes.get_xaxis_transform(), marker="^", markersize=5)
    loss = best.validation_loss
    height = loss if loss is not None and known(loss) else FLOOR
    point = _plot(axes, [best.step], [height], style.best, 0, 1.0)
    point.set(marker="D", markersize=7.5, markeredgecolor="white", markeredgewidth=1, zorder=5)
    if not known(loss):
        point.set_transform(axes.get_xaxis_transform())
    return marks, point


def _plot(
    axes: Axes, xs: Sequence[float], ys: Sequence[float], colour: str, width: float,
    alpha: float, dashes: Any = "solid",
) -> Line2D:  # fmt: skip
    # a single value is no line
    lonely = sum(map(math.isfinite, ys)) == 1
    (line,) = axes.plot(
        xs, ys, color=colour, linewidth=width, alpha=alpha, solid_joinstyle="round",
        linestyle=dashes if width else "none", marker="o" if lonely else "none", markersize=3.5,
        markeredgewidth=0, label="_",
    )  # fmt: skip
    return line


def _smoothed(events: Sequence[TrainStep]) -> dict[int, float]:
    """The mean of the steps around, by step; the further away, the less they weigh.

    Half of it looks back and half ahead, so that the line doesn't lag behind what it smooths.
    """
    losses = [_finite(event.loss) for event in events]
    past = 1 - 2 / (max(6, len(events) / 30) + 1)
    back, ahead = _averaged(losses, past), _averaged(losses[::-1], past)[::-1]
    means = [(one + other) / 2 for one, other in zip(back, ahead, strict=True)]
    return dict(zip((event.step for event in events), means, strict=True))


def _averaged(losses: Sequence[float], past: float) -> list[float]:
    """An exponential moving average; gaps stay and don't disturb what follows.

    It is divided by the weights that have gathered so far (Kingma and Ba 2015, section 3).
    """
    mean, gathered, found = 0.0, 0.0, []
    for loss in losses:
        if loss == loss:
            mean = past * mean + (1 - past) * loss
            gathered = past * gathered + 1 - past
        found.append(mean / gathered if loss == loss else loss)
    return found


def _best_label(record: RunRecord) -> str:
    best = record.best_checkpoint
    if best is None:
        return ""
    word = "best" if known(best.validation_loss) else "newest"
    return f"{word}: step {best.step}" + _losses(" · ", best.validation_loss)


def outcome(record: RunRecord) -> str:
    """` · 0.318, best 0.290`: the last validation loss, and the lowest where that is another."""
    measured = [e.loss for e in record.validation if e.loss is not None and known(e.loss)]
    if not measured:
        trained = [e.loss for e in record.train[-1:]]
        return _losses(" · training ", *trained)
    best = min(measured)
    return _losses(" · ", measured[-1]) + (_losses(", best ", best) if best < measured[-1] else "")


def _losses(before: str, *losses: float | None) -> str:
    return "".join(f"{before}{loss:.3f}" for loss in losses if loss is not None and known(loss))


def known(loss: float | None) -> bool:
    return loss is not None and math.isfinite(loss)


def _finite(loss: float | None) -> float:
    return loss if loss is not None and math.isfinite(loss) else math.nan
