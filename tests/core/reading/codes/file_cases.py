"""What is said about a file: its bytes, its characters, its form."""

from __future__ import annotations

from tests.core.reading.codes.case import (
    ASSISTANT,
    PRETTY,
    ROW,
    USER,
    VALID,
    Case,
    asked,
    document,
    jsonl,
)

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345"
CAFE = f"{asked('café')}\n{asked('thé')}"
DEEP = ROW.replace("]}", '], "n": %s%s}')

FILE_CASES = [
    Case("json_parse/lfs", jsonl(LFS), jsonl(asked(LFS)),
         "line 1  expected rows, got a Git LFS pointer: the data are not in this file",
         "Fetch the data with  git lfs pull  or download the file itself.",
         "第 1 行  应为数据行，得到 Git LFS 指针：数据不在这个文件里",
         "请用  git lfs pull  取回数据，或下载文件本身。"),
    Case("encoding", jsonl(asked("你好").encode("gbk")), jsonl(asked("你好")),
         "line 1  expected UTF-8, got GBK / GB18030",
         'Open the file in an editor and save it with the encoding "UTF-8", or add  --encoding '
         "gb18030.",
         "第 1 行  应为 UTF-8，得到 GBK / GB18030",
         '请用编辑器打开文件，另存为 "UTF-8" 编码；或加上  --encoding gb18030。'),
    Case("encoding", jsonl(asked("café").encode("cp1252")), jsonl(asked("café")),
         "line 1  expected UTF-8, got Windows-1252 / Latin-1",
         'Open the file in an editor and save it with the encoding "UTF-8", or add  --encoding '
         "cp1252.",
         "第 1 行  应为 UTF-8，得到 Windows-1252 / Latin-1",
         '请用编辑器打开文件，另存为 "UTF-8" 编码；或加上  --encoding cp1252。'),
    Case("encoding", jsonl(ROW.encode("utf-16-le")), VALID,
         "line 1  expected UTF-8, got UTF-16",
         'Open the file in an editor and save it with the encoding "UTF-8", or add  --encoding '
         "utf-16-le.",
         "第 1 行  应为 UTF-8，得到 UTF-16",
         '请用编辑器打开文件，另存为 "UTF-8" 编码；或加上  --encoding utf-16-le。'),
    Case("encoding/byte", jsonl(CAFE.encode().replace("thé".encode(), b"th\xe9")), jsonl(CAFE),
         "line 2  $.messages[0].content  expected UTF-8, got the byte 0xE9 (column 46)",
         "Write the damaged character again and save the file as UTF-8.",
         "第 2 行  $.messages[0].content  应为 UTF-8，得到字节 0xE9（第 46 列）",
         "请重写损坏的字符，并把文件保存为 UTF-8。"),
    Case("encoding/binary", jsonl(b"PK\x03\x04"), jsonl(asked("PK")),
         "line 1  expected a text in UTF-8, got ZIP / XLSX",
         "Unpack or export it as .jsonl.",
         "第 1 行  应为 UTF-8 文本，得到 ZIP / XLSX",
         "请解压，或导出为 .jsonl。"),
    Case("duplicate_key", jsonl(ROW.replace('"role"', '"role": "user", "role"', 1)), VALID,
         "line 1  $.messages[0].role  expected each key once, got 'role' again",
         "Delete one of the two.",
         "第 1 行  $.messages[0].role  每个键应只出现一次，又得到 'role'",
         "请删除其中一个。"),
    Case("lone_surrogate", jsonl(ROW.replace('"q"', r'"\ud83d"')),
         jsonl(ROW.replace('"q"', r'"\ud83d\ude00"')),
         "line 1  $.messages[0].content  expected a whole character, got half of one: \\ud83d",
         "Write the character itself (often an emoji that was cut in two), or delete it.",
         "第 1 行  $.messages[0].content  应为完整的字符，得到半个：\\ud83d",
         "请直接写出这个字符（常是被截断的表情符号），或删除它。"),
    Case("too_deep", jsonl(DEEP % ("[" * 64, "]" * 64)), jsonl(DEEP % ("[" * 63, "]" * 63)),
         "line 1  $.n[0][0]  expected at most 64 levels of brackets, got more",
         "Flatten the value, or delete the key.",
         "第 1 行  $.n[0][0]  括号最多 64 层，得到更多",
         "请把这个值展平，或删除这个键。",
         besides=("extra_key",)),
    Case("array_in_jsonl", jsonl(f"[{ROW}]"), document(f"[{ROW}]"),
         "line 1  expected one object per line, got an array",
         "Name the file .json, or put each object on a line of its own, without [ ] and commas. "
         "Or add:  --fix array_to_lines",
         "第 1 行  应为每行一个对象，得到数组",
         "请把文件改名为 .json，或把每个对象单独放一行，去掉 [ ] 和逗号。或加上：--fix "
         "array_to_lines"),
    Case("array_in_jsonl/messages", jsonl(f"{asked('k')}\n[{USER}, {ASSISTANT}]"),
         jsonl(f"{asked('k')}\n{ROW}"),
         "line 2  expected an object with 'messages', got the messages alone: […]",
         'Write the row as {"messages": [...]}. Or add:  --fix messages_list',
         "第 2 行  应为带 'messages' 的对象，得到单独的消息列表：[…]",
         '请写成 {"messages": [...]}。或加上：--fix messages_list'),
    Case("jsonl_in_json", document(f"{ROW}\n{asked('k')}"), jsonl(f"{ROW}\n{asked('k')}"),
         "line 1  expected one array, got one object after another",
         "Put the objects into [ ] with commas between them; or one per line, in a .jsonl file. "
         "Or add:  --fix lines_to_array",
         "第 1 行  应为一个数组，得到一个接一个的对象",
         "请把这些对象放进 [ ]，用逗号隔开；或每行一个，存为 .jsonl 文件。或加上：--fix "
         "lines_to_array"),
    Case("pretty_printed", jsonl(PRETTY), document(PRETTY),
         "line 1  expected one object per line, got one that goes on to line 12",
         "Put the object on one line, or put all of them into an array in a .json file. "
         "Or add:  --fix one_line",
         "第 1 行  应为每行一个对象，得到的对象延续到第 12 行",
         "请把对象写在一行里，或把所有对象放进 .json 文件的数组。或加上：--fix one_line"),
]  # fmt: skip
