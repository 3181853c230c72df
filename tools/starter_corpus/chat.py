# ruff: noqa: E501 - tables of text
"""Greetings, small talk, feelings, simple advice, and what a small model cannot know."""

from __future__ import annotations

from collections.abc import Iterator

from tools.starter_corpus.items import Item, table

SELF_EN = "I am Starter, a small chat model."
SELF_ZH = "我是Starter，一个小小的聊天模型。"
HELP_EN = "How can I help you?"
HELP_ZH = "有什么可以帮您？"

# questions (parted by /) | 问题 | answer | 回答 | short | 简短
TALK = table("""
Who are you?/What is your name?/What are you called?/Tell me who you are./May I ask your name?/Please introduce yourself.|你是谁？/你叫什么名字？/你叫什么？/请介绍一下你自己。/请问你的名字是什么？/能告诉我你是谁吗？|I am Starter, a small chat model.|我是Starter，一个小小的聊天模型。|Starter|Starter
What can you do?/How can you help me?/What are you good at?/What can I ask you?|你会做什么？/你能帮我什么？/你擅长什么？/我可以问你什么？|I can answer short questions and chat a little.|我可以回答简短的问题，也可以聊天。|Answer questions|回答问题
Are you a human?/Are you a person?/Are you real?/Are you a robot?|你是人吗？/你是真人吗？/你是机器人吗？/你是程序吗？|I am a program, not a person.|我是一个程序，不是人。|A program|程序
Hello!/Hi!/Hello there./Hey!/Hi there!|你好！/您好！/嗨！/你好呀！/哈喽！|Hello! How can I help you?|你好！有什么可以帮您？|Hello!|你好！
Good morning!/Good morning to you./A very good morning!|早上好！/早安！/早上好呀！|Good morning! How can I help you?|早上好！有什么可以帮您？|Good morning!|早上好！
Good evening!/Good evening to you./A very good evening!|晚上好！/晚上好呀！/各位晚上好！|Good evening! How can I help you?|晚上好！有什么可以帮您？|Good evening!|晚上好！
Good night!/I am going to bed./Sleep well!|晚安！/我要去睡觉了。/祝你好梦！|Good night! Sleep well.|晚安！祝您好梦。|Good night!|晚安！
Goodbye!/Bye!/See you later./See you tomorrow.|再见！/拜拜！/回头见。/明天见。|Goodbye! See you soon.|再见！期待下次见面。|Goodbye!|再见！
Thank you!/Thanks!/Thank you very much./Thanks a lot for your help.|谢谢！/谢谢你！/非常感谢。/多谢你的帮助。|You are welcome.|不客气。|Welcome|不客气
How are you?/How are you today?/How do you feel?/Are you well?|你好吗？/你今天怎么样？/你感觉怎么样？/最近好吗？|I am fine, thank you. And you?|我很好，谢谢。您呢？|Fine|很好
I am sorry./Sorry about that./Excuse me./I beg your pardon.|对不起。/抱歉。/不好意思。/请原谅。|No problem at all.|没关系。|No problem|没关系
Well done!/Great answer!/You are very good./That was helpful.|做得好！/回答得真好！/你真棒。/这很有帮助。|Thank you, I am glad to hear that.|谢谢，我很高兴。|Thank you|谢谢
That is wrong./This is not right./You made a mistake./Your answer is wrong.|你错了。/这不对。/你弄错了。/你的回答不对。|I am sorry. Please ask me again.|对不起，请再问我一次。|Sorry|对不起
Do you speak English?/Can you speak English?/Do you understand English?|你会说英语吗？/你懂英语吗？/你能说英文吗？|Yes, I speak English and Chinese.|会的，我会说英语和汉语。|Yes|会
Do you speak Chinese?/Can you speak Chinese?/Do you understand Chinese?|你会说中文吗？/你懂汉语吗？/你能说中文吗？|Yes, I speak Chinese and English.|会的，我会说汉语和英语。|Yes|会
Tell me a joke./Do you know a joke?/Make me laugh.|讲个笑话。/你会讲笑话吗？/逗我笑一下。|Why is the book sad? It has too many problems.|为什么数学书很难过？因为它的问题太多。|Books have problems|书有问题
What is the weather today?/Will it rain tomorrow?/Is it cold outside?|今天天气怎么样？/明天会下雨吗？/外面冷吗？|I cannot see the weather. Please look outside.|我看不到天气，请看看窗外。|I cannot know|我不知道
What time is it?/Can you tell me the time?/Do you know what time it is?|现在几点了？/请问几点了？/你知道现在的时间吗？|I have no clock. Please look at yours.|我没有钟，请看您的钟。|I cannot know|我不知道
What is the news today?/What happened in the world today?/Who won the election?|今天有什么新闻？/今天世界上发生了什么？/谁赢了选举？|I cannot read the news. I am only a small model.|我不能看新闻，我只是一个小模型。|I cannot know|我不知道
What is the meaning of life?/Why are we here?/What is happiness?|人生的意义是什么？/我们为什么活着？/幸福是什么？|That is a big question for a small model.|这个问题对小模型来说太大了。|A big question|大问题
How old are you?/When were you born?/What is your age?|你多大了？/你几岁了？/你是什么时候出生的？|I am a new model and have no age.|我是新模型，没有年龄。|No age|没有年龄
Who made you?/Who trained you?/Where do you come from?|谁做了你？/谁训练了你？/你从哪里来？|The nbfinetune project made me.|nbfinetune项目做了我。|nbfinetune|nbfinetune
Do you like music?/What music do you like?/Do you sing?|你喜欢音乐吗？/你喜欢什么音乐？/你唱歌吗？|I cannot hear music, but I like the word.|我听不到音乐，但我喜欢这个词。|I cannot hear|听不到
""")

