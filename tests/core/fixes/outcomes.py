"""What each quick-fix makes of the smallest text that needs it, how it is shown, what it spares."""

from __future__ import annotations

import json
from typing import NamedTuple

from nbfinetune.core.fixes.apply import Form
from tests.core.fixes.cases import ROW, row

MESSAGES = ROW[len('{"messages": ') : -1]
PRETTY = json.dumps(json.loads(ROW), indent=2)
CHAT = "user: hi\nassistant: yo\n"


class Outcome(NamedTuple):
    """`before` becomes `after`; `spared`, which is as near to it as can be, stays as it is.

    `shown`: the preview in English, `zh`: the first line of the Chinese one. `spared_form`: the
    form of the text that stays, where that is what makes the difference.
    """

    fix: str
    form: Form
    before: str
    after: str
    spared: str
    shown: str
    zh: str
    spared_form: Form | None = None


OUTCOMES = [
    Outcome("bom", "jsonl", "\ufeff" + ROW, ROW, row("user: \ufeffhi", "assistant: yo"),
            "bom (1): delete the byte order mark at the beginning\n"
            "    line 1\n"
            "    - \\ufeff",
            "bom（1）：删除开头的字节顺序标记（BOM）"),
    Outcome("bom", "chat", "\ufeff" + CHAT, CHAT, CHAT.replace("hi", "\ufeffhi"),
            "bom (1): delete the byte order mark at the beginning\n"
            "    line 1\n"
            "    - \\ufeff",
            "bom（1）：删除开头的字节顺序标记（BOM）"),
    Outcome("code_fences", "jsonl", f"```json\n{ROW}\n```", f"{ROW}\n",
            row("user: ```json", "assistant: ```"),
            "code_fences (2): delete lines such as ``` around the rows\n"
            "    line 1\n"
            "    - ```json↵\n"
            "    line 3\n"
            "    - ```",
            "code_fences（2）：删除数据行前后的 ``` 之类的行"),
    Outcome("code_fences", "chat", f"```\n{CHAT}```\n", CHAT, f"{CHAT}```\nhi\n```\n",
            "code_fences (2): delete lines such as ``` around the rows\n"
            "    line 1\n"
            "    - ```↵\n"
            "    line 4\n"
            "    - ```↵",
            "code_fences（2）：删除数据行前后的 ``` 之类的行"),
    Outcome("preamble", "jsonl", f"Here are 2 rows:\n{ROW}", ROW,
            row("user: Here are 2 rows:", "assistant: yo"),
            "preamble (1): delete lines of talk around the rows, such as: Here are 10 examples\n"
            "    line 1\n"
            "    - Here are 2 rows:↵",
            "preamble（1）：删除数据行前后的说明文字，例如：以下是 10 条数据"),
    Outcome("preamble", "chat", f"Here are 2 rows:\n{CHAT}", CHAT, f"{CHAT}Here are 2 rows:\n",
            "preamble (1): delete lines of talk around the rows, such as: Here are 10 examples\n"
            "    line 1\n"
            "    - Here are 2 rows:↵",
            "preamble（1）：删除数据行前后的说明文字，例如：以下是 10 条数据"),
    Outcome("exotic_blanks", "jsonl", ROW.replace(": ", ":\u00a0"), ROW,
            row("user: \u00a0hi", "assistant: yo"),
            "exotic_blanks (1): plain spaces for no-break spaces and other blanks that JSON "
            "does not know\n"
            "    line 1\n"
            '    - {"messages":\\xa0[{"role":\\xa0"user", "content":\\xa0"hi"}, '
            '{"role":\\xa0"assistant", "content":\\xa0"yo"}]}\n'
            '    + {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", '
            '"content": "yo"}]}',
            "exotic_blanks（1）：把不换行空格等 JSON 不认识的空白换成普通空格"),
    Outcome("exotic_blanks", "chat", f"\u00a0{CHAT}", CHAT,
            CHAT.replace("hi", "hi\n\u00a0user: hi"),
            "exotic_blanks (1): plain spaces for no-break spaces and other blanks that JSON "
            "does not know\n"
            "    line 1\n"
            "    - \\xa0",
            "exotic_blanks（1）：把不换行空格等 JSON 不认识的空白换成普通空格"),
    Outcome("smart_quotes", "jsonl", ROW.replace('"hi"', "“hi”"), ROW,
            row("user: “hi”", "assistant: yo"),
            "smart_quotes (1): straight quotes for curly ones around keys and texts\n"
            "    line 1\n"
            '    - …le": "user", "content": “hi”}, {"role": "assistant",…\n'
            '    + …le": "user", "content": "hi"}, {"role": "assistant",…',
            "smart_quotes（1）：把键和文字两端的弯引号换成直引号"),
    Outcome("full_width", "jsonl", ROW.replace("}, {", "}，{"), ROW.replace("}, {", "},{"),
            row("user: }，{", "assistant: yo"),
            "full_width (1): half-width punctuation for full-width between keys and values\n"
            "    line 1\n"
            '    - …"user", "content": "hi"}，{"role": "assistant", "c…\n'
            '    + …"user", "content": "hi"},{"role": "assistant", "c…',
            "full_width（1）：把键和值之间的全角标点换成半角"),
    Outcome("python_literals", "jsonl", str(json.loads(ROW)), ROW,
            row("user: {'messages': None}", "assistant: yo"),
            "python_literals (1): JSON for Python: double quotes, true, false, null\n"
            "    line 1\n"
            "    - {'messages': [{'role': 'user', 'content': 'hi'}, {'role': 'assistant', "
            "'content': 'yo'}]}\n"
            '    + {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", '
            '"content": "yo"}]}',
            "python_literals（1）：把 Python 写法换成 JSON：双引号、true、false、null"),
    Outcome("trailing_commas", "jsonl", ROW + ",", ROW, row("user: hi", "assistant: yo,}"),
            "trailing_commas (1): delete commas behind the last value or behind a row\n"
            "    line 1\n"
            "    - ,",
            "trailing_commas（1）：删除最后一个值或一行之后多余的逗号"),
    Outcome("raw_tabs", "jsonl", row("user: a\tb", "assistant: yo"),
            row(r"user: a\tb", "assistant: yo"), ROW.replace(": ", ":\t"),
            "raw_tabs (1): write tabs inside texts as \\t\n"
            "    line 1\n"
            '    - …": "user", "content": "a⇥b"}, {"role": "assistant"…\n'
            '    + …": "user", "content": "a\\tb"}, {"role": "assistant"…',
            "raw_tabs（1）：把文字中的制表符写成 \\t"),
    Outcome("line_breaks", "jsonl", row("user: a\nb", "assistant: yo"),
            row(r"user: a\nb", "assistant: yo"), PRETTY,
            "line_breaks (1): write line breaks inside texts as \\n\n"
            "    line 1\n"
            '    - …": "user", "content": "a↵b"}, {"role": "assistant"…\n'
            '    + …": "user", "content": "a\\nb"}, {"role": "assistant"…',
            "line_breaks（1）：把文字中的换行写成 \\n",
            spared_form="json"),
    Outcome("messages_list", "jsonl", f"{ROW}\n{MESSAGES}", f"{ROW}\n{ROW}", f"{ROW}\n[1]",
            "messages_list (1): make a row of a bare list of messages\n"
            "    line 2\n"
            '    - [{"role": "user", "conte…tant", "content": "yo"}]\n'
            '    + {"messages": [{"role": "user", "conte…tant", "content": "yo"}]}',
            "messages_list（1）：把单独的消息列表写成一行数据"),
    Outcome("messages_key", "jsonl", ROW.replace("messages", "message"), ROW,
            ROW.replace("]}", '], "message": "hi"}'),
            "messages_key (1): rename 'message' to 'messages'\n"
            "    line 1\n"
            '    - {"message": [{"role": "user", "co…\n'
            '    + {"messages": [{"role": "user", "co…',
            "messages_key（1）：把 'message' 改名为 'messages'"),
    Outcome("role_aliases", "jsonl", ROW.replace("user", "human"), ROW,
            ROW.replace("user", "tool"),
            "role_aliases (1): write roles as 'system', 'user', 'assistant' (not human, gpt, "
            "bot, User …)\n"
            "    line 1\n"
            '    - {"messages": [{"role": "human", "content": "hi"}, {"r…\n'
            '    + {"messages": [{"role": "user", "content": "hi"}, {"r…',
            "role_aliases（1）：把角色写成 'system'、'user'、'assistant'（而不是 "
            "human、gpt、bot、User 等）"),
    Outcome("role_aliases", "chat", "Human: hi\nGPT: yo\n", CHAT,
            CHAT.replace("hi", "hi\nGPT: yo"),
            "role_aliases (2): write roles as 'system', 'user', 'assistant' (not human, gpt, "
            "bot, User …)\n"
            "    line 1\n"
            "    - Human\n"
            "    + user\n"
            "    line 2\n"
            "    - GPT\n"
            "    + assistant",
            "role_aliases（2）：把角色写成 'system'、'user'、'assistant'（而不是 "
            "human、gpt、bot、User 等）"),
    Outcome("content_parts", "jsonl", ROW.replace('"hi"', '[{"type": "text", "text": "hi"}]'), ROW,
            ROW.replace('"hi"', '"[hi]"'),
            "content_parts (1): make one text of contents that are lists of texts\n"
            "    line 1\n"
            '    - …le": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": '
            '"assistant",…\n'
            '    + …le": "user", "content": "hi"}, {"role": "assistant",…',
            "content_parts（1）：把由文字列表组成的内容合成一段文字"),
    Outcome("system_first", "jsonl", row("user: hi", "system: s", "assistant: yo"),
            row("system: s", "user: hi", "assistant: yo"),
            row("user: hi", "assistant: yo", "systems: s"),
            "system_first (1): move the system message to the beginning of its row\n"
            "    line 1\n"
            '    - {"messages": [{"role": "user", "content": "hi"}, {"role": "system", '
            '"content": "s"}, {"role": "assistant"…\n'
            '    + {"messages": [{"role": "system", "content": "s"}, {"role": "user", '
            '"content": "hi"}, {"role": "assistant"…',
            "system_first（1）：把 system 消息移到这一行的最前面"),
    Outcome("systems_joined", "jsonl", row("system: s", "system: t", "user: hi", "assistant: yo"),
            row(r"system: s\nt", "user: hi", "assistant: yo"),
            row("system: s", "systems: t", "user: hi", "assistant: yo"),
            "systems_joined (1): join the system messages of a row into one\n"
            "    line 1\n"
            '    - … "system", "content": "s"}, {"role": "system", "content": "t"}, {"role": '
            '"user", "co…\n'
            '    + … "system", "content": "s\\nt"}, {"role": "user", "co…',
            "systems_joined（1）：把一行中的多条 system 消息合并成一条"),
    Outcome("turns_joined", "jsonl", row("user: hi", "user: ho", "assistant: yo"),
            row(r"user: hi\nho", "assistant: yo"), row("tool: hi", "tool: ho", "assistant: yo"),
            "turns_joined (1): join messages of the same role that follow each other\n"
            "    line 1\n"
            '    - …: "user", "content": "hi"}, {"role": "user", "content": "ho"}, {"role": '
            '"assistant"…\n'
            '    + …: "user", "content": "hi\\nho"}, {"role": "assistant"…',
            "turns_joined（1）：合并相邻的同角色消息"),
    Outcome("turns_joined", "chat", "user: hi\nuser: ho\nassistant: yo\n",
            "user: hi\nho\nassistant: yo\n", "user: hi\nassistant: yo\nuser: ho\nassistant: yo\n",
            "turns_joined (1): join messages of the same role that follow each other\n"
            "    line 2\n"
            "    - user: ",
            "turns_joined（1）：合并相邻的同角色消息"),
    Outcome("trailing_user", "jsonl", row("user: hi", "assistant: yo", "user: ho"), ROW,
            row("user: hi", "assistant: yo", "tool: ho"),
            "trailing_user (1): drop a last question that has no answer\n"
            "    line 1\n"
            '    - …stant", "content": "yo"}, {"role": "user", "content": "ho"}]}\n'
            '    + …stant", "content": "yo"}]}',
            "trailing_user（1）：去掉结尾没有回答的提问"),
    Outcome("trailing_user", "chat", f"{CHAT}user: ho\n", CHAT, f"{CHAT}user: ho\nassistant: yo\n",
            "trailing_user (1): drop a last question that has no answer\n"
            "    line 3\n"
            "    - user: ho↵",
            "trailing_user（1）：去掉结尾没有回答的提问"),
    Outcome("wrapper", "json", f'{{"data": [{ROW}]}}', f"[{ROW}]", '{"data": [{"role": "user"}]}',
            "wrapper (1): take the rows out of the object around them\n"
            "    line 1\n"
            '    - {"data": [{"messages": [{"role": …nt", "content": "yo"}]}]}\n'
            '    + [{"messages": [{"role": …nt", "content": "yo"}]}]',
            "wrapper（1）：把数据行从外层对象中取出"),
    Outcome("split_objects", "jsonl", ROW + ROW, f"{ROW}\n{ROW}", ROW + "}",
            "split_objects (1): separate objects that stand one behind the other\n"
            "    line 1\n"
            "    + ↵",
            "split_objects（1）：分开连在一起的对象"),
    Outcome("split_objects", "json", f"[{ROW}\n{ROW}]", f"[{ROW},\n{ROW}]", f"[{ROW}\nx{ROW}]",
            "split_objects (1): separate objects that stand one behind the other\n"
            "    line 1\n"
            "    + ,",
            "split_objects（1）：分开连在一起的对象"),
    Outcome("array_to_lines", "jsonl", f"[{ROW}, {ROW}]", f"{ROW}\n{ROW}", f"[{ROW}, {ROW}]",
            "array_to_lines (2): put each object of the array on a line of its own\n"
            "    line 1\n"
            '    - [{"messages": [{"role": "…\n'
            '    + {"messages": [{"role": "…\n'
            "    line 1\n"
            '    - , {"messages": [{"role": "…ant", "content": "yo"}]}]\n'
            '    + ↵{"messages": [{"role": "…ant", "content": "yo"}]}',
            "array_to_lines（2）：把数组中的每个对象单独放一行",
            spared_form="json"),
    Outcome("lines_to_array", "json", f"{ROW}\n{ROW}\n", f"[\n{ROW},\n{ROW}\n]\n",
            f"{ROW}\n{ROW}\n",
            "lines_to_array (2): put the objects into one array\n"
            "    line 1\n"
            '    - {"messages": [{"role": "…ant", "content": "yo"}]}\n'
            '    + [↵{"messages": [{"role": "…ant", "content": "yo"}]},\n'
            "    line 2\n"
            '    - …ant", "content": "yo"}]}\n'
            '    + …ant", "content": "yo"}]}↵]',
            "lines_to_array（2）：把这些对象放进一个数组",
            spared_form="jsonl"),
    Outcome("one_line", "jsonl", PRETTY, ROW, PRETTY,
            "one_line (1): put an object that goes over several lines on one line\n"
            "    line 1\n"
            '    - {↵  "messages": [↵    {↵      "role": "user",↵      "content": "hi"↵    '
            '},↵    {↵      "role": "assistant",↵      "content": "yo"↵    }↵  ]↵}\n'
            '    + {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", '
            '"content": "yo"}]}',
            "one_line（1）：把跨多行的对象写在一行里",
            spared_form="json"),
]  # fmt: skip
