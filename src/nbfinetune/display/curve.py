"""The loss curve as SVG: training as a thin line, validation as dots joined by a thick one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbfinetune.core.runs.record import RunRecord
from nbfinetune.display.html import esc

Point = tuple[float, float]

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 34
TRAIN, VALIDATION = "#2176d6", "#e07b1a"


def curve_svg(record: RunRecord) -> str:
    """Loss in nats per trained token over optimizer steps; empty before the first value."""
    train = [(float(e.step), e.loss) for e in record.train if e.loss is not None]
    validation = [(float(e.step), e.loss) for e in record.validation if e.loss is not None]
    if len(train) + len(validation) < 2:
        return ""
    last = max(x for x, _ in train + validation)
    steps = max(last, float(record.plan.total_steps) if record.plan and not record.ended else last)
    highest = max(y for _, y in train + validation)
    ticks = nice_ticks(highest)

    def place(point: Point) -> Point:
        x = LEFT + point[0] / max(steps, 1) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - point[1] / ticks[-1] * (HEIGHT - TOP - BOTTOM)
        return round(x, 1), round(y, 1)

    parts = [_grid(ticks, steps, place((0, 0))[1])]
    parts += [_line([place(p) for p in train], TRAIN, 1.4, 0.85)] if train else []
    if validation:
        placed = [place(p) for p in validation]
        parts.append(_line(placed, VALIDATION, 2.2, 1))
        parts += [f'<circle cx="{x}" cy="{y}" r="3.2" fill="{VALIDATION}"/>' for x, y in placed]
    parts.append(_legend(bool(train), bool(validation)))
    label = f"Loss over {last:g} steps, from {_first(train, validation):.2f}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" style="max-width:100%;height:auto" '
        f'role="img" aria-label="{esc(label)}" font-family="system-ui,sans-serif" '
        f'font-size="11" fill="#808080">{"".join(parts)}</svg>'
    )


def nice_ticks(highest: float, count: int = 4) -> list[float]:
    """About `count` round steps from 0 to at least `highest`: 0, 0.5, 1, 1.5, 2."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999999)
    return [round(i * step, 10) for i in range(math.ceil(highest / step - 1e-9) + 1)]


def _first(train: Sequence[Point], validation: Sequence[Point]) -> float:
    return (validation or train)[0][1]


def _line(points: Sequence[Point], colour: str, width: float, opacity: float) -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-linejoin="round" opacity="{opacity}"/>'
    )


def _grid(ticks: Sequence[float], steps: float, floor: float) -> str:
    parts = []
    for tick in ticks:
        y = round(floor - tick / ticks[-1] * (HEIGHT - TOP - BOTTOM), 1)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#808080" '
                     'stroke-opacity=".22"/>')  # fmt: skip
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for tick in nice_ticks(steps):
        if tick <= steps:
            x = round(LEFT + tick / max(steps, 1) * (WIDTH - LEFT - RIGHT), 1)
            parts.append(f'<text x="{x}" y="{floor + 16}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">step</text>')
    return "".join(parts)


def _legend(train: bool, validation: bool) -> str:
    named = [("training loss", TRAIN, train), ("validation loss", VALIDATION, validation)]
    parts = []
    for row, (name, colour, _) in enumerate(entry for entry in named if entry[2]):
        y = TOP + 8 + row * 16
        parts.append(f'<rect x="{WIDTH - 128}" y="{y - 8}" width="14" height="3" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - 108}" y="{y - 3}">{name}</text>')
    return "".join(parts)
