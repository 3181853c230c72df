"""The words of what is wrong with a file or with its JSON, before any message is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

JSON_PROBLEMS: Mapping[str, Phrase] = {
    "json_parse/value": Phrase(
        "expected a JSON value, got {got} (column {column})",
        "应为 JSON 值，得到 {got}（第 {column} 列）",
        'Put texts in straight double quotes "…"; only true, false, null and numbers go without.',
        '文字要放在直双引号 "…" 中；只有 true、false、null 和数字不用引号。',
    ),
    "json_parse/prose": Phrase(
        "expected a row {{…}}, got {got}",
        "应为一行 {{…}}，得到 {got}",
        'Delete the line, or write it as {{"messages": [...]}}.',
        '请删除这一行，或写成 {{"messages": [...]}}。',
    ),
    "json_parse/name": Phrase(
        "expected a key in double quotes, got {got} (column {column})",
        "应为双引号中的键，得到 {got}（第 {column} 列）",
        'Put keys in straight double quotes: "role".',
        '键要放在直双引号中："role"。',
    ),
    "json_parse/colon": Phrase(
        "expected ':' after the key, got {got} (column {column})",
        "键之后应为 ':'，得到 {got}（第 {column} 列）",
        "Write a plain ':' between key and value.",
        "请在键和值之间写半角 ':'。",
    ),
    "json_parse/separator": Phrase(
        "expected ',' or '{close}', got {got} (column {column})",
        "应为 ',' 或 '{close}'，得到 {got}（第 {column} 列）",
        'Add the comma, or write a double quote that belongs to the text as \\".',
        '请补上逗号；如果双引号属于文字，请写成 \\"。',
    ),
    "json_parse/rows": Phrase(
        "expected ',' between two rows, got {got} (column {column})",
        "两行之间应有 ','，得到 {got}（第 {column} 列）",
        "Add the comma.",
        "请补上逗号。",
    ),
    "json_parse/comma": Phrase(
        "expected a value after ',', got '{close}' (column {column})",
        "',' 之后应有值，得到 '{close}'（第 {column} 列）",
        "Delete the comma before '{close}'.",
        "请删除 '{close}' 之前的逗号。",
    ),
    "json_parse/extra": Phrase(
        "expected the end after the last bracket, got {got} (column {column})",
        "最后的括号之后应结束，得到 {got}（第 {column} 列）",
        "Delete what follows the row, or begin a new line with it.",
        "请删除这一行之后多出的内容，或另起一行。",
    ),
    "json_parse/cut": Phrase(
        "expected more JSON, got the end (column {column})",
        "JSON 还没有完，却已到结尾（第 {column} 列）",
        "Complete the row (a quote or bracket is still open), or delete it.",
        "请补全这一行（还有引号或括号没有关闭），或删除它。",
    ),
    "json_parse/newline": Phrase(
        "expected '\"' after the text that begins in column {column}, got the end of the line",
        "从第 {column} 列开始的文字应以 '\"' 结束，得到行尾",
        "Close the quote; write a line break inside a text as \\n.",
        "请关闭引号；文字中的换行请写成 \\n。",
    ),
    "json_parse/escape": Phrase(
        'expected an escape such as \\n or \\", got {got} (column {column})',
        '应为 \\n 或 \\" 这样的转义，得到 {got}（第 {column} 列）',
        "Write a backslash that belongs to the text as \\\\.",
        "如果反斜杠属于文字，请写成 \\\\。",
    ),
    "json_parse/constant": Phrase(
        "expected a number that JSON knows, got {got}",
        "应为 JSON 允许的数，得到 {got}",
        "Write null or a plain number instead, or delete the key.",
        "请改为 null 或普通的数，或删除这个键。",
    ),
    "json_parse/number": Phrase(
        "expected a number of at most {limit:,} characters, got one of {length:,}",
        "数最多 {limit:,} 个字符，得到 {length:,} 个字符",
        "Put it in double quotes, or delete the key.",
        "请放进双引号，或删除这个键。",
    ),
    "json_parse/control": Phrase(
        "expected an escape such as \\t or \\n, got the control character {got} (column {column})",
        "应为 \\t 或 \\n 这样的转义，得到控制字符 {got}（第 {column} 列）",
        "Write a tab as \\t; delete other control characters.",
        "请把制表符写成 \\t；其他控制字符请删除。",
    ),
    "json_parse/blank": Phrase(
        "expected a plain space, got {got}: column {column}, {count}× in this row",
        "应为普通空格，得到 {got}：第 {column} 列，这一行共 {count} 个",
        "Write plain spaces instead; such blanks often come from a web page.",
        "请换成普通空格；这种空白多半是从网页复制来的。",
    ),
    "json_parse/lfs": Phrase(
        "expected rows, got a Git LFS pointer: the data are not in this file",
        "应为数据行，得到 Git LFS 指针：数据不在这个文件里",
        "Fetch the data with  git lfs pull  or download the file itself.",
        "请用  git lfs pull  取回数据，或下载文件本身。",
    ),
    "encoding": Phrase(
        "expected UTF-8, got {got}",
        "应为 UTF-8，得到 {got}",
        'Open the file in an editor and save it with the encoding "UTF-8", '
        "or add  --encoding {name}.",
        '请用编辑器打开文件，另存为 "UTF-8" 编码；或加上  --encoding {name}。',
    ),
    "encoding/byte": Phrase(
        "expected UTF-8, got the byte {got} (column {column})",
        "应为 UTF-8，得到字节 {got}（第 {column} 列）",
        "Write the damaged character again and save the file as UTF-8.",
        "请重写损坏的字符，并把文件保存为 UTF-8。",
    ),
    "encoding/binary": Phrase(
        "expected a text in UTF-8, got {got}",
        "应为 UTF-8 文本，得到 {got}",
        "Unpack or export it as .jsonl.",
        "请解压，或导出为 .jsonl。",
    ),
    "duplicate_key": Phrase(
        "expected each key once, got {key} again",
        "每个键应只出现一次，又得到 {key}",
        "Delete one of the two.",
        "请删除其中一个。",
    ),
    "lone_surrogate": Phrase(
        "expected a whole character, got half of one: {got}",
        "应为完整的字符，得到半个：{got}",
        "Write the character itself (often an emoji that was cut in two), or delete it.",
        "请直接写出这个字符（常是被截断的表情符号），或删除它。",
    ),
    "too_deep": Phrase(
        "expected at most {limit} levels of brackets, got more",
        "括号最多 {limit} 层，得到更多",
        "Flatten the value, or delete the key.",
        "请把这个值展平，或删除这个键。",
    ),
    "array_in_jsonl": Phrase(
        "expected one object per line, got an array",
        "应为每行一个对象，得到数组",
        "Name the file .json, or put each object on a line of its own, without [ ] and commas.",
        "请把文件改名为 .json，或把每个对象单独放一行，去掉 [ ] 和逗号。",
    ),
    "array_in_jsonl/messages": Phrase(
        "expected an object with 'messages', got the messages alone: […]",
        "应为带 'messages' 的对象，得到单独的消息列表：[…]",
        'Write the row as {{"messages": [...]}}.',
        '请写成 {{"messages": [...]}}。',
    ),
    "jsonl_in_json": Phrase(
        "expected one array, got one object after another",
        "应为一个数组，得到一个接一个的对象",
        "Put the objects into [ ] with commas between them; or one per line, in a .jsonl file.",
        "请把这些对象放进 [ ]，用逗号隔开；或每行一个，存为 .jsonl 文件。",
    ),
    "pretty_printed": Phrase(
        "expected one object per line, got one that goes on to line {last}",
        "应为每行一个对象，得到的对象延续到第 {last} 行",
        "Put the object on one line, or put all of them into an array in a .json file.",
        "请把对象写在一行里，或把所有对象放进 .json 文件的数组。",
    ),
}
