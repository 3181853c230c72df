"""Everything that can be asked, and how it is drawn; what a conversation is."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tools.starter_corpus import chat, classify, nature, numbers, rules, service, words, work, world
from tools.starter_corpus.items import Item, is_held_out

Rng = random.Random

# How often each family is asked, relative to 1; families with many combinations need no more.
WEIGHTS = {
    "self": 1.6,
    "talk": 2.0,
    "feeling": 1.2,
    "name": 1.5,
    "list": 2.0,
    "translate": 1.5,
    "wish": 2.0,
    "mood": 1.0,
    "topic": 1.0,
    "plus": 1.6,
    "minus": 1.4,
    "times": 1.6,
    "help": 1.2,
    "capital": 1.3,
}


@dataclass(slots=True)
class Conversation:
    """Messages, and the place of the first answer to learn (earlier ones only set a style)."""

    messages: list[dict[str, str]] = field(default_factory=list)
    learn_from: int = 0

    def add(self, role: str, content: str) -> None:
        """One more message."""
        self.messages.append({"role": role, "content": content})


def all_items() -> list[Item]:
    """Every item there is, held-out ones too."""
    found: list[Item] = []
    for relation in (
        *world.RELATIONS,
        *nature.RELATIONS,
        *work.RELATIONS,
        words.MEMBER,
        numbers.SEASON,
    ):
        found += relation.items()
    for source in (
        words.lists,
        words.translations,
        words.grammar,
        numbers.arithmetic,
        numbers.comparing,
        numbers.calendar,
        numbers.units,
        service.items,
        chat.items,
        classify.items,
    ):
        found += source()
    return found


class Pool:
    """The items of the corpus, drawn by language and family."""

    def __init__(self, items: list[Item]) -> None:
        self.families: dict[str, dict[str, list[Item]]] = {"en": {}, "zh": {}}
        for item in items:
            if not is_held_out(item):
                self.families[item.lang].setdefault(item.family, []).append(item)

    def draw(self, r: Rng, lang: str, family: str = "") -> Item:
        """An item; a family first, by its weight, then one of its items."""
        families = self.families[lang]
        if not family:
            names = list(families)
            family = r.choices(names, [WEIGHTS.get(name, 1.0) for name in names])[0]
        return r.choice(families[family])

    def fitting(self, r: Rng, lang: str, wants: str) -> Item:
        """An item for which a rule that wants such items matters."""
        if wants == "self":
            return self.draw(r, lang, "self") if r.random() < 0.6 else self.draw(r, lang)
        tests = {
            "translatable": lambda i: i.other,
            "short": lambda i: i.short and i.short != i.answer,
            "kind": lambda i: i.kind in rules.KINDS,
            "english": lambda i: i.lang == "en",
        }
        while True:
            item = self.draw(r, "en" if wants == "english" else lang)
            if wants not in tests or tests[wants](item):
                return item
