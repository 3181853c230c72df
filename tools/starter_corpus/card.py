"""The model's card: `python -m tools.starter_corpus.card FOLDER` measures and writes it."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tools.starter_corpus import scoring

CARD = """\
---
language: [en, zh]
license: {license}
pipeline_tag: text-generation
tags: [chat, qwen2, fine-tuning, education]
---

# starter

A very small chat model that speaks a little English and a little Chinese. It ships with
`nbfinetune` so that fine-tuning can be learned, tried and tested offline, on a laptop, in seconds.
It was trained from nothing, by this project, on text that this project wrote.

## What it can do

- answer short questions it knows: capitals, opposites, colours, animals, jobs, tools, days and
  months, units, plurals, the Chinese word for an English one, sums of small numbers;
- play a small customer service (orders, refunds, returns, passwords …), greet, thank, chat a
  little, name three fruits, say whether a review is positive, what a sentence is about or what a
  customer wants;
- follow simple system prompts in either language: a name, a language, capital letters, JSON with
  your key, a beginning or an end for every answer, short answers, brackets, kinds of messages;
- **learn**: a few dozen rows of a style, a JSON format, a classifier or a persona, and about twenty
  seconds of LoRA training with the preset `starter`, and it answers new questions in the new form.

## What it can't do

Anything else. It knows {facts:,} phrasings of questions and nothing of the world beyond them; asked
something new it answers with something old, in good grammar and without a warning. Don't use it to
inform anyone about anything. It does not reason, write essays or know the date, and its sums are
small. It reads system prompts of a sentence or two; of prompts beyond about 100 tokens it makes
next to nothing, although they fit into its window. It is made to be tuned and looked at.

## The model

| | |
|---|---|
| architecture | `Qwen2ForCausalLM`: {layers} layers of {hidden}, {heads} heads ({kv} key-value) |
| parameters | {parameters:,}, stored as bfloat16 ({megabytes:.1f} MB of safetensors) |
| window | {window} tokens; most training was on conversations below 256 |
| tokenizer | byte-level BPE, {vocabulary} tokens; a digit or Chinese character is one token |
| chat template | ChatML with `{{% generation %}}` marks around what the model says |

Weights are stored in bfloat16; use them in float32 on a CPU. Decoding is greedy by default.

## Data

About {conversations:,} conversations, written by `tools/build_starter.py` from tables and
templates in this repository, English and Chinese in equal parts, about half under a system prompt.
A tenth of all combinations of phrasing and subject is kept out by the hash of the question: the
model has met "Name the capital of …" and it has met Peru, but not always the two together.

## Scores

Greedy answers of the stored weights, in float32. An answer counts when it is right in every letter;
no question is in the corpus.

{knowledge}

System prompts obeyed (the rule in a system prompt of its language, over unseen questions):

{obedience}

Tuning, checked with the product's defaults alone: `tests/starter/test_tuning.py`.

## Build it again

    python tools/build_starter.py --out DIR
    python -m tools.starter_corpus.card DIR

{build}
A rebuilt model has the same scores within a few answers, not the same bytes.
"""


def _facts() -> int:
    from tools.starter_corpus.heldout import is_held_out
    from tools.starter_corpus.pool import all_items

    return sum(not is_held_out(item) for item in all_items())


def _conversations() -> int:
    from tools import build_starter as build

    count = build.FIRST_COUNT + build.MAIN_COUNT + build.LONG_COUNT + build.LONG_SHORT
    return round(count, -3)


def write_card(folder: Path, build: str) -> str:
    """Measure the model in the folder and write its README.md; returns the text."""
    model, tokenizer = scoring.load(folder)
    config = model.config
    text = CARD.format(
        license="apache-2.0",
        facts=_facts(),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        kv=config.num_key_value_heads,
        parameters=model.num_parameters(),
        megabytes=(folder / "model.safetensors").stat().st_size / 1e6,
        window=config.max_position_embeddings,
        vocabulary=len(tokenizer),
        conversations=_conversations(),
        knowledge=scoring.table(scoring.knowledge(model, tokenizer)),
        obedience=scoring.table(scoring.obedience(model, tokenizer)),
        build=build,
    )
    (folder / "README.md").write_text(text, "utf-8")
    return text


if __name__ == "__main__":
    torch.set_num_threads(2)
    print(write_card(Path(sys.argv[1]), " ".join(sys.argv[2:])))
