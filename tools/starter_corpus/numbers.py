"""Small arithmetic, counting, the calendar and units."""

from __future__ import annotations

from collections.abc import Iterator

from tools.starter_corpus.items import Item, Relation, table, tidy

PLUS_EN = (
    "What is {a} plus {b}?",
    "What is {a} + {b}?",
    "Add {a} and {b}.",
    "How much is {a} + {b}?",
)
PLUS_ZH = ("{a}加{b}等于几？", "{a}+{b}等于多少？", "{a}加{b}是多少？", "请算{a}+{b}。")
MINUS_EN = (
    "What is {a} minus {b}?",
    "What is {a} - {b}?",
    "Take {b} away from {a}.",
    "How much is {a} - {b}?",
)
MINUS_ZH = ("{a}减{b}等于几？", "{a}-{b}等于多少？", "{a}减{b}是多少？", "请算{a}-{b}。")
TIMES_EN = (
    "What is {a} times {b}?",
    "What is {a} x {b}?",
    "Multiply {a} by {b}.",
    "How much is {a} x {b}?",
)
TIMES_ZH = ("{a}乘{b}等于几？", "{a}×{b}等于多少？", "{a}乘以{b}是多少？", "请算{a}×{b}。")
LARGER_EN = (
    "Which is larger, {a} or {b}?",
    "Which number is greater: {a} or {b}?",
    "Is {a} or {b} larger?",
)
LARGER_ZH = ("{a}和{b}哪个大？", "{a}和{b}，哪个数更大？", "哪个更大，{a}还是{b}？")
COUNT_EN = (
    "Count from {a} to {b}.",
    "Please count from {a} to {b}.",
    "Can you count from {a} to {b}?",
)
COUNT_ZH = ("从{a}数到{b}。", "请从{a}数到{b}。", "你能从{a}数到{b}吗？")

DAYS = table("""
Monday|星期一
Tuesday|星期二
Wednesday|星期三
Thursday|星期四
Friday|星期五
Saturday|星期六
Sunday|星期日
""")
MONTHS = table("""
January|一月|winter|冬天|31
February|二月|winter|冬天|28
March|三月|spring|春天|31
April|四月|spring|春天|30
May|五月|spring|春天|31
June|六月|summer|夏天|30
July|七月|summer|夏天|31
August|八月|summer|夏天|31
September|九月|autumn|秋天|30
October|十月|autumn|秋天|31
November|十一月|autumn|秋天|30
December|十二月|winter|冬天|31
""")
UNITS = table("""
minutes are in an hour|一小时有多少分钟|60|60分钟
seconds are in a minute|一分钟有多少秒|60|60秒
hours are in a day|一天有多少小时|24|24小时
days are in a week|一周有多少天|7|7天
months are in a year|一年有多少个月|12|12个月
days are in a year|一年有多少天|365|365天
weeks are in a year|一年有多少周|52|52周
seasons are in a year|一年有多少个季节|4|4个季节
years are in a century|一个世纪有多少年|100|100年
centimetres are in a metre|一米有多少厘米|100|100厘米
metres are in a kilometre|一公里有多少米|1000|1000米
grams are in a kilogram|一公斤有多少克|1000|1000克
legs are on a spider|蜘蛛有多少条腿|8|8条腿
legs are on an insect|昆虫有多少条腿|6|6条腿
legs are on a horse|马有多少条腿|4|4条腿
wheels are on a car|汽车有多少个轮子|4|4个轮子
wheels are on a bicycle|自行车有多少个轮子|2|2个轮子
fingers are on a hand|一只手有多少根手指|5|5根手指
sides are on a triangle|三角形有多少条边|3|3条边
sides are on a square|正方形有多少条边|4|4条边
letters are in the alphabet|英文字母表有多少个字母|26|26个字母
planets are in the solar system|太阳系有多少颗行星|8|8颗行星
continents are on the earth|地球上有多少个大洲|7|7个大洲
colours are in a rainbow|彩虹有多少种颜色|7|7种颜色
""")

ORDER_EN = (
    "What comes {w} {x}?",
    "Which {k} comes {w} {x}?",
    "Which {k} is {w} {x}?",
    "Tell me the {k} {w} {x}.",
)
ORDER_ZH = ("{x}{w}是什么？", "{x}{w}是哪个{k}？", "请告诉我{x}{w}的{k}。", "请问{x}{w}是哪个{k}？")

SEASON = Relation(
    "season",
    tuple(row[:4] for row in MONTHS),
    (
        "In which season is {x}?",
        "Which season is {x} in?",
        "What season is it in {x}?",
        "To which season does {x} belong?",
    ),
    "{x} is in {y}.",
    ("{x}是什么季节？", "{x}属于哪个季节？", "{x}在哪个季节？", "请问{x}是哪个季节？"),
    "{x}是{y}。",
)


