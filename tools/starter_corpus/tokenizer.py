"""The byte-level BPE tokenizer, its chat template, and conversations as token ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from tools.starter_corpus.pool import Conversation
from tools.starter_corpus.vocabulary import HAN

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
MAX_LENGTH = 2560

# What the model says, and the mark that ends it, stands between the generation marks; the line
# feed after it does not: training learns to stop and nothing of the layout.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' -}}"
    "{%- if message['role'] == 'assistant' -%}"
    "{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}"
    "{%- else -%}{{- message['content'] + '<|im_end|>' -}}{%- endif -%}"
    "{{- '\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def _texts(talks: Iterable[Conversation]) -> Iterator[str]:
    """What the tokenizer is trained on: contents, role names, every character a few times."""
    for talk in talks:
        for message in talk.messages:
            yield f"{message['role']}\n{message['content']}"
    for _ in range(30):
        yield "".join(HAN)


def train_tokenizer(talks: Iterable[Conversation], vocabulary: int) -> Tokenizer:
    """A byte-level BPE in which each everyday Chinese character and each digit is one token.

    Characters stay single: a token that glued the end of a name to what follows it would hide the
    name from the model.
    """
    tokenizer = Tokenizer(models.BPE())
    single = pre_tokenizers.Split(Regex(r"[\u2e80-\uffef]|\p{Nd}"), behavior="isolated")
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([single, letters])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(talks), trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """The files that `AutoTokenizer` reads."""
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": PAD,
        "model_max_length": MAX_LENGTH,
        "clean_up_tokenization_spaces": False,
        "padding_side": "right",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE + "\n", "utf-8")


class Encoder:
    """Conversations -> (token ids, 1 where a token is learned). Contents are encoded once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.start, self.end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
        self.seen: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        """The ids of a text."""
        if text not in self.seen:
            self.seen[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.seen[text]

    def encode(self, talk: Conversation) -> tuple[list[int], list[int]]:
        """One conversation, laid out as the chat template does."""
        ids: list[int] = []
        learned: list[int] = []
        turn = 0
        for message in talk.messages:
            head = [self.start, *self.ids(message["role"] + "\n")]
            body = [*self.ids(message["content"]), self.end]
            answer = message["role"] == "assistant"
            ids += head + body + self.ids("\n")
            learned += [0] * len(head) + [int(answer and turn >= talk.learn_from)] * len(body) + [0]
            turn += answer
        return ids, learned
