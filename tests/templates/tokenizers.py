"""Small tokenizers with the habits of real ones, for the templates of well-known families."""

from __future__ import annotations

import re
from pathlib import Path

import trl
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, processors
from tokenizers import pre_tokenizers as pre
from transformers import PreTrainedTokenizerFast

from nbfinetune.templates.render import ChatTemplate
from tests.models import _byte_characters

TRL_TEMPLATES = Path(trl.__file__).parent / "chat_templates"

QWEN = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
LLAMA = ("<|end_of_text|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
         "<|eot_id|>")  # fmt: skip
GEMMA = ("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>")
PHI = ("<|endoftext|>", "<s>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>")

PLAIN_CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

MISTRAL = (
    "{% set system = messages[0].content if messages[0].role == 'system' else '' %}"
    "{% set turns = messages[1:] if system else messages %}{{ bos_token }}"
    "{% for m in turns %}{% if m.role == 'user' %}"
    "{{ '[INST] ' + (system + '\n\n' if loop.last and system else '') + m.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content | trim + eos_token }}{% endif %}{% endfor %}"
)
"""As Mistral's: the system prompt goes to the last message, if that is a question; no stable
prefix, no line feeds, brackets that are no special tokens."""


def merging_tokenizer(
    template: str, special: tuple[str, ...], *, trim: bool = False, **named: str
) -> PreTrainedTokenizerFast:
    """Byte-level BPE as of Qwen and Llama: some pairs (two line feeds, ` yo`) are one token.

    `trim`: its ranges leave blanks out, as those of GPT-2's descendants do.
    """
    vocabulary = {c: number for number, c in enumerate(_byte_characters().values())}
    merges = [("Ċ", "Ċ"), ("Ġ", "Ġ"), ("y", "o"), ("Ġ", "yo"), ("ä", "½")]
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    words = Regex(r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    core.pre_tokenizer = pre.Sequence(
        [pre.Split(words, "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    core.post_processor = processors.ByteLevel(trim_offsets=trim)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return _tokenizer(core, template, **named)


def fallback_tokenizer(
    template: str, special: tuple[str, ...], *, swallows: bool = False, **named: str
) -> PreTrainedTokenizerFast:
    """BPE with byte fallback as of Gemma and Phi-3: blanks are `▁`, rare characters are bytes.

    `swallows`: special tokens take the blanks behind them, and every text begins with a `▁`.
    """
    characters = "▁\nabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:?!<>|_[]/"
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *characters]
    core = Tokenizer(
        models.BPE(
            vocab={piece: number for number, piece in enumerate(pieces)},
            merges=[], byte_fallback=True, unk_token="<unk>", fuse_unk=True,
        )
    )  # fmt: skip
    prefix = [normalizers.Prepend("▁")] if swallows else []
    core.normalizer = normalizers.Sequence([*prefix, normalizers.Replace(" ", "▁")])
    strip = [decoders.Strip(" ", 1, 0)] if swallows else []
    core.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    core.add_special_tokens(
        [AddedToken(t, rstrip=swallows, special=True, normalized=False) for t in special]
    )
    return _tokenizer(core, template, **named)


def _tokenizer(core: Tokenizer, template: str, **named: str) -> PreTrainedTokenizerFast:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, clean_up_tokenization_spaces=False, **named
    )
    tokenizer.chat_template = template
    return tokenizer


def stock(name: str) -> str:
    """The template that the models of a family come with."""
    return (TRL_TEMPLATES / f"{name}.jinja").read_text("utf-8")


def family(name: str) -> ChatTemplate:
    """The template of a family on a tokenizer with its special tokens and habits."""
    return ChatTemplate(_FAMILIES[name](), name)


_FAMILIES = {
    "qwen2_5": lambda: merging_tokenizer(stock("qwen2_5"), QWEN, eos_token=QWEN[2]),
    "qwen3": lambda: merging_tokenizer(stock("qwen3"), QWEN, eos_token=QWEN[2]),
    "llama3": lambda: merging_tokenizer(
        stock("llama3"), LLAMA, bos_token=LLAMA[1], eos_token=LLAMA[4]
    ),
    "llama3_1": lambda: merging_tokenizer(
        stock("llama3_1"), LLAMA, bos_token=LLAMA[1], eos_token=LLAMA[4]
    ),
    "gemma3": lambda: fallback_tokenizer(
        stock("gemma3"), GEMMA, bos_token=GEMMA[2], eos_token=GEMMA[1]
    ),
    "gemma": lambda: fallback_tokenizer(
        stock("gemma"), GEMMA, bos_token=GEMMA[2], eos_token=GEMMA[1]
    ),
    "phi3": lambda: fallback_tokenizer(
        stock("phi3"), PHI, swallows=True, bos_token=PHI[1], eos_token=PHI[0]
    ),
    "chatml": lambda: merging_tokenizer(PLAIN_CHATML, QWEN, eos_token=QWEN[2]),
    "smollm": lambda: merging_tokenizer(PLAIN_CHATML, QWEN, trim=True, eos_token=QWEN[2]),
    "mistral": lambda: fallback_tokenizer(
        MISTRAL, ("<s>", "</s>"), bos_token="<s>", eos_token="</s>"
    ),
}


def any_family(name: str) -> ChatTemplate:
    """The template of any family, on a tokenizer with the special tokens that it writes out."""
    source = stock(name)
    named = re.findall(
        r"<\|[^|<>'\"{} ]+\|>|<｜[^｜]+｜>|</?s>|<(?:start|end)_of_turn>|<\|turn>|<turn\|>", source
    )
    special = ("<the_eos>", "<the_bos>", *sorted(set(named)))
    tokenizer = merging_tokenizer(source, special, eos_token=special[0], bos_token=special[1])
    return ChatTemplate(tokenizer, name)
