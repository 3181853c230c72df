"""What the finished model is asked: prompts it has never seen, and system prompts to obey."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.starter_corpus import rules
from tools.starter_corpus.items import Item, is_held_out
from tools.starter_corpus.pool import all_items
from tools.starter_corpus.rule import Rule

CHECK_SEED = 20_000
GROUPS = {
    "geography": ("capital", "capital-of", "continent", "language"),
    "words": ("opposite", "opposite-back", "translate", "member", "plural", "past", "measure"),
    "animals": ("animal-class", "animal-young", "animal-home", "animal-food", "animal-sound"),
    "things": ("colour", "tool", "symbol", "job-task", "job-name", "job-place"),
    "numbers": ("plus", "minus", "times", "larger", "count"),
    "time and units": ("day", "month", "month-days", "season", "unit"),
    "service": ("service-*", "help"),
    "chat": ("name", "feeling"),
    "classification": ("mood", "topic", "wish"),
    "lists": ("list",),
}
PER_GROUP = 15


def group_of(item: Item) -> str:
    """The group under which an item is counted, empty where it is not counted."""
    family = "service-*" if item.family.startswith("service-") else item.family
    return next((name for name, families in GROUPS.items() if family in families), "")


def held_out_items() -> list[Item]:
    """Every combination that the corpus leaves out."""
    return [item for item in all_items() if is_held_out(item)]


def questions() -> dict[str, list[Item]]:
    """Group -> 15 held-out English and 15 held-out Chinese questions, families mixed."""
    r = random.Random(CHECK_SEED)
    found: dict[str, list[Item]] = {}
    pool = held_out_items()
    r.shuffle(pool)
    for name in GROUPS:
        for lang in ("en", "zh"):
            mine = [item for item in pool if item.lang == lang and group_of(item) == name]
            found.setdefault(name, []).extend(_spread(mine, PER_GROUP))
    return found


def _spread(items: list[Item], count: int) -> list[Item]:
    """`count` items, the families in turn."""
    families: dict[str, list[Item]] = {}
    for item in items:
        families.setdefault(item.family, []).append(item)
    chosen: list[Item] = []
    while len(chosen) < count and any(families.values()):
        for mine in families.values():
            if mine and len(chosen) < count:
                chosen.append(mine.pop())
    return chosen


@dataclass(frozen=True, slots=True)
class Order:
    """A system prompt, a question under it, and how to see that the answer obeys."""

    rule: Rule
    item: Item

    @property
    def expected(self) -> str:
        """The answer that is right in every letter."""
        return self.rule.apply(self.item, self.item.answer)

    def obeyed(self, answer: str) -> bool:
        """Whether the answer does what the system prompt says, right or wrong in content."""
        return OBEYED[self.rule.name](self, answer)


def _json_keys(text: str) -> list[str]:
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return list(value) if isinstance(value, dict) else []


def _script(text: str) -> str:
    return "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"


def _same_start(order: Order, answer: str) -> bool:
    added = order.expected.removesuffix(order.item.answer)
    return bool(added) and answer.startswith(added) and len(answer) > len(added)


def _same_end(order: Order, answer: str) -> bool:
    added = order.expected.removeprefix(order.item.answer)
    return bool(added) and answer.endswith(added) and len(answer) > len(added)


def _framed(order: Order, answer: str) -> bool:
    first, last = order.expected.split(order.item.answer)
    return answer.startswith(first) and answer.endswith(last) and len(answer) > len(first + last)


OBEYED: dict[str, Callable[[Order, str], bool]] = {
    "name": lambda o, a: a == o.expected,
    "language": lambda o, a: _script(a) == _script(o.expected),
    "capitals": lambda o, a: a.isupper(),
    "lower": lambda o, a: a == a.lower(),
    "json": lambda o, a: bool(_json_keys(a)) and _json_keys(a) == _json_keys(o.expected),
    "begin": _same_start,
    "address": _same_start,
    "repeat": _same_start,
    "end": _same_end,
    "offer": _same_end,
    "mark": _framed,
    "brief": lambda o, a: len(a) < len(o.item.answer) and a in o.item.answer + o.item.short,
    "kinds": lambda o, a: a == o.expected,
}
PER_RULE = 8


def orders() -> dict[str, list[Order]]:
    """Rule -> 8 orders in English and 8 in Chinese over held-out questions."""
    r = random.Random(CHECK_SEED + 1)
    pool = held_out_items()
    r.shuffle(pool)
    selves = [item for item in all_items() if item.family == "self"]
    found: dict[str, list[Order]] = {}
    for maker, _ in rules.RULES:
        for lang in ("en", "zh"):
            for _ in range(PER_RULE):
                rule = maker(r, lang)
                item = r.choice(_fitting(rule, lang, pool, selves))
                found.setdefault(rule.name, []).append(Order(rule, item))
    return found


def _fitting(rule: Rule, lang: str, pool: list[Item], selves: list[Item]) -> list[Item]:
    """Items for which obeying shows."""
    if rule.wants == "self":
        return [item for item in selves if item.lang == lang]
    if rule.wants == "english":
        return [
            item
            for item in pool
            if item.lang == "en" and item.answer not in (item.answer.upper(), item.answer.lower())
        ]
    if rule.wants == "kind":
        return [item for item in pool if item.lang == lang and item.kind in rules.KINDS]
    if rule.wants == "translatable":
        return _turned(rule, pool)
    if rule.wants == "short":
        return [
            item
            for item in pool
            if item.lang == lang and item.short and len(item.short) + 3 < len(item.answer)
        ]
    return [item for item in pool if item.lang == lang]


def _turned(rule: Rule, pool: list[Item]) -> list[Item]:
    """Questions in the language that the rule does not want, with words in both answers."""
    return [
        item
        for item in pool
        if item.other
        and _script(item.other) != _script(item.answer)
        and rule.apply(item, item.answer) == item.other
    ]
