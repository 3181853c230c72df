"""Where each quick-fix is refused, what is said then, and the nearest text where it is certain."""

from __future__ import annotations

from typing import NamedTuple

from nbfinetune.core.fixes.apply import Form
from tests.core.fixes.cases import ROW, row
from tests.core.fixes.outcomes import CHAT, MESSAGES

SYSTEM = '{"role": "system", "content": "s"}'
TURNS = row("user: hi", "user: ho", "assistant: yo")


class Refused(NamedTuple):
    """`unclear` stays as it is, and this is said of it; `certain` is fixed."""

    reason: str
    form: Form
    unclear: str
    certain: str
    en: str
    zh: str


REFUSED = [
    Refused("quotes_unclear", "jsonl", ROW.replace('"hi"', "“a”b”"), ROW.replace('"hi"', "“a“b””"),
            "line 1 of the result is not fixed by smart_quotes: it is not certain which quotes "
            "end a text and which belong to it",
            "结果的第 1 行未由 smart_quotes 修复：无法确定哪些引号是文字的结尾，哪些属于文字"),
    Refused("may_be_data", "jsonl", f"user: hi\n{ROW}", f"hi\n{ROW}",
            "line 1 of the result is not fixed by preamble: this may be data in another form, "
            "not talk around the rows",
            "结果的第 1 行未由 preamble 修复：这可能是其他格式的数据，而不是说明文字"),
    Refused("may_be_data", "chat", f"[hi]\n{CHAT}", f"hi\n{CHAT}",
            "line 1 of the result is not fixed by preamble: this may be data in another form, "
            "not talk around the rows",
            "结果的第 1 行未由 preamble 修复：这可能是其他格式的数据，而不是说明文字"),
    Refused("several_conversations", "json", f"[{SYSTEM}, {SYSTEM}, {MESSAGES[1:]}",
            f"[{SYSTEM}, {MESSAGES[1:]}",
            "line 1 of the result is not fixed by messages_list: the list holds several system "
            "messages: perhaps several conversations",
            "结果的第 1 行未由 messages_list 修复：列表中有多条 system 消息，可能是多段对话"),
    Refused("message_no_list", "jsonl", '{"message": {"role": "user", "content": "hi"}}',
            ROW.replace("messages", "message"),
            "line 1 of the result is not fixed by messages_key: the value is no list of messages",
            "结果的第 1 行未由 messages_key 修复：它的值不是消息列表"),
    Refused("parts_no_text", "jsonl",
            ROW.replace('"hi"', '[{"type": "image_url", "image_url": "hi"}]'),
            ROW.replace('"hi"', '[{"type": "text", "text": "hi"}]'),
            "line 1 of the result is not fixed by content_parts: not every part is a plain text",
            "结果的第 1 行未由 content_parts 修复：并非每个部分都是纯文字"),
    Refused("keys_differ", "jsonl", TURNS.replace('"ho"', '"ho", "weight": 0'), TURNS,
            "line 1 of the result is not fixed by turns_joined: the messages have other keys "
            "besides, and these differ",
            "结果的第 1 行未由 turns_joined 修复：这些消息还有其他键，而且各不相同"),
    Refused("content_no_text", "jsonl", TURNS.replace('"ho"', "null"), TURNS,
            "line 1 of the result is not fixed by turns_joined: a content is no text, or not "
            "written as JSON yet",
            "结果的第 1 行未由 turns_joined 修复：有的内容不是文字，或还不是 JSON 写法"),
    Refused("only_question", "jsonl", row("user: hi"),
            row("user: hi", "assistant: yo", "user: ho"),
            "line 1 of the result is not fixed by trailing_user: nothing to learn would be left",
            "结果的第 1 行未由 trailing_user 修复：去掉后就没有可学的内容"),
    Refused("only_question", "chat", "user: hi\n", f"{CHAT}user: ho\n",
            "line 1 of the result is not fixed by trailing_user: nothing to learn would be left",
            "结果的第 1 行未由 trailing_user 修复：去掉后就没有可学的内容"),
    Refused("other_keys", "json", f'{{"v": 2, "data": [{ROW}]}}', f'{{"data": [{ROW}]}}',
            "line 1 of the result is not fixed by wrapper: the object has other keys besides, "
            "which would be lost",
            "结果的第 1 行未由 wrapper 修复：这个对象还有其他键，会丢失"),
    Refused("fence_unclear", "chat", f"```\n{CHAT}```\nhi\n```\n", f"```\n{CHAT}hi\n```\n",
            "line 1 of the result is not fixed by code_fences: the fence may belong to an answer",
            "结果的第 1 行未由 code_fences 修复：这个代码围栏可能属于回答"),
    Refused("markers_unclear", "chat", "Human: hi\nQuestion: hi\nGPT: yo\n",
            "Human: hi\nGPT: yo\n",
            "line 1 of the result is not fixed by role_aliases: it is not certain which lines "
            "begin a message",
            "结果的第 1 行未由 role_aliases 修复：无法确定哪些行是一条消息的开头"),
    Refused("markers_unclear", "chat", "user: hi\nuser: user: ho\nassistant: yo\n",
            "user: hi\nuser: ho\nassistant: yo\n",
            "line 2 of the result is not fixed by turns_joined: it is not certain which lines "
            "begin a message",
            "结果的第 2 行未由 turns_joined 修复：无法确定哪些行是一条消息的开头"),
]  # fmt: skip
