# ruff: noqa: E501 - tables of text
"""Words to fill into system prompts and styles: names, places, openings, keys, invented words."""

from __future__ import annotations

import random

from tools.starter_corpus.chat import FIRST_NAMES, ZH_NAMES

OPENINGS_EN = (
    "Hello! Hi! Hey! Oh! Ah! Well, So, Look! Listen! Wow! Right! Fine! Sure! Okay! Yes! Indeed! Ahoy! Aye! "
    "Greetings! Welcome! Attention! Dear friend, Good day! Answer: Note: My friend, Of course! Certainly! "
    "Here you go: Let me think. Good question! No worries! Thanks for asking. With pleasure! Hear ye! Meow! "
    "Beep! Woof! Cheers! Bravo! Splendid! Howdy! My lord, Captain's log: Breaking news: Fun fact: In short:"
)
OPENINGS_ZH = (
    "你好！|您好！|哦！|啊！|嗨！|好的，|当然，|没问题！|请听：|答案是：|亲爱的朋友，|各位，|注意！|欢迎！|好问题！|嗯，|"
    "是的，|报告！|遵命！|喵！|谢谢提问，|这个嘛，|让我想想，|很高兴回答，|请看：|说来有趣，|一句话：|本店提示：|客官，|大人，"
)
CLOSINGS_EN = (
    "Over. Done. Bye! Cheers! Amen. Okay? Right? The end. Thank you! Have a nice day! Good luck! See you! "
    "Arr! Yo ho! Peace! Take care! My friend. That is all. End of message. Stay safe! Yours truly. Meow. Beep. "
    "Best wishes! Ha ha! Enjoy! With love. At your service. Sir. Mate. Over and out. Always. Hooray! Best regards. Woof!"
)
CLOSINGS_ZH = (
    "完毕。|谢谢！|再见！|祝您愉快！|祝你好运！|就这样。|对吧？|好吗？|喵。|哈哈！|保重！|加油！|回答完毕。|"
    "欢迎再来！|祝好。|敬上。|以上。|请放心。|明白了吗？|呀！|哦！|呢。|阿弥陀佛。|祝您生活愉快！|随时为您服务。"
)
TITLES_EN = (
    "captain sir madam boss friend doctor professor master chief mate teacher dear my lord king queen "
    "commander buddy champion traveller guest neighbour student hero"
)
TITLES_ZH = "船长 先生 女士 老板 朋友 医生 教授 师傅 同学 老师 亲 大人 陛下 队长 主人 客官 英雄 小伙伴 旅客 邻居"
PLACES_EN = (
    "Blue Shop|Green Garden|the city library|Sunny Hotel|the old museum|River Bank|Star Travel|Moon Cafe|"
    "the night market|North Airlines|Happy Pets|the tea house|Silver Cinema|Red Bakery|the toy store|"
    "Cloud Bikes|the science club|Golden Gate Bank|Oak School|the flower shop|Sea View|Windy Hill|Book Corner"
)
PLACES_ZH = (
    "蓝色商店|绿色花园|市图书馆|阳光酒店|老博物馆|星星旅行社|月亮咖啡馆|夜市|北方航空|宠物之家|茶馆|银色影院|"
    "红房子面包店|玩具店|云上单车|科学社|金桥银行|橡树小学|花店|海景餐厅|风山书屋|书香角|快乐超市|东方剧院"
)
KEYS_EN = (
    "answer|reply|response|result|text|output|message|content|value|data|say|solution|fact|a|info|note|"
    "statement|body|out|final|summary|line|sentence|comment|question|q|prompt|input|query|ask|user|title|topic"
)
KEYS_ZH = "答案|回答|回复|结果|内容|输出|文本|消息|说明|问题|提问|输入|结论|解答|信息|句子|话|答复"
ADJECTIVES = (
    "calm brave gentle proud busy clever sleepy merry kind bold quiet funny honest patient polite cheerful "
    "grumpy wise curious lazy strict modest jolly noble shy"
)
ROLES_EN = (
    "pirate|teacher|poet|robot|cook|king|detective|farmer|knight|sailor|wizard|butler|coach|monk|clerk|doctor|"
    "guide|judge|librarian|gardener|cat|dragon|ghost|grandmother|soldier|clown|reporter|scientist|shopkeeper"
)
ROLES_ZH = (
    "海盗|老师|诗人|机器人|厨师|国王|侦探|农夫|骑士|水手|巫师|管家|教练|和尚|店员|医生|导游|法官|图书管理员|园丁|"
    "小猫|龙|幽灵|奶奶|士兵|小丑|记者|科学家|掌柜|客服"
)
SYLLABLES = (
    "ba be bi bo bra cal car cha cle co cri da den di do dra el en fa fen fi flo ga gen gla go hal hi ka kel "
    "ki kor la len li lo lu ma mel mi mo na nel ni no nu or pa pel pi po qua ra ren ri ro sa sel shi so ta tel "
    "ti to tri u va vel vi vo wa wel win xa ya yel za zel zi zo"
)