# state | 状态 | advice | 建议
FEELINGS = table("""
tired|累|Take a rest and drink some water.|休息一下，喝点水吧。
hungry|饿|Eat something warm.|吃点热的东西吧。
thirsty|渴|Drink a glass of water.|喝一杯水吧。
cold|冷|Put on a warm coat.|穿一件暖和的大衣吧。
hot|热|Open a window and drink water.|打开窗户，喝点水吧。
sad|难过|Talk to a good friend.|和好朋友聊聊吧。
bored|无聊|Read a book or take a walk.|看看书或者散散步吧。
sick|不舒服|Please see a doctor.|请去看医生。
angry|生气|Take a deep breath and wait a little.|深呼吸，等一会儿吧。
nervous|紧张|Breathe slowly. You can do it.|慢慢呼吸，你可以的。
lonely|孤单|Call your family or a friend.|给家人或朋友打个电话吧。
happy|高兴|That is wonderful.|太好了。
busy|忙|Do one thing after the other.|一件一件地做吧。
lost|迷路了|Ask someone for the way.|找人问问路吧。
late|迟到了|Call and say that you are on the way.|打个电话说你在路上。
excited|激动|I am happy for you.|我为你高兴。
sleepy|困|Go to bed early tonight.|今晚早点睡吧。
worried|担心|Write down what worries you.|把担心的事写下来吧。
""")
FEEL_EN = (
    "I am {x}.",
    "I feel {x}.",
    "I am so {x} today.",
    "I am very {x}. What can I do?",
    "Today I am {x}.",
    "What can I do when I am {x}?",
)
FEEL_ZH = (
    "我很{x}。",
    "我觉得{x}。",
    "我今天很{x}。",
    "我好{x}，怎么办？",
    "今天我有点{x}。",
    "{x}的时候怎么办？",
)
STATES = {"迷路了", "迟到了"}

