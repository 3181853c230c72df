"""The words of the quick-fixes: what each does, and why one was refused somewhere."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

FIX_WORDS: Mapping[str, Phrase] = {
    "fix/bom": Phrase(
        "delete the byte order mark at the beginning",
        "删除开头的字节顺序标记（BOM）",
    ),
    "fix/code_fences": Phrase(
        "delete lines such as ``` around the rows",
        "删除数据行前后的 ``` 之类的行",
    ),
    "fix/preamble": Phrase(
        "delete lines of talk around the rows, such as: Here are 10 examples",
        "删除数据行前后的说明文字，例如：以下是 10 条数据",
    ),
    "fix/exotic_blanks": Phrase(
        "plain spaces for no-break spaces and other blanks that JSON does not know",
        "把不换行空格等 JSON 不认识的空白换成普通空格",
    ),
    "fix/smart_quotes": Phrase(
        "straight quotes for curly ones around keys and texts",
        "把键和文字两端的弯引号换成直引号",
    ),
    "fix/full_width": Phrase(
        "half-width punctuation for full-width between keys and values",
        "把键和值之间的全角标点换成半角",
    ),
    "fix/python_literals": Phrase(
        "JSON for Python: double quotes, true, false, null",
        "把 Python 写法换成 JSON：双引号、true、false、null",
    ),
    "fix/trailing_commas": Phrase(
        "delete commas behind the last value or behind a row",
        "删除最后一个值或一行之后多余的逗号",
    ),
    "fix/raw_tabs": Phrase(
        "write tabs inside texts as \\t",
        "把文字中的制表符写成 \\t",
    ),
    "fix/line_breaks": Phrase(
        "write line breaks inside texts as \\n",
        "把文字中的换行写成 \\n",
    ),
    "fix/messages_list": Phrase(
        "make a row of a bare list of messages",
        "把单独的消息列表写成一行数据",
    ),
    "fix/messages_key": Phrase(
        "rename 'message' to 'messages'",
        "把 'message' 改名为 'messages'",
    ),
    "fix/role_aliases": Phrase(
        "write roles as 'system', 'user', 'assistant' (not human, gpt, bot, User …)",
        "把角色写成 'system'、'user'、'assistant'（而不是 human、gpt、bot、User 等）",
    ),
    "fix/content_parts": Phrase(
        "make one text of contents that are lists of texts",
        "把由文字列表组成的内容合成一段文字",
    ),
    "fix/system_first": Phrase(
        "move the system message to the beginning of its row",
        "把 system 消息移到这一行的最前面",
    ),
    "fix/systems_joined": Phrase(
        "join the system messages of a row into one",
        "把一行中的多条 system 消息合并成一条",
    ),
    "fix/turns_joined": Phrase(
        "join messages of the same role that follow each other",
        "合并相邻的同角色消息",
    ),
    "fix/trailing_user": Phrase(
        "drop a last question that has no answer",
        "去掉结尾没有回答的提问",
    ),
    "fix/wrapper": Phrase(
        "take the rows out of the object around them",
        "把数据行从外层对象中取出",
    ),
    "fix/split_objects": Phrase(
        "separate objects that stand one behind the other",
        "分开连在一起的对象",
    ),
    "fix/array_to_lines": Phrase(
        "put each object of the array on a line of its own",
        "把数组中的每个对象单独放一行",
    ),
    "fix/lines_to_array": Phrase(
        "put the objects into one array",
        "把这些对象放进一个数组",
    ),
    "fix/one_line": Phrase(
        "put an object that goes over several lines on one line",
        "把跨多行的对象写在一行里",
    ),
    "fix_refused/quotes_unclear": Phrase(
        "it is not certain which quotes end a text and which belong to it",
        "无法确定哪些引号是文字的结尾，哪些属于文字",
    ),
    "fix_refused/may_be_data": Phrase(
        "this may be data in another form, not talk around the rows",
        "这可能是其他格式的数据，而不是说明文字",
    ),
    "fix_refused/several_conversations": Phrase(
        "the list holds several system messages: perhaps several conversations",
        "列表中有多条 system 消息，可能是多段对话",
    ),
    "fix_refused/message_no_list": Phrase(
        "the value is no list of messages",
        "它的值不是消息列表",
    ),
    "fix_refused/parts_no_text": Phrase(
        "not every part is a plain text",
        "并非每个部分都是纯文字",
    ),
    "fix_refused/keys_differ": Phrase(
        "the messages have other keys besides, and these differ",
        "这些消息还有其他键，而且各不相同",
    ),
    "fix_refused/content_no_text": Phrase(
        "a content is no text, or not written as JSON yet",
        "有的内容不是文字，或还不是 JSON 写法",
    ),
    "fix_refused/only_question": Phrase(
        "nothing to learn would be left",
        "去掉后就没有可学的内容",
    ),
    "fix_refused/other_keys": Phrase(
        "the object has other keys besides, which would be lost",
        "这个对象还有其他键，会丢失",
    ),
    "fix_refused/fence_unclear": Phrase(
        "the fence may belong to an answer",
        "这个代码围栏可能属于回答",
    ),
    "fix_refused/markers_unclear": Phrase(
        "it is not certain which lines begin a message",
        "无法确定哪些行是一条消息的开头",
    ),
    "fix_count": Phrase("{name} ({count}): {title}", "{name}（{count}）：{title}"),
    "fix_refusal": Phrase(
        "line {line} of the result is not fixed by {name}: {reason}",
        "结果的第 {line} 行未由 {name} 修复：{reason}",
    ),
    "fix_more": Phrase("… and {count} more", "……还有 {count} 处"),
    "fix_nothing": Phrase("there is nothing to fix", "没有可以修复的内容"),
    "fix_written": Phrase(
        "written to {out}; places repaired: {count}, errors left: {left}",
        "已写入 {out}；修复 {count} 处，剩余错误 {left} 个",
    ),
    "fix_one_file": Phrase(
        "expected one file to repair, got {count}",
        "一次只能修复一个文件，得到 {count} 个",
        "Name one file, and the new file behind --fix.",
        "请只写一个文件，并在 --fix 之后写新文件名。",
    ),
    "fix_unknown": Phrase(
        "there is no fix {name}; known: {known}",
        "没有名为 {name} 的修复；可用：{known}",
        "Name one of these, several with commas between them, or all.",
        "请写其中一个，多个用逗号隔开，或写 all。",
    ),
    "fix_file_exists": Phrase(
        "{out} exists already and is not overwritten",
        "{out} 已存在，不会覆盖",
        "Name a new file for the repaired rows.",
        "请为修复后的数据指定新文件名。",
    ),
    "fix_file_unwritable": Phrase(
        "{out} can't be written: {reason}",
        "无法写入 {out}：{reason}",
        "Name a file in a folder that exists and that you may write to.",
        "请指定一个已存在且可写的文件夹中的文件。",
    ),
}
