"""Token by token: a batch of prompts through a causal model with a key-value cache.

Our own loop, because answers are streamed, stopped and sampled while another thread trains: it has
its own random generator (the global one belongs to the training run) and checks for a stop between
any two tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from nbfinetune.chat.model import FinishReason, SamplingParams, ShouldStop


@dataclass
class Generated:
    """The ids of one answer, without the token that ended it."""

    ids: list[int] = field(default_factory=list)
    finish_reason: FinishReason = "length"


def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    params: SamplingParams,
    stop_ids: Sequence[int],
    *,
    on_token: Callable[[int, Generated], None] | None = None,
    should_stop: ShouldStop | None = None,
) -> list[Generated]:
    """Continue each prompt until a stop id, `max_tokens` or a stop.

    Args:
        prompts: Token ids, one non-empty list per prompt.
        on_token: Called with the prompt's number and its answer so far, for each new token.
    """
    device = next(model.parameters()).device
    ids, mask = _pad_left(prompts, device)
    answers = [Generated() for _ in prompts]
    open_rows = set(range(len(prompts)))
    generator = torch.Generator(device=device).manual_seed(params.seed)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = None
    # not inference_mode: what a layer keeps of it could never be trained with
    with torch.no_grad():
        for _ in range(params.max_tokens):
            if should_stop is not None and should_stop():
                for row in open_rows:
                    answers[row].finish_reason = "stopped"
                break
            output = model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = output.past_key_values
            chosen = _choose(output.logits[:, -1].float(), params, generator)
            for row in sorted(open_rows):
                _append(answers[row], int(chosen[row]), stop_ids)
                if answers[row].finish_reason == "stop":
                    open_rows.discard(row)
                elif on_token is not None:
                    on_token(row, answers[row])
            if not open_rows:
                break
            ids = chosen[:, None]
            mask = torch.cat([mask, mask.new_ones(len(prompts), 1)], dim=1)
            positions = positions[:, -1:] + 1
    return answers


def _append(answer: Generated, token: int, stop_ids: Sequence[int]) -> None:
    if token in stop_ids:
        answer.finish_reason = "stop"
    else:
        answer.ids.append(token)


def _pad_left(prompts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and mask, shape (B, T). The padding id is never attended to: any valid one will do."""
    longest = max(map(len, prompts))
    ids = [[0] * (longest - len(p)) + list(p) for p in prompts]
    mask = [[0] * (longest - len(p)) + [1] * len(p) for p in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _choose(logits: Tensor, params: SamplingParams, generator: torch.Generator) -> Tensor:
    """The next token of each row, (B, V) to (B,): greedy at temperature 0, else top-p."""
    if params.temperature <= 0:
        return logits.argmax(-1)
    probabilities = (logits / params.temperature).softmax(-1)
    ordered, order = probabilities.sort(-1, descending=True)
    # keep the smallest set whose mass reaches top_p; the first one always stays
    left_out = (ordered.cumsum(-1) - ordered) >= params.top_p
    left_out[..., 0] = False
    ordered[left_out] = 0
    drawn = torch.multinomial(ordered, 1, generator=generator)
    return order.gather(-1, drawn)[:, 0]
