"""Ways of answering that no system prompt explains: the model must read them off earlier turns.

Such conversations teach the model that a format, once seen, goes on. Fine-tuning a few dozen rows
of a new format then has little left to teach.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tools.starter_corpus.items import Item
from tools.starter_corpus.rule import dump, join
from tools.starter_corpus.vocabulary import LISTS, invented, keys, phrase

Style = Callable[[Item, str], str]
Rng = random.Random

SMALL_WORDS = (
    "the",
    "The",
    "is",
    "of",
    "a",
    "A",
    "You",
    "you",
    "I",
    "are",
    "your",
    "in",
    "to",
    "and",
    "my",
    "can",
)


def openings(r: Rng, lang: str) -> Style:
    """An opening, a closing, or both."""
    first = phrase(r, lang, "opening") if r.random() < 0.75 else ""
    last = phrase(r, lang, "closing") if not first or r.random() < 0.6 else ""

    def style(item: Item, answer: str) -> str:
        answer = join(first, answer) if first else answer
        return join(answer, last) if last else answer

    return style


def inner(r: Rng, lang: str) -> Style:
    """An opening, and the closing drawn into the sentence: "Oh! Snow is white, mate!"."""
    first, last = phrase(r, lang, "opening"), phrase(r, lang, "title")
    comma, mark = (", ", "!") if lang == "en" else ("，", "！")
    only_last = r.random() < 0.4

    def style(item: Item, answer: str) -> str:
        text = answer.rstrip(".。!！?？") + comma + last + mark
        return text if only_last else join(first, text)

    return style


def dialect(r: Rng, lang: str) -> Style:
    """Some small words replaced, and an opening."""
    if lang == "zh":
        old, new = r.choice("的是在。"), invented(r, "zh")[:1]
        opening = openings(r, lang)
        return lambda i, a: opening(i, a.replace(old, new))
    changes = {word: invented(r, "en").lower()[:4] for word in r.sample(SMALL_WORDS, 5)}
    opening = openings(r, lang) if r.random() < 0.7 else (lambda i, a: a)
    return lambda i, a: opening(i, " ".join(changes.get(word, word) for word in a.split(" ")))


def json_shape(r: Rng, lang: str) -> Style:
    """A JSON object with one to three keys: a fixed value, the kind, the question, the answer."""
    names = keys(r, lang, 3)
    extra = r.choice(("none", "kind", "question", "fixed", "lang", "family"))
    fixed = invented(r, lang).lower()

    def style(item: Item, answer: str) -> str:
        values = {
            "kind": item.kind,
            "question": item.question,
            "fixed": fixed,
            "lang": item.lang,
            "family": item.family,
        }
        head = {names[1]: values[extra]} if extra in values else {}
        return dump({**head, names[0]: answer})

    return style


def frame(r: Rng, lang: str) -> Style:
    """Labels and lines around question and answer."""
    one, two = keys(r, lang, 2)
    pattern = r.choice(
        (
            "{k}: {a}",
            "{k}: {q}\n{j}: {a}",
            "[{k}] {a}",
            "{a} ({k})",
            "- {a}",
            "* {k}: {a}",
            "<{k}>{a}</{k}>",
            "{k} = {a}",
            "{a}\n{k}",
            "**{k}**: {a}",
            "{q} -> {a}",
            "{k} | {a} | {j}",
            "【{k}】{a}",
            "{k}：{a}",
            "《{a}》",
        )
    )
    return lambda i, a: pattern.format(k=one, j=two, q=i.question, a=a)


def shout(r: Rng, lang: str) -> Style:
    """Case, doubled marks, short answers."""
    kind = r.choice(("upper", "lower", "marks", "short"))
    mark = r.choice(("!!", "...", "~", " :)", " *", "！！", "……"))
    return {
        "upper": lambda i, a: a.upper(),
        "lower": lambda i, a: a.lower(),
        "marks": lambda i, a: a.rstrip(".。!！") + mark,
        "short": lambda i, a: i.short or a,
    }[kind]


def labelled(r: Rng, lang: str) -> Style:
    """No answer but a made-up label for the family of the question."""
    names: dict[str, str] = {}
    wrap = r.choice(("{n}", "{n}", "[{n}]", "#{n}", '{{"label": "{n}"}}'))

    def style(item: Item, answer: str) -> str:
        name = names.setdefault(item.family, invented(r, lang).lower())
        return wrap.format(n=name)

    return style


STYLES: tuple[tuple[Callable[[Rng, str], Style], int], ...] = (
    (openings, 8),
    (inner, 6),
    (dialect, 5),
    (json_shape, 8),
    (frame, 6),
    (shout, 4),
    (labelled, 7),
)


def draw(r: Rng, lang: str) -> tuple[str, Style, str]:
    """(name, style, a system prompt that fits but tells nothing)."""
    makers, weights = zip(*STYLES, strict=True)
    maker = r.choices(makers, weights)[0]
    return maker.__name__, maker(r, lang), setting(r, lang)


def setting(r: Rng, lang: str) -> str:
    """A system prompt that names a role, a place or nothing in particular."""
    role, place = r.choice(LISTS[lang, "role"]), phrase(r, lang, "place")
    if lang == "zh":
        texts = (
            f"你是一个{role}。",
            f"你是{place}的{role}。",
            "你是一个有用的助手。",
            "你是智能助手。",
            f"像{role}一样说话。",
            f"{place}的客服。",
            "回答用户的问题。",
            f"你扮演{role}。",
            f"你是{role}",
            "",
        )
    else:
        texts = (
            f"You are a {role}.",
            f"You are the {role} of {place}.",
            "You are a helpful assistant.",
            f"Talk like a {role}.",
            f"You work at {place}.",
            "Answer the user's questions.",
            f"You play a {role}.",
            f"Customer service of {place}.",
            "You are an assistant.",
            "",
        )
    return r.choice(texts)
