"""What is told before the wait, against what then happens."""

from __future__ import annotations

import json
import shutil

import msgspec
import pytest
import torch

from nbfinetune.chat.devices import Memory as DeviceMemory
from nbfinetune.chat.loading import load_base
from nbfinetune.chat.models import How
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.runs.events import Planned
from nbfinetune.display.forecast import forecast_facts, forecast_html, forecast_text
from nbfinetune.session import Session
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training import room, simulation
from nbfinetune.training.estimate import (
    Disk,
    Memory,
    disk_notices,
    disk_of,
    long_notices,
    measurements,
    weight_bytes,
    what_fits,
)
from nbfinetune.training.learner import Learner
from nbfinetune.training.lora import with_lora
from nbfinetune.training.packing import pack
from nbfinetune.training.room import memory_for, room_notices
from nbfinetune.training.simulation import _Counter, simulate
from nbfinetune.training.workload import heaviest
from tests.models import talk
from tests.training.runs import HELD_OUT, PLAIN, ROWS, prepare, train

LONG = [talk(f"question {i}", "word " * (10 + i), system="Spanish.") for i in range(16)]


def made(count: int, length: int, shared: int = 0) -> list[LabelledRow]:
    """So many rows of so many tokens, of which the first ones are alike."""
    ids = [[*[1] * shared, *[2 + row] * (length - shared)] for row in range(count)]
    return [LabelledRow(row, row) for row in ids]


# memory


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(
    "settings", [{}, {"gradient_checkpointing": True}, {"lora_dropout": 0.0}, {"lora_dropout": 0.5}]
)
def test_a_simulated_step_holds_what_the_real_one_holds(tiny, tmp_path, settings, padded):
    config = TrainConfig(**settings)
    folder = folder_of_padded(tiny, tmp_path) if padded else tiny
    model = simulate(folder, config, "float32")
    base = load_base(str(folder))
    learner = Learner(base, with_lora(base, config), config)
    rows = [base.template.row(row) for row in LONG[:4]]
    learner.model.train()
    held = [*learner.model.parameters(), *learner.model.buffers()]
    with learner.losses.computing(), _Counter(held) as real:
        learner.losses.summed(rows).backward()

    assert model.packed is learner.losses.is_packed is not padded
    assert model.step(rows) == pytest.approx(real.peak, rel=0.02)
    trained = sum(weight.numel() for weight in learner.weights().values())
    assert (model.parameters, model.trained) == (base.parameters, trained)
    assert model.context_length == base.context_length


def folder_of_padded(tiny, place):
    """The tiny model as one whose rows are not packed."""
    folder = shutil.copytree(tiny, place / "padded")
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "attention_chunk_size": 512}))
    return folder


def test_what_rows_share_is_held_once(tiny, tmp_path):
    packed = simulate(tiny, TrainConfig(), "float32")
    padded = simulate(folder_of_padded(tiny, tmp_path), TrainConfig(), "float32")

    assert packed.step(made(8, 200, shared=190)) < 0.2 * padded.step(made(8, 200))
    assert packed.step(made(8, 200, shared=190)) < 0.3 * packed.step(made(8, 200))


def test_activations_grow_with_rows_and_are_fewer_when_computed_twice(tiny):
    plain = simulate(tiny, TrainConfig(), "float32")
    twice = simulate(tiny, TrainConfig(gradient_checkpointing=True), "float32")

    assert 1.8 < plain.step(made(8, 100)) / plain.step(made(4, 100)) < 2.1
    assert twice.step(made(8, 100)) < 0.7 * plain.step(made(8, 100))


def test_simulating_draws_no_random_numbers_and_leaves_the_default_device(tiny):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    simulate(tiny, TrainConfig(), "float32").step(made(2, 20))

    assert torch.equal(torch.rand(4), expected)
    assert torch.zeros(1).device.type == "cpu"


def test_what_is_no_model_has_no_estimate(tmp_path):
    assert simulate(tmp_path, TrainConfig(), "float32") is None


