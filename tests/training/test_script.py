"""The run as a script for TRL: it is run, and its losses are those of the run."""

from __future__ import annotations

import runpy
import sys

import pytest

from nbfinetune.core.config import SETTINGS, TrainConfig
from nbfinetune.core.errors import RunError
from nbfinetune.training.script import trl_script, write_script
from nbfinetune.training.sft import lora_arguments, trl_arguments
from tests.models import talk
from tests.training.runs import HELD_OUT, ROWS, prepare, train

# our setting and value; in PEFT's words
LORA = [
    ({"lora_rank": 5}, {"r": 5}),
    ({"lora_alpha": 21}, {"lora_alpha": 21}),
    ({"lora_dropout": 0.25}, {"lora_dropout": 0.25}),
    ({"target_modules": "all-linear"}, {"target_modules": "all-linear"}),
    ({"target_modules": "q_proj"}, {"target_modules": ["q_proj"]}),
    ({"target_modules": "q_proj, v_proj"}, {"target_modules": ["q_proj", "v_proj"]}),
]
# in TRL's
SFT = [
    ({"learning_rate": 0.0125}, {"learning_rate": 0.0125}),
    ({"epochs": 7}, {"num_train_epochs": 7}),
    ({"batch_size": 12}, {"per_device_train_batch_size": 12, "gradient_accumulation_steps": 1}),
    ({"batch_size": 12, "micro_batch_size": 3},
     {"per_device_train_batch_size": 3, "gradient_accumulation_steps": 4}),
    ({"max_steps": 0}, {"max_steps": -1}),
    ({"max_steps": 9}, {"max_steps": 9}),
    ({"warmup_ratio": 0.25}, {"warmup_steps": 0.25}),
    ({"lr_scheduler": "linear"}, {"lr_scheduler_type": "linear"}),
    ({"lr_scheduler": "cosine"}, {"lr_scheduler_type": "cosine"}),
    ({"lr_scheduler": "constant"}, {"lr_scheduler_type": "constant_with_warmup"}),
    ({"weight_decay": 0.125}, {"weight_decay": 0.125}),
    ({"max_grad_norm": 0.5}, {"max_grad_norm": 0.5}),
    ({"gradient_checkpointing": True}, {"gradient_checkpointing": True}),
    ({"seed": 31}, {"seed": 31}),
]  # fmt: skip
ELSEWHERE = {
    "max_length": "rows are cut before", "allow_special_tokens": "looked for before",
    "load_in_4bit": "the model is loaded so", "report_to": "reported by us",
    "device": "the model is loaded there", "dtype": "the model is loaded in it",
    "eval_every": "measured by us", "early_stop_patience": "measured by us",
    "save_every": "committed by us", "keep_checkpoints": "committed by us",
}  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), LORA)
def test_settings_in_the_words_of_peft(ours, theirs):
    made = lora_arguments(TrainConfig(**ours))
    assert {name: made[name] for name in theirs} == theirs


@pytest.mark.parametrize(("ours", "theirs"), SFT)
def test_settings_in_the_words_of_trl(ours, theirs):
    made = trl_arguments(TrainConfig(**ours))
    assert {name: made[name] for name in theirs} == theirs


def test_every_setting_arrives_somewhere():
    assert {name for ours, _ in LORA + SFT for name in ours} | set(ELSEWHERE) == set(SETTINGS)


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_size": 3, "epochs": 3},  # a last batch of two rows in each epoch
        {"batch_size": 4, "micro_batch_size": 2, "epochs": 2, "lr_scheduler": "linear"},
        {"batch_size": 8, "epochs": 3, "lr_scheduler": "constant", "warmup_ratio": 0.4},
        {"batch_size": 3, "epochs": 3, "max_steps": 5, "weight_decay": 0.1, "max_length": 80},
    ],
)
def test_the_exported_script_has_the_losses_of_the_run(tiny, tmp_path, monkeypatch, settings):
    rows = [*ROWS[:7], talk("a long one", "a" * 60, system="Spanish.")]
    settings = {"learning_rate": 1e-2, "lora_dropout": 0.0, "seed": 5, **settings}
    run = prepare(tmp_path / "home", tiny, rows, HELD_OUT, **settings)
    record = train(run)
    write_script(run, tmp_path / "train.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    made = runpy.run_path(str(tmp_path / "train.py"))
    logged = [entry for entry in made["trainer"].state.log_history if "loss" in entry]
    found = [(e["loss"], e["grad_norm"], e["learning_rate"]) for e in logged]
    told = [(e.loss, e.grad_norm, e.learning_rate) for e in record.train]
    assert len(found) == len(told)
    for theirs, ours in zip(found, told, strict=True):
        assert theirs == pytest.approx(ours, rel=1e-4)
    assert "nbfinetune" not in (tmp_path / "train.py").read_text("utf-8")
    assert (tmp_path / "trl-run" / "adapter_model.safetensors").is_file()


def test_a_name_cannot_break_out_of_the_script(tiny, tmp_path):
    run = prepare(tmp_path, tiny, epochs=1)
    train(run)
    spec = run.path / "spec.json"
    hostile = '\\"\\"\\"; import os; os.abort() #\\n$seed'
    spec.write_text(spec.read_text("utf-8").replace('"spanish"', f'"{hostile}"', 1), "utf-8")
    script = trl_script(run, model="x'\n", rows="rows")
    assert script.count('"""') == 4  # of the script and of its sampler
    compile(script, "train.py", "exec")


def test_a_run_that_never_began_has_no_script(tiny, tmp_path):
    with pytest.raises(RunError, match="has not begun"):
        trl_script(prepare(tmp_path, tiny), model="m", rows="r")
