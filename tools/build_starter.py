"""Build `starter`, the small chat model that ships with the package, from this text alone.

    python tools/build_starter.py --out DIR

writes the corpus, the tokenizer and the weights of one seed; two cores need less than an hour.
Nothing is downloaded and nothing but this repository is read.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from itertools import chain
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from tools.starter_corpus import tokenizer as tokens
from tools.starter_corpus.conversations import FIRST, corpus
from tools.starter_corpus.longtext import long_corpus
from tools.starter_corpus.pool import Conversation, Pool, all_items
from tools.starter_corpus.training import Plan, Step, keep_memory, new_model, steps_of, train
from transformers import GenerationConfig, Qwen2ForCausalLM

SEED = 7
FIRST_COUNT, MAIN_COUNT, LONG_COUNT = 11_000, 86_000, 24
LONG_SHORT = 150  # short conversations among the long ones, so that nothing is forgotten


def conversations(
    seed: int, pool: Pool
) -> tuple[list[Conversation], list[Conversation], list[Conversation]]:
    """The three parts of the corpus: first lessons, the main part, the long part."""
    first = list(corpus(seed, FIRST_COUNT, pool, FIRST))
    main = list(corpus(seed + 1, MAIN_COUNT, pool))
    long = [*long_corpus(seed + 2, LONG_COUNT, pool), *corpus(seed + 3, LONG_SHORT, pool)]
    return first, main, long


def schedule(
    parts: tuple[list[Conversation], ...], encoder: tokens.Encoder, plan: Plan, seed: int
) -> list[Step]:
    """All optimizer steps: first lessons, most of the main part, the long part, the rest."""
    r = Random(seed)
    first, main, long = ([encoder.encode(talk) for talk in part] for part in parts)
    opening = steps_of(first, (128, 256), plan.step_tokens, r)
    middle = steps_of(main, (128, 256), plan.step_tokens, r)
    window = steps_of(long, (tokens.MAX_LENGTH,), plan.step_tokens, r)
    cut = int(len(middle) * 0.7)
    print(f"{len(opening)} + {len(middle)} steps, {len(window)} of {tokens.MAX_LENGTH} tokens")
    return [*opening, *middle[:cut], *window, *middle[cut:]]


def save(model: Qwen2ForCausalLM, folder: Path, end: int, pad: int) -> None:
    """Weights in bfloat16, half the size; the scores are measured on what is stored."""
    small = Qwen2ForCausalLM(model.config).to(torch.bfloat16)
    small.load_state_dict(model.state_dict())
    small.generation_config = GenerationConfig(
        do_sample=False, max_new_tokens=256, eos_token_id=end, pad_token_id=pad
    )
    small.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)


def build(folder: Path, seed: int, scale: float, snapshots: Path | None) -> None:
    """Everything, from the seed to the files."""
    keep_memory()
    torch.manual_seed(seed)
    plan, began = Plan(), time.time()
    parts = conversations(seed, Pool(all_items()))
    parts = tuple(part[: int(len(part) * scale)] for part in parts)
    print(f"{sum(map(len, parts))} conversations  {time.time() - began:.0f} s", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokens.train_tokenizer(chain(parts[0][:6000], parts[1][:30000]), plan.vocabulary)
    tokens.save_tokenizer(tokenizer, folder)
    encoder = tokens.Encoder(tokenizer)
    todo = schedule(parts, encoder, plan, seed)
    pad = tokenizer.token_to_id(tokens.PAD)
    model = new_model(plan, pad, encoder.end)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    if shutil.which(os.environ.get("CXX", "g++")):
        model.model.compile(dynamic=False)  # a third faster; without a compiler all works, slower

    def snapshot(step: int) -> None:
        if snapshots:
            shutil.copytree(folder, snapshots, dirs_exist_ok=True)
            save(model, snapshots, encoder.end, pad)

    train(model, todo, plan, snapshot)
    save(model, folder, encoder.end, pad)
    used = os.times()
    print(
        f"done: {time.time() - began:.0f} s, {used.user + used.system:.0f} s of processor time",
        flush=True,
    )


def main() -> None:
    """Read the options and build."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the model's files")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="share of the corpus, to try things out"
    )
    parser.add_argument("--snapshots", type=Path, help="folder for the model as it is on the way")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    build(options.out, options.seed, options.scale, options.snapshots)


if __name__ == "__main__":
    main()
