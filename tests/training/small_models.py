"""Small random models of many architectures, and rows of every kind to compute on them."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import chain
from typing import Any

import torch
import transformers as hf
from peft import LoraConfig, get_peft_model

from nbfinetune.templates.labels import IGNORED, LabelledRow

VOCABULARY = 97
WINDOW = 7
SIZES = {
    "vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
    "initializer_range": 0.15, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
SLIDING, FULL = "sliding_attention", "full_attention"
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}


def _of(name: str, **own: Any) -> Callable[[], Any]:
    def build() -> Any:
        config = getattr(hf, name + ("TextConfig" if name == "Gemma3" else "Config"))
        kind = name + ("LMHeadModel" if "GPT" in name else "ForCausalLM")
        return getattr(hf, kind)(config(**{**SIZES, **own}))

    return build


PACKED = {
    "qwen2": _of("Qwen2", tie_word_embeddings=True),
    "qwen3": _of("Qwen3", head_dim=8),
    "llama": _of("Llama"),
    "mistral, a window shorter than the rows": _of("Mistral", sliding_window=WINDOW),
    "gemma3": _of("Gemma3", head_dim=8, sliding_window=WINDOW, layer_types=[SLIDING, FULL],
                  tie_word_embeddings=True),
    "phi3": _of("Phi3", sliding_window=None),
    # a bias in the LM head, learned positions, values of another size than keys, routed experts
    "phi": _of("Phi"),
    "gpt2": _of("GPT2", n_embd=32, n_layer=2, n_head=4, n_positions=512, resid_pdrop=0.0,
                embd_pdrop=0.0, attn_pdrop=0.0),
    "qwen3 moe": _of("Qwen3Moe", head_dim=8, **EXPERTS),
}  # fmt: skip
"""Their rows can be packed."""

PADDED = {
    "gemma2": (_of("Gemma2", head_dim=8, sliding_window=WINDOW), "failed", "softcap"),
    "bloom": (_of("Bloom", n_layer=2, n_head=4), "positions", ""),
    "cohere": (_of("Cohere", logit_scale=0.5), "failed", "logits"),
    "granite": (_of("Granite", logits_scaling=8.0), "failed", "logits"),
    "a cap on logits": (
        _of("Gemma3", head_dim=8, final_logit_softcapping=30.0, initializer_range=0.02),
        "failed", "logits",
    ),
    "jamba": (
        _of("Jamba", attn_layer_period=2, attn_layer_offset=1, expert_layer_period=8,
            mamba_d_state=4, use_mamba_kernels=False),
        "layers", "linear_attention",
    ),
    "qwen3 next": (
        _of("Qwen3Next", head_dim=8, layer_types=["linear_attention", FULL], **EXPERTS,
            shared_expert_intermediate_size=16, linear_num_value_heads=2,
            linear_num_key_heads=2, linear_key_head_dim=8, linear_value_head_dim=8),
        "layers", "linear_attention",
    ),
    # its attention sees what its own mask says, and rows of the trial fit into the window
    "qwen2 moe": (
        _of("Qwen2Moe", use_sliding_window=True, sliding_window=60, layer_types=[SLIDING, FULL],
            **EXPERTS, shared_expert_intermediate_size=16),
        "window", "60",
    ),
    # in a long row its layers see some of the tokens before, by a mask of their own
    "doge": (_of("Doge"), "failed", "a mask of its own"),
    "openai gpt": (_of("OpenAIGPT", n_embd=32, n_layer=2, n_head=4, n_positions=512,
                       resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0), "attention", ""),
}  # fmt: skip
"""Their rows are padded, and why: a code and a part of what is told beside it."""


def small(build: Callable[[], Any], seed: int = 0) -> Any:
    """A model with random weights, its biases too."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build()
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(weight, std=0.1)
    return model.requires_grad_(False)


def with_matrices(model: Any, dropout: float = 0.0, seed: int = 0) -> Any:
    """LoRA on every linear layer, far from zero, in training mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        lora = LoraConfig(
            r=4, lora_alpha=8, lora_dropout=dropout, target_modules="all-linear",
            task_type="CAUSAL_LM",
        )  # fmt: skip
        model = get_peft_model(model, lora)
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.1)
    return model.train()


def spoken(turns: list[list[int]]) -> LabelledRow:
    """A prompt, and questions and answers in turn, of which the answers are trained."""
    trained = [t if i and i % 2 == 0 else [IGNORED] * len(t) for i, t in enumerate(turns)]
    return LabelledRow([*chain(*turns)], [*chain(*trained)])


def kinds(seed: int = 0) -> dict[str, list[LabelledRow]]:
    """Rows of each kind that a batch may hold."""
    draw = random.Random(seed)

    def tokens(most: int, least: int = 1) -> list[int]:
        return [draw.randrange(3, VOCABULARY) for _ in range(draw.randint(least, most))]

    def row(begin: list[int], end: list[int]) -> LabelledRow:
        return LabelledRow([*begin, *end], [IGNORED] * len(begin) + end)

    prompt, other = tokens(20, 20), tokens(9, 9)
    shared = [row(prompt, tokens(9, 4)) for _ in range(5)]
    turns = [prompt, *(tokens(6, 3) for _ in range(6))]
    talk = [spoken(turns[:n]) for n in (3, 5, 7)]
    inside = tokens(5, 5)  # of the question, which two rows begin alike
    ends = [[*inside, *tokens(4)], [*inside, *tokens(7)]]
    answers = [row([*prompt, *question], tokens(6)) for question in ends]
    answer = [row([*prompt, *other], [*inside, t]) for t in (5, 6, 7)]  # answers that begin alike
    both = [*shared[0].ids, *tokens(4)]
    long = tokens(70, 70)
    return {
        "one beginning": shared,
        "several beginnings": [*shared[:2], *(row(other, tokens(8, 2)) for _ in range(3))],
        "nothing in common": [row(tokens(3), tokens(n)) for n in (3, 30, 7, 20)],
        "turns": [*talk, row(talk[0].ids, tokens(3))],
        "inside a word": answers,
        "inside an answer": answer,
        "one row": [shared[2]],
        "equal rows": [shared[0], shared[0], shared[1]],
        "beginnings of others": [shared[0].cut(22), shared[0], shared[0].cut(23), shared[1]],
        "trained and ignored": [
            LabelledRow(both, both),
            LabelledRow(both, [IGNORED] * 21 + both[21:]),
            LabelledRow(both[:-1], [IGNORED] * 10 + both[10:14] + [IGNORED] * (len(both) - 15)),
        ],
        "longer than windows": [row(long, tokens(30, 20)) for _ in range(3)],
    }
