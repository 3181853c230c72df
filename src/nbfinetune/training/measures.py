"""What is measured while a run trains: the loss on held-out rows, answers to the first of them.

Both leave the model as they found it, and draw no random numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import psutil
import torch

from nbfinetune.chat.decoding import generate
from nbfinetune.chat.loading import BaseModel
from nbfinetune.chat.model import FinishReason, SamplingParams
from nbfinetune.core.messages import Conversation
from nbfinetune.core.runs.events import Sampled

_ENDINGS: Mapping[FinishReason, Literal["ended", "cut", "stopped"]] = {
    "stop": "ended", "length": "cut", "stopped": "stopped"
}  # fmt: skip

SAMPLED_ROWS = 3
SAMPLE_TOKENS = 96
SAMPLE_SECONDS = 30.0
"""The longest that the answers at one checkpoint may take; they end where they are then."""


def samples(
    base: BaseModel,
    model: Any,
    rows: Sequence[Conversation],
    step: int,
    should_stop: Callable[[], bool],
) -> Iterator[Sampled]:
    """Greedy answers to the first rows, so that checkpoints can be compared."""
    rows = rows[:SAMPLED_ROWS]
    if not rows:
        return
    deadline = time.monotonic() + SAMPLE_SECONDS
    was_training = model.training
    model.eval()
    room = max(1, base.context_length - SAMPLE_TOKENS)
    answers = generate(
        model,
        [base.template.prompt_ids(row.prompt)[-room:] for row in rows],
        SamplingParams(max_tokens=SAMPLE_TOKENS),
        base.stop_ids(),
        should_stop=lambda: should_stop() or time.monotonic() > deadline,
    )
    model.train(was_training)
    for number, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        yield Sampled(
            step=step,
            row=number,
            prompt=asked(row),
            reference=row.answer,
            answer=base.tokenizer.decode(answer.ids, skip_special_tokens=True),
            ending=_ENDINGS[answer.finish_reason],
            tokens=len(answer.ids),
            reference_tokens=len(base.tokenizer.encode(row.answer, add_special_tokens=False)),
        )


def asked(row: Conversation) -> str:
    """What is answered: the question, below the turns before it, if there were some.

    Answers in between begin with an arrow. The system prompt is that of the run, and left out.
    """
    turns = [turn for turn in row.prompt if turn.role != "system"]
    return "\n".join(("→ " if turn.role == "assistant" else "") + turn.content for turn in turns)


def memory_bytes(device: torch.device) -> int:
    """The most that tensors held on a GPU so far; on a CPU what the process holds now."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return int(psutil.Process().memory_info().rss)


def finite(value: float | None) -> float | None:
    """The value, or None where it is no finite number: nothing to draw."""
    return value if value is not None and math.isfinite(value) else None