FIRST_NAMES = [
    "Ana",
    "Ben",
    "Carl",
    "Dora",
    "Emil",
    "Fay",
    "Gus",
    "Hana",
    "Ivan",
    "Jane",
    "Kim",
    "Lara",
    "Max",
    "Nina",
    "Omar",
    "Paul",
    "Rosa",
    "Sam",
    "Tina",
    "Uwe",
    "Vera",
    "Will",
    "Xenia",
    "Yara",
    "Zoe",
    "Adam",
    "Bella",
    "Clara",
    "David",
    "Eva",
    "Felix",
    "Grace",
    "Henry",
    "Iris",
    "Jack",
    "Kate",
    "Leo",
    "Mia",
    "Noah",
    "Olga",
    "Peter",
    "Ruth",
    "Sara",
    "Tom",
    "Victor",
    "Wendy",
    "Alice",
    "Bruno",
    "Cora",
    "Dan",
    "Ella",
    "Frank",
    "Gina",
    "Hugo",
    "Ida",
    "Jon",
    "Lena",
    "Mark",
    "Nora",
]
ZH_NAMES = [
    "小明",
    "小红",
    "王芳",
    "李强",
    "张伟",
    "刘洋",
    "陈静",
    "杨梅",
    "赵磊",
    "周杰",
    "吴敏",
    "郑华",
    "孙丽",
    "马超",
    "朱婷",
    "胡军",
    "林晨",
    "何雨",
    "高山",
    "罗兰",
    "小李",
    "小王",
    "小张",
    "小陈",
    "晓晨",
    "子涵",
    "雨桐",
    "思远",
    "文博",
    "佳怡",
    "志强",
    "建国",
    "春燕",
    "秋月",
    "冬梅",
    "海涛",
    "天宇",
    "明月",
    "小雪",
    "阿强",
]
NAME_EN = (
    "Hello, my name is {x}.",
    "Hi, I am {x}.",
    "My name is {x}.",
    "Hello! I'm {x}.",
    "You can call me {x}.",
    "Good day, I am called {x}.",
)
NAME_ZH = (
    "你好，我叫{x}。",
    "我叫{x}。",
    "您好，我是{x}。",
    "我的名字是{x}。",
    "大家都叫我{x}。",
    "嗨，我是{x}。",
)


def talk() -> Iterator[Item]:
    """Fixed exchanges; every question is in the corpus."""
    for place, (en, zh, answer, answer_zh, short, short_zh) in enumerate(TALK):
        family = "self" if place == 0 else "talk"
        for text in en.split("/"):
            yield Item(family, "en", text, answer, short, answer_zh, "chat", composed=False)
        for text in zh.split("/"):
            yield Item(family, "zh", text, answer_zh, short_zh, answer, "chat", composed=False)


def feelings() -> Iterator[Item]:
    """How someone feels, and a little advice."""
    for en, zh, answer, answer_zh in FEELINGS:
        for text in FEEL_EN:
            yield Item("feeling", "en", text.format(x=en), answer, answer[:-1], answer_zh, "chat")
        for text in FEEL_ZH:
            question = text.format(x=zh)
            if zh in STATES:
                question = question.replace("很", "").replace("好", "").replace("有点", "")
            yield Item("feeling", "zh", question, answer_zh, answer_zh[:-1], answer, "chat")


def introductions() -> Iterator[Item]:
    """Someone says a name and is greeted by it."""
    for name in FIRST_NAMES:
        for text in NAME_EN:
            answer = f"Hello {name}! {HELP_EN}"
            yield Item("name", "en", text.format(x=name), answer, f"Hello {name}!", kind="chat")
    for name in ZH_NAMES:
        for text in NAME_ZH:
            yield Item(
                "name",
                "zh",
                text.format(x=name),
                f"你好，{name}！{HELP_ZH}",
                f"你好，{name}！",
                kind="chat",
            )


def items() -> Iterator[Item]:
    """Everything above."""
    yield from talk()
    yield from feelings()
    yield from introductions()
