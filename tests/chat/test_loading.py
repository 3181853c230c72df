"""Base models: what is loaded, on which device, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from nbfinetune.chat.devices import choose_device, choose_dtype
from nbfinetune.chat.loading import load_base, load_template
from nbfinetune.core.errors import ConfigError, ModelError
from tests.models import END, PAD, byte_ids, save_tiny_model


def test_a_folder_is_loaded_with_its_tokenizer_template_and_limits(tiny):
    base = load_base(str(tiny))
    assert (base.name, base.context_length, base.dtype) == (str(tiny), 512, torch.float32)
    assert next(base.model.parameters()).dtype == torch.float32
    assert not base.model.training
    assert base.tokenizer("a你" + END)["input_ids"] == byte_ids("a你" + END)
    assert base.template.end_of_turn_id() == 2


def test_the_starter_is_loaded_from_the_package():
    base = load_base("starter", dtype="float32")
    assert base.name == "starter"
    assert base.template.end_of_turn_id() in base.stop_ids()


def test_answers_end_at_the_tokens_of_the_template_the_tokenizer_and_the_model(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    assert load_base(str(folder)).stop_ids() == byte_ids(END)
    path = folder / "generation_config.json"
    path.write_text(json.dumps({"eos_token_id": [7, 9]}))
    assert load_base(str(folder)).stop_ids() == [2, 7, 9]
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "eos_token": PAD}))
    assert load_base(str(folder)).stop_ids() == [0, 2, 7, 9]


def test_a_tokenizer_is_loaded_once_for_all_as_long_as_its_files_are_the_same(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    first = load_template(str(folder))
    base = load_base(str(folder), dtype="bfloat16")
    assert base.template is first is load_template(str(folder))
    assert base.tokenizer is first.tokenizer

    path = folder / "chat_template.jinja"
    path.write_text("{{ messages[0].content }}")
    changed = load_template(str(folder))
    assert changed.tokenizer.chat_template == "{{ messages[0].content }}"
    assert first.tokenizer.chat_template != changed.tokenizer.chat_template
    assert load_base(str(folder)).template is changed


def test_a_template_is_that_of_the_name_it_was_asked_for_by(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    beside = tmp_path / "link"
    beside.symlink_to(folder)
    assert [load_template(str(path)).name for path in (folder, beside)] == [
        str(folder), str(beside)
    ]  # fmt: skip


def refusal(name: str) -> str:
    with pytest.raises(ModelError) as error:
        load_base(name)
    return str(error.value)


def test_a_model_without_a_chat_template_is_refused(tmp_path):
    folder = save_tiny_model(tmp_path / "model", template=None)
    assert refusal(str(folder)) == (
        f"{folder} has no chat template\nChoose an instruct or chat version of the model."
    )


def test_a_folder_that_holds_no_model_is_refused(tmp_path):
    assert refusal(str(tmp_path)).startswith(f"the model {tmp_path} can't be loaded: ")


def test_cut_weights_are_refused(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert refusal(str(folder)).startswith(f"the model {folder} can't be loaded: ")


def test_pickled_weights_are_refused_even_where_there_is_nothing_else(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    torch.save({"x": torch.zeros(1)}, folder / "pytorch_model.bin")
    assert refusal(str(folder)).startswith(f"the model {folder} can't be loaded: ")


def test_code_that_comes_with_a_model_is_never_run(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    trace = tmp_path / "it ran"
    (folder / "evil.py").write_text(
        f"from pathlib import Path\nPath({str(trace)!r}).touch()\n"
        "from transformers import Qwen2Config as Evil, Qwen2ForCausalLM as EvilModel\n"
    )
    path = folder / "config.json"
    config = json.loads(path.read_bytes())
    config |= {
        "model_type": "evil",
        "auto_map": {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.EvilModel"},
    }
    path.write_text(json.dumps(config))
    assert refusal(str(folder)) == (
        f"the model {folder} needs Python code of its own, and none that comes with a model is "
        "run\nChoose a model that transformers knows:  %ft_models  lists some."
    )
    assert not trace.exists()


def test_code_beside_a_model_that_is_known_without_it_is_left_alone(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "model")
    trace = tmp_path / "it ran"
    (folder / "evil.py").write_text(f"open({str(trace)!r}, 'w')\nclass Evil: pass\n")
    for file, classes in {
        "config.json": {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"},
        "tokenizer_config.json": {"AutoTokenizer": ["evil.Evil", "evil.Evil"]},
    }.items():
        path = folder / file
        path.write_text(json.dumps({**json.loads(path.read_bytes()), "auto_map": classes}))
    assert type(load_base(str(folder)).model).__module__.startswith("transformers.models.qwen2")
    assert not trace.exists()


def test_a_name_that_can_be_no_model_is_unknown():
    assert refusal("what is this?") == (
        "'what is this?' is neither a run nor a model\n"
        "Give  base,  a run of  %ft_runs,  starter,  a path or a hub id."
    )


def test_a_hub_model_that_is_not_here_says_how_to_go_on_offline():
    said = refusal("acme/not-on-this-machine").split("\n")
    assert said[0].startswith(
        "the model acme/not-on-this-machine is not cached and the hub can't be reached: "
    )
    assert said[1] == "Check the network or HF_ENDPOINT, or use  --base-model starter."


def test_a_device_that_is_not_here_is_refused_with_those_that_are():
    with pytest.raises(ConfigError) as error:
        choose_device("cuda:99")
    said, way_out = str(error.value).split("\n")
    assert said.startswith("device cuda:99 is not available here (")
    assert said.endswith("cpu)")
    assert way_out == "Leave --device out to let it be chosen."


def test_the_cpu_is_always_there():
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("wanted", "device", "chosen"),
    [
        ("auto", "cpu", torch.float32),
        ("auto", "mps", torch.float32),
        ("float32", "cpu", torch.float32),
        ("bfloat16", "cpu", torch.bfloat16),
        ("float16", "cuda", torch.float16),
    ],
)
def test_the_number_format_is_the_one_named_or_the_best_of_the_device(wanted, device, chosen):
    assert choose_dtype(wanted, torch.device(device)) == chosen


def test_a_model_is_loaded_in_the_format_that_is_asked_for(tiny: Path):
    base = load_base(str(tiny), "cpu", "bfloat16")
    assert base.dtype == next(base.model.parameters()).dtype == torch.bfloat16


def test_a_small_model_computes_on_one_core_and_gives_the_others_back(tiny):
    base, before = load_base(str(tiny), "cpu"), torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with base.computing():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
        with pytest.raises(ZeroDivisionError), base.computing():
            _ = 1 / 0
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
