"""What a rule is: a system prompt with the function that writes the obedient answer.

The same functions write the corpus and judge the finished model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.starter_corpus.items import Item

Rng = random.Random


@dataclass(frozen=True, slots=True)
class Rule:
    """A system prompt (in `lang`) and the answer that it asks for.

    `wants` names a family of items for which the rule matters, empty where it matters for all.
    `last` marks rules that wrap a whole answer and so are applied after every other rule.
    """

    name: str
    lang: str
    prompt: str
    apply: Callable[[Item, str], str]
    wants: str = ""
    last: bool = False


def pick(r: Rng, lang: str, en: tuple[str, ...], zh: tuple[str, ...]) -> str:
    """One of the phrasings in the language."""
    return r.choice(en if lang == "en" else zh)


def dump(value: dict[str, str]) -> str:
    """JSON as the model writes it."""
    return json.dumps(value, ensure_ascii=False)


def join(first: str, second: str) -> str:
    """Two pieces of an answer: a blank between them unless Chinese meets Chinese."""
    close = first[-1:] > "\u2e80" or second[:1] > "\u2e80"
    return first + second if close else f"{first} {second}"
