"""Model folders of other architectures, each with the template of its family, train as well."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
)

from nbfinetune.chat.loading import load_base
from nbfinetune.chat.local import LocalModel
from nbfinetune.chat.model import SamplingParams
from nbfinetune.training.losses import Losses
from tests.templates.tokenizers import family
from tests.training.runs import HELD_OUT, ROWS, prepare, train

SIZES = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 512, "initializer_range": 0.3,
}  # fmt: skip
MODELS = {
    "llama3": (LlamaForCausalLM, LlamaConfig, {"tie_word_embeddings": True}),
    "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig, {"head_dim": 8, "sliding_window": 64}),
    "phi3": (Phi3ForCausalLM, Phi3Config, {"tie_word_embeddings": False}),
}


def folder_of(name: str, folder: Path) -> Path:
    """A small random model of that family, as a model folder."""
    tokenizer = family(name).tokenizer
    tokenizer.pad_token = tokenizer.eos_token
    model_class, config_class, own = MODELS[name]
    ids = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = model_class(config_class(vocab_size=len(tokenizer), **SIZES, **own, **ids))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_another_architecture_is_trained_measured_and_talked_to(tmp_path, name):
    folder = folder_of(name, tmp_path / name)
    run = prepare(
        tmp_path / "home", folder, ROWS, HELD_OUT,
        learning_rate=5e-3, epochs=6, batch_size=4, lora_dropout=0.0,
    )  # fmt: skip
    record = train(run)
    assert (record.state, record.step) == ("finished", 12)
    assert record.train[-1].loss < record.train[0].loss
    assert record.validation[-1].loss < record.validation[0].loss
    answers = [[s.answer for s in record.samples if s.step == step] for step in (0, 12)]
    assert answers[0] != answers[1]

    base = load_base(str(folder))
    labelled = [base.template.row(row) for row in HELD_OUT]
    loss = Losses(base.model, 0).mean(labelled, 1)
    assert loss == pytest.approx(record.validation[0].loss, rel=1e-5)
    chat = LocalModel(base).chat(run.checkpoint_path(12))
    replies = chat.reply_many([row.prompt for row in HELD_OUT], SamplingParams(max_tokens=96))
    assert [reply.text for reply in replies] == answers[1]
