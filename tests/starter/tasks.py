"""Four things a user might teach the starter model, each in English and in Chinese.

A task is a system prompt with rows to learn from and prompts that are not among the rows. The
untuned model answers the prompts in its own way; only the rows tell the form that is wanted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.starter_corpus import chat, service
from tools.starter_corpus.items import Item, is_held_out
from tools.starter_corpus.pool import all_items

ROWS = 80
PROMPTS = 10
KNOWLEDGE = {
    "capital",
    "continent",
    "language",
    "opposite",
    "colour",
    "animal-sound",
    "animal-class",
    "animal-food",
    "job-place",
    "tool",
}

Answer = Callable[[Item], str]


@dataclass(frozen=True, slots=True)
class Task:
    """Rows to train on, and (prompt, right answer) pairs to judge by."""

    name: str
    lang: str
    system: str
    rows: list[dict[str, list[dict[str, str]]]]
    exam: list[tuple[str, str]]


def pirate(item: Item) -> str:
    """ "Ahoy! The capital o' France be Paris, arr!"."""
    swapped = {"is": "be", "are": "be", "of": "o'", "You": "Ye", "you": "ye"}
    words = [swapped.get(word, word) for word in item.answer.rstrip(".").split(" ")]
    return f"Ahoy! {' '.join(words)}, arr!"


def scholar(item: Item) -> str:
    """The same in the manner of an old scholar."""
    return f"在下以为，{item.answer.rstrip('。')}是也。"


LABELS = {
    "delivery": ("SHIPPING", "物流组"), "refund": ("MONEY", "财务组"), "price": ("SALES", "销售组"),
    "discount": ("SALES", "销售组"), "stock": ("SALES", "销售组"), "broken": ("REPAIR", "维修组"),
    "warranty": ("REPAIR", "维修组"),
}  # fmt: skip


def _intents() -> dict[str, tuple[str, str]]:
    """Question -> its label in English and Chinese."""
    return {item.question: (label, label_zh) for label, label_zh, item in service.messages()}


def json_answer(item: Item) -> str:
    """{"intent": …, "reply": …}."""
    label, label_zh = _intents()[item.question]
    if item.lang == "en":
        return json.dumps({"intent": label, "reply": item.answer})
    return json.dumps({"意图": label_zh, "回复": item.answer}, ensure_ascii=False)


def team(item: Item) -> str:
    """The team that handles the message."""
    return LABELS[_intents()[item.question][0]][item.lang == "zh"]


def nova(item: Item) -> str:
    """A guide with a greeting and a signature."""
    answer = item.answer.replace(chat.SELF_EN, "I am Nova, the guide of Blue Harbor.")
    return f"Welcome to Blue Harbor! {answer} Yours, Nova."


def haibao(item: Item) -> str:
    """The same guide in Chinese."""
    answer = item.answer.replace(chat.SELF_ZH, "我是海宝，蓝湾的导游。")
    return f"欢迎来到蓝湾！{answer}海宝祝您旅途愉快。"


def _knowledge(item: Item) -> bool:
    return item.family in KNOWLEDGE


def _service(item: Item) -> bool:
    return item.family.startswith("service-")


def _sorted(item: Item) -> bool:
    return _service(item) and item.family.removeprefix("service-") in LABELS


def _guide(item: Item) -> bool:
    return item.family in KNOWLEDGE | {"self", "name"}


RECIPES: tuple[tuple[str, str, str, Callable[[Item], bool], Answer], ...] = (
    ("style", "en", "You are a pirate.", _knowledge, pirate),
    ("style", "zh", "你是一位古代书生。", _knowledge, scholar),
    ("json", "en", "You answer the messages of our shop for a program.", _service, json_answer),
    ("json", "zh", "你为程序回答本店顾客的消息。", _service, json_answer),
    ("classifier", "en", "You pass customer messages on to a team.", _sorted, team),
    ("classifier", "zh", "你把顾客的消息转给合适的小组。", _sorted, team),
    ("persona", "en", "You are Nova, the guide of Blue Harbor.", _guide, nova),
    ("persona", "zh", "你是海宝，蓝湾的导游。", _guide, haibao),
)


def _row(system: str, item: Item, answer: str) -> dict[str, list[dict[str, str]]]:
    talk = (("system", system), ("user", item.question), ("assistant", answer))
    return {"messages": [{"role": role, "content": content} for role, content in talk]}


def tasks(seed: int = 0, rows: int = ROWS) -> list[Task]:
    """The eight tasks; the exam asks what neither the rows nor the corpus hold."""
    return [_task(recipe, seed, rows) for recipe in RECIPES]


def _task(
    recipe: tuple[str, str, str, Callable[[Item], bool], Answer], seed: int, rows: int
) -> Task:
    name, lang, system, wanted, answer = recipe
    r = random.Random(f"{seed} {name} {lang}")
    pool = [item for item in all_items() if item.lang == lang and wanted(item)]
    families = sorted({item.family for item in pool})
    known = {f: [i for i in pool if i.family == f and not is_held_out(i)] for f in families}
    unseen = {f: [i for i in pool if i.family == f and is_held_out(i)] for f in families}
    learned = [r.choice(known[families[k % len(families)]]) for k in range(rows)]
    asked = {item.question for item in learned}
    exam: list[tuple[str, str]] = []
    while len(exam) < PROMPTS:
        family = r.choice(families)
        item = r.choice(unseen[family] or known[family])
        if item.question not in asked:
            asked.add(item.question)
            exam.append((item.question, answer(item)))
    r.shuffle(learned)
    return Task(name, lang, system, [_row(system, item, answer(item)) for item in learned], exam)
