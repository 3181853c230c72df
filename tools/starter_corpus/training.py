"""Pretraining: packed rows, the optimizer, the loop."""

from __future__ import annotations

import ctypes
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random

import torch
from torch.nn.functional import cross_entropy
from transformers import Qwen2Config, Qwen2ForCausalLM

Encoded = tuple[list[int], list[int]]
Row = list[Encoded]

WAITING = 24  # rows that still take conversations while packing


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that shapes the training."""

    hidden: int = 256
    intermediate: int = 704
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    vocabulary: int = 6144
    step_tokens: int = 4096
    learning_rate: float = 3e-3
    muon_rate: float = 0.02
    weight_decay: float = 0.1
    warmup: float = 0.02
    optimizer: str = "muon"
    question_weight: float = 0.0
    rope_theta: float = 10000.0


def new_model(plan: Plan, pad: int, end: int) -> Qwen2ForCausalLM:
    """A Qwen2 model with random weights."""
    config = Qwen2Config(
        vocab_size=plan.vocabulary,
        hidden_size=plan.hidden,
        intermediate_size=plan.intermediate,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        num_key_value_heads=plan.kv_heads,
        max_position_embeddings=2560,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=pad,
        attn_implementation="sdpa",
    )
    return Qwen2ForCausalLM(config)


def pack(talks: Iterable[Encoded], length: int) -> Iterator[Row]:
    """Rows of whole conversations, at most `length` tokens each; longer ones are left out."""
    waiting: list[tuple[int, Row]] = []
    for talk in talks:
        size = len(talk[0])
        if size > length:
            continue
        place = next((k for k, (room, _) in enumerate(waiting) if size <= room), -1)
        room, row = waiting.pop(place) if place >= 0 else (length, [])
        row.append(talk)
        waiting.append((room - size, row))
        if len(waiting) > WAITING:
            fullest = min(range(len(waiting)), key=lambda k: waiting[k][0])
            yield waiting.pop(fullest)[1]
    yield from (row for _, row in waiting)


@dataclass(slots=True)
class Batch:
    """Rows as tensors: ids, positions and targets are (B, T), the mask is (B, 1, T, T)."""

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def collate(rows: list[Row], length: int, question_weight: float) -> Batch:
    """Rows side by side. A conversation sees only itself, from position 0 on."""
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    positions, owner = torch.zeros_like(ids), torch.zeros_like(ids)
    weights = torch.zeros(len(rows), length)
    for place, row in enumerate(rows):
        at = 0
        for number, (tokens, learned) in enumerate(row, 1):
            end = at + len(tokens)
            ids[place, at:end] = torch.tensor(tokens)
            positions[place, at:end] = torch.arange(len(tokens))
            owner[place, at:end] = number
            weight = torch.tensor(learned, dtype=torch.float).clamp(min=question_weight)
            weights[place, at : end - 1] = weight[1:]
            at = end
    targets = ids.roll(-1, dims=1)
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    seen = (owner[:, None, :, None] == owner[:, None, None, :]) & causal
    mask = torch.zeros(seen.shape, dtype=torch.bfloat16).masked_fill_(~seen, -30000.0)
    return Batch(ids, positions, mask, targets, weights)


def loss_of(model: Qwen2ForCausalLM, batch: Batch) -> torch.Tensor:
    """Mean loss over the learned tokens; logits are made for those alone."""
    hidden = model.model(
        input_ids=batch.ids,
        position_ids=batch.positions,
        attention_mask=batch.mask,
        use_cache=False,
    ).last_hidden_state
    chosen = batch.weights > 0
    logits = model.lm_head(hidden[chosen]).float()
    losses = cross_entropy(logits, batch.targets[chosen], reduction="none")
    weights = batch.weights[chosen]
    return (losses * weights).sum() / weights.sum()


def optimizers(model: Qwen2ForCausalLM, plan: Plan) -> list[torch.optim.Optimizer]:
    """AdamW for all weights, or Muon for the matrices inside the layers and AdamW for the rest."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "layers" in n]
    inner = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in inner]
    if plan.optimizer == "muon":
        first = torch.optim.Muon(
            matrices, lr=plan.muon_rate, momentum=0.95, weight_decay=plan.weight_decay
        )
        second = torch.optim.AdamW(
            rest, lr=plan.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True
        )
        return [first, second]
    groups = [
        {"params": matrices, "weight_decay": plan.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return [torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.95), fused=True)]


def rate(step: int, steps: int, warmup: float) -> float:
    """Share of the peak learning rate: linear up, then a cosine down to nothing."""
    ready = max(1, int(steps * warmup))
    if step < ready:
        return (step + 1) / ready
    return 0.5 * (1 + math.cos(math.pi * (step - ready) / max(1, steps - ready)))


@dataclass(frozen=True, slots=True)
class Step:
    """The rows of one optimizer step, and their length."""

    rows: list[Row]
    length: int


def steps_of(
    talks: list[Encoded], lengths: tuple[int, ...], step_tokens: int, r: Random
) -> list[Step]:
    """Shuffled steps; a conversation goes into rows of the smallest length that holds it."""
    r.shuffle(talks)
    found: list[Step] = []
    for length, below in zip(lengths, (0, *lengths), strict=False):
        rows = list(pack((talk for talk in talks if below < len(talk[0]) <= length), length))
        r.shuffle(rows)
        size = max(1, step_tokens // length)
        found += [Step(rows[at : at + size], length) for at in range(0, len(rows) - size + 1, size)]
    r.shuffle(found)
    return found


def keep_memory() -> None:
    """Ask glibc to keep freed memory: handing large blocks back and forth costs a quarter."""
    if sys.platform == "linux":
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 2**30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


class Optimizers:
    """Both optimizers under one schedule."""

    def __init__(self, model: Qwen2ForCausalLM, plan: Plan) -> None:
        self.all = optimizers(model, plan)
        self.peaks = [[group["lr"] for group in one.param_groups] for one in self.all]

    def step(self, share: float) -> None:
        """One update at a share of the peak learning rates; gradients are dropped after it."""
        for one, rates in zip(self.all, self.peaks, strict=True):
            for group, peak in zip(one.param_groups, rates, strict=True):
                group["lr"] = peak * share
            one.step()
            one.zero_grad(set_to_none=True)


def train(
    model: Qwen2ForCausalLM, todo: list[Step], plan: Plan, snapshot: Callable[[int], None]
) -> None:
    """One pass over all rows, with a line of progress now and then."""
    steps, updates = len(todo), Optimizers(model, plan)
    began, seen = time.time(), 0
    for step, work in enumerate(todo):
        # Short rows are fastest as plain matrix products; long ones would need too much memory.
        model.config._attn_implementation = "eager" if work.length <= 512 else "sdpa"
        batch = collate(work.rows, work.length, plan.question_weight)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        updates.step(rate(step, steps, plan.warmup))
        seen += batch.ids.numel()
        if step % 50 == 0 or step == steps - 1:
            spent = time.time() - began
            speed = f"{seen / spent:.0f} tokens/s  {spent:.0f} s"
            print(f"step {step}/{steps}  loss {loss.item():.3f}  {speed}", flush=True)
        if step and step % 250 == 0:
            snapshot(step)
