"""The loss curve with matplotlib: for saved notebooks, and for people who go on drawing.

Without pyplot, which keeps figures and belongs to one thread. What a user's matplotlibrc says about
lines and texts is not asked: a curve means the same everywhere. Ink is a middle grey on nothing, so
that it reads on light and dark pages.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter
from PIL import Image

from nbfinetune.core.runs.record import RunRecord
from nbfinetune.display.curve import nice_ticks
from nbfinetune.display.figure_lines import COLOURS, INK, draw_one_of_many, draw_run, known, outcome
from nbfinetune.display.figure_text import families, short

WIDTH, HEIGHT = 640, 240
"""In points, which a page shows as its pixels; a PNG has twice as many."""


class LossFigure(Figure):
    """A figure that a notebook shows without pyplot, sharp and at its own size."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = self.get_size_inches() * 72
        return _png(self), {"width": round(width), "height": round(height)}


def run_figure(named: Sequence[tuple[str, RunRecord]]) -> LossFigure:
    """The loss of a run over its steps, or of several for comparison, in nats per trained token.

    Axes, lines and legend are matplotlib's own and can be changed afterwards.
    """
    return _figure(named, WIDTH, HEIGHT)


def run_png(
    named: Sequence[tuple[str, RunRecord]], width: int = WIDTH, height: int = HEIGHT
) -> bytes:
    """The same as a PNG, twice as many pixels wide as `width` says points."""
    return _png(_figure(named, width, height))


def _png(figure: Figure) -> bytes:
    """Of 256 colours: a third of the bytes, and no difference to be seen."""
    buffer, dpi, canvas = io.BytesIO(), figure.dpi, figure.canvas
    try:
        figure.set_dpi(144)
        drawn = FigureCanvasAgg(figure)
        drawn.draw()  # type: ignore[no-untyped-call]
        picture = Image.fromarray(np.asarray(drawn.buffer_rgba()))  # type: ignore[no-untyped-call]
    finally:
        figure.set_dpi(dpi)
        figure.set_canvas(canvas)
    picture.quantize(256, Image.Quantize.FASTOCTREE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _figure(named: Sequence[tuple[str, RunRecord]], width: int, height: int) -> LossFigure:
    figure = LossFigure(
        figsize=(width / 72, height / 72), dpi=100, layout="constrained", facecolor="none"
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor="none")
    if len(named) == 1:
        legend = draw_run(axes, named[0][1])
        _title(axes, named[0][0])
    else:
        legend = [
            (handle, f"{short(name, 26)}{outcome(record)}")
            for i, (name, record) in enumerate(named)
            for handle in draw_one_of_many(axes, record, i, len(named))
        ]
    _furnish(axes, [record for _, record in named])
    if legend:
        _legend(axes, legend, beside=len(named) > 1)
    return figure


def _furnish(axes: Axes, records: Sequence[RunRecord]) -> None:
    """Limits, ticks, grid, labels; or a word where nothing has been measured."""
    lines = [line for line in axes.lines if line.get_transform() == axes.transData]
    wide = max((_last_step(record) for record in records), default=0) or 1
    drawn = [np.asarray(line.get_ydata(), float).tolist() for line in lines]
    losses = [loss for ys in drawn for loss in ys if known(loss)]
    high, low = max(losses, default=0.0) or 1.0, min(losses, default=0.0)
    axes.set_xlim(-0.012 * wide, 1.012 * wide)  # room for the marks at both ends
    axes.set_ylim(min(0.0, low) - 0.07 * high, 1.05 * high)
    across = [x for x in nice_ticks(wide) if x <= wide and x == round(x)]
    up = [y for y in nice_ticks(high, 5) if y <= 1.05 * high]
    axes.xaxis.set_major_locator(FixedLocator(across if losses else []))
    axes.yaxis.set_major_locator(FixedLocator(up if losses else []))
    axes.tick_params(
        which="both", length=0, pad=6, labelcolor=INK, labelsize=9, labelfontfamily=list(families())
    )
    axes.grid(visible=True, axis="y", color=INK, alpha=0.25, linewidth=0.8, linestyle="solid")
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    for axis, label in ((axes.xaxis, "step"), (axes.yaxis, "loss (nats per trained token)")):
        axis.set_minor_locator(FixedLocator([]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))
        axis.set_label_text(label)
        for text in (axis.label, *axis.get_ticklabels()):
            _dress(text, 9)
    if not losses:
        _dress(axes.text(0.5, 0.5, "no values yet", transform=axes.transAxes, ha="center"), 11)


def _last_step(record: RunRecord) -> int:
    """The end of the run: the planned one while it trains."""
    planned = record.plan.total_steps if record.plan and not record.ended else 0
    return max(planned, record.step)


def _title(axes: Axes, name: str) -> None:
    _dress(axes.set_title(short(name, 32), loc="left", pad=7), 10.5)


def _legend(axes: Axes, entries: Sequence[tuple[Line2D, str]], *, beside: bool) -> None:
    """On the line of the title, or, for several runs, beside the curves."""
    handles, labels = [handle for handle, _ in entries], [label for _, label in entries]
    size = min(9.0, max(4.0, 150 / len(labels))) if beside else 9.0  # all on the figure's height
    place: dict[str, Any] = (
        {"loc": "upper left", "bbox_to_anchor": (1.01, 1.02), "ncols": 1, "labelspacing": 0.3}
        if beside
        else {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 4, "columnspacing": 1.4}
    )
    legend = axes.legend(
        handles, [str(i) for i in range(len(labels))], frameon=False, borderaxespad=0.2,
        handlelength=1.5 if len(labels) <= len(COLOURS) else 2.6, handletextpad=0.6,
        fontsize=size, **place,
    )  # fmt: skip
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set_text(label)
        _dress(text, size)
    for handle in legend.get_lines():
        handle.set_alpha(1.0)


def _dress(text: Text, size: float) -> None:
    """Our ink and fonts; `$`, `_` and `^` are characters like any other."""
    text.set_fontproperties(_font(size))
    text.set_color(INK)
    text.set_parse_math(False)
    text.set_usetex(False)


def _font(size: float) -> FontProperties:
    # each is named, or it would come from the user's matplotlibrc
    return FontProperties(
        family=list(families()), size=size, style="normal", variant="normal", weight="normal",
        stretch="normal",
    )  # fmt: skip
