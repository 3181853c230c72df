"""A run as a plain script for TRL, to read, to take elsewhere, and to check us by.

The script needs no nbfinetune. Its rows are token ids with our labels, since TRL's own labels are
others, and it takes them in our order: without dropout its losses are those of the run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from nbfinetune.core.errors import RunError
from nbfinetune.core.output import write_output
from nbfinetune.core.runs.store import Run
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.sft import lora_arguments, trl_arguments


def trl_script(run: Run, *, model: str, rows: str) -> str:
    """The script. `model`: folder or hub id; `rows`: the file that `token_lines` fills.

    Raises:
        RunError: The run was never planned, so its device is not known.
    """
    spec, plan = run.spec, run.record().plan
    if plan is None:
        raise RunError("run_not_planned", name=spec.name)
    arguments = {**trl_arguments(spec.config), "use_cpu": plan.device == "cpu"}
    return Template(_SCRIPT).substitute(
        name=re.sub(r'[\s"\\]+', " ", spec.name),
        dropout="" if not spec.config.lora_dropout else _WITH_DROPOUT,
        model=repr(model),
        rows=repr(rows),
        dtype=plan.dtype,
        seed=spec.config.seed,
        lora=_keywords(lora_arguments(spec.config)),
        arguments=_keywords(arguments),
    )


def token_lines(rows: Sequence[LabelledRow]) -> str:
    """The training rows as JSON Lines of `input_ids` and `labels`."""
    made = ({"input_ids": row.ids, "labels": row.labels} for row in rows)
    return "".join(json.dumps(row) + "\n" for row in made)


def shown_script(run: Run) -> str:
    """The script to read, without its rows.

    Raises:
        ModelError, RunError: As `write_script`.
    """
    from nbfinetune.chat.loading import load_template

    model = load_template(run.spec.base_model).tokenizer.name_or_path
    return trl_script(run, model=model, rows="train.rows.jsonl")


def write_script(run: Run, path: Path) -> Path:
    """Write the script to `path` and its rows beside it; returns where the rows are.

    Raises:
        ModelError: The tokenizer of the base model can't be loaded.
        RunError: As `trl_script`.
        DatasetError: There is another file of that name, or it can't be written.
    """
    from transformers import AutoConfig

    from nbfinetune.chat.loading import load_template
    from nbfinetune.training.worker import labelled_rows

    rows = path.with_suffix(".rows.jsonl")
    template = load_template(run.spec.base_model)
    model = template.tokenizer.name_or_path
    config = AutoConfig.from_pretrained(model, local_files_only=True, trust_remote_code=False)
    script = trl_script(run, model=model, rows=rows.name)
    limit = config.get_text_config().max_position_embeddings
    labelled, _ = labelled_rows(run, template, limit)
    write_output(rows, [token_lines(labelled.train).encode()])
    write_output(path, [script.encode()])
    return rows


def _keywords(arguments: Mapping[str, Any]) -> str:
    return "\n".join(f"    {name}={value!r}," for name, value in arguments.items())


_WITH_DROPOUT = """
Dropout draws other random numbers here than in the run, so that losses differ a little."""

_SCRIPT = '''\
"""The training run "$name", for TRL alone: python THIS_FILE$dropout"""

import json
import random
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from torch.utils.data import Sampler
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

MODEL = $model
ROWS = Path(__file__).with_name($rows)  # token ids and labels; -100 is not learned
SEED = $seed


class InOrder(Sampler):
    """Every epoch in an order of its own."""

    def __init__(self, rows):
        self.rows, self.epoch = rows, 0

    def __iter__(self):
        order = list(range(self.rows))
        random.Random(f"{SEED}/{self.epoch}").shuffle(order)
        self.epoch += 1
        return iter(order)

    def __len__(self):
        return self.rows


class Trainer(SFTTrainer):
    def _get_train_sampler(self, dataset=None):
        return InOrder(len(self.train_dataset))


def pad(rows):
    longest = max(len(row["input_ids"]) for row in rows)

    def filled(name, value):
        return torch.tensor([row[name] + [value] * (longest - len(row[name])) for row in rows])

    for row in rows:
        row["attention_mask"] = [1] * len(row["input_ids"])
    return {
        "input_ids": filled("input_ids", tokenizer.pad_token_id or 0),
        "attention_mask": filled("attention_mask", 0),
        "labels": filled("labels", -100),
    }


tokenizer = AutoTokenizer.from_pretrained(MODEL)
model = AutoModelForCausalLM.from_pretrained(
    MODEL, dtype=torch.$dtype, attn_implementation="sdpa", use_safetensors=True
)
torch.manual_seed(SEED)
lora = LoraConfig(
$lora
)
arguments = SFTConfig(
    output_dir="trl-run",
$arguments
)
trainer = Trainer(
    model=get_peft_model(model, lora),
    args=arguments,
    train_dataset=Dataset.from_list([json.loads(row) for row in ROWS.open()]),
    data_collator=pad,
    processing_class=tokenizer,
)
trainer.train()
trainer.save_model()
'''
