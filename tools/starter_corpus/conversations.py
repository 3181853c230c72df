"""Conversations made of items: plain, with a system prompt to obey, in a style, with a memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tools.starter_corpus import chat, classify, nature, rules, service, styles, work, world
from tools.starter_corpus.items import Item, is_held_out, tidy
from tools.starter_corpus.pool import Conversation, Pool
from tools.starter_corpus.rule import Rule
from tools.starter_corpus.vocabulary import HAN, LISTS, invented

Rng = random.Random


def other(lang: str) -> str:
    """The other language."""
    return "zh" if lang == "en" else "en"


def plain(r: Rng, lang: str, pool: Pool) -> Conversation:
    """Questions and answers, sometimes under a system prompt that asks for nothing special."""
    talk = Conversation()
    if r.random() < 0.4 and (text := styles.setting(r, lang if r.random() < 0.8 else other(lang))):
        talk.add("system", text)
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        item = pool.draw(r, lang if r.random() < 0.92 else other(lang))
        talk.add("user", item.question)
        talk.add("assistant", item.answer)
    return talk


def _second(r: Rng, lang: str, first: Rule) -> Rule | None:
    """A rule that can be obeyed together with the first."""
    rule = rules.draw(r, lang)
    if rule.name == first.name or {rule.name, first.name} & {"kinds", "repeat"}:
        return None
    return rule


def obedient_answer(item: Item, asked: list[Rule]) -> str:
    """The answer that obeys all the rules, those that wrap it last."""
    answer = item.answer
    order = {"language": 0, "brief": 1, "name": 2}
    for rule in sorted(asked, key=lambda rule: (rule.last, order.get(rule.name, 5))):
        answer = rule.apply(item, answer)
    return answer


def ruled(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A system prompt that asks for something, and answers that obey."""
    asked = [rules.draw(r, lang)]
    if r.random() < 0.2 and (more := _second(r, lang, asked[0])):
        asked.append(more)
    texts = [rule.prompt for rule in asked]
    if (
        r.random() < 0.35
        and (text := styles.setting(r, lang))
        and not any(rule.name == "name" for rule in asked)
    ):
        texts.insert(r.choice((0, 0, len(texts))), text)
    talk = Conversation()
    talk.add("system", (" " if lang == "en" else "").join(texts))
    speak = lang if r.random() < 0.8 else other(lang)
    wants = next((rule.wants for rule in asked if rule.wants), "")
    if len(asked) == 2 and asked[0].wants and asked[1].wants and asked[0].wants != asked[1].wants:
        wants = "translatable" if "language" in (asked[0].name, asked[1].name) else "short"
    for _ in range(r.choice((1, 1, 2, 3))):
        item = pool.fitting(r, speak, wants)
        if any(rule.name == "language" for rule in asked) and not item.other:
            continue
        talk.add("user", item.question)
        talk.add("assistant", obedient_answer(item, asked))
    return talk


