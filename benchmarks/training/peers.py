"""The competitors: ours, TRL's `SFTTrainer` and transformers' `Trainer`, in their layouts.

All of them train the same batches in the same order, with the same LoRA matrices, AdamW and
clipping. Peers do nothing beside: no evaluation, checkpoints, progress bars, and no logs while they
are timed. They hold their activations, as we do (TRL's own default is to compute them twice), and
on a CPU they compute in the model's dtype: autocast, TRL's default, takes twice the time there.
Rows are tokenized before. Each competitor calls `turns` before its first step and after each one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, NamedTuple, Protocol

from training.scenario import Job, Scene, scene


class Turns(Protocol):
    """Who may compute, and for how long: both return once it goes on, False where it ends."""

    def wait(self) -> bool: ...
    def stepped(self) -> bool: ...


class Layout(NamedTuple):
    """How a competitor lays out the rows of a step. `at_once`: rows of a micro-batch, 0 is all;
    `flat`: one behind the other in place of padding.
    """

    train: Callable[[Job, Layout, Turns], Trained]
    at_once: int = 0
    flat: bool = False


class Trained(NamedTuple):
    """The loss of each step, where they are logged."""

    scene: Scene
    losses: list[float]


def ours(job: Job, _layout: Layout, turns: Turns) -> Trained:
    """The learner of a run, called as the run's loop calls it."""
    from nbfinetune.training.learner import Learner
    from nbfinetune.training.lora import trained_on

    set_up = scene(job)
    losses = []
    with trained_on(set_up.base, job.config) as (base, model):
        with base.computing():
            learner = Learner(base, model, job.config, base.adapter or "")
        goes_on = turns.wait()
        for number, rows in enumerate(set_up.batches, start=1):
            if not goes_on:
                break
            with base.computing():
                learned = learner.step(rows, number=number, learning_rate=job.learning_rate)
            losses.append(learned.loss)
            goes_on = turns.stepped()
    return Trained(set_up, losses)


def trl(job: Job, layout: Layout, turns: Turns) -> Trained:
    """TRL's trainer; its loss is the one that never holds all logits, the only one it has."""
    from trl import SFTConfig, SFTTrainer

    set_up = scene(job, attention(job, layout))
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=with_lora(set_up, job),
            args=SFTConfig(
                **arguments(job, layout, folder),
                max_length=None,
                padding_free=layout.flat,
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            train_dataset=dataset(set_up),
            processing_class=set_up.base.tokenizer,
            callbacks=[by_turns(turns)],
        )
        return Trained(set_up, logged(trainer))


def transformers(job: Job, layout: Layout, turns: Turns) -> Trained:
    """The plain trainer with the collators that come with it."""
    from transformers import (
        DataCollatorForSeq2Seq,
        DataCollatorWithFlattening,
        Trainer,
        TrainingArguments,
    )

    set_up = scene(job, attention(job, layout))
    collate = DataCollatorForSeq2Seq(set_up.base.tokenizer)  # pads labels, too
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=with_lora(set_up, job),
            args=TrainingArguments(**arguments(job, layout, folder)),
            train_dataset=dataset(set_up),
            data_collator=DataCollatorWithFlattening() if layout.flat else collate,
            callbacks=[by_turns(turns)],
        )
        return Trained(set_up, logged(trainer))


LAYOUTS: Mapping[str, Layout] = {
    "ours": Layout(ours),
    "TRL padded": Layout(trl),
    "TRL padded, by 1": Layout(trl, at_once=1),
    "TRL padding-free": Layout(trl, flat=True),
    "TRL padding-free, by 2": Layout(trl, at_once=2, flat=True),
    "Trainer padded": Layout(transformers),
    "Trainer padded, by 2": Layout(transformers, at_once=2),
    "Trainer padded, by 1": Layout(transformers, at_once=1),
    "Trainer padding-free": Layout(transformers, flat=True),
}

ON_CPU: Mapping[str, tuple[str, ...]] = {
    "short": ("ours", "TRL padded", "TRL padding-free", "Trainer padded"),
    "long": ("ours", "TRL padded, by 1", "TRL padding-free, by 2", "Trainer padded, by 1"),
    "starter": ("ours", "TRL padded", "TRL padding-free", "Trainer padded"),
}
"""Each competitor's fastest layout, as `--layouts` finds it; of two that are as fast, the smaller.
All rows at once make long logits: the plain trainer is faster, and in a quarter of the memory, with
one long row after the other. TRL never holds them; padding-free, its mask is the square of what is
computed at once."""


def fastest(scenario: str, device: str) -> tuple[str, ...]:
    """Each competitor once; a GPU computes a whole batch best."""
    return ON_CPU[scenario if device == "cpu" else "short"]


def with_lora(set_up: Scene, job: Job) -> Any:
    """The model with the LoRA matrices that ours begins with, as PEFT puts them there."""
    import torch
    from peft import LoraConfig, get_peft_model

    from nbfinetune.training.sft import lora_arguments

    torch.manual_seed(job.config.seed)
    return get_peft_model(set_up.base.model, LoraConfig(**lora_arguments(job.config)))


def dataset(set_up: Scene) -> Any:
    from datasets import Dataset

    rows = list(chain.from_iterable(set_up.batches))
    return Dataset.from_dict(
        {"input_ids": [r.ids for r in rows], "labels": [r.labels for r in rows]}
    )


def arguments(job: Job, layout: Layout, folder: str) -> dict[str, Any]:
    """What both trainers are told; all else is as they have it, AdamW in one kernel among it."""
    from transformers.utils import is_liger_kernel_available

    at_once = layout.at_once or job.rows
    on_gpu = job.device != "cpu"
    return {
        "output_dir": folder,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": job.rows // at_once,
        "max_steps": job.steps,
        "train_sampling_strategy": "sequential",
        "learning_rate": job.learning_rate,
        "lr_scheduler_type": "constant",
        "weight_decay": job.config.weight_decay,
        "max_grad_norm": job.config.max_grad_norm,
        "gradient_checkpointing": False,
        "bf16": on_gpu and job.dtype == "bfloat16",
        "use_cpu": not on_gpu,
        "use_liger_kernel": on_gpu and is_liger_kernel_available(),
        "logging_strategy": "steps" if job.logs else "no",
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
    }


def attention(job: Job, layout: Layout) -> str:
    """On a GPU flash attention, where it is installed; what compiles for each mask, without it.
    Neither is for float32.
    """
    from transformers.utils import is_flash_attn_2_available

    if job.device == "cpu" or job.dtype == "float32":
        return "sdpa"
    if is_flash_attn_2_available():
        return "flash_attention_2"
    return "flex_attention" if layout.flat else "sdpa"


def by_turns(turns: Turns) -> Any:
    """A callback that lets a trainer compute when it is its turn."""
    from transformers import TrainerCallback

    class ByTurns(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            turns.wait()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = not turns.stepped()

    return ByTurns()


def logged(trainer: Any) -> list[float]:
    """The losses of a training from its first step to its end."""
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
