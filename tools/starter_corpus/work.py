"""Facts about work, tools and simple science."""

from __future__ import annotations

from tools.starter_corpus.items import Relation, columns, table

# worker | 职业 | task | 工作 | place | 地点
JOBS = table("""
teacher|老师|teaches students|教学生|school|学校
doctor|医生|helps sick people|给病人看病|hospital|医院
nurse|护士|cares for patients|照顾病人|hospital|医院
cook|厨师|cooks meals|做饭|kitchen|厨房
baker|面包师|bakes bread|烤面包|bakery|面包店
farmer|农民|grows food|种粮食|farm|农场
pilot|飞行员|flies planes|开飞机|airport|机场
driver|司机|drives a bus|开公交车|street|街上
sailor|水手|sails ships|驾驶船只|harbour|港口
fisherman|渔夫|catches fish|捕鱼|sea|海上
firefighter|消防员|puts out fires|灭火|fire station|消防站
police officer|警察|keeps people safe|保护人们的安全|police station|警察局
writer|作家|writes books|写书|study|书房
painter|画家|paints pictures|画画|studio|画室
singer|歌手|sings songs|唱歌|stage|舞台
actor|演员|plays roles|演戏|theatre|剧院
tailor|裁缝|makes clothes|做衣服|workshop|作坊
carpenter|木匠|makes furniture|做家具|workshop|作坊
gardener|园丁|plants flowers|种花|garden|花园
librarian|图书管理员|lends books|借书|library|图书馆
dentist|牙医|repairs teeth|修补牙齿|dental clinic|牙科诊所
postman|邮递员|delivers letters|送信|post office|邮局
waiter|服务员|serves guests|招待客人|restaurant|餐厅
engineer|工程师|builds machines|制造机器|factory|工厂
programmer|程序员|writes programs|写程序|office|办公室
scientist|科学家|does experiments|做实验|laboratory|实验室
judge|法官|decides cases|审理案件|court|法院
shopkeeper|店主|sells goods|卖东西|shop|商店
""")

TOOLS = table("""
cut paper|剪纸|scissors|剪刀
hit a nail|钉钉子|a hammer|锤子
write a letter|写信|a pen|钢笔
open a door|开门|a key|钥匙
sweep the floor|扫地|a broom|扫帚
eat soup|喝汤|a spoon|勺子
cut bread|切面包|a knife|刀
see the stars|看星星|a telescope|望远镜
measure the temperature|测量温度|a thermometer|温度计
tell the time|看时间|a clock|钟
stay dry in the rain|挡雨|an umbrella|雨伞
brush teeth|刷牙|a toothbrush|牙刷
comb hair|梳头|a comb|梳子
take photos|拍照|a camera|相机
call a friend|给朋友打电话|a phone|手机
find the way|认路|a map|地图
dig a hole|挖洞|a shovel|铲子
cross a river|过河|a boat|船
boil water|烧水|a kettle|水壶
keep food cold|冷藏食物|a fridge|冰箱
wash clothes|洗衣服|a washing machine|洗衣机
sew a button|缝扣子|a needle|针
send an email|发邮件|a computer|电脑
sit down|坐下|a chair|椅子
sleep|睡觉|a bed|床
""")

SYMBOLS = table("""
gold|金|Au|Au
silver|银|Ag|Ag
iron|铁|Fe|Fe
copper|铜|Cu|Cu
oxygen|氧|O|O
hydrogen|氢|H|H
carbon|碳|C|C
nitrogen|氮|N|N
helium|氦|He|He
sodium|钠|Na|Na
calcium|钙|Ca|Ca
zinc|锌|Zn|Zn
tin|锡|Sn|Sn
lead|铅|Pb|Pb
mercury|汞|Hg|Hg
sulfur|硫|S|S
chlorine|氯|Cl|Cl
neon|氖|Ne|Ne
""")

JOB_TASK = Relation(
    "job-task",
    columns(JOBS, 0, 1, 2, 3),
    (
        "What does a {x} do?",
        "What is the work of a {x}?",
        "What is the job of a {x}?",
        "Tell me what a {x} does.",
        "What does the {x} do all day?",
    ),
    "a {x} {y}.",
    (
        "{x}做什么工作？",
        "{x}的工作是什么？",
        "{x}是做什么的？",
        "请告诉我{x}做什么。",
        "{x}每天做什么？",
    ),
    "{x}的工作是{y}。",
)

JOB_NAME = Relation(
    "job-name",
    columns(JOBS, 2, 3, 0, 1),
    (
        "Who {x}?",
        "Which person {x}?",
        "What do you call a person who {x}?",
        "Whose job is it: {x}?",
    ),
    "a {y} {x}.",
    ("谁的工作是{x}？", "谁负责{x}？", "哪个职业负责{x}？", "工作是{x}的人叫什么？"),
    "{y}的工作是{x}。",
)

JOB_PLACE = Relation(
    "job-place",
    columns(JOBS, 0, 1, 4, 5),
    (
        "Where does a {x} work?",
        "At which place does a {x} work?",
        "What is the workplace of a {x}?",
        "Where can I meet a {x}?",
    ),
    "a {x} works at the {y}.",
    ("{x}在哪里工作？", "{x}的工作地点在哪里？", "哪里可以见到{x}？", "{x}在什么地方上班？"),
    "{x}在{y}工作。",
)

TOOL = Relation(
    "tool",
    TOOLS,
    (
        "What do I need to {x}?",
        "Which thing helps me to {x}?",
        "What can I use to {x}?",
        "I want to {x}. What do I need?",
        "With what do I {x}?",
    ),
    "you need {y} to {x}.",
    (
        "{x}需要什么？",
        "{x}用什么？",
        "我想{x}，需要什么？",
        "什么东西可以用来{x}？",
        "用什么可以{x}？",
    ),
    "{x}需要{y}。",
)

SYMBOL = Relation(
    "symbol",
    SYMBOLS,
    (
        "What is the chemical symbol of {x}?",
        "What is the symbol for {x}?",
        "Which symbol does {x} have?",
        "How do chemists write {x}?",
        "Tell me the chemical symbol for {x}.",
    ),
    "The chemical symbol of {x} is {y}.",
    (
        "{x}的化学符号是什么？",
        "{x}的元素符号是什么？",
        "化学里怎么写{x}？",
        "请告诉我{x}的化学符号。",
    ),
    "{x}的化学符号是{y}。",
)

RELATIONS = (JOB_TASK, JOB_NAME, JOB_PLACE, TOOL, SYMBOL)
