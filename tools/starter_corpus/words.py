# ruff: noqa: E501 - tables of text
"""Words: translation, groups, grammar; and the lists that the model can name."""

from __future__ import annotations

from collections.abc import Iterator

from tools.starter_corpus.items import Item, Relation, table, tidy

# group | 类别 | members in English | 成员
GROUPS = table("""
fruit|水果|apple, banana, orange, pear, grape, mango|苹果、香蕉、橙子、梨、葡萄、芒果
vegetable|蔬菜|carrot, potato, onion, cabbage, bean, spinach|胡萝卜、土豆、洋葱、白菜、豆子、菠菜
animal|动物|cat, dog, horse, rabbit, tiger, elephant|猫、狗、马、兔子、老虎、大象
colour|颜色|red, blue, green, yellow, white, black|红色、蓝色、绿色、黄色、白色、黑色
drink|饮料|water, tea, coffee, milk, juice, lemonade|水、茶、咖啡、牛奶、果汁、柠檬水
country|国家|China, France, Japan, Egypt, Brazil, Canada|中国、法国、日本、埃及、巴西、加拿大
city|城市|Paris, Beijing, London, Tokyo, Rome, Cairo|巴黎、北京、伦敦、东京、罗马、开罗
sport|运动|football, tennis, swimming, running, chess, skiing|足球、网球、游泳、跑步、象棋、滑雪
tool|工具|hammer, saw, knife, shovel, ladder, drill|锤子、锯子、刀、铲子、梯子、钻头
flower|花|rose, tulip, lily, daisy, orchid, lotus|玫瑰、郁金香、百合、雏菊、兰花、荷花
vehicle|交通工具|car, bus, train, plane, ship, bicycle|汽车、公交车、火车、飞机、轮船、自行车
job|职业|teacher, doctor, cook, farmer, pilot, writer|老师、医生、厨师、农民、飞行员、作家
bird|鸟|eagle, owl, swan, duck, sparrow, parrot|老鹰、猫头鹰、天鹅、鸭子、麻雀、鹦鹉
instrument|乐器|piano, violin, guitar, flute, drum, trumpet|钢琴、小提琴、吉他、长笛、鼓、小号
season|季节|spring, summer, autumn, winter|春天、夏天、秋天、冬天
planet|行星|Mercury, Venus, Earth, Mars, Jupiter, Saturn|水星、金星、地球、火星、木星、土星
shape|形状|circle, square, triangle, star, cube, oval|圆形、正方形、三角形、星形、立方体、椭圆形
material|材料|wood, glass, metal, paper, stone, plastic|木头、玻璃、金属、纸、石头、塑料
language|语言|English, Chinese, French, Spanish, German, Arabic|英语、汉语、法语、西班牙语、德语、阿拉伯语
subject|学科|maths, history, music, physics, art, biology|数学、历史、音乐、物理、美术、生物
""")

PLURALS = {"city": "cities", "country": "countries"}
NUMBERS = {2: ("two", "两"), 3: ("three", "三"), 4: ("four", "四"), 5: ("five", "五")}

WORDS = table("""
water|水
fire|火
mountain|山
river|河
tree|树
moon|月亮
sun|太阳
star|星星
rain|雨
wind|风
cloud|云
book|书
school|学校
teacher|老师
student|学生
friend|朋友
family|家庭
mother|母亲
father|父亲
child|孩子
house|房子
door|门
window|窗户
table|桌子
chair|椅子
bread|面包
rice|米饭
tea|茶
milk|牛奶
apple|苹果
egg|鸡蛋
fish|鱼
cat|猫
dog|狗
bird|鸟
horse|马
car|汽车
train|火车
road|路
city|城市
money|钱
time|时间
today|今天
tomorrow|明天
morning|早上
evening|晚上
love|爱
happiness|幸福
hello|你好
goodbye|再见
thank you|谢谢
red|红色
white|白色
big|大
small|小
hand|手
eye|眼睛
heart|心
music|音乐
language|语言
""")

PLURAL_FORMS = table("""
child|children
mouse|mice
foot|feet
tooth|teeth
man|men
woman|women
goose|geese
box|boxes
city|cities
baby|babies
leaf|leaves
knife|knives
cat|cats
dog|dogs
book|books
bus|buses
wolf|wolves
story|stories
house|houses
apple|apples
""")

PAST_FORMS = table("""
go|went
see|saw
eat|ate
drink|drank
write|wrote
read|read
come|came
take|took
give|gave
buy|bought
think|thought
make|made
run|ran
sing|sang
swim|swam
fly|flew
play|played
work|worked
open|opened
have|had
""")

