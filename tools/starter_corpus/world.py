"""Facts about countries, words and things: tables with English and Chinese side by side."""

from __future__ import annotations

from tools.starter_corpus.items import Relation, columns, table

# country | 国家 | capital | 首都 | continent | 大洲 | language | 语言
COUNTRIES = table("""
France|法国|Paris|巴黎|Europe|欧洲|French|法语
Germany|德国|Berlin|柏林|Europe|欧洲|German|德语
Italy|意大利|Rome|罗马|Europe|欧洲|Italian|意大利语
Spain|西班牙|Madrid|马德里|Europe|欧洲|Spanish|西班牙语
Portugal|葡萄牙|Lisbon|里斯本|Europe|欧洲|Portuguese|葡萄牙语
England|英国|London|伦敦|Europe|欧洲|English|英语
Ireland|爱尔兰|Dublin|都柏林|Europe|欧洲|English|英语
Norway|挪威|Oslo|奥斯陆|Europe|欧洲|Norwegian|挪威语
Sweden|瑞典|Stockholm|斯德哥尔摩|Europe|欧洲|Swedish|瑞典语
Finland|芬兰|Helsinki|赫尔辛基|Europe|欧洲|Finnish|芬兰语
Denmark|丹麦|Copenhagen|哥本哈根|Europe|欧洲|Danish|丹麦语
Poland|波兰|Warsaw|华沙|Europe|欧洲|Polish|波兰语
Austria|奥地利|Vienna|维也纳|Europe|欧洲|German|德语
Hungary|匈牙利|Budapest|布达佩斯|Europe|欧洲|Hungarian|匈牙利语
Greece|希腊|Athens|雅典|Europe|欧洲|Greek|希腊语
Russia|俄罗斯|Moscow|莫斯科|Europe|欧洲|Russian|俄语
Ukraine|乌克兰|Kyiv|基辅|Europe|欧洲|Ukrainian|乌克兰语
China|中国|Beijing|北京|Asia|亚洲|Chinese|汉语
Japan|日本|Tokyo|东京|Asia|亚洲|Japanese|日语
South Korea|韩国|Seoul|首尔|Asia|亚洲|Korean|韩语
Thailand|泰国|Bangkok|曼谷|Asia|亚洲|Thai|泰语
Vietnam|越南|Hanoi|河内|Asia|亚洲|Vietnamese|越南语
India|印度|New Delhi|新德里|Asia|亚洲|Hindi|印地语
Nepal|尼泊尔|Kathmandu|加德满都|Asia|亚洲|Nepali|尼泊尔语
Mongolia|蒙古|Ulaanbaatar|乌兰巴托|Asia|亚洲|Mongolian|蒙古语
Indonesia|印度尼西亚|Jakarta|雅加达|Asia|亚洲|Indonesian|印尼语
Turkey|土耳其|Ankara|安卡拉|Asia|亚洲|Turkish|土耳其语
Iran|伊朗|Tehran|德黑兰|Asia|亚洲|Persian|波斯语
Iraq|伊拉克|Baghdad|巴格达|Asia|亚洲|Arabic|阿拉伯语
Egypt|埃及|Cairo|开罗|Africa|非洲|Arabic|阿拉伯语
Morocco|摩洛哥|Rabat|拉巴特|Africa|非洲|Arabic|阿拉伯语
Kenya|肯尼亚|Nairobi|内罗毕|Africa|非洲|Swahili|斯瓦希里语
Ghana|加纳|Accra|阿克拉|Africa|非洲|English|英语
Canada|加拿大|Ottawa|渥太华|North America|北美洲|English|英语
Mexico|墨西哥|Mexico City|墨西哥城|North America|北美洲|Spanish|西班牙语
Cuba|古巴|Havana|哈瓦那|North America|北美洲|Spanish|西班牙语
Brazil|巴西|Brasilia|巴西利亚|South America|南美洲|Portuguese|葡萄牙语
Argentina|阿根廷|Buenos Aires|布宜诺斯艾利斯|South America|南美洲|Spanish|西班牙语
Chile|智利|Santiago|圣地亚哥|South America|南美洲|Spanish|西班牙语
Peru|秘鲁|Lima|利马|South America|南美洲|Spanish|西班牙语
Australia|澳大利亚|Canberra|堪培拉|Oceania|大洋洲|English|英语
New Zealand|新西兰|Wellington|惠灵顿|Oceania|大洋洲|English|英语
""")

OPPOSITES = table("""
hot|热|cold|冷
big|大|small|小
fast|快|slow|慢
up|上|down|下
left|左|right|右
light|亮|dark|暗
early|早|late|晚
strong|强|weak|弱
full|满|empty|空
wet|湿|dry|干
long|长|short|短
high|高|low|低
near|近|far|远
new|新|old|旧
rich|富|poor|穷
loud|吵闹|quiet|安静
happy|快乐|sad|悲伤
open|开|closed|关
deep|深|shallow|浅
wide|宽|narrow|窄
thick|厚|thin|薄
clean|干净|dirty|肮脏
safe|安全|dangerous|危险
simple|简单|complex|复杂
hard|硬|soft|软
true|真|false|假
good|好|bad|坏
sweet|甜|bitter|苦
inside|里面|outside|外面
front|前|back|后
day|白天|night|夜晚
love|爱|hate|恨
win|赢|lose|输
buy|买|sell|卖
come|来|go|去
push|推|pull|拉
begin|开始|end|结束
remember|记住|forget|忘记
brave|勇敢|afraid|胆小
cheap|便宜|expensive|昂贵
beautiful|美丽|ugly|丑陋
lucky|幸运|unlucky|不幸
possible|可能|impossible|不可能
success|成功|failure|失败
""")

