"""Base models that can be named: known, on this disk, in memory; which of them fit."""

from __future__ import annotations

import shutil

import pytest

from nbfinetune.chat import devices
from nbfinetune.chat.catalogue import Candidate, catalogue
from nbfinetune.chat.devices import Memory
from nbfinetune.chat.models import How, Models
from nbfinetune.chat.weights import parameters_of
from nbfinetune.core.known_models import KNOWN, KnownModel

GB = 10**9


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A CPU without bfloat16 and an empty cache."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(devices, "cpu_has_bfloat16", lambda: False)
    monkeypatch.setattr(devices, "devices", lambda: ["cpu"])
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(4 * GB, 8 * GB))
    return tmp_path / "cache"


def candidates(models: Models | None = None) -> dict[str, Candidate]:
    return {c.model.name: c for c in catalogue(models or Models()).candidates}


def put(cache, name: str, folder) -> None:
    """A model of the hub, as its own tools leave it."""
    repository = cache / ("models--" + name.replace("/", "--"))
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("a" * 40)
    shutil.copytree(folder, repository / "snapshots" / ("a" * 40))


def test_the_starter_is_always_there_and_the_others_wait_on_the_hub():
    found = candidates()
    assert [name for name, c in found.items() if c.cached] == ["starter"]
    assert list(found) == [model.name for model in KNOWN]


def test_a_model_of_the_cache_is_listed_known_or_not(tiny, machine):
    put(machine, "Qwen/Qwen3-0.6B", tiny)
    put(machine, "acme/tiny-chat", tiny)
    put(machine, "acme/cut", tiny)
    shards = machine.glob("models--acme--cut/snapshots/*/model.safetensors")
    next(shards).write_bytes(b"\x00" * 100)
    found = candidates()
    assert [name for name, c in found.items() if c.cached] == [
        "starter", "Qwen/Qwen3-0.6B", "acme/tiny-chat"
    ]  # fmt: skip
    size = parameters_of("tiny", tiny)
    assert found["acme/tiny-chat"].model == KnownModel("acme/tiny-chat", size, "", "")
    assert "acme/cut" not in found


def test_what_fits_is_told_by_what_is_free_and_what_loaded_models_would_give_back(
    tiny, monkeypatch
):
    # in float32: 1.1 × 4 bytes for each weight, for training one more and 300 MB
    half_billion = candidates()["Qwen/Qwen2.5-0.5B-Instruct"]
    assert (half_billion.chat, half_billion.training) == ("fits", "fits")
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(2_900_000_000, 8 * GB))
    half_billion = candidates()["Qwen/Qwen2.5-0.5B-Instruct"]
    assert (half_billion.chat, half_billion.training) == ("fits", "too_large")
    models = Models()
    models.get(str(tiny), How("cpu"))
    needed = devices.needed_bytes(494_000_000, How("cpu", "float32"))
    held = models.loaded()[0].memory_bytes
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(needed - held, 8 * GB))
    assert candidates()["Qwen/Qwen2.5-0.5B-Instruct"].chat == "too_large"
    assert candidates(models)["Qwen/Qwen2.5-0.5B-Instruct"].chat == "fits"


def test_on_a_gpu_what_is_too_large_may_fit_in_four_bits(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: ["cuda:0", "cpu"])
    monkeypatch.setattr(devices, "_require_4bit", lambda _device: None)
    monkeypatch.setattr(devices, "_gpu_has_bfloat16", lambda _device: True)
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(15 * GB, 16 * GB))
    found = candidates()
    mistral = found["mistralai/Mistral-7B-Instruct-v0.3"]
    assert (mistral.chat, mistral.training) == ("fits_4bit", "fits_4bit")
    assert found["Qwen/Qwen2.5-3B-Instruct"].training == "fits"


def test_every_known_model_says_what_it_is():
    assert len({model.name for model in KNOWN}) == len(KNOWN)
    assert all(model.parameters and model.languages and model.licence for model in KNOWN)
    makers = {m.name.partition("/")[0] for m in KNOWN if m.gated}
    assert makers == {"meta-llama", "google"}


def test_the_size_of_the_starter_is_that_of_its_weights():
    models = Models()
    assert models.get("starter").base.parameters == KNOWN[0].parameters
