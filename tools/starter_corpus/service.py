# ruff: noqa: E501 - tables of text
"""Messages of customers and the answers of a shop: every wish times every product."""

from __future__ import annotations

from collections.abc import Iterator

from tools.starter_corpus.items import Item, table, tidy

PRODUCTS = table("""
shoes|鞋子
phone|手机
lamp|台灯
jacket|夹克
book|书
laptop|笔记本电脑
camera|相机
chair|椅子
table|桌子
bag|包
watch|手表
shirt|衬衫
bicycle|自行车
headphones|耳机
keyboard|键盘
umbrella|雨伞
coat|大衣
toy|玩具
printer|打印机
kettle|水壶
mirror|镜子
blanket|毯子
cup|杯子
hat|帽子
""")

# Every wish: label, label in Chinese, questions, answer, questions and answer in Chinese.
# The questions of a wish come one per line; `{x}` is the product.
WISHES: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "delivery",
        "物流",
        """Where is my {x}?
When will my {x} arrive?
My {x} has not arrived yet.
I am still waiting for my {x}.
Has my {x} been sent?
How long does the delivery of the {x} take?""",
        "Your {x} is on the way. Please send me the order number.",
        """我的{x}在哪里？
我的{x}什么时候到？
我的{x}还没到。
我还在等我的{x}。
我的{x}发货了吗？
{x}的快递要多久？""",
        "您的{x}正在路上，请告诉我订单号。",
    ),
    (
        "refund",
        "退款",
        """I want my money back for the {x}.
Please refund the {x}.
Can I get a refund for my {x}?
When do I get the money for the {x} back?
I would like a refund for the {x}.
How do I get my money back for the {x}?""",
        "I will refund the {x}. The money arrives within five days.",
        """我要{x}的退款。
请给{x}退款。
我的{x}可以退款吗？
{x}的钱什么时候退给我？
我想申请{x}的退款。
{x}怎么退款？""",
        "我会为您办理{x}的退款，五天内到账。",
    ),
    (
        "return",
        "退货",
        """I want to return the {x}.
How can I send the {x} back?
Can I return my {x}?
I do not like the {x} and want to send it back.
Please tell me how to return the {x}.
I would like to give the {x} back.""",
        "You can return the {x} within 30 days. I will send you a label.",
        """我想退掉{x}。
{x}怎么退货？
我可以退回{x}吗？
我不喜欢这个{x}，想退货。
请告诉我怎么退{x}。
我想把{x}退回去。""",
        "{x}可以在30天内退货，我会发给您退货单。",
    ),
    (
        "broken",
        "质量",
        """The {x} is broken.
My {x} does not work.
The {x} arrived damaged.
There is a problem with my new {x}.
My {x} stopped working today.
The {x} has a fault.""",
        "I am sorry about the {x}. We will send you a new one.",
        """{x}坏了。
我的{x}不能用了。
收到的{x}有破损。
我新买的{x}有问题。
我的{x}今天不能用了。
{x}有质量问题。""",
        "很抱歉{x}有问题，我们会给您换新的。",
    ),
    (
        "cancel",
        "取消",
        """Please cancel my order for the {x}.
I no longer need the {x}.
I want to cancel the {x}.
Can I cancel the order of the {x}?
Stop my order for the {x}, please.
I ordered the {x} by mistake.""",
        "Your order for the {x} is cancelled. You pay nothing.",
        """请取消{x}的订单。
我不需要{x}了。
我想取消{x}。
{x}的订单可以取消吗？
请不要发{x}了。
我买错了{x}。""",
        "{x}的订单已取消，您不用付款。",
    ),
    (
        "price",
        "价格",
        """How much is the {x}?
What does the {x} cost?
What is the price of the {x}?
Is the {x} expensive?
Tell me the price of the {x}.
How much do I pay for the {x}?""",
        "You can see the price of the {x} on its page in our shop.",
        """{x}多少钱？
{x}的价格是多少？
{x}要多少钱？
{x}贵吗？
请告诉我{x}的价格。
买{x}要付多少钱？""",
        "{x}的价格在商店的商品页上可以看到。",
    ),
    (
        "stock",
        "库存",
        """Do you have the {x} in stock?
Is the {x} still available?
Can I still buy the {x}?
Do you sell the {x}?
Is the {x} sold out?
When will you have the {x} again?""",
        "Yes, we have the {x} in stock. You can order it today.",
        """{x}有货吗？
{x}还有吗？
现在还能买到{x}吗？
你们卖{x}吗？
{x}卖完了吗？
{x}什么时候再有货？""",
        "有的，{x}有现货，今天就可以下单。",
    ),
    (
        "exchange",
        "换货",
        """I got the wrong {x}.
Can I exchange the {x}?
I want a different {x}.
The {x} is too small. Can I change it?
You sent me the wrong {x}.
Please exchange my {x}.""",
        "We will exchange the {x} for free. Which one would you like?",
        """{x}发错了。
{x}可以换吗？
我想换一个{x}。
{x}太小了，可以换吗？
你们给我发错了{x}。
请帮我换{x}。""",
        "{x}可以免费换，您想换哪一款？",
    ),
    (
        "warranty",
        "保修",
        """How long is the warranty for the {x}?
Does the {x} have a warranty?
Is my {x} still under warranty?
Tell me about the warranty of the {x}.
What is the guarantee on the {x}?""",
        "The {x} has a warranty of two years.",
        """{x}保修多久？
{x}有保修吗？
我的{x}还在保修期吗？
请介绍{x}的保修。
{x}的保修期是多长？""",
        "{x}的保修期是两年。",
    ),
    (
        "discount",
        "优惠",
        """Is there a discount on the {x}?
Do you have a coupon for the {x}?
Can I get the {x} cheaper?
Is the {x} on sale?
I would like a discount on the {x}.""",
        "This week you get ten percent off the {x}.",
        """{x}有优惠吗？
有{x}的优惠券吗？
{x}可以便宜一点吗？
{x}打折吗？
我想要{x}的折扣。""",
        "本周购买{x}可以打九折。",
    ),
)