MEASURES = table("""
书|本
猫|只
狗|条
马|匹
鱼|条
人|个
苹果|个
纸|张
桌子|张
椅子|把
汽车|辆
花|朵
树|棵
山|座
河|条
房子|座
衣服|件
鞋|双
电脑|台
飞机|架
船|艘
信|封
刀|把
诗|首
""")

EN_LISTS = (
    "Name {n} {g}.",
    "List {n} {g}.",
    "Tell me {n} {g}.",
    "Can you name {n} {g}?",
    "Give me {n} {g}.",
    "I need {n} {g}.",
)
ZH_LISTS = (
    "请说出{n}种{g}。",
    "列举{n}种{g}。",
    "说{n}种{g}。",
    "你能说出{n}种{g}吗？",
    "给我{n}种{g}的例子。",
    "我需要{n}种{g}。",
)

MEMBER = Relation(
    "member",
    tuple(
        (x_en, x_zh, en, zh)
        for en, zh, members_en, members_zh in GROUPS
        for x_en, x_zh in zip(members_en.split(", "), members_zh.split("、"), strict=True)
        if en not in ("tool", "job", "bird")
    ),
    (
        'What is "{x}"?',
        'To which group does "{x}" belong?',
        'What kind of thing is "{x}"?',
        'What does the word "{x}" name?',
    ),
    'The word "{x}" names a {y}.',
    ("“{x}”是什么？", "“{x}”属于哪一类？", "“{x}”是哪一类东西？", "“{x}”这个词指什么？"),
    "“{x}”是一种{y}。",
)


def lists() -> Iterator[Item]:
    """Two to five members of a group."""
    for en, zh, members_en, members_zh in GROUPS:
        names_en, names_zh = members_en.split(", "), members_zh.split("、")
        for count, (n_en, n_zh) in NUMBERS.items():
            if count > len(names_en):
                continue
            answer_en = tidy(", ".join(names_en[: count - 1]) + f" and {names_en[count - 1]}.")
            answer_zh = "、".join(names_zh[: count - 1]) + f"和{names_zh[count - 1]}。"
            plural = PLURALS.get(en, en + "s")
            for text in EN_LISTS:
                question = text.format(n=n_en, g=plural)
                yield Item("list", "en", question, answer_en, answer_en[:-1], answer_zh)
            for text in ZH_LISTS:
                question = text.format(n=n_zh, g=zh)
                yield Item("list", "zh", question, answer_zh, answer_zh[:-1], answer_en)


def translations() -> Iterator[Item]:
    """A word in the other language, asked in either."""
    for en, zh in WORDS:
        for text in (
            'How do you say "{x}" in Chinese?',
            'What is "{x}" in Chinese?',
            'Translate "{x}" into Chinese.',
            'Please say "{x}" in Chinese.',
            'What is the Chinese word for "{x}"?',
        ):
            answer = f'"{tidy(en)}" is {zh} in Chinese.'
            yield Item("translate", "en", text.format(x=en), answer, zh)
        for text in (
            "“{x}”用英语怎么说？",
            "“{x}”的英文是什么？",
            "请把“{x}”翻译成英语。",
            "把“{x}”翻译成英文。",
            "英语里“{x}”怎么说？",
        ):
            yield Item("translate", "zh", text.format(x=zh), f"“{zh}”的英语是{en}。", en)


def grammar() -> Iterator[Item]:
    """English plurals and past tenses, Chinese measure words."""
    for one, many in PLURAL_FORMS:
        for text in (
            'What is the plural of "{x}"?',
            'Give me the plural of "{x}".',
            'How do I write "{x}" in the plural?',
            "One {x}, two what?",
        ):
            yield Item(
                "plural", "en", text.format(x=one), f'The plural of "{one}" is "{many}".', many
            )
    for now, past in PAST_FORMS:
        for text in (
            'What is the past tense of "{x}"?',
            'Give me the past tense of "{x}".',
            'How do I write "{x}" in the past?',
            "Today I {x}. What is the past form?",
        ):
            yield Item(
                "past", "en", text.format(x=now), f'The past tense of "{now}" is "{past}".', past
            )
    for noun, measure in MEASURES:
        for text in (
            "“{x}”的量词是什么？",
            "一什么{x}？",
            "{x}用什么量词？",
            "请说出“{x}”的量词。",
            "“{x}”应该用哪个量词？",
        ):
            yield Item(
                "measure", "zh", text.format(x=noun), f"“{noun}”的量词是“{measure}”。", measure
            )
