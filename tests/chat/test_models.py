"""The room of loaded models: one of each, what it holds, and memory that comes back."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import psutil
import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from nbfinetune.chat import devices, loading
from nbfinetune.chat.devices import Memory, choice_notices, settled
from nbfinetune.chat.hub import Found
from nbfinetune.chat.loading import load_base
from nbfinetune.chat.model import SamplingParams
from nbfinetune.chat.models import How, Loaded, Models, as_here
from nbfinetune.chat.waiting import Waiting
from nbfinetune.chat.weights import parameters_of
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.errors import ConfigError, MissingDependency, ModelError
from nbfinetune.core.messages import Message
from nbfinetune.core.runs.events import Notice
from nbfinetune.training.lora import trained_on
from tests.models import byte_tokenizer, save_tiny_model

ASKED = [Message("user", "hi")]
CPU = How("cpu", "float32")
SHORT = SamplingParams(max_tokens=2)


def refusal(call) -> str:
    with pytest.raises(ModelError) as error:
        call()
    return str(error.value)


def test_a_model_is_loaded_once_for_everybody(tiny):
    models = Models()
    one = models.get(str(tiny))
    assert models.get(str(tiny)) is one
    assert models.get(str(tiny), CPU) is one
    assert models.chat(str(tiny)).model is one


def test_two_who_ask_at_once_get_the_same(tiny):
    models, found = Models(), []
    threads = [Thread(target=lambda: found.append(models.get(str(tiny)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(model) for model in found}) == 1


def test_another_number_format_is_another_model_and_no_wish_means_what_is_loaded(tiny):
    models = Models()
    half = models.get(str(tiny), How("cpu", "bfloat16"))
    assert models.get(str(tiny)) is half
    assert models.get(str(tiny), CPU) is not half
    assert [told.dtype for told in models.loaded()] == ["bfloat16", "float32"]


def test_a_folder_is_one_model_however_it_is_named(tiny, monkeypatch):
    models = Models()
    monkeypatch.chdir(tiny.parent)
    assert models.get("./tiny") is models.get(str(tiny))


def test_what_is_loaded_is_told_with_its_memory(tiny):
    models = Models()
    base = models.get(str(tiny)).base
    weights = parameters_of(str(tiny), tiny)  # the head is the embeddings: it counts once
    assert base.parameters == weights
    cache = sum(buffer.nbytes for buffer in base.model.buffers())
    assert models.loaded() == [
        Loaded(str(tiny), "cpu", "float32", False, 4 * weights + cache, 0, False)
    ]


def test_unloading_what_is_not_there_is_refused(tiny):
    assert refusal(lambda: Models().unload("starter")) == (
        "the model starter is not loaded\n%ft_models shows what is."
    )
    assert Models().unload() == []


def test_a_model_that_a_run_trains_on_stays(tiny):
    models = Models()
    base = models.get(str(tiny)).base
    with trained_on(base, TrainConfig()):
        assert refusal(lambda: models.unload(str(tiny))) == (
            f"a run trains on {tiny}\nEnd it first:  %ft_stop"
        )
        assert models.unload() == []
    assert [told.name for told in models.unload()] == [str(tiny)]
    assert models.loaded() == []


def test_who_talks_to_an_unloaded_model_has_it_loaded_again(tiny):
    models = Models()
    chat = models.chat(str(tiny))
    before = chat.reply(ASKED, SHORT).text
    models.unload(str(tiny))
    assert chat.reply(ASKED, SHORT).text == before
    assert len(models.loaded()) == 1


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A model of 50 million random weights: 200 MB in float32."""
    folder = tmp_path_factory.mktemp("models") / "large"
    config = Qwen2Config(
        vocab_size=259, hidden_size=1024, intermediate_size=4096, num_hidden_layers=3,
        num_attention_heads=8, num_key_value_heads=8, max_position_embeddings=64,
        tie_word_embeddings=True,
    )  # fmt: skip
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    model.to_empty(device="cpu")
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(0.01)
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def resident() -> int:
    gc.collect()
    return psutil.Process(os.getpid()).memory_info().rss


def test_memory_comes_back_when_a_model_is_unloaded_and_after_errors(large):
    models = Models()
    models.get(str(large), CPU)
    models.unload()
    before = resident()
    model = models.get(str(large), CPU)
    chat = models.chat(str(large), CPU)
    chat.reply(ASKED, SHORT)
    held = models.loaded()[0].memory_bytes
    assert held > 200_000_000
    assert resident() - before > 0.8 * held
    with pytest.raises(ModelError):
        chat.reply([Message("user", "x" * 100)], SHORT)
    with (
        pytest.raises(ZeroDivisionError),
        trained_on(model.base, TrainConfig()) as tuned,
        tuned[0].computing(),
    ):
        tuned[1].no_such_thing = 1 / 0
    del model, tuned
    assert [told.name for told in models.unload()] == [str(large)]
    assert resident() - before < 0.2 * held


