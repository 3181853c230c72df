"""Rules that put something around an answer: JSON, marks, an opening, a closing."""

from __future__ import annotations

from tools.starter_corpus.items import Item
from tools.starter_corpus.rule import Rng, Rule, dump, join, pick
from tools.starter_corpus.vocabulary import keys, phrase


def as_json(r: Rng, lang: str) -> Rule:
    """A JSON object with one key, or with two of which the first repeats the question."""
    one, two = keys(r, lang, 2)
    if r.random() < 0.3:
        en = (
            'Answer in JSON with the keys "{a}" (the question) and "{b}" (the answer).',
            'Reply with JSON: "{a}" holds the question, "{b}" holds the answer.',
        )
        zh = (
            "用JSON回答，“{a}”是问题，“{b}”是答案。",
            "请用JSON格式回答，键“{a}”放问题，键“{b}”放答案。",
        )
        prompt = pick(r, lang, en, zh).format(a=one, b=two)
        return Rule("json", lang, prompt, lambda i, a: dump({one: i.question, two: a}), last=True)
    en = (
        'Answer in JSON with the key "{a}".',
        'Reply in JSON with one key, "{a}".',
        'Answer only with a JSON object. Its key is "{a}".',
        "Always answer in JSON with the key {a}.",
        'Use JSON for your answers: {{"{a}": ...}}.',
    )
    zh = (
        "用JSON回答，键是“{a}”。",
        "请用JSON格式回答，键名为{a}。",
        "只用JSON回答，字段是{a}。",
        "请输出JSON，字段名是“{a}”。",
    )
    prompt = pick(r, lang, en, zh).format(a=one)
    return Rule("json", lang, prompt, lambda i, a: dump({one: a}), last=True)


def begin(r: Rng, lang: str) -> Rule:
    """A word or a few before every answer."""
    words = phrase(r, lang, "opening")
    en = (
        'Begin every answer with "{w}".',
        "Begin every answer with {w}",
        'Start each answer with "{w}".',
        'Always say "{w}" first, then answer.',
        'Put "{w}" in front of your answer.',
    )
    zh = (
        "每次回答都以“{w}”开头。",
        "回答前先说“{w}”。",
        "每个回答都用“{w}”开始。",
        "请先说“{w}”，然后回答。",
        "以“{w}”开头回答。",
    )
    prompt = pick(r, lang, en, zh).format(w=words)
    return Rule("begin", lang, prompt, lambda i, a: join(words, a))


def end(r: Rng, lang: str) -> Rule:
    """A word or a few after every answer."""
    words = phrase(r, lang, "closing")
    en = (
        'End every answer with "{w}".',
        "End every answer with {w}",
        'Finish each answer with "{w}".',
        'Always say "{w}" at the end.',
        'Close every answer with "{w}".',
    )
    zh = (
        "每次回答都以“{w}”结尾。",
        "回答后说“{w}”。",
        "每个回答都用“{w}”结束。",
        "最后总要说“{w}”。",
        "以“{w}”结尾回答。",
    )
    prompt = pick(r, lang, en, zh).format(w=words)
    return Rule("end", lang, prompt, lambda i, a: join(a, words))


def repeat(r: Rng, lang: str) -> Rule:
    """The question, then the answer."""
    en = (
        "Repeat the question, then answer.",
        "First repeat the question, then answer it.",
        "Say the question again before you answer.",
    )
    zh = ("先重复问题，再回答。", "请先复述问题，然后回答。", "回答前先重复一遍问题。")
    return Rule("repeat", lang, pick(r, lang, en, zh), lambda i, a: join(i.question, a))


MARKS = (
    ("in brackets", "括号", "({a})"),
    ("in square brackets", "方括号", "[{a}]"),
    ("in bold", "粗体", "**{a}**"),
    ("as a list item", "列表项", "- {a}"),
    ("between two stars", "两个星号", "*{a}*"),
    ("in quotation marks", "引号", '"{a}"'),
    ("as a heading", "标题", "# {a}"),
)


def marked(r: Rng, lang: str) -> Rule:
    """The answer in brackets, in bold, in a tag."""
    if r.random() < 0.4:
        tag = keys(r, "en", 1)[0]
        en: tuple[str, ...] = (
            "Put the answer into the tag <{t}>.",
            "Write your answer between <{t}> and </{t}>.",
        )
        zh: tuple[str, ...] = ("把答案放在<{t}>标签里。", "答案写在<{t}>和</{t}>之间。")
        prompt = pick(r, lang, en, zh).format(t=tag)
        return Rule("mark", lang, prompt, lambda i, a: f"<{tag}>{a}</{tag}>", last=True)
    name_en, name_zh, pattern = r.choice(MARKS)
    en = (
        f"Write the answer {name_en}.",
        f"Put every answer {name_en}.",
        f"Always write your answers {name_en}.",
    )
    zh = (f"把答案写成{name_zh}。", f"答案要用{name_zh}。", f"请用{name_zh}写答案。")
    return Rule("mark", lang, pick(r, lang, en, zh), lambda i, a: pattern.format(a=a), last=True)


def address(r: Rng, lang: str) -> Rule:
    """The user is called something."""
    who = phrase(r, lang, "title")
    en = (
        "Call the user {w}.",
        'Address the user as "{w}".',
        "The user is called {w}. Use this name in every answer.",
    )
    zh = ("称呼用户为“{w}”。", "叫用户“{w}”。", "用户叫{w}，每次回答都要称呼他。")
    first = f"{who}, " if lang == "en" else f"{who}，"
    return Rule("address", lang, pick(r, lang, en, zh).format(w=who), lambda i, a: first + a)


def offer(r: Rng, lang: str) -> Rule:
    """Further help after every answer."""
    en = (
        "Always ask if the user needs more help.",
        "After each answer, ask whether you can do more.",
        "Offer more help after every answer.",
    )
    zh = (
        "每次都问用户还需要什么帮助。",
        "回答后询问是否还需要帮助。",
        "每次回答后主动提供更多帮助。",
    )
    more = {"en": "Can I do anything else for you?", "zh": "还需要什么帮助吗？"}

    def apply(item: Item, answer: str) -> str:
        return join(answer, more["zh" if answer[-1] > "\u2e80" else "en"])

    return Rule("offer", lang, pick(r, lang, en, zh), apply)