def sorting(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A system prompt that lists labels; messages that get one of them."""
    prompts, source = SORTED[lang][r.choice(list(SORTED[lang]))], Conversation()
    names = r.sample(sorted(prompts), min(len(prompts), r.choice((2, 3, 4, 5))))
    if not names:
        return source
    source.add("system", rules.labels(r, lang, names).prompt)
    for _ in range(r.choice((1, 2, 2, 3))):
        label = r.choice(names)
        source.add("user", r.choice(prompts[label]))
        source.add("assistant", label)
    return source


def styled(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A style that only the earlier turns show; learned from the second answer on."""
    kind, style, prompt = styles.draw(r, lang)
    talk = Conversation(learn_from=1)
    if prompt:
        talk.add("system", prompt)
    families = r.sample(list(pool.families[lang]), 2)
    turns = r.choice((3, 4, 4, 5))
    if kind == "labelled":
        talk.learn_from, turns = 2, r.choice((4, 5, 6))
        order = [*families, *r.choices(families, k=turns - 2)]
    for turn in range(turns):
        item = pool.draw(r, lang, order[turn] if kind == "labelled" else "")
        talk.add("user", item.question)
        talk.add("assistant", style(item, item.answer))
    return talk


def copying(r: Rng, lang: str, pool: Pool) -> Conversation:
    """Words to repeat, invented ones among them: what is given must be read."""
    talk = Conversation()
    for _ in range(r.choice((1, 2))):
        if r.random() < 0.3:
            text = pool.draw(r, lang).answer
        elif lang == "en":
            text = " ".join(invented(r, "en") for _ in range(r.choice((1, 2, 3, 4, 6, 9))))
        else:
            text = "".join(r.choices(HAN, k=r.choice((2, 4, 6, 8, 12, 18))))
        form = r.choice(COPY[lang])
        talk.add("user", form.format(x=text))
        talk.add("assistant", text)
    return talk


COPY = {
    "en": (
        "Repeat: {x}",
        "Say this again: {x}",
        "Copy this text: {x}",
        'Please write "{x}".',
        "Repeat after me: {x}",
    ),
    "zh": ("重复：{x}", "请再说一遍：{x}", "抄写：{x}", "请写“{x}”", "跟我说：{x}"),
}
RECALL = {
    "en": (
        ("What is my name?", "Do you know my name?", "Who am I?", "Do you remember my name?"),
        "Your name is {x}.",
    ),
    "zh": (
        ("我叫什么名字？", "你知道我的名字吗？", "我是谁？", "你还记得我的名字吗？"),
        "您叫{x}。",
    ),
}


def remembering(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A name given in one turn and asked for in a later one."""
    talk, who = (
        Conversation(),
        invented(r, lang) if r.random() < 0.5 else r.choice(LISTS[lang, "name"]),
    )
    forms, help_text = (
        (chat.NAME_EN, f"Hello {who}! {chat.HELP_EN}")
        if lang == "en"
        else (chat.NAME_ZH, f"你好，{who}！{chat.HELP_ZH}")
    )
    if r.random() < 0.3:
        talk.add("system", styles.setting(r, lang) or "You are a helpful assistant.")
    greeting = Item("name", lang, r.choice(forms).format(x=who), help_text)
    if is_held_out(greeting):
        return Conversation()
    talk.add("user", greeting.question)
    talk.add("assistant", greeting.answer)
    if r.random() < 0.5:
        item = pool.draw(r, lang)
        talk.add("user", item.question)
        talk.add("assistant", item.answer)
    questions, answer = RECALL[lang]
    talk.add("user", r.choice(questions))
    talk.add("assistant", answer.format(x=who))
    return talk


FOLLOW = {
    "en": ("And {x}?", "What about {x}?", "And what about {x}?"),
    "zh": ("那{x}呢？", "{x}呢？", "那么{x}呢？"),
}
FOLLOWED = [
    world.CAPITAL,
    world.CONTINENT,
    world.LANGUAGE,
    world.OPPOSITE,
    world.COLOUR,
    nature.SOUND,
    nature.FOOD,
    work.JOB_PLACE,
]


def following(r: Rng, lang: str, pool: Pool) -> Conversation:
    """A question, then the same about something else in two words."""
    relation, talk = r.choice(FOLLOWED), Conversation()
    by_question = {item.question: item for item in pool.families[lang][relation.name]}
    first = r.choice(list(by_question.values()))
    talk.add("user", first.question)
    talk.add("assistant", first.answer)
    for row in r.sample(relation.rows, r.choice((1, 2))):
        x, y = (row[0], row[2]) if lang == "en" else (row[1], row[3])
        answer = relation.en_answer if lang == "en" else relation.zh_answer
        talk.add("user", r.choice(FOLLOW[lang]).format(x=x))
        talk.add("assistant", _sentence(answer, x, y))
    return talk


def _sentence(pattern: str, x: str, y: str) -> str:
    """The answer of a relation about x; English gets its articles and capital right."""
    text = pattern.format(x=x, y=y)
    return tidy(text) if text.isascii() else text


def _sorted_messages() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Language -> sort of labels -> label -> bare messages, without held-out ones."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {"en": {}, "zh": {}}

    def put(lang: str, sort: str, label: str, text: str) -> None:
        if not is_held_out(Item(sort, lang, text, label)):
            found[lang].setdefault(sort, {}).setdefault(label, []).append(text)

    for label, label_zh, item in service.messages():
        put(item.lang, "wish", label if item.lang == "en" else label_zh, item.question)
    for label, label_zh, text, text_zh in classify.bare_moods():
        put("en", "mood", label, text)
        put("zh", "mood", label_zh, text_zh)
    for label, label_zh, en, zh in classify.TOPICS:
        for text, text_zh in zip(en.split("/"), zh.split("/"), strict=True):
            put("en", "topic", label, text)
            put("zh", "topic", label_zh, text_zh)
    return found


SORTED = _sorted_messages()
# The first lessons are mostly about reading and copying what the prompt says; all else follows
# faster once that is learned.
FIRST = ((plain, 20), (ruled, 20), (copying, 40), (remembering, 12), (styled, 8))
MIXED = (
    (plain, 30),
    (ruled, 34),
    (sorting, 6),
    (styled, 18),
    (copying, 5),
    (remembering, 4),
    (following, 3),
)
Kinds = tuple[tuple[Callable[[Rng, str, Pool], Conversation], int], ...]


def conversation(r: Rng, pool: Pool, kinds: Kinds) -> Conversation:
    """One random conversation."""
    makers, weights = zip(*kinds, strict=True)
    while True:
        talk = r.choices(makers, weights)[0](r, r.choice(("en", "zh")), pool)
        if talk.messages and talk.messages[-1]["role"] == "assistant":
            return talk


def corpus(seed: int, count: int, pool: Pool, kinds: Kinds = MIXED) -> Iterator[Conversation]:
    """`count` conversations, the same ones for the same seed."""
    r = random.Random(seed)
    for _ in range(count):
        yield conversation(r, pool, kinds)
