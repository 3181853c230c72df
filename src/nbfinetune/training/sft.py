"""Our settings in TRL's and PEFT's words: the one place that knows both. All values explicit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import PrinterCallback, ProgressCallback, TrainerCallback
from transformers.utils.notebook import NotebookProgressCallback
from trl import SFTConfig, SFTTrainer

from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.config import TrainConfig
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.batches import Collator


def lora_config(config: TrainConfig) -> LoraConfig:
    """What PEFT needs to know."""
    named = [name.strip() for name in config.target_modules.split(",")]
    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        # a text that isn't all-linear would be a pattern for whole module paths
        target_modules="all-linear" if named == ["all-linear"] else named,
        bias="none",
        task_type="CAUSAL_LM",
    )


def with_lora(base: BaseModel, config: TrainConfig) -> Any:
    """The base model with fresh LoRA matrices, in place; only they are trained.

    The matrices are float32 whatever the base is: small steps vanish in 16 bits.
    """
    from transformers import set_seed

    set_seed(config.seed)
    return get_peft_model(base.model, lora_config(config), autocast_adapter_dtype=True)


def sft_config(config: TrainConfig, base: BaseModel, folder: Path) -> SFTConfig:
    """What TRL needs to know; its own defaults differ in nearly every line."""
    micro = config.micro_batch_size or config.batch_size
    return SFTConfig(
        output_dir=str(folder),
        learning_rate=config.learning_rate,
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=config.batch_size // micro,
        warmup_steps=min(config.warmup_ratio, 1 - 1e-9),  # below 1 it is read as a ratio
        lr_scheduler_type=config.lr_scheduler,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_torch",
        seed=config.seed,
        data_seed=config.seed,
        bf16=False,  # the base has its dtype already, the LoRA matrices stay float32
        fp16=False,
        use_cpu=base.device.type == "cpu",
        gradient_checkpointing=config.gradient_checkpointing,
        max_length=None,  # rows are cut, and reported, before
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        loss_type="nll",
        logging_steps=1,
        logging_nan_inf_filter=False,  # a diverged run must not be drawn as loss 0
        save_strategy="no",  # checkpoints are ours: committed, verified, never rotated by clock
        eval_strategy="no",  # so is the validation loss: per token, not per batch
        report_to=[],
        disable_tqdm=True,
        dataloader_num_workers=0,  # an interrupt of the kernel would kill worker processes
        dataloader_pin_memory=False,
        remove_unused_columns=True,
    )


def make_trainer(
    base: BaseModel,
    model: Any,
    rows: Sequence[LabelledRow],
    config: TrainConfig,
    folder: Path,
    callbacks: Sequence[TrainerCallback],
) -> SFTTrainer:
    """A trainer over rows that carry their labels, telling only `callbacks`."""
    arguments = sft_config(config, base, folder)
    if base.device.type == "cuda":
        arguments._n_gpu = 1  # one run, one GPU, also where several are visible
    columns = {"input_ids": [r.ids for r in rows], "labels": [r.labels for r in rows]}
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict(columns),
        data_collator=Collator(pad_id(base)),
        processing_class=base.tokenizer,
        callbacks=list(callbacks),
    )
    for printing in (PrinterCallback, ProgressCallback, NotebookProgressCallback):
        trainer.remove_callback(printing)
    return trainer


def pad_id(base: BaseModel) -> int:
    """An id to fill up rows with; it is neither attended to nor trained."""
    found = base.tokenizer.pad_token_id
    return int(found if found is not None else base.tokenizer.eos_token_id)
