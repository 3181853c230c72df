# ruff: noqa: E501 - tables of text
"""Classification on request: feeling of a review, topic of a sentence, wish of a customer."""

from __future__ import annotations

from collections.abc import Iterator

from tools.starter_corpus import service
from tools.starter_corpus.items import Item, table

SUBJECTS = table("""
food|食物
room|房间
service|服务
film|电影
book|书
hotel|酒店
trip|旅行
phone|手机
soup|汤
concert|音乐会
coffee|咖啡
lesson|课
price|价格
shop|商店
game|游戏
delivery|快递
staff|员工
place|地方
cake|蛋糕
app|应用
""")
GOOD = table("""
great|很棒
excellent|非常好
wonderful|太好了
perfect|很完美
lovely|很可爱
fantastic|棒极了
very good|很好
amazing|令人惊喜
pleasant|令人愉快
really nice|真不错
""")
BAD = table("""
terrible|很糟糕
awful|太差了
bad|不好
disappointing|令人失望
boring|很无聊
horrible|糟透了
very poor|很差
annoying|让人生气
useless|没有用
really ugly|真难看
""")
MOOD_EN = (
    "Is this review positive or negative? The {s} was {a}.",
    "Positive or negative: the {s} was {a}.",
    "The {s} was {a}. Is that positive or negative?",
    "What is the feeling of this text? I think the {s} was {a}.",
)
MOOD_ZH = (
    "这条评论是正面还是负面？{s}{a}。",
    "正面还是负面：{s}{a}。",
    "“{s}{a}。”这是正面的还是负面的？",
    "这句话的情感是什么？我觉得{s}{a}。",
)

# topic | 主题 | sentences | 句子
TOPICS = table("""
sports|体育|The team won the match./She runs every morning./He scored two goals./They train for the race./The player kicked the ball./We swim on Sundays.|球队赢了比赛。/她每天早上跑步。/他进了两个球。/他们在为赛跑训练。/运动员踢了球。/我们周日去游泳。
food|美食|The soup tastes good./He bakes fresh bread./We had rice and fish for dinner./This cake is very sweet./She cooks with garlic./The salad needs salt.|这碗汤很好喝。/他烤了新鲜的面包。/我们晚饭吃了米饭和鱼。/这块蛋糕很甜。/她做菜放大蒜。/沙拉要加盐。
weather|天气|It rains all day./The sun shines today./A cold wind blows from the north./It snowed last night./The sky is full of clouds./A storm is coming.|下了一整天的雨。/今天阳光很好。/北方吹来冷风。/昨晚下雪了。/天上都是云。/暴风雨要来了。
travel|旅行|We fly to Rome in May./The hotel is near the beach./She packed her suitcase./Our train leaves at nine./They visited an old castle./I need a new passport.|我们五月飞往罗马。/酒店靠近海滩。/她收拾好了行李箱。/我们的火车九点出发。/他们参观了古老的城堡。/我需要新护照。
music|音乐|She plays the piano./The band sang three songs./He bought a new guitar./The concert was loud./I listen to an old record./The choir sings tonight.|她弹钢琴。/乐队唱了三首歌。/他买了一把新吉他。/音乐会很响。/我在听一张旧唱片。/合唱团今晚演唱。
school|学校|The pupils write a test./The teacher explains the rule./We have no lessons today./She does her homework./He studies history./The class begins at eight.|学生们在考试。/老师讲解规则。/我们今天没有课。/她在做作业。/他学习历史。/八点开始上课。
health|健康|The doctor gave me medicine./My head hurts./She sleeps eight hours a night./He broke his arm./Vegetables keep you strong./I have a fever.|医生给我开了药。/我头疼。/她每晚睡八个小时。/他摔断了胳膊。/蔬菜让你强壮。/我发烧了。
money|财经|The price of gold rose./He saves money at the bank./The shares fell today./She pays her taxes./The rent is too high./They opened a bank account.|金价上涨了。/他在银行存钱。/今天股票下跌了。/她缴了税。/房租太高了。/他们开了银行账户。
nature|自然|The forest is full of birds./A river flows through the valley./The bees visit the flowers./Old trees give shade./The fox sleeps in its den./Leaves fall from the oak.|森林里有很多鸟。/一条河流过山谷。/蜜蜂飞向花朵。/老树给人阴凉。/狐狸在洞里睡觉。/橡树落叶了。
technology|科技|The computer needs an update./He writes a new program./The robot moves its arm./My screen is too dark./The network is slow today./She charges her battery.|电脑需要更新。/他在写新程序。/机器人移动手臂。/我的屏幕太暗了。/今天网络很慢。/她在给电池充电。
""")
TOPIC_EN = (
    "What is the topic? {s}",
    "Which topic is this? {s}",
    "Name the topic of this sentence: {s}",
    "{s} What is this about?",
    "Find the topic: {s}",
)
TOPIC_ZH = (
    "主题是什么？{s}",
    "这是哪个主题？{s}",
    "请说出这句话的主题：{s}",
    "{s}这是关于什么的？",
    "判断主题：{s}",
)

WISH_EN = (
    "What does this customer want? {s}",
    "What is this message about? {s}",
    "Sort this message: {s}",
)
WISH_ZH = ("这位顾客要什么？{s}", "这条消息是关于什么的？{s}", "给这条消息分类：{s}")


def moods() -> Iterator[Item]:
    """Reviews, good and bad."""
    for s_en, s_zh in SUBJECTS:
        for label, label_zh, words in (("positive", "正面", GOOD), ("negative", "负面", BAD)):
            for a_en, a_zh in words:
                for text in MOOD_EN:
                    question = text.format(s=s_en, a=a_en)
                    yield Item("mood", "en", question, label, label, label_zh, "task")
                for text in MOOD_ZH:
                    question = text.format(s=s_zh, a=a_zh)
                    yield Item("mood", "zh", question, label_zh, label_zh, label, "task")


def topics() -> Iterator[Item]:
    """Sentences and what they are about."""
    for label, label_zh, en, zh in TOPICS:
        for sentence in en.split("/"):
            for text in TOPIC_EN:
                yield Item("topic", "en", text.format(s=sentence), label, label, label_zh, "task")
        for sentence in zh.split("/"):
            for text in TOPIC_ZH:
                yield Item(
                    "topic", "zh", text.format(s=sentence), label_zh, label_zh, label, "task"
                )


def wishes() -> Iterator[Item]:
    """Messages of customers and what they want."""
    for label, label_zh, item in service.messages():
        texts = WISH_EN if item.lang == "en" else WISH_ZH
        answer, other = (label, label_zh) if item.lang == "en" else (label_zh, label)
        for text in texts:
            yield Item(
                "wish", item.lang, text.format(s=item.question), answer, answer, other, "task"
            )


def items() -> Iterator[Item]:
    """Everything above."""
    yield from moods()
    yield from topics()
    yield from wishes()


def bare_moods() -> Iterator[tuple[str, str, str, str]]:
    """(label, label in Chinese, review, review in Chinese)."""
    for s_en, s_zh in SUBJECTS:
        for label, label_zh, words in (("positive", "正面", GOOD), ("negative", "负面", BAD)):
            for a_en, a_zh in words:
                yield label, label_zh, f"The {s_en} was {a_en}.", f"{s_zh}{a_zh}。"