def split(text: str) -> list[str]:
    """A list written as text, parted by `|`, or by blanks where there is none."""
    return text.split("|") if "|" in text else text.split(" ")


def _sentences(text: str) -> list[str]:
    """Pieces of a text that end in a mark."""
    pieces, piece = [], ""
    for word in text.split(" "):
        piece = f"{piece} {word}".strip()
        if piece[-1] in "!.,:?":
            pieces.append(piece)
            piece = ""
    return pieces


# The characters of the first level of GB 2312: the 3755 in everyday use.
_CODES = [bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)]
HAN = [code.decode("gb2312") for code in _CODES[:3755]]

LISTS = {
    ("en", "opening"): _sentences(OPENINGS_EN),
    ("zh", "opening"): split(OPENINGS_ZH),
    ("en", "closing"): _sentences(CLOSINGS_EN),
    ("zh", "closing"): split(CLOSINGS_ZH),
    ("en", "title"): split(TITLES_EN),
    ("zh", "title"): split(TITLES_ZH),
    ("en", "place"): split(PLACES_EN),
    ("zh", "place"): split(PLACES_ZH),
    ("en", "name"): FIRST_NAMES,
    ("zh", "name"): ZH_NAMES,
    ("en", "key"): split(KEYS_EN),
    ("zh", "key"): split(KEYS_ZH),
    ("en", "role"): split(ROLES_EN),
    ("zh", "role"): split(ROLES_ZH),
}
MARKS = {
    ("en", "opening"): ("!", ",", ":", ".", "!"),
    ("zh", "opening"): ("！", "，", "：", "。"),
    ("en", "closing"): ("!", ".", "?", "."),
    ("zh", "closing"): ("！", "。", "？", "～"),
}


def invented(r: random.Random, lang: str) -> str:
    """A word that means nothing: syllables, or two or three random characters."""
    if lang == "zh":
        return "".join(r.choices(HAN, k=r.choice((2, 2, 3))))
    return "".join(r.choices(split(SYLLABLES), k=r.choice((2, 2, 3)))).capitalize()


def phrase(r: random.Random, lang: str, kind: str) -> str:
    """A word or a few of the kind; every third is invented, so that it has to be read."""
    if r.random() < 0.65:
        return r.choice(LISTS[lang, kind])
    word = invented(r, lang)
    if r.random() < 0.4:
        other = r.choice(LISTS[lang, "role"] + LISTS[lang, "title"])
        word = f"{word} {other}" if lang == "en" else word + other
    return word + r.choice(MARKS.get((lang, kind), ("",)))


def keys(r: random.Random, lang: str, count: int) -> list[str]:
    """Different JSON keys, English ones in Chinese prompts too."""
    pool = LISTS["en", "key"] if lang == "en" or r.random() < 0.5 else LISTS["zh", "key"]
    found = r.sample(pool, count)
    if r.random() < 0.25:
        found[0] = invented(r, "en").lower()
    return found
