"""Long conversations: handbooks as system prompts, and talks of very many turns.

They teach the model to use its whole window: an order may stand at the start, in the middle or at
the end of a long prompt, with notes and examples around it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tools.starter_corpus import rules, styles
from tools.starter_corpus.conversations import obedient_answer
from tools.starter_corpus.pool import Conversation, Pool
from tools.starter_corpus.rule import Rule

Rng = random.Random

HEADINGS = {
    "en": (
        "# Role",
        "# Notes",
        "# Task",
        "# Facts",
        "# Examples",
        "# Handbook",
        "## Background",
        "## Please note",
    ),
    "zh": ("# 角色", "# 说明", "# 任务", "# 资料", "# 例子", "# 手册", "## 背景", "## 注意"),
}


def handbook(r: Rng, lang: str, pool: Pool, lines: int, order: str) -> str:
    """A long system prompt: notes under headings, with the order somewhere between them."""
    text = [styles.setting(r, lang), r.choice(HEADINGS[lang])]
    for _ in range(lines):
        item = pool.draw(r, lang)
        text.append(
            r.choice(("- {a}", "{a}", "* {a}", '"{q}": "{a}"')).format(
                q=item.question, a=item.answer
            )
        )
        if r.random() < 0.08:
            text.append(r.choice(HEADINGS[lang]))
    text.insert(r.choice((0, len(text), r.randrange(len(text) + 1))), order)
    return "\n".join(line for line in text if line)


def with_handbook(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A long system prompt and a few questions."""
    rule = rules.draw(r, lang)
    talk = Conversation()
    talk.add("system", handbook(r, lang, pool, r.randrange(60, 210), rule.prompt))
    _turns(r, lang, pool, talk, rule, r.choice((1, 2, 3, 4)))
    return talk


def many_turns(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A talk of 20 to 60 turns under one order."""
    rule = rules.draw(r, lang)
    talk = Conversation()
    talk.add("system", rule.prompt)
    _turns(r, lang, pool, talk, rule, r.randrange(20, 60))
    return talk


def _turns(r: Rng, lang: str, pool: Pool, talk: Conversation, rule: Rule, count: int) -> None:
    for _ in range(count):
        item = pool.fitting(r, lang, rule.wants)
        if rule.name == "language" and not item.other:
            continue
        talk.add("user", item.question)
        talk.add("assistant", obedient_answer(item, [rule]))


def long_corpus(seed: int, count: int, pool: Pool) -> Iterator[Conversation]:
    """`count` long conversations, the same ones for the same seed."""
    r = random.Random(seed)
    for _ in range(count):
        maker = with_handbook if r.random() < 0.7 else many_turns
        talk = maker(r, r.choice(("en", "zh")), pool)
        if len(talk.messages) > 2:
            yield talk