def _both(
    family: str,
    en: tuple[str, ...],
    zh: tuple[str, ...],
    answer: str,
    short: str,
    zh_answer: str = "",
    **slots: int,
) -> Iterator[Item]:
    """The same sum in every phrasing of both languages."""
    zh_answer = zh_answer or answer
    for text in en:
        yield Item(family, "en", text.format(**slots), answer, short, zh_answer)
    for text in zh:
        yield Item(family, "zh", text.format(**slots), zh_answer, short, answer)


def arithmetic() -> Iterator[Item]:
    """Sums up to 20, differences down to 0, products up to 10 x 10."""
    for a in range(0, 16):
        for b in range(0, 11):
            yield from _both("plus", PLUS_EN, PLUS_ZH, f"{a} + {b} = {a + b}", f"{a + b}", a=a, b=b)
            if a >= b:
                yield from _both(
                    "minus", MINUS_EN, MINUS_ZH, f"{a} - {b} = {a - b}", f"{a - b}", a=a, b=b
                )
            if 1 <= a <= 10 and b >= 1:
                yield from _both(
                    "times",
                    TIMES_EN,
                    TIMES_ZH,
                    f"{a} x {b} = {a * b}",
                    f"{a * b}",
                    f"{a} × {b} = {a * b}",
                    a=a,
                    b=b,
                )


def comparing() -> Iterator[Item]:
    """Which of two numbers is larger; counting from one number to another."""
    for a in range(1, 31, 1):
        for b in range(1, 31, 2):
            if a != b:
                big, small = max(a, b), min(a, b)
                answer, zh = f"{big} is larger than {small}.", f"{big}比{small}大。"
                yield from _both("larger", LARGER_EN, LARGER_ZH, answer, f"{big}", zh, a=a, b=b)
    for a in range(1, 12):
        for b in range(a + 2, a + 7):
            run = [str(n) for n in range(a, b + 1)]
            en, zh = ", ".join(run), "、".join(run)
            yield from _both("count", COUNT_EN, COUNT_ZH, en + ".", en, zh + "。", a=a, b=b)


def _ring(family: str, names: list[tuple[str, str]], kind: tuple[str, str]) -> Iterator[Item]:
    """Neighbours in a ring of names: the day after Monday, the month before May."""
    for place, (x_en, x_zh) in enumerate(names):
        for step, w_en, ws_zh in ((1, "after", ("之后", "后面")), (-1, "before", ("之前", "前面"))):
            y_en, y_zh = names[(place + step) % len(names)]
            en = f"{y_en} comes {w_en} {x_en}."
            zh = f"{x_zh}{ws_zh[0]}是{y_zh}。"
            for text in ORDER_EN:
                yield Item(family, "en", text.format(k=kind[0], w=w_en, x=x_en), en, y_en, zh)
            for w_zh in ws_zh:
                for text in ORDER_ZH:
                    yield Item(family, "zh", text.format(k=kind[1], w=w_zh, x=x_zh), zh, y_zh, en)


def calendar() -> Iterator[Item]:
    """Neighbouring days and months, and the length of a month."""
    yield from _ring("day", [(row[0], row[1]) for row in DAYS], ("day", "日子"))
    yield from _ring("month", [(row[0], row[1]) for row in MONTHS], ("month", "月份"))
    for x_en, x_zh, _, _, days in MONTHS:
        en, zh = f"{x_en} has {days} days.", f"{x_zh}有{days}天。"
        for text in (
            "How many days does {x} have?",
            "How long is {x}?",
            "How many days are in {x}?",
        ):
            yield Item("month-days", "en", text.format(x=x_en), en, days, zh)
        for text in ("{x}有多少天？", "{x}有几天？", "{x}一共多少天？"):
            yield Item("month-days", "zh", text.format(x=x_zh), zh, f"{days}天", en)


def units() -> Iterator[Item]:
    """How many of one thing another holds."""
    for x_en, x_zh, number, y_zh in UNITS:
        what, _, where = x_en.partition(" are ")
        en = tidy(f"There are {number} {what} {where}.")
        zh = x_zh.replace("有多少", "有", 1)
        zh = zh[: zh.index("有")] + "有" + y_zh + "。"
        for text in (
            "How many {what} are {where}?",
            "Tell me how many {what} are {where}.",
            "Do you know how many {what} are {where}?",
        ):
            yield Item("unit", "en", text.format(what=what, where=where), en, number, zh)
        for text in ("{x}？", "请问{x}？", "你知道{x}吗？", "请告诉我{x}。"):
            yield Item("unit", "zh", text.format(x=x_zh), zh, y_zh, en)
