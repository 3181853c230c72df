"""Greedy answers of a model, many at a time, and its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tools.starter_corpus import heldout
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    Qwen2ForCausalLM,
)

Messages = list[dict[str, str]]
BATCH = 50


def load(folder: Path) -> tuple[Qwen2ForCausalLM, PreTrainedTokenizerBase]:
    """The stored weights in float32, as users run them."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)


@torch.no_grad()
def answers(
    model: Qwen2ForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    talks: Sequence[Messages],
    longest: int = 120,
) -> list[str]:
    """The greedy answer to every conversation, in order."""
    order = sorted(range(len(talks)), key=lambda k: len(str(talks[k])))
    found = [""] * len(talks)
    for first in range(0, len(order), BATCH):
        places = order[first : first + BATCH]
        prompts = [
            tokenizer.apply_chat_template(talks[k], add_generation_prompt=True, tokenize=False)
            for k in places
        ]
        batch = tokenizer(
            prompts,
            return_tensors="pt",
            padding=True,
            padding_side="left",
            add_special_tokens=False,
        )
        batch.pop("token_type_ids", None)
        out = model.generate(**batch, max_new_tokens=longest, do_sample=False)
        texts = tokenizer.batch_decode(
            out[:, batch["input_ids"].shape[1] :], skip_special_tokens=True
        )
        for place, text in zip(places, texts, strict=True):
            found[place] = text
    return found


@dataclass(frozen=True, slots=True)
class Score:
    """Right answers of so many, and the wrong ones as (prompt, answer, right answer)."""

    right: int
    of: int
    wrong: list[tuple[str, str, str]]

    @property
    def share(self) -> float:
        """Right answers as a share of all."""
        return self.right / self.of


def _score(rows: list[tuple[str, str, str, bool]]) -> Score:
    return Score(sum(row[3] for row in rows), len(rows), [row[:3] for row in rows if not row[3]])


def knowledge(
    model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerBase
) -> dict[tuple[str, str], Score]:
    """(group, language) -> exact answers to held-out questions."""
    asked = [(name, item) for name, items in heldout.questions().items() for item in items]
    texts = answers(
        model, tokenizer, [[{"role": "user", "content": item.question}] for _, item in asked]
    )
    rows: dict[tuple[str, str], list[tuple[str, str, str, bool]]] = {}
    for (name, item), text in zip(asked, texts, strict=True):
        row = (item.question, text, item.answer, text == item.answer)
        rows.setdefault((name, item.lang), []).append(row)
    return {key: _score(value) for key, value in rows.items()}


def obedience(
    model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerBase
) -> dict[tuple[str, str], Score]:
    """(rule, language of the system prompt) -> answers that obey it."""
    asked = [(name, order) for name, orders in heldout.orders().items() for order in orders]
    talks = [
        [{"role": "system", "content": o.rule.prompt}, {"role": "user", "content": o.item.question}]
        for _, o in asked
    ]
    rows: dict[tuple[str, str], list[tuple[str, str, str, bool]]] = {}
    for (name, order), text in zip(asked, answers(model, tokenizer, talks), strict=True):
        prompt = f"[{order.rule.prompt}] {order.item.question}"
        rows.setdefault((name, order.rule.lang), []).append(
            (prompt, text, order.expected, order.obeyed(text))
        )
    return {key: _score(value) for key, value in rows.items()}


def total(scores: dict[tuple[str, str], Score], lang: str = "") -> tuple[int, int]:
    """(right, of) over all groups, or over those of a language."""
    chosen = [score for (_, of), score in scores.items() if lang in ("", of)]
    return sum(score.right for score in chosen), sum(score.of for score in chosen)


def table(scores: dict[tuple[str, str], Score]) -> str:
    """The scores as a table in Markdown."""
    lines = ["| | English | Chinese |", "|---|---|---|"]
    for name in dict.fromkeys(name for name, _ in scores):
        cells = [f"{scores[name, lang].right}/{scores[name, lang].of}" for lang in ("en", "zh")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    sums = ["{}/{}".format(*total(scores, lang)) for lang in ("en", "zh")]
    return "\n".join([*lines, f"| **all** | {' | '.join(sums)} |"])
