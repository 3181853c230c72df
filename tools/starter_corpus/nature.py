"""Facts about animals."""

from __future__ import annotations

from tools.starter_corpus.items import Relation, columns, table

# animal | 动物 | class | 类 | young | 幼崽 | home | 家 | food | 食物
ANIMALS = table("""
cat|猫|mammal|哺乳动物|kitten|小猫|house|房子|fish|鱼
dog|狗|mammal|哺乳动物|puppy|小狗|kennel|狗窝|bones|骨头
cow|牛|mammal|哺乳动物|calf|小牛|barn|牛棚|grass|草
sheep|羊|mammal|哺乳动物|lamb|小羊|meadow|草地|grass|草
horse|马|mammal|哺乳动物|foal|小马|stable|马厩|hay|干草
pig|猪|mammal|哺乳动物|piglet|小猪|sty|猪圈|corn|玉米
lion|狮子|mammal|哺乳动物|cub|幼狮|savanna|草原|meat|肉
tiger|老虎|mammal|哺乳动物|cub|幼虎|jungle|丛林|meat|肉
bear|熊|mammal|哺乳动物|cub|幼熊|cave|山洞|honey|蜂蜜
rabbit|兔子|mammal|哺乳动物|kit|小兔|burrow|地洞|carrots|胡萝卜
monkey|猴子|mammal|哺乳动物|infant|小猴|tree|树上|bananas|香蕉
panda|熊猫|mammal|哺乳动物|cub|熊猫宝宝|forest|森林|bamboo|竹子
whale|鲸鱼|mammal|哺乳动物|calf|幼鲸|ocean|海洋|krill|磷虾
elephant|大象|mammal|哺乳动物|calf|小象|savanna|草原|leaves|树叶
camel|骆驼|mammal|哺乳动物|calf|小骆驼|desert|沙漠|thorns|荆棘
mouse|老鼠|mammal|哺乳动物|pup|小鼠|hole|鼠洞|cheese|奶酪
duck|鸭子|bird|鸟类|duckling|小鸭|pond|池塘|seeds|种子
hen|母鸡|bird|鸟类|chick|小鸡|coop|鸡舍|grain|谷物
eagle|老鹰|bird|鸟类|eaglet|雏鹰|mountain|高山|mice|老鼠
owl|猫头鹰|bird|鸟类|owlet|小猫头鹰|hollow tree|树洞|mice|老鼠
penguin|企鹅|bird|鸟类|chick|小企鹅|cold coast|冰上|fish|鱼
swan|天鹅|bird|鸟类|cygnet|小天鹅|lake|湖里|water plants|水草
frog|青蛙|amphibian|两栖动物|tadpole|蝌蚪|pond|池塘|insects|昆虫
snake|蛇|reptile|爬行动物|snakelet|小蛇|hole|洞里|mice|老鼠
turtle|乌龟|reptile|爬行动物|hatchling|小龟|beach|海滩|water plants|水草
shark|鲨鱼|fish|鱼类|pup|小鲨鱼|ocean|海洋|fish|鱼
salmon|三文鱼|fish|鱼类|fry|鱼苗|river|河里|insects|昆虫
bee|蜜蜂|insect|昆虫|larva|幼虫|hive|蜂巢|nectar|花蜜
ant|蚂蚁|insect|昆虫|larva|幼虫|nest|蚁巢|sugar|糖
butterfly|蝴蝶|insect|昆虫|caterpillar|毛毛虫|garden|花园|nectar|花蜜
""")

SOUNDS = table("""
cat|猫|meow|喵喵
dog|狗|woof|汪汪
cow|牛|moo|哞哞
sheep|羊|baa|咩咩
duck|鸭子|quack|嘎嘎
pig|猪|oink|哼哼
lion|狮子|roar|吼吼
frog|青蛙|croak|呱呱
bee|蜜蜂|buzz|嗡嗡
hen|母鸡|cluck|咯咯
mouse|老鼠|squeak|吱吱
snake|蛇|hiss|嘶嘶
horse|马|neigh|咴咴
owl|猫头鹰|hoot|咕咕
bird|小鸟|tweet|叽叽
""")

CLASS = Relation(
    "animal-class",
    columns(ANIMALS, 0, 1, 2, 3),
    (
        "What kind of animal is a {x}?",
        "Which animal group does the {x} belong to?",
        "What is a {x}?",
        "Tell me what kind of animal a {x} is.",
        "To which class does a {x} belong?",
    ),
    "a {x} is a {y}.",
    (
        "{x}是什么动物？",
        "{x}属于哪一类动物？",
        "{x}是哪类动物？",
        "请告诉我{x}属于什么类。",
        "{x}是什么？",
    ),
    "{x}是{y}。",
)

YOUNG = Relation(
    "animal-young",
    columns(ANIMALS, 0, 1, 4, 5),
    (
        "What is a young {x} called?",
        "What do you call a baby {x}?",
        "What is the young of a {x}?",
        "How is a baby {x} called?",
        "Tell me the name of a young {x}.",
    ),
    "a young {x} is called a {y}.",
    ("{x}的幼崽叫什么？", "{x}的宝宝叫什么？", "小时候的{x}叫什么？", "{x}的孩子叫什么？"),
    "{x}的幼崽叫{y}。",
)

HOME = Relation(
    "animal-home",
    columns(ANIMALS, 0, 1, 6, 7),
    (
        "Where does a {x} live?",
        "What is the home of a {x}?",
        "Where is the home of the {x}?",
        "Where can I see a {x}?",
    ),
    "The home of a {x} is a {y}.",
    ("{x}住在哪里？", "{x}的家在哪里？", "{x}生活在哪里？", "哪里可以看到{x}？"),
    "{x}住在{y}。",
)

FOOD = Relation(
    "animal-food",
    columns(ANIMALS, 0, 1, 8, 9),
    (
        "What does a {x} eat?",
        "What is the food of a {x}?",
        "What do you feed a {x}?",
        "What does the {x} like to eat?",
    ),
    "a {x} likes to eat {y}.",
    ("{x}吃什么？", "{x}喜欢吃什么？", "{x}的食物是什么？", "用什么喂{x}？"),
    "{x}喜欢吃{y}。",
)

SOUND = Relation(
    "animal-sound",
    SOUNDS,
    (
        "What sound does a {x} make?",
        "What does the {x} say?",
        "How does a {x} sound?",
        "Which sound does the {x} make?",
        "What noise does a {x} make?",
    ),
    "a {x} says {y}.",
    (
        "{x}怎么叫？",
        "{x}的叫声是什么？",
        "{x}发出什么声音？",
        "{x}是怎么叫的？",
        "请学一下{x}的叫声。",
    ),
    "{x}的叫声是{y}。",
)

RELATIONS = (CLASS, YOUNG, HOME, FOOD, SOUND)
