"""Builders of small models: a byte-level ChatML tokenizer whose ids are known, a tiny Qwen2.

One token is one byte: the id of a byte is `FIRST_BYTE` plus its value, the special tokens come
first. So every test can write down the ids of a text without asking a tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from peft import PeftModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from nbfinetune.chat.loading import BaseModel
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.runs.checkpoints import commit
from nbfinetune.training.lora import with_lora

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHATML_TOKENS = (PAD, START, END)
FIRST_BYTE = len(CHATML_TOKENS)

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' %}"
    "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def byte_ids(text: str, special: Sequence[str] = CHATML_TOKENS) -> list[int]:
    """The ids of a text, by hand: special tokens by their place, bytes by their value."""
    ids: list[int] = []
    for piece in re.split("(" + "|".join(map(re.escape, special)) + ")", text):
        if piece in special:
            ids.append(special.index(piece))
        else:
            ids += [len(special) + byte for byte in piece.encode()]
    return ids


def byte_tokenizer(
    template: str | None = CHATML,
    special: Sequence[str] = CHATML_TOKENS,
    *,
    eos: str = END,
    pad: str = PAD,
    **named: str,
) -> PreTrainedTokenizerFast:
    """A tokenizer that agrees with `byte_ids`; `named` are further tokens (`bos_token=…`)."""
    vocabulary = {token: number for number, token in enumerate(special)}
    vocabulary |= {c: len(special) + byte for byte, c in _byte_characters().items()}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(list(special))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=eos,
        pad_token=pad,
        clean_up_tokenization_spaces=False,
        **named,
    )
    tokenizer.chat_template = template
    return tokenizer


def _byte_characters() -> dict[int, str]:
    """The printable stand-in of each byte in a byte-level vocabulary (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    return table | {byte: chr(256 + place) for place, byte in enumerate(others)}


def save_tiny_model(
    folder: Path, *, seed: int = 0, context: int = 512, template: str | None = CHATML
) -> Path:
    """A Qwen2 of two layers and 32 dimensions with the ChatML byte tokenizer, as a model folder."""
    tokenizer = byte_tokenizer(template)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # wide weights: at the usual 0.02 all tokens would be equally likely
        model = Qwen2ForCausalLM(
            Qwen2Config(
                vocab_size=FIRST_BYTE + 256,
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=context,
                initializer_range=0.3,
                tie_word_embeddings=True,
                eos_token_id=byte_ids(END)[0],
                pad_token_id=byte_ids(PAD)[0],
                bos_token_id=None,
            )
        )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def talk(*turns: str, system: str | None = None, line: int | None = None) -> Conversation:
    """A conversation of these turns, from the user and the assistant in turn."""
    roles = ("user", "assistant")
    said = [Message(roles[i % 2], turn) for i, turn in enumerate(turns)]
    first = [Message("system", system)] if system is not None else []
    return Conversation((*first, *said), line)


def rows_of(pairs: Iterable[tuple[str, str]], system: str | None = None) -> list[dict]:
    """Dataset rows of questions and answers, as a user's list would hold them."""
    return [talk(*pair, system=system).as_dict() for pair in pairs]


def save_checkpoint(base: BaseModel, target: Path, seed: int) -> PeftModel:
    """Commit LoRA matrices drawn from `seed`, far from zero; returns the model that has them."""
    model = with_lora(base, TrainConfig(lora_rank=4, lora_alpha=8, seed=seed))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.2, generator=torch.Generator().manual_seed(seed))
    commit(target, step=1, epoch=1.0, spec_sha256="", fill=model.save_pretrained)
    return model.eval()