def test_a_step_that_was_simulated_is_not_simulated_again_for_a_run_of_the_same_shape(
    tiny, tmp_path, monkeypatch
):
    folder = shutil.copytree(tiny, tmp_path / "model")
    computed = []
    peak = simulation._peak
    monkeypatch.setattr(simulation, "_peak", lambda *at: computed.append(at[-1]) or peak(*at))
    rows, more = made(2, 30), made(4, 30)
    first = simulate(folder, TrainConfig(), "float32", rows)
    found = first.step(rows), first.step(more)
    faster = TrainConfig(learning_rate=1e-2, epochs=1, seed=5)  # no other shape
    again = simulate(folder, faster, "float32", rows)
    assert (again.step(rows), again.step(more)) == found
    assert list(map(len, computed)) == [2, 4]

    wider = simulate(folder, TrainConfig(lora_rank=2 * faster.lora_rank), "float32", rows)
    assert (wider.trained, wider.parameters) == (2 * first.trained, first.parameters)
    halved = simulate(folder, TrainConfig(), "bfloat16", rows)
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 512}))
    larger = simulate(folder, TrainConfig(), "float32", rows)
    assert larger.parameters == first.parameters + (512 - config["vocab_size"]) * 32
    assert halved.step(rows) < first.step(rows) < larger.step(rows)


def test_what_the_heaviest_step_holds_is_computed_once_before_a_run(tiny, monkeypatch):
    monkeypatch.setattr(room, "SMALL_PARAMETERS", 0)
    simulation._simulated.cache_clear()
    computed = []
    peak = simulation._peak
    monkeypatch.setattr(simulation, "_peak", lambda *at: computed.append(at[-1]) or peak(*at))
    how, rows = How("cpu", "float32"), made(20, 40, shared=20)
    assert room.shortage(load_base(str(tiny)), TrainConfig(), how, rows) == []
    assert room.shortage(load_base(str(tiny)), TrainConfig(), how, rows) == []
    assert computed == [heaviest(rows, TrainConfig(), packed=True)]


def test_weights_count_by_their_format():
    assert weight_bytes(1000, 800, "float32", in_4bit=False) == 4000
    assert weight_bytes(1000, 800, "bfloat16", in_4bit=False) == 2000
    assert weight_bytes(1000, 800, "bfloat16", in_4bit=True) == 200 * 2 + 800 // 2 + 50


@pytest.mark.parametrize(
    ("room_bytes", "shared", "fits"),
    [
        (450, 0, {"micro_batch_size": 4}),
        (150, 0, {"micro_batch_size": 1}),
        (150, 90, {"micro_batch_size": 4}),
        (112, 90, {"micro_batch_size": 2}),
        (60, 0, {"micro_batch_size": 1, "max_length": 60}),
        (60, 90, {"micro_batch_size": 1, "max_length": 60}),
        (10, 0, {}),
    ],
)
def test_rows_are_given_up_before_tokens(room_bytes, shared, fits):
    def step(rows):
        return len(pack(rows).ids)

    rows, config = made(8, 100, shared), TrainConfig(batch_size=8)
    assert what_fits(step, room_bytes, config, rows, packed=True) == fits


def test_a_length_that_is_offered_fits_where_memory_does_not_grow_with_the_tokens():
    def step(rows):
        return sum(len(row.ids) ** 2 for row in rows)

    for room_bytes in (2000, 4000, 8000):
        fits = what_fits(step, room_bytes, TrainConfig(), made(8, 100), packed=True)
        assert 0.8 * room_bytes < fits["max_length"] ** 2 <= room_bytes


@pytest.mark.parametrize("shared", [0, 190])
@pytest.mark.parametrize("share", [0.6, 0.35, 0.2])
def test_where_memory_is_short_every_option_named_makes_the_run_fit(
    tiny, monkeypatch, share, shared
):
    config, rows = TrainConfig(batch_size=8), made(16, 200, shared)
    model = simulate(tiny, config, "float32")
    how = How("cpu", "float32")
    needed = memory_for(model, config, how, rows, loaded=False)
    free = DeviceMemory(needed.weights + needed.adapter + int(needed.step * share), 10**12)
    monkeypatch.setattr(room, "memory_of", lambda device: free)
    memory = memory_for(model, config, how, rows, loaded=False)
    assert not memory.fits
    (notice,) = room_notices(tiny, model, memory, config, how, rows)

    assert notice.code == "memory_short"
    for option in notice.params["options"].split(",  or  "):
        smaller, fewer = taken(option, config, rows)
        other = simulate(tiny, smaller, "float32")
        assert memory_for(other, smaller, how, fewer, loaded=False).fits


def taken(option, config, rows):
    """The settings and rows of a run whose user takes the option."""
    words = option.split()
    micro = int(words[words.index("--micro-batch-size") + 1])
    length = int(words[words.index("--max-length") + 1]) if "--max-length" in words else 10**9
    settings = {"gradient_checkpointing": "--gradient-checkpointing" in words}
    smaller = msgspec.structs.replace(config, micro_batch_size=micro, **settings)
    return smaller, [row.cut(length) for row in rows]


