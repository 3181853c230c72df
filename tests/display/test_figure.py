"""The figure of a run: lines hold the record's values, names are text, warnings reach nobody."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import threading
import time
import warnings

import matplotlib as mpl
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure
from PIL import Image

from nbfinetune.core.runs.events import (
    AnyEvent,
    Committed,
    Planned,
    StateChanged,
    TrainStep,
    Validated,
)
from nbfinetune.core.runs.record import RunRecord, fold
from nbfinetune.display.curve import TRAIN, VALIDATION
from nbfinetune.display.figure import run_figure, run_png
from nbfinetune.display.figure_lines import BEST, COLOURS, INK
from nbfinetune.display.figure_text import MISSING, drawable, short


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def plan(total: int) -> Planned:
    return Planned(
        total_steps=total, epochs=1, train_rows=8, validation_rows=1, tokens=9, trained_tokens=4,
        parameters=10, trained_parameters=6, device="cpu", dtype="float32",
    )  # fmt: skip


def record(train=(), validation=(), checkpoints=(), *, total=4, state="finished") -> RunRecord:
    events: list[AnyEvent] = [plan(total)]
    events += [TrainStep(step=s, epoch=1, loss=x, learning_rate=0.1, grad_norm=1) for s, x in train]
    events += [Validated(step=s, epoch=1, loss=x) for s, x in validation]
    events += [Committed(step=s, epoch=1, path="", validation_loss=x) for s, x in checkpoints]
    return fold([*events, StateChanged(state=state)])


def points(line) -> list[tuple[float, float | None]]:
    """The points of a line; None for a gap."""
    pairs = zip(line.get_xdata(), line.get_ydata(), strict=True)
    return [(float(x), None if math.isnan(y) else float(y)) for x, y in pairs]


def of_colour(figure: Figure, colour: str) -> list[list[tuple[float, float | None]]]:
    return [points(line) for line in figure.axes[0].lines if line.get_color() == colour]


def legend(figure: Figure) -> list[str]:
    found = figure.axes[0].get_legend()
    return [text.get_text() for text in found.get_texts()] if found else []


SMALL = record(
    [(1, 2.0), (2, None), (3, 1.0), (4, 0.5)],
    [(0, 2.5), (2, 0.75), (4, 1.25)],
    [(2, 0.75), (4, 1.25)],
)


def test_lines_and_marks_stand_where_the_record_says():
    figure = run_figure([("first-try", SMALL)])
    axes = figure.axes[0]

    assert of_colour(figure, TRAIN) == [[(1, 2.0), (2, None), (3, 1.0), (4, 0.5)]]
    assert of_colour(figure, VALIDATION) == [[(0, 2.5), (2, 0.75), (4, 1.25)]]
    assert [[x for x, _ in marks] for marks in of_colour(figure, INK)] == [[2, 4]]
    assert of_colour(figure, BEST) == [[(2, 0.75)]]
    assert legend(figure) == [
        "training loss",
        "validation loss",
        "checkpoint",
        "best: step 2 · 0.750",
    ]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss (nats per trained token)")
    assert axes.get_title(loc="left") == "first-try"


def test_validation_is_thicker_than_training_and_dotted():
    axes = run_figure([("first-try", SMALL)]).axes[0]
    train, validation = axes.lines[0], axes.lines[1]

    assert train.get_linewidth() < validation.get_linewidth()
    assert (train.get_marker(), validation.get_marker()) == ("none", "o")


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, None])
def test_what_is_no_number_is_a_gap(odd):
    figure = run_figure([("a", record([(1, 2.0), (2, odd), (3, 1.0)], [(1, odd), (3, 1.5)]))])

    assert of_colour(figure, TRAIN) == [[(1, 2.0), (2, None), (3, 1.0)]]
    assert of_colour(figure, VALIDATION) == [[(1, None), (3, 1.5)]]
    assert figure.axes[0].get_ylim() == pytest.approx((-0.14, 2.1))


def test_a_single_value_is_a_dot():
    axes = run_figure([("a", record([(1, 2.0)]))]).axes[0]

    assert [line.get_marker() for line in axes.lines] == ["o"]


def test_many_steps_are_smoothed_over_the_faint_line_of_what_was_measured():
    losses = [2.0 if step % 2 else 1.0 for step in range(100)]
    figure = run_figure([("a", record(list(enumerate(losses)), total=100))])
    raw, smooth = of_colour(figure, TRAIN)

    assert raw == [(step, loss) for step, loss in enumerate(losses)]
    assert all(abs(loss - 1.5) < 0.3 for _, loss in smooth[5:-5])
    assert figure.axes[0].lines[0].get_alpha() < figure.axes[0].lines[1].get_alpha()


def test_smoothing_keeps_what_is_constant_and_what_rises_evenly_and_doesnt_lag():
    constant = run_figure([("a", record([(s, 1.5) for s in range(60)]))])
    rising = run_figure([("a", record([(s, s / 50) for s in range(200)]))])

    assert of_colour(constant, TRAIN)[1] == [(s, pytest.approx(1.5)) for s in range(60)]
    middle = of_colour(rising, TRAIN)[1][60:140]
    assert middle == [(s, pytest.approx(s / 50, abs=0.001)) for s in range(60, 140)]


def test_a_gap_stays_a_gap_in_the_smoothed_line():
    losses = [(s, None if 40 <= s < 50 else 1.0) for s in range(100)]
    smooth = of_colour(run_figure([("a", record(losses))]), TRAIN)[1]

    assert smooth == [(s, None if x is None else pytest.approx(1.0)) for s, x in losses]


def test_a_run_that_trains_has_room_for_the_steps_to_come():
    live = run_figure([("a", record([(1, 2.0), (2, 1.0)], total=100, state="training"))])
    ended = run_figure([("a", record([(1, 2.0), (2, 1.0)], total=100, state="stopped"))])

    assert live.axes[0].get_xlim()[1] == pytest.approx(101.2)
    assert ended.axes[0].get_xlim()[1] == pytest.approx(2.024)


def test_without_validation_the_newest_checkpoint_is_marked_on_the_axis():
    figure = run_figure([("a", record([(1, 2.0), (2, 1.0)], (), [(1, None), (2, None)]))])

    assert [[x for x, _ in marks] for marks in of_colour(figure, BEST)] == [[2]]
    assert legend(figure) == ["training loss", "checkpoint", "newest: step 2"]


def test_several_runs_have_a_colour_each_and_are_named_with_their_outcome():
    measured = record([(1, 3.0), (2, 2.0)], [(0, 2.0), (2, 1.0)], [(2, 1.0)])
    figure = run_figure([("one", SMALL), ("two", measured), ("three", record([(1, 0.5)]))])

    assert legend(figure) == ["one · 1.250, best 0.750", "two · 1.000", "three · training 0.500"]
    assert [of_colour(figure, colour)[0] for colour in COLOURS[:3]] == [
        [(0, 2.5), (2, 0.75), (4, 1.25)],
        [(0, 2.0), (2, 1.0)],
        [(1, 0.5)],
    ]
    assert [of_colour(figure, colour)[1] for colour in COLOURS[:2]] == [
        [(1, 2.0), (2, None), (3, 1.0), (4, 0.5)],
        [(1, 3.0), (2, 2.0)],
    ]


def test_more_runs_than_colours_are_told_apart_by_dashes():
    figure = run_figure([(str(i), record([(1, 1.0), (2, i)])) for i in range(20)])
    lines = figure.axes[0].lines

    assert legend(figure)[19] == "19 · training 19.000"
    assert lines[0].get_color() == lines[8].get_color()
    assert len({(line.get_color(), str(line._dash_pattern)) for line in lines}) == 20


@pytest.mark.parametrize(
    "named",
    [
        [("a", RunRecord())],
        [("a", RunRecord()), ("b", RunRecord())],
        [],
        [("a", record([(1, None)]))],
    ],
)
def test_nothing_measured_is_said(named):
    figure = run_figure(named)

    assert [text.get_text() for text in figure.axes[0].texts] == ["no values yet"]
    assert run_png(named).startswith(b"\x89PNG")


NAMES = ["$x_1^2$", "_hidden", "海盗 训练", "\\alpha {b}", "a\nb\tc", "", "🏴‍☠️", "\ud800", "𝟙 ☃ é"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_shown_as_text_without_a_warning(name, caplog):
    one, two = run_figure([(name, SMALL)]), run_figure([(name, SMALL), ("other", SMALL)])
    for figure in (one, two):
        figure.canvas.draw()

    title = one.axes[0].get_title(loc="left")
    assert title == drawable(name)
    assert legend(two)[0] == f"{title} · 1.250, best 0.750"
    assert not any(t.get_parse_math() for t in two.axes[0].get_legend().get_texts())
    assert caplog.records == []


def test_characters_that_no_font_has_become_boxes_and_long_names_are_cut():
    assert drawable("$x_1^2$ \\alpha") == "$x_1^2$ \\alpha"
    assert drawable("a\nb\t c") == "a b c"
    assert drawable("\U00100000!") == f"{MISSING}!"
    assert short("abcdef", 6) == "abcdef"
    assert short("abcdefg", 6) == "abcde…"


@pytest.mark.skipif(drawable("海") == MISSING, reason="no font with Chinese characters")
def test_chinese_names_are_drawn_and_a_character_takes_two_columns():
    assert drawable("海盗 训练") == "海盗 训练"
    assert short("海盗训练海盗训练", 8) == "海盗训…"


def test_a_png_has_two_pixels_a_point_and_is_clear_where_nothing_is_drawn():
    picture = Image.open(io.BytesIO(run_png([("a", SMALL)]))).convert("RGBA")
    narrow = Image.open(io.BytesIO(run_png([("a", SMALL)], width=400, height=200)))

    assert (picture.size, narrow.size) == ((1280, 480), (800, 400))
    alpha = picture.getchannel("A").histogram()
    assert alpha[0] > 0.9 * sum(alpha)


def noisy(steps: int, seed: int = 0) -> RunRecord:
    train = [(s, 3 / (1 + s / 40) * (1 + ((s * 7919 + seed) % 101) / 150)) for s in range(1, steps)]
    every = max(1, steps // 12)
    validation = [(s, 3.5 / (1 + s / 40)) for s in range(0, steps, every)]
    return record(train, validation, validation[1:], total=steps)


def test_a_usual_run_is_a_small_file():
    assert len(run_png([("first-try", noisy(500))])) < 60_000


def test_long_series_are_thinned_and_keep_their_extremes():
    long = noisy(50_000)
    long.train[30_123] = TrainStep(step=30_124, epoch=1, loss=9.0, learning_rate=0.1, grad_norm=1)
    (raw, _) = of_colour(run_figure([("a", long)]), TRAIN)

    assert len(raw) < 5_000
    assert (30_124, 9.0) in raw
    assert min(raw, key=lambda p: p[1])[1] == min(e.loss for e in long.train)
    assert (raw[0][0], raw[-1][0]) == (1, 49_999)


def test_twenty_long_runs_are_drawn_in_seconds():
    runs = [(str(i), noisy(50_000, i)) for i in range(20)]
    for _, long in runs:
        long.validation.clear()  # else the training losses of so many were left out
    start = time.perf_counter()

    png = run_png(runs)

    assert time.perf_counter() - start < 20
    assert len(png) < 200_000


def test_the_users_settings_change_nothing():
    plain = run_png([("a", SMALL), ("b", SMALL)])
    hostile = {
        "text.usetex": True, "font.size": 30, "font.weight": "bold", "lines.linewidth": 9,
        "lines.marker": "x", "axes.grid": True, "axes.facecolor": "red", "savefig.bbox": "tight",
        "xtick.minor.visible": True, "legend.frameon": True, "axes.labelcolor": "red",
        "xtick.color": "red", "legend.labelcolor": "red", "axes.titlecolor": "red",
        "axes.labelsize": 40, "lines.dash_capstyle": "butt",
    }  # fmt: skip
    with mpl.rc_context(hostile):
        assert run_png([("a", SMALL), ("b", SMALL)]) == plain


def test_threads_may_draw_at_the_same_time():
    named = [("海盗", noisy(200)), ("b", noisy(300))]
    expected, drawn = run_png(named), []
    threads = [
        threading.Thread(target=lambda: drawn.extend(run_png(named) for _ in range(3)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert drawn == [expected] * 12


def test_a_notebook_shows_the_figure_without_pyplot():
    code = (
        "import sys; from nbfinetune.display.figure import run_figure, run_png; "
        "run_png([]); run_figure([]).canvas.draw(); print('matplotlib.pyplot' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    data, metadata = DisplayFormatter().format(run_figure([("a", SMALL)]))

    assert ran.stdout == "False\n"
    assert data["image/png"] == run_png([("a", SMALL)])
    assert metadata["image/png"] == {"width": 640, "height": 240}


def test_a_figure_can_be_changed_and_saved_afterwards():
    figure = run_figure([("a", SMALL)])
    figure.axes[0].set_ylim(0, 1)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg")

    assert isinstance(figure, Figure)
    assert figure._repr_png_()[0] != run_png([("a", SMALL)])
    assert buffer.getvalue().startswith(b"<?xml")
