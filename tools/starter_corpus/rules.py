"""System prompts to obey: who the model is, which language, case and length, which label."""

from __future__ import annotations

from collections.abc import Callable

from tools.starter_corpus import chat
from tools.starter_corpus.frames import address, as_json, begin, end, marked, offer, repeat
from tools.starter_corpus.items import Item
from tools.starter_corpus.rule import Rng, Rule, pick
from tools.starter_corpus.vocabulary import phrase


def name(r: Rng, lang: str) -> Rule:
    """Another name, sometimes with a place to work for."""
    who, place = phrase(r, lang, "name"), phrase(r, lang, "place")
    at_place = r.random() < 0.5
    if at_place:
        en = (
            "You are {n}, the assistant of {p}.",
            "Your name is {n}. You work for {p}.",
            "You are {n} and you help the guests of {p}.",
            "Your name is {n} and you are the assistant of {p}.",
        )
        zh = (
            "你是{p}的助手{n}。",
            "你叫{n}，在{p}工作。",
            "你的名字是{n}，你是{p}的助手。",
            "你是{n}，负责帮助{p}的客人。",
        )
        new_en, new_zh = f"I am {who}, the assistant of {place}.", f"我是{who}，{place}的助手。"
    else:
        en = (
            "Your name is {n}.",
            "You are {n}.",
            "You are called {n}.",
            "Your name is {n}, not Starter.",
        )
        zh = ("你的名字是{n}。", "你叫{n}。", "你是{n}。", "你的名字叫{n}。")
        new_en, new_zh = f"I am {who}, a small chat model.", f"我是{who}，一个小小的聊天模型。"

    def apply(item: Item, answer: str) -> str:
        return answer.replace(chat.SELF_EN, new_en).replace(chat.SELF_ZH, new_zh)

    return Rule("name", lang, pick(r, lang, en, zh).format(n=who, p=place), apply, wants="self")


def language(r: Rng, lang: str) -> Rule:
    """Answers in one language, whatever the question's."""
    to = r.choice(("en", "zh"))
    en, zh = {
        "en": (
            (
                "Answer in English.",
                "Always answer in English.",
                "Please reply in English.",
                "Speak only English.",
            ),
            ("请用英语回答。", "用英文回答。", "总是用英语回答。", "只说英语。", "请用英文回复。"),
        ),
        "zh": (
            (
                "Answer in Chinese.",
                "Always answer in Chinese.",
                "Please reply in Chinese.",
                "Speak only Chinese.",
            ),
            ("请用中文回答。", "用汉语回答。", "总是用中文回答。", "只说中文。", "请用中文回复。"),
        ),
    }[to]

    def apply(item: Item, answer: str) -> str:
        return answer if item.lang == to else item.other

    return Rule("language", lang, pick(r, lang, en, zh), apply, wants="translatable")


def capitals(r: Rng, lang: str) -> Rule:
    """English answers in capital letters."""
    en = (
        "Answer in capital letters.",
        "Write everything in capitals.",
        "Use only capital letters.",
        "Always answer in capital letters.",
        "ANSWER IN CAPITAL LETTERS.",
    )
    zh = ("用大写字母回答。", "英文都用大写字母。")
    return Rule("capitals", lang, pick(r, lang, en, zh), lambda i, a: a.upper(), wants="english")


def lower_case(r: Rng, lang: str) -> Rule:
    """English answers without capital letters."""
    en = ("Answer in small letters.", "Write everything in lower case.", "Use no capital letters.")
    zh = ("用小写字母回答。", "英文都用小写字母。")
    return Rule("lower", lang, pick(r, lang, en, zh), lambda i, a: a.lower(), wants="english")


def brief(r: Rng, lang: str) -> Rule:
    """The short form of an answer."""
    en = (
        "Answer in one word.",
        "Answer briefly.",
        "Be brief.",
        "Give short answers.",
        "Answer with as few words as possible.",
        "Say only the answer, not a sentence.",
    )
    zh = (
        "请简短回答。",
        "只回答一个词。",
        "回答要简短。",
        "只说答案，不要整句。",
        "用最少的字回答。",
    )
    return Rule(
        "brief",
        lang,
        pick(r, lang, en, zh),
        lambda i, a: i.short if a == i.answer else a,
        wants="short",
    )


KINDS = {"question": "问题", "service": "服务", "chat": "聊天"}


def kinds(r: Rng, lang: str) -> Rule:
    """What sort of message it is, instead of an answer."""
    names = list(KINDS) if lang == "en" else list(KINDS.values())
    r.shuffle(names)
    en = (
        "Only say what kind of message this is: {n}.",
        "Sort every message into one of these: {n}.",
        "Answer with the kind of the message: {n}.",
    )
    zh = ("只说这是哪类消息：{n}。", "把每条消息分为以下几类：{n}。", "回答消息的类别：{n}。")
    prompt = pick(r, lang, en, zh).format(n=(", " if lang == "en" else "、").join(names))
    return Rule(
        "kinds", lang, prompt, lambda i, a: i.kind if lang == "en" else KINDS[i.kind], wants="kind"
    )


def labels(r: Rng, lang: str, names: list[str]) -> Rule:
    """One of the named labels, instead of an answer; the item's `short` is the label."""
    en = (
        "Classify the message: {n}.",
        "Answer with one of these labels: {n}.",
        "Say only which label fits: {n}.",
        "You sort messages. The labels are {n}.",
    )
    zh = (
        "给消息分类：{n}。",
        "只回答一个标签：{n}。",
        "哪个标签合适？{n}。",
        "你负责给消息分类，标签有：{n}。",
    )
    prompt = pick(r, lang, en, zh).format(n=(", " if lang == "en" else "、").join(names))
    return Rule("labels", lang, prompt, lambda i, a: i.short, wants="label")


RULES: tuple[tuple[Callable[[Rng, str], Rule], int], ...] = (
    (name, 14),
    (language, 10),
    (capitals, 7),
    (lower_case, 3),
    (as_json, 14),
    (begin, 14),
    (end, 12),
    (brief, 10),
    (repeat, 5),
    (marked, 7),
    (address, 5),
    (offer, 4),
    (kinds, 5),
)


def draw(r: Rng, lang: str) -> Rule:
    """A random rule."""
    makers, weights = zip(*RULES, strict=True)
    return r.choices(makers, weights)[0](r, lang)