# what fits


def test_a_model_without_room_is_refused_with_numbers_and_with_who_holds_the_rest(
    tiny, large, monkeypatch
):
    models = Models()
    models.get(str(tiny))
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(100_000_000, 1_000_000_000))
    held = models.loaded()[0].memory_bytes / 1000
    assert refusal(lambda: models.get(str(large), CPU)) == (
        f"{large} needs about 224 MB on cpu, where 100 MB are free; loaded: {tiny} {held:.0f} kB\n"
        "Unload what you no longer need:  %ft_models --unload all"
    )
    assert [told.name for told in models.loaded()] == [str(tiny)]


def test_a_model_that_never_fits_is_refused_with_numbers(large, monkeypatch):
    monkeypatch.setattr(devices, "memory", lambda _device: Memory(100_000_000, 150_000_000))
    assert refusal(lambda: Models().get(str(large), CPU)) == (
        f"{large} needs about 224 MB on cpu, which has 100 MB free of 150 MB\n"
        "Take a smaller model, or on a GPU  --load-in-4bit.  %ft_models shows what fits."
    )


# how


def test_a_larger_model_is_bfloat16_where_the_cpu_computes_it_and_that_is_said(monkeypatch):
    monkeypatch.setattr(devices, "cpu_has_bfloat16", lambda: True)
    assert settled(How("cpu"), 10**9) == How("cpu", "bfloat16")
    assert settled(How("cpu"), 10**6) == CPU
    assert settled(How("cpu", "float32"), 10**9) == CPU
    assert choice_notices(How("cpu"), How("cpu", "bfloat16")) == [Notice("dtype_cpu_bfloat16")]
    assert choice_notices(How("cpu", "bfloat16"), How("cpu", "bfloat16")) == []
    monkeypatch.setattr(devices, "cpu_has_bfloat16", lambda: False)
    assert settled(How("cpu"), 10**9) == CPU
    assert choice_notices(How("cpu"), CPU) == []


def test_float16_is_said_where_a_gpu_has_no_bfloat16(monkeypatch):
    monkeypatch.setattr(devices, "_gpu_has_bfloat16", lambda _device: False)
    chosen = devices.choose_dtype("auto", torch.device("cuda:0"))
    assert chosen is torch.float16
    said = choice_notices(How("cuda"), How("cuda:0", "float16"))
    assert said == [Notice("dtype_float16", {"device": "cuda:0"})]


def test_four_bits_on_a_cpu_are_refused_with_the_way_out(tiny):
    with pytest.raises(ConfigError) as error:
        Models().get(str(tiny), How("cpu", "auto", True))
    assert str(error.value) == (
        "weights in 4 bits need an NVIDIA GPU; the device is cpu  (--load-in-4bit)\n"
        "Leave --load-in-4bit out, or take a smaller base model."
    )


def test_four_bits_without_their_package_say_how_to_install_it(monkeypatch):
    monkeypatch.setattr(devices, "choose_device", lambda _wanted: torch.device("cuda:0"))
    monkeypatch.setattr(devices, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependency) as error:
        settled(How("cuda", "bfloat16", True))
    assert str(error.value) == (
        "--load-in-4bit needs the package bitsandbytes, which is not installed\n"
        "Install it and restart the kernel:  pip install bitsandbytes"
    )


def test_what_was_trained_elsewhere_is_loaded_with_what_is_here():
    assert as_here(How("cuda:7", "bfloat16", True)) == How()
    assert as_here(How("cpu", "bfloat16")) == How("cpu", "bfloat16")


def test_the_base_of_a_checkpoint_is_named_as_the_user_named_it(tmp_path):
    base = load_base("starter")
    with trained_on(base, TrainConfig()) as (own, model):
        assert model.peft_config[own.adapter].base_model_name_or_path == "starter"


def test_a_shard_that_is_missing_is_named(tiny, tmp_path):
    folder = save_tiny_model(tmp_path / "model")
    (folder / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "model-00001-of-00002.safetensors"}}'
    )
    assert refusal(lambda: load_base(str(folder))) == (
        f"the model {folder} can't be loaded: model-00001-of-00002.safetensors is missing"
    )


