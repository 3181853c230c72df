"""Beside TRL's `SFTTrainer`: same rows, labels, order and settings give the same losses."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset
from torch.utils.data import SequentialSampler
from trl import SFTConfig, SFTTrainer

from nbfinetune.chat.loading import load_base
from nbfinetune.core.config import TrainConfig
from nbfinetune.training.batches import collate
from nbfinetune.training.learner import Learned, Learner
from nbfinetune.training.lora import with_lora
from nbfinetune.training.schedule import learning_rate, optimizer_steps, schedule
from tests.training.runs import ROWS

STEPS = 20


class InOrder(SFTTrainer):
    """TRL's trainer, on rows in the order that they are given in."""

    def _get_train_sampler(self, dataset=None):
        return SequentialSampler(self.train_dataset)


def theirs(folder: Path, place: Path, config: TrainConfig) -> list[tuple[float, float]]:
    """Loss and gradient norm of each step, as TRL logs them."""
    base = load_base(str(folder))
    rows = [base.template.row(row) for row in ROWS]
    ordered = [rows[i] for step in schedule(len(rows), config) for i in step.rows]
    micro = config.micro_batch_size or config.batch_size
    trainer = InOrder(
        model=with_lora(base, config),
        args=SFTConfig(
            output_dir=str(place),
            learning_rate=config.learning_rate,
            num_train_epochs=1,
            per_device_train_batch_size=micro,
            gradient_accumulation_steps=config.batch_size // micro,
            warmup_steps=config.warmup_ratio,
            lr_scheduler_type=config.lr_scheduler,
            weight_decay=config.weight_decay,
            max_grad_norm=config.max_grad_norm,
            optim="adamw_torch",
            use_cpu=True,
            bf16=False,
            max_length=None,
            packing=False,
            gradient_checkpointing=False,
            dataset_kwargs={"skip_prepare_dataset": True},
            loss_type="nll",
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_dict(
            {"input_ids": [r.ids for r in ordered], "labels": [r.labels for r in ordered]}
        ),
        data_collator=lambda part: collate(
            [type(rows[0])(row["input_ids"], row["labels"]) for row in part], 0
        ),
        processing_class=base.tokenizer,
    )
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    return [(entry["loss"], entry["grad_norm"]) for entry in logged]


def ours(folder: Path, config: TrainConfig) -> list[Learned]:
    base = load_base(str(folder))
    rows = [base.template.row(row) for row in ROWS]
    learner = Learner(base, with_lora(base, config), config)
    total = optimizer_steps(len(rows), config)
    return [
        learner.step(
            [rows[i] for i in step.rows],
            number=step.number,
            learning_rate=learning_rate(step.number, total, config),
        )
        for step in schedule(len(rows), config)
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"micro_batch_size": 0, "lr_scheduler": "cosine", "warmup_ratio": 0.1},
        {"micro_batch_size": 2, "lr_scheduler": "linear", "warmup_ratio": 0.0},
        {"micro_batch_size": 1, "lr_scheduler": "cosine", "weight_decay": 0.1},
    ],
)
def test_twenty_steps_have_the_losses_of_trl(tiny, tmp_path, settings):
    config = TrainConfig(
        **{"learning_rate": 5e-3, "epochs": 10, "batch_size": 4, "lora_dropout": 0.0, **settings}
    )
    assert optimizer_steps(len(ROWS), config) == STEPS
    mine, reference = ours(tiny, config), theirs(tiny, tmp_path, config)
    assert len(reference) == STEPS
    differences = [abs(a.loss - loss) for a, (loss, _) in zip(mine, reference, strict=True)]
    print(f"largest difference of a loss in {STEPS} steps: {max(differences):.2e}")
    assert max(differences) < 1e-4
    norms = [norm for _, norm in reference]
    assert [a.grad_norm for a in mine] == pytest.approx(norms, rel=1e-3)
