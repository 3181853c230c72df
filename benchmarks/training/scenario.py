"""What is trained in the benchmark: rows, their order, and a model without anything on it.

Every process makes its own from a `Job`, and they come out equal: the seeds decide.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nbfinetune.core.config import TrainConfig, make_config
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.templates.labels import LabelledRow

HERE = Path(__file__).resolve()
DATA = Path(os.environ.get("NBFINETUNE_TEST_DATA") or HERE.parents[3] / "shared" / "data")
CORPUS, LONG_PROMPT = DATA / "shishuoxinyu_ft_data.jsonl", DATA / "long_prompt.txt"
SAMPLE = "sample:pirate"

ROWS = 8
"""Of a step."""

TOKENIZER_SIZE = 2_600
"""With so many tokens a row of the corpus and the long prompt are as long as Qwen's tokenizer makes
them: about 53 and 540 tokens. The model's vocabulary is as large as ever."""

WARM_TOKENS = 64
"""The ends of the rows make a first batch that nobody times: libraries load, kernels are built."""

SMALL = {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 4,
         "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151_936,
         "tie_word_embeddings": True}  # fmt: skip
"""Four layers in the shape of Qwen2.5-0.5B."""

LARGE = {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
         "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152_064,
         "tie_word_embeddings": False}  # fmt: skip
"""Qwen2.5-7B, for a GPU."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a process does: one competitor on one scenario. `steps`: at most so many, warm-up too.

    `shape`: the model's, as transformers' settings name it; `starter` has its own, and in the dtype
    `auto` the one that our loader gives it.
    """

    competitor: str
    scenario: str
    dtype: str
    device: str
    shape: dict[str, Any]
    steps: int
    dropout: float = 0.05
    rows: int = ROWS
    learning_rate: float = 1e-4
    logs: bool = False

    @property
    def config(self) -> TrainConfig:
        return make_config(
            {"lora_rank": 8, "lora_alpha": 32, "target_modules": "all-linear",
             "lora_dropout": self.dropout, "batch_size": self.rows, "device": self.device,
             "learning_rate": self.learning_rate}
        )  # fmt: skip


class Scene(NamedTuple):
    """`base`: a `BaseModel`. `batches`: the rows of each step, the warm-up first."""

    base: Any
    batches: list[list[LabelledRow]]


def is_stand_in(scenario: str) -> bool:
    """Whether rows are generated, as the real ones are not here."""
    return scenario != "starter" and not (CORPUS.is_file() and LONG_PROMPT.is_file())


def scene(job: Job, attention: str = "sdpa") -> Scene:
    """The model on its device, whose attention is computed by that function, and the batches."""
    from nbfinetune.chat.loading import load_base
    from nbfinetune.core.library.samples import read_sample

    if job.scenario == "starter":
        base = load_base("starter", job.device, job.dtype)
        talks = list(read_sample(SAMPLE).conversations)
    else:
        short, long = conversations()
        base = random_base(job, tokenizer([*short, long[0]]), attention)
        talks = long if job.scenario == "long" else short
    rows = [base.template.row(talk) for talk in talks]
    return Scene(base, list(batches(rows, job)))


def batches(rows: Sequence[LabelledRow], job: Job) -> Iterator[list[LabelledRow]]:
    """The warm-up, then epochs, each in an order of its own: whole batches only."""
    rng = random.Random(0)
    end = slice(-WARM_TOKENS, None)
    yield [LabelledRow(row.ids[end], row.labels[end]) for row in rows[: job.rows]]
    order: list[LabelledRow] = []
    for _ in range(job.steps - 1):
        if len(order) < job.rows:
            order = rng.sample(rows, len(rows))
        yield order[: job.rows]
        order = order[job.rows :]


def conversations() -> tuple[list[Conversation], list[Conversation]]:
    """The corpus with its own system prompt, and with the long one."""
    from nbfinetune.core.reading.sources import read_file

    if is_stand_in("short"):
        short, prompt = invented()
    else:
        short = list(read_file(CORPUS).conversations)
        prompt = LONG_PROMPT.read_text(encoding="utf-8")
    system = Message("system", prompt)
    return short, [Conversation((system, *talk.messages[1:])) for talk in short]


def invented() -> tuple[list[Conversation], str]:
    """As many rows as the corpus has and a long prompt: as long as the real ones, of no meaning."""
    rng = random.Random(0)

    def words(low: int, high: int) -> str:
        return "".join(chr(0x4E00 + rng.randrange(700)) for _ in range(rng.randint(low, high)))

    system = Message("system", words(9, 9))
    talks = [
        Conversation((system, Message("user", words(2, 6)), Message("assistant", words(16, 54))))
        for _ in range(178)
    ]
    return talks, words(640, 640)


def tokenizer(talks: Sequence[Conversation]) -> Any:
    """A byte-level BPE tokenizer made from the texts, with the starter's ChatML template."""
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    import nbfinetune

    core = tokenizers.Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TOKENIZER_SIZE,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    messages = [message for talk in talks for message in talk.messages]
    # a text that stands in every row would be one token, and a role's name as many as it has bytes
    texts = [*dict.fromkeys(m.content for m in messages), *(m.role for m in messages)]
    core.train_from_iterator(texts, trainer)
    found = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    template = Path(nbfinetune.__file__).parent / "starter" / "chat_template.jinja"
    found.chat_template = template.read_text(encoding="utf-8")
    return found


def random_base(job: Job, tokenizer: Any, attention: str) -> Any:
    """A Qwen2 of the job's shape; made in its number format, so that no peak is the maker's."""
    import torch
    from transformers import AutoModelForCausalLM, Qwen2Config

    from nbfinetune.chat.loading import BaseModel
    from nbfinetune.templates.render import ChatTemplate

    config = Qwen2Config(
        **job.shape,
        max_position_embeddings=32_768,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    dtype, device = getattr(torch, job.dtype), torch.device(job.device)
    torch.manual_seed(0)
    with device:
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=attention)
    model.eval().requires_grad_(False)
    weights = [weight.numel() for weight in model.parameters()]
    return BaseModel(
        "random", model, tokenizer, ChatTemplate(tokenizer, "random"), device, dtype,
        parameters=sum(weights), weight_bytes=sum(weights) * dtype.itemsize,
    )  # fmt: skip