# label, label in Chinese, thing, thing in Chinese, answer, answer in Chinese
HELP = table("""
account|账户|password|密码|Open the settings, choose your password and save the new one.|请打开设置，选择密码，然后保存新密码。
account|账户|email address|邮箱|Open your profile, enter the new email address and confirm it.|请打开个人资料，填写新邮箱并确认。
account|账户|phone number|手机号|Open your profile, enter the new number and confirm the message.|请打开个人资料，填写新手机号并确认短信。
account|账户|user name|用户名|Open your profile, choose a new name and save it.|请打开个人资料，选择新用户名并保存。
delivery|物流|delivery address|收货地址|Open your order, enter the new address and save it.|请打开订单，填写新地址并保存。
delivery|物流|delivery date|送货日期|Open your order and choose another day.|请打开订单，选择另一个日期。
payment|付款|payment method|付款方式|Open the payment page and choose another card.|请打开付款页面，选择另一张卡。
payment|付款|invoice|发票|Open your order and download the invoice.|请打开订单，下载发票。
payment|付款|bank card|银行卡|Open the payment page and enter the new card.|请打开付款页面，填写新的银行卡。
booking|预订|reservation|预订|Send me the booking number, and I will change it.|请告诉我预订号，我来修改。
booking|预订|table for tonight|今晚的座位|Tell me the time and how many people will come.|请告诉我时间和人数。
booking|预订|hotel room|酒店房间|Tell me the date and how many nights you will stay.|请告诉我日期和入住几晚。
""")
HELP_EN = (
    "How do I change my {x}?",
    "I need help with my {x}.",
    "I have a problem with my {x}.",
    "Can you help me with my {x}?",
    "What can I do about my {x}?",
    "I want to change my {x}.",
    "Please help me with the {x}.",
    "I have a question about my {x}.",
)
HELP_ZH = (
    "怎么修改{x}？",
    "我的{x}有问题。",
    "我想修改{x}。",
    "{x}有问题怎么办？",
    "可以帮我处理{x}吗？",
    "请帮我看看{x}。",
    "我有一个关于{x}的问题。",
    "我需要修改{x}，怎么办？",
)

MANY = {"shoes", "headphones"}


def _number(text: str, product: str) -> str:
    """The sentence with its verb in the plural where the product is one of two halves."""
    if product not in MANY:
        return text
    for one, many in (
        ("Your {x} is", "Your {x} are"),
        ("The {x} is", "The {x} are"),
        ("Is the {x}", "Are the {x}"),
        ("Is my {x}", "Are my {x}"),
        ("is the {x}", "are the {x}"),
        ("{x} has", "{x} have"),
        ("Has my", "Have my"),
        ("is my {x}", "are my {x}"),
        ("does the {x}", "do the {x}"),
        ("Does the {x}", "Do the {x}"),
        ("{x} does", "{x} do"),
        ("send it back", "send them back"),
        ("change it", "change them"),
        ("order it", "order them"),
        ("a different {x}", "different {x}"),
        ("a new one", "new ones"),
        ("Which one", "Which ones"),
        ("on its page", "on their page"),
    ):
        text = text.replace(one, many)
    return text


def wishes() -> Iterator[tuple[str, str, Item]]:
    """(label, label in Chinese, item) of every wish, phrasing and product."""
    for label, label_zh, en, en_answer, zh, zh_answer in WISHES:
        for x_en, x_zh in PRODUCTS:
            answer = tidy(_number(en_answer, x_en).format(x=x_en))
            answer_zh = zh_answer.format(x=x_zh)
            for text in en.splitlines():
                question = tidy(_number(text, x_en).format(x=x_en))
                short = answer.split(". ")[0].rstrip(".")
                item = Item("service-" + label, "en", question, answer, short, answer_zh, "service")
                yield label, label_zh, item
            for text in zh.splitlines():
                question, short = text.format(x=x_zh), answer_zh.split("，")[0].rstrip("。")
                item = Item("service-" + label, "zh", question, answer_zh, short, answer, "service")
                yield label, label_zh, item


def help_wanted() -> Iterator[tuple[str, str, Item]]:
    """(label, label in Chinese, item) of every request for help with an account or an order."""
    for label, label_zh, x_en, x_zh, answer, answer_zh in HELP:
        for text in HELP_EN:
            item = Item(
                "help", "en", text.format(x=x_en), answer, answer[:-1], answer_zh, "service"
            )
            yield label, label_zh, item
        for text in HELP_ZH:
            short = answer_zh[:-1]
            item = Item("help", "zh", text.format(x=x_zh), answer_zh, short, answer, "service")
            yield label, label_zh, item


def messages() -> list[tuple[str, str, Item]]:
    """All labelled messages of customers."""
    return [*wishes(), *help_wanted()]


def items() -> Iterator[Item]:
    """All messages with their answers."""
    return (item for _, _, item in messages())