COLOURS = table("""
a banana|香蕉|yellow|黄色
a lemon|柠檬|yellow|黄色
the sun|太阳|yellow|黄色
corn|玉米|yellow|黄色
snow|雪|white|白色
milk|牛奶|white|白色
salt|盐|white|白色
a swan|天鹅|white|白色
rice|大米|white|白色
grass|草|green|绿色
a cucumber|黄瓜|green|绿色
spinach|菠菜|green|绿色
a frog|青蛙|green|绿色
a lime|青柠|green|绿色
the sky|天空|blue|蓝色
the sea|大海|blue|蓝色
a blueberry|蓝莓|blue|蓝色
blood|血|red|红色
a tomato|番茄|red|红色
a strawberry|草莓|red|红色
a cherry|樱桃|red|红色
a fire engine|消防车|red|红色
coal|煤|black|黑色
a raven|乌鸦|black|黑色
the night sky|夜空|black|黑色
chocolate|巧克力|brown|棕色
coffee|咖啡|brown|棕色
wood|木头|brown|棕色
a bear|熊|brown|棕色
an orange|橙子|orange|橙色
a carrot|胡萝卜|orange|橙色
a pumpkin|南瓜|orange|橙色
an eggplant|茄子|purple|紫色
a grape|葡萄|purple|紫色
lavender|薰衣草|purple|紫色
an elephant|大象|grey|灰色
a mouse|老鼠|grey|灰色
a pig|猪|pink|粉色
a peach blossom|桃花|pink|粉色
""")

CAPITAL = Relation(
    "capital",
    columns(COUNTRIES, 0, 1, 2, 3),
    (
        "What is the capital of {x}?",
        "Tell me the capital city of {x}.",
        "Which city is the capital of {x}?",
        "Do you know the capital of {x}?",
        "What is {x}'s capital?",
        "Name the capital of {x}.",
        "Please tell me the capital of {x}.",
        "I want to know the capital of {x}.",
    ),
    "The capital of {x} is {y}.",
    (
        "{x}的首都是哪里？",
        "请告诉我{x}的首都。",
        "{x}的首都是什么？",
        "你知道{x}的首都吗？",
        "{x}的首都是哪个城市？",
        "哪个城市是{x}的首都？",
        "请说出{x}的首都。",
        "我想知道{x}的首都。",
    ),
    "{x}的首都是{y}。",
)

CAPITAL_OF = Relation(
    "capital-of",
    columns(COUNTRIES, 2, 3, 0, 1),
    (
        "Which country has the capital {x}?",
        "{x} is the capital of which country?",
        "What country is {x} the capital of?",
        "Of which country is {x} the capital?",
    ),
    "{x} is the capital of {y}.",
    ("{x}是哪个国家的首都？", "哪个国家的首都是{x}？", "请问{x}是哪国的首都？", "{x}是谁的首都？"),
    "{x}是{y}的首都。",
)

CONTINENT = Relation(
    "continent",
    columns(COUNTRIES, 0, 1, 4, 5),
    (
        "Where is {x}?",
        "On which continent is {x}?",
        "Which continent is {x} in?",
        "Where can I find {x} on the map?",
        "What continent does {x} belong to?",
    ),
    "{x} is in {y}.",
    ("{x}在哪里？", "{x}在哪个洲？", "{x}属于哪个大洲？", "请问{x}在哪个大洲？", "{x}位于哪里？"),
    "{x}在{y}。",
)

LANGUAGE = Relation(
    "language",
    columns(COUNTRIES, 0, 1, 6, 7),
    (
        "What language do people speak in {x}?",
        "Which language is spoken in {x}?",
        "What do they speak in {x}?",
        "What is the language of {x}?",
        "Tell me the language of {x}.",
    ),
    "People in {x} speak {y}.",
    (
        "{x}人说什么语言？",
        "{x}说什么语？",
        "在{x}人们说什么语言？",
        "{x}的语言是什么？",
        "请告诉我{x}的语言。",
    ),
    "{x}人说{y}。",
)

OPPOSITE = Relation(
    "opposite",
    columns(OPPOSITES, 0, 1, 2, 3),
    (
        "What is the opposite of {x}?",
        "Give me the opposite of {x}.",
        "Tell me the opposite of {x}.",
        "Which word is the opposite of {x}?",
        "What is the contrary of {x}?",
        "Do you know the opposite of {x}?",
    ),
    "The opposite of {x} is {y}.",
    (
        "{x}的反义词是什么？",
        "请说出{x}的反义词。",
        "“{x}”的反义词是什么？",
        "和{x}相反的词是什么？",
        "你知道{x}的反义词吗？",
        "请给我{x}的反义词。",
    ),
    "{x}的反义词是{y}。",
)

OPPOSITE_BACK = Relation(
    "opposite-back",
    columns(OPPOSITES, 2, 3, 0, 1),
    OPPOSITE.en_questions,
    OPPOSITE.en_answer,
    OPPOSITE.zh_questions,
    OPPOSITE.zh_answer,
)

COLOUR = Relation(
    "colour",
    columns(COLOURS, 0, 1, 2, 3),
    (
        "What colour is {x}?",
        "Which colour does {x} have?",
        "What is the colour of {x}?",
        "Tell me the colour of {x}.",
        "What color is {x}?",
        "Do you know the colour of {x}?",
    ),
    "{x} is {y}.",
    (
        "{x}是什么颜色？",
        "{x}是什么颜色的？",
        "请告诉我{x}的颜色。",
        "{x}的颜色是什么？",
        "你知道{x}是什么颜色吗？",
        "{x}有什么颜色？",
    ),
    "{x}是{y}的。",
)

RELATIONS = (CAPITAL, CAPITAL_OF, CONTINENT, LANGUAGE, OPPOSITE, OPPOSITE_BACK, COLOUR)