def test_where_not_even_the_weights_fit_a_smaller_model_is_the_way_out(tiny, monkeypatch):
    config, how, rows = TrainConfig(), How("cpu", "float32"), made(16, 200)
    model = simulate(tiny, config, "float32")
    monkeypatch.setattr(room, "memory_of", lambda device: DeviceMemory(1000, 1000))
    memory = memory_for(model, config, how, rows, loaded=False)

    (notice,) = room_notices(tiny, model, memory, config, how, rows)
    assert notice.code == "memory_too_small"
    assert Memory(weights=1, adapter=1, step=1, free=3).fits


# time and disk


@pytest.mark.parametrize("settings", [{}, {"save_every": 3}, {"eval_every": 2, "max_steps": 5}])
def test_measurements_and_checkpoints_are_as_many_as_a_run_makes(tiny, tmp_path, settings):
    run = prepare(
        tmp_path, tiny, ROWS, HELD_OUT, epochs=2, batch_size=2, keep_checkpoints=1000,
        **PLAIN, **settings,
    )  # fmt: skip
    record = train(run)
    config = run.spec.config
    trained = record.plan.trained_parameters
    disk = disk_of(trained, 0, 10**9, len(ROWS), config)
    checkpoints = [run.path / told.path for told in record.checkpoints]
    sizes = [sum(f.stat().st_size for f in folder.iterdir()) for folder in checkpoints]

    assert measurements(len(ROWS), config) == len(record.validation)
    assert disk.checkpoints == len(record.checkpoints)
    assert max(sizes) <= disk.checkpoint <= 1.6 * max(sizes)


def test_a_disk_that_would_fill_up_is_told():
    disk = Disk(checkpoint=50_000_000, checkpoints=3, other=0, free=100_000_000)
    (notice,) = disk_notices(disk)
    assert str(notice) == (
        "3 checkpoints and the rows need 150 MB on disk, 100 MB are free. "
        "Make room, or keep fewer:  --keep-checkpoints 2"
    )
    assert disk_notices(msgspec.structs.replace(disk, free=150_000_000)) == []


@pytest.mark.parametrize(
    ("seconds", "engine", "told"),
    [(601.0, "thread", ["long_run"]), (600.0, "thread", []), (9e9, "process", []),
     (None, "thread", [])],
)  # fmt: skip
def test_a_run_of_this_kernel_above_ten_minutes_is_better_a_process(seconds, engine, told):
    assert [notice.code for notice in long_notices(seconds, engine)] == told


# a dry run


@pytest.fixture(scope="module")
def looked_at(tiny, tmp_path_factory):
    session = Session(tmp_path_factory.mktemp("home"))
    settings = {"base_model": str(tiny), "epochs": 2, "batch_size": 4, "max_length": 110}
    data = MessageDataset(name="spanish", conversations=(*ROWS, *LONG))
    return session, data, settings, session.dry_run(data, **settings)


def test_a_dry_run_says_what_the_run_then_says_of_itself(looked_at):
    session, data, settings, forecast = looked_at
    assert session.runs.list() == []
    assert session.jobs == {}
    told = session.train(data, **settings).wait().plan

    head = {name: getattr(told, name) for name in ("attempt", "seq", "step", "wall", "mono")}
    assert msgspec.structs.replace(forecast.plan, **head) == told
    assert isinstance(told, Planned)
    assert forecast.longest_row == 110
    cut = [n.params["count"] for n in told.notices if n.code == "rows_cut"]
    assert forecast.cut_rows == sum(cut) > 0


def test_a_dry_run_measures_a_step_and_leaves_nothing_on_the_model(looked_at):
    session, _, settings, forecast = looked_at
    base = session.models.get(settings["base_model"]).base
    assert forecast.seconds > 0
    assert forecast.memory.fits
    assert not any("lora" in name for name, _ in base.model.named_parameters())


def test_a_dry_run_reads_the_same_in_a_page_and_in_a_terminal(looked_at):
    _, _, _, forecast = looked_at
    text, page = forecast_text(forecast), forecast_html(forecast)
    for name, value in forecast_facts(forecast):
        assert f"  {name}: {value}" in text.splitlines()
        assert f">{name}</td><td>{value}</td>" in page
    assert "22 to train, 2 to validate" in text


def test_a_dry_run_of_somebody_elses_names_is_text(looked_at):
    _, _, _, forecast = looked_at
    hostile = msgspec.structs.replace(forecast, name="<img src=x onerror=alert(1)>")
    assert "<img" not in forecast_html(hostile)