def test_who_talks_does_not_wait_for_the_download_of_another_model(tiny, monkeypatch):
    models, asked, go_on = Models(), Event(), Event()
    model = models.get(str(tiny), CPU)

    def slow(name, waiting):
        asked.set()
        assert go_on.wait(20)
        raise ModelError("model_not_on_hub", name=name)

    monkeypatch.setattr("nbfinetune.chat.hub.find", slow)
    fetching = Thread(target=lambda: refusal(lambda: models.get("acme/large")))
    fetching.start()
    assert asked.wait(20)
    assert models.get(str(tiny)) is models.get(str(tiny), CPU) is model
    impatient = Waiting(should_stop=lambda: True)
    said = refusal(lambda: models.get("acme/large", None, impatient))
    assert said.startswith("fetching acme/large was stopped\n")
    assert [told.name for told in models.unload(str(tiny))] == [str(tiny)]
    go_on.set()
    fetching.join()


def test_a_device_that_runs_full_while_a_model_loads_says_so_and_keeps_nothing(
    tiny, large, monkeypatch
):
    models = Models()
    models.get(str(tiny))

    def fail(*_arguments, **_options):
        held = torch.zeros(50_000_000)
        raise torch.OutOfMemoryError(f"CUDA out of memory: {held.shape}")

    before = resident()
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", fail)
    with pytest.raises(ModelError) as error:
        models.get(str(large), CPU)
    assert error.value.code == "model_no_room"
    assert resident() - before < 50_000_000
    assert len(models.loaded()) == 1


def test_threads_of_others_keep_their_cores_while_a_small_model_computes(tiny):
    program = f"""
import threading, torch
from nbfinetune.chat.hub import Found
from nbfinetune.chat.loading import load_base
torch.set_num_threads(3)
seen, inside, over = [], threading.Event(), threading.Event()
def compute():
    base = load_base({str(tiny)!r}, "cpu")
    with base.turn():
        seen.append(torch.get_num_threads())
        inside.set()
        over.wait()
    seen.append(torch.get_num_threads())
def other():
    seen.append(torch.get_num_threads())
one = threading.Thread(target=compute)
one.start()
inside.wait()
while True:  # the process's number is put back at once
    two = threading.Thread(target=other)
    two.start()
    two.join()
    if seen[-1] == 3:
        break
over.set()
one.join()
print(seen[0], seen[-2], seen[-1], torch.get_num_threads())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=True, timeout=120)  # fmt: skip
    assert done.stdout.split() == ["1", "3", "3", "3"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, Memory(9_000, 10_000)),
        ({"memory.max": "max", "memory.current": "1", "memory.stat": ""}, Memory(9_000, 10_000)),
        ({"memory.max": "4000", "memory.current": "1500",
          "memory.stat": "anon 9\ninactive_file 500"}, Memory(3_000, 4_000)),
        ({"memory.max": "4000", "memory.current": "4100", "memory.stat": ""}, Memory(0, 4_000)),
        ({"memory/memory.limit_in_bytes": "4000", "memory/memory.usage_in_bytes": "1000",
          "memory/memory.stat": ""}, Memory(3_000, 4_000)),
        ({"memory.max": "20000", "memory.current": "1", "memory.stat": ""}, Memory(9_000, 10_000)),
    ],
)  # fmt: skip
def test_what_a_container_may_take_is_all_there_is(tmp_path, monkeypatch, files, found):
    (tmp_path / "memory").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(devices, "_CONTAINER", tmp_path)
    machine = SimpleNamespace(available=9_000, total=10_000)
    monkeypatch.setattr(devices.psutil, "virtual_memory", lambda: machine)
    assert devices.memory("cpu") == found


def test_a_checkpoint_on_a_base_counts_until_it_goes(tiny):
    models = Models()
    base = models.get(str(tiny)).base
    before = base.memory_bytes
    with trained_on(base, TrainConfig(lora_rank=8)):
        assert base.memory_bytes == before + 8192 * 4
    assert base.memory_bytes == before


def test_four_bits_are_nf4_doubly_quantised_and_go_to_the_gpu_at_once(tiny, monkeypatch):
    versions = importlib.metadata.version
    monkeypatch.setattr(
        "importlib.metadata.version", lambda n: "0.49.0" if n == "bitsandbytes" else versions(n)
    )
    found = Found(str(tiny), tiny)
    options = loading._options(found, How("cuda:1", "bfloat16", True))
    quantised = options.pop("quantization_config").to_dict()
    assert options == {
        "local_files_only": True, "trust_remote_code": False, "dtype": torch.bfloat16,
        "attn_implementation": "sdpa", "use_safetensors": True, "device_map": {"": "cuda:1"},
    }  # fmt: skip
    assert {name: quantised[name] for name in quantised if name.startswith("bnb_4bit_")} | {
        "load_in_4bit": quantised["load_in_4bit"]
    } == {
        "load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8",
    }  # fmt: skip
