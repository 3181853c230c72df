"""`PackedSFTTrainer` beside TRL's `SFTTrainer`: the same rows and arguments, the same losses."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, PromptTuningConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

from nbfinetune import PackedSFTTrainer
from nbfinetune.training.losses import Losses
from tests.training.runs import HELD_OUT, ROWS

README = Path(__file__).parents[2] / "README.md"
LORA = LoraConfig(r=4, lora_alpha=16, lora_dropout=0.0, target_modules="all-linear")


def dataset(rows) -> Dataset:
    return Dataset.from_list(
        [{"messages": [{"role": m.role, "content": m.content} for m in r.messages]} for r in rows]
    )


def trainer_of(kind, tiny: Path, place: Path, *, lora: Any = LORA, **settings: Any) -> SFTTrainer:
    torch.manual_seed(0)
    base = {
        "learning_rate": 5e-3, "max_steps": 10, "per_device_train_batch_size": 4, "bf16": False,
        "use_cpu": True, "assistant_only_loss": True, "logging_steps": 1, "save_strategy": "no",
        "report_to": [], "disable_tqdm": True, "seed": 0,
    }  # fmt: skip
    return kind(
        model=AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32),
        args=SFTConfig(output_dir=str(place), **{**base, **settings}),
        train_dataset=dataset(ROWS),
        eval_dataset=dataset(HELD_OUT),
        processing_class=AutoTokenizer.from_pretrained(tiny),
        peft_config=lora,
    )


def told(trainer: SFTTrainer) -> list[tuple[float, float, float]]:
    """Loss, gradient norm and tokens of each step."""
    torch.manual_seed(1)
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    return [(entry["loss"], entry["grad_norm"], entry["num_tokens"]) for entry in logged]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2},
        {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 3},
        {"gradient_checkpointing": False, "max_length": 80},
        {"lora": None, "learning_rate": 1e-3},
    ],
)
def test_ten_steps_and_a_measurement_have_the_losses_of_trl(tiny, tmp_path, settings):
    ours = trainer_of(PackedSFTTrainer, tiny, tmp_path, **settings)
    theirs = trainer_of(SFTTrainer, tiny, tmp_path, **settings)
    assert ours.is_packed
    mine, reference = told(ours), told(theirs)
    assert len(mine) == len(reference) == 10
    apart = max(abs(a[0] - b[0]) for a, b in zip(mine, reference, strict=True))
    print(f"largest difference of a loss in 10 steps: {apart:.2e}")
    assert apart < 1e-5
    for a, b in zip(mine, reference, strict=True):
        assert a == pytest.approx(b, rel=1e-3)
    measured, expected = ours.evaluate(), theirs.evaluate()
    assert measured["eval_loss"] == pytest.approx(expected["eval_loss"], abs=1e-5)
    assert measured["eval_num_tokens"] == expected["eval_num_tokens"]


def test_it_computes_packs_and_leaves_the_model_as_it_was(tiny, tmp_path, monkeypatch):
    computed: list[int] = []
    summed = Losses.summed

    def counting(self, rows):
        computed.append(len(rows))
        return summed(self, rows)

    monkeypatch.setattr(Losses, "summed", counting)
    trainer = trainer_of(PackedSFTTrainer, tiny, tmp_path, max_steps=2)
    trainer.train()
    assert computed == [4, 4]
    with torch.no_grad():  # whoever computes with it later finds it as it was
        logits = trainer.model(input_ids=torch.tensor([[5, 6, 7]])).logits
    assert logits.shape[:2] == (1, 3)
    trainer.save_model(str(tmp_path / "saved"))
    assert (tmp_path / "saved" / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"loss_type": "dft"}, "loss_type"),
        ({"neftune_noise_alpha": 5.0}, "neftune_noise_alpha"),
        ({"label_smoothing_factor": 0.1}, "label_smoothing_factor"),
        ({"lora": PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)}, "prompt"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*label_smoothing.*:FutureWarning")
def test_what_cannot_be_packed_is_computed_by_trl(tiny, tmp_path, monkeypatch, settings, why):
    said: list[str] = []
    monkeypatch.setattr(
        "nbfinetune.training.trainer._told.warning", lambda form, *words: said.append(form % words)
    )
    ours = trainer_of(PackedSFTTrainer, tiny, tmp_path, max_steps=2, **settings)
    theirs = trainer_of(SFTTrainer, tiny, tmp_path, max_steps=2, **settings)
    assert not ours.is_packed
    assert len(said) == 1
    assert why in said[0]
    assert told(ours) == told(theirs)


def test_metrics_that_want_logits_get_them(tiny, tmp_path):
    trainer = trainer_of(PackedSFTTrainer, tiny, tmp_path)
    trainer.compute_metrics = lambda given: {"width": given.predictions.shape[-1]}
    measured = trainer.evaluate()
    assert measured["eval_width"] == trainer.model.config.vocab_size


def test_bfloat16_goes_through_autocast(tiny, tmp_path):
    ours = trainer_of(PackedSFTTrainer, tiny, tmp_path, bf16=True)
    theirs = trainer_of(SFTTrainer, tiny, tmp_path, bf16=True)
    assert ours.is_packed
    for a, b in zip(told(ours), told(theirs), strict=True):
        assert a == pytest.approx(b, rel=0.01)


def test_the_example_of_the_readme_trains(tiny, tmp_path, monkeypatch):
    section = README.read_text("utf-8").split("## In your own script")[1]
    code = re.search(r"```python\n(.*?)```", section, re.S).group(1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: dataset(ROWS))
    # on a GPU, where there is one, it needs no more than what it says
    monkeypatch.setattr("trl.SFTConfig", partial(SFTConfig, use_cpu=True, report_to=[]))
    names: dict[str, Any] = {}
    exec(code.replace("Qwen/Qwen2.5-0.5B-Instruct", str(tiny)), names)
    assert names["trainer"].is_packed
    assert names["trainer"].state.global_step == 3  # epochs of one step
