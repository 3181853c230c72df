"""The words of everything that a dataset check finds.

`code/kind` is one of several phrases of a code. What is wrong with JSON itself: `json_problems`.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.json_problems import JSON_PROBLEMS
from nbfinetune.core.text.phrase import Phrase

_ROWS: Mapping[str, Phrase] = {
    "no_rows": Phrase(
        "expected at least one row, got none",
        "至少应有一行，得到 0 行",
        'Add rows such as {{"messages": [{{"role": "user", "content": "…"}}, '
        '{{"role": "assistant", "content": "…"}}]}}.',
        '请添加这样的行：{{"messages": [{{"role": "user", "content": "…"}}, '
        '{{"role": "assistant", "content": "…"}}]}}。',
    ),
    "row_not_object": Phrase(
        "expected an object {expected}, got {got}",
        "应为对象 {expected}，得到 {got}",
        'Write the row as {{"messages": [...]}}.',
        '请写成 {{"messages": [...]}}。',
    ),
    "messages_missing": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        "Put the turns of the row into an array under 'messages'.",
        "请把这一行的各轮消息放进 'messages' 数组。",
    ),
    "messages_missing/alias": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        "Rename {got} to {expected}.",
        "请把 {got} 改名为 {expected}。",
    ),
    "messages_not_array": Phrase(
        "expected an array {expected}, got {got}",
        "应为数组 {expected}，得到 {got}",
        'Write it as [{{"role": "user", "content": "…"}}, …].',
        '请写成 [{{"role": "user", "content": "…"}}, …]。',
    ),
    "messages_empty": Phrase(
        "expected at least one question and its answer, got {got}",
        "至少应有一问一答，得到 {got}",
        "Add a 'user' and an 'assistant' message, or delete the row.",
        "请添加 'user' 和 'assistant' 消息，或删除这一行。",
    ),
    "message_not_object": Phrase(
        "expected an object {expected}, got {got}",
        "应为对象 {expected}，得到 {got}",
        'Write it as {{"role": "…", "content": "…"}}.',
        '请写成 {{"role": "…", "content": "…"}}。',
    ),
    "role_missing": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        'Say who speaks: "role": "system", "user" or "assistant".',
        '请写明是谁说的："role": "system"、"user" 或 "assistant"。',
    ),
    "role_missing/chat": Phrase(
        "expected 'user:' before the text, got {got}",
        "文字之前应有 'user:'（或 '用户：'），得到 {got}",
        "Begin the message with system:, user: or assistant:.",
        "请用 系统：、用户： 或 助手： 开头。",
    ),
    "role_invalid": Phrase(
        "expected {expected}, got {got}",
        "应为 {expected}，得到 {got}",
        "Use one of these three, in lower case.",
        "请用这三个之一，全部小写。",
    ),
    "role_invalid/alias": Phrase(
        "expected {expected}, got {got}",
        "应为 {expected}，得到 {got}",
        "Write {meant} instead of {got}.",
        "请把 {got} 改为 {meant}。",
    ),
    "content_missing": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        "Add the text of the message under 'content', or delete the row.",
        "请在 'content' 中写上消息的文字，或删除这一行。",
    ),
    "content_null": Phrase(
        "expected a text {expected}, got {got}",
        "应为文字 {expected}，得到 {got}",
        "Write the text of the message, or delete the row.",
        "请写上消息的文字，或删除这一行。",
    ),
    "content_not_string": Phrase(
        "expected a text {expected}, got {got}",
        "应为文字 {expected}，得到 {got}",
        "Put the text of the message in double quotes.",
        "请把消息的文字放进双引号。",
    ),
    "content_empty": Phrase(
        "expected an answer {expected}, got an empty text {got}",
        "应有回答 {expected}，得到空文字 {got}",
        "Write the answer, or delete the row: there is nothing to learn from it.",
        "请写上回答，或删除这一行：没有内容可学。",
    ),
    "content_blank": Phrase(
        "expected an answer {expected}, got blanks only: {got}",
        "应有回答 {expected}，得到的只有空白：{got}",
        "Write the answer, or delete the row: there is nothing to learn from it.",
        "请写上回答，或删除这一行：没有内容可学。",
    ),
    "user_empty": Phrase(
        "the user says nothing: {got}",
        "用户没有说话：{got}",
        "Write the question, unless an empty one is meant.",
        "请写上问题，除非本来就是空的。",
    ),
    "system_empty": Phrase(
        "the system prompt is empty: {got}",
        "系统提示为空：{got}",
        "Write the system prompt, or delete the message.",
        "请写上系统提示，或删除这条消息。",
    ),
    "system_multiple": Phrase(
        "expected {expected} after the first 'system', got a second {got}",
        "第一个 'system' 之后应为 {expected}，又得到一个 {got}",
        "Keep one system message, the first, and put the text of both into it.",
        "只保留最前面的一条 system 消息，把两段文字合在一起。",
    ),
    "system_not_first": Phrase(
        "expected {expected} here, got {got}, which can only be the first message",
        "此处应为 {expected}，得到 {got}，它只能是第一条消息",
        "Move the system message to the beginning of the row.",
        "请把 system 消息移到这一行的最前面。",
    ),
    "first_not_user": Phrase(
        "expected {expected} at the start, got {got}",
        "开头应为 {expected}，得到 {got}",
        "Begin with what the user says, or delete this message.",
        "请以用户的话开头，或删除这条消息。",
    ),
    "first_not_user/after_system": Phrase(
        "expected {expected} after 'system', got {got}",
        "'system' 之后应为 {expected}，得到 {got}",
        "Begin with what the user says, or delete this message.",
        "请以用户的话开头，或删除这条消息。",
    ),
    "not_alternating": Phrase(
        "expected {expected} after {previous}, got {got}",
        "{previous} 之后应为 {expected}，得到 {got}",
        "Join the two messages, or write the {expected} message between them.",
        "请把两条消息合并，或在中间补上 {expected} 消息。",
    ),
    "unpaired_end": Phrase(
        "expected {expected} at the end, got {got}",
        "结尾应为 {expected}，得到 {got}",
        "Write the answer to the last message, or delete that message.",
        "请写上最后一条消息的回答，或删除那条消息。",
    ),
    "no_pair": Phrase(
        "expected {expected}, got only {got}",
        "应有 {expected}，只得到 {got}",
        "Add a question and its answer, or delete the row.",
        "请添加一问一答，或删除这一行。",
    ),
}

_WHOLE: Mapping[str, Phrase] = {
    "few_rows": Phrase(
        "only {rows} rows; from {limit} on, most runs begin to show an effect",
        "只有 {rows} 行；通常从 {limit} 行开始才看得出效果",
        "Add rows: a few dozen good ones are enough to begin with, 100 to 1000 are usual.",
        "请增加数据：几十行好数据就可以开始，通常用 100 到 1000 行。",
    ),
    "many_rows": Phrase(
        "{rows} rows, more than the usual 100 to {limit}",
        "共 {rows} 行，超过通常的 100 到 {limit} 行",
        "All are used. If training takes long, try the best {limit} first: quality beats quantity.",
        "全部都会使用。如果训练太久，可先试最好的 {limit} 行：质量比数量重要。",
    ),
    "duplicate_row": Phrase(
        "the same messages as line {other}",
        "与第 {other} 行的消息相同",
        "Delete one of the two, unless it shall count twice.",
        "请删除其中一行，除非有意让它算两次。",
    ),
    "conflicting_answers": Phrase(
        "the same question as line {other}, with another answer",
        "与第 {other} 行的问题相同，回答不同",
        "Keep the better answer, unless both are meant.",
        "请保留较好的回答，除非两者都需要。",
    ),
    "system_prompt_varies": Phrase(
        "{count} different system prompts are used; a second one begins here",
        "用了 {count} 个不同的系统提示；第二个从这里开始",
        "Use one system prompt in all rows, unless the model shall tell them apart.",
        "请在所有行用同一个系统提示，除非要让模型区分它们。",
    ),
    "system_prompt_varies/partly": Phrase(
        "some rows have the system prompt and others have none ({count} prompt in all)",
        "有的行有系统提示，有的没有（共 {count} 个提示）",
        "Give all rows the same system prompt, unless the difference is meant.",
        "请给所有行同一个系统提示，除非有意不同。",
    ),
    "extra_key/row": Phrase(
        "the key {key} has no effect on training ({count}×, first here)",
        "键 {key} 对训练没有作用（共 {count} 处，此处最先）",
        "It is kept when the dataset is written. What the model shall learn belongs in 'messages'.",
        "写出数据集时会保留。要让模型学的内容应放进 'messages'。",
    ),
    "extra_key/message": Phrase(
        "the key {key} has no effect on training ({count}×, first here)",
        "键 {key} 对训练没有作用（共 {count} 处，此处最先）",
        "It is kept when the dataset is written. What the model shall learn belongs in 'content'.",
        "写出数据集时会保留。要让模型学的内容应放进 'content'。",
    ),
    "outer_whitespace": Phrase(
        "{count} {role} messages begin or end with blanks (first here)",
        "{count} 条 {role} 消息首尾有空白（此处最先）",
        "Delete the blanks: some models never see them.",
        "请删除空白：有的模型看不到它们。",
    ),
    "blank_line": Phrase(
        "{count} blank lines, skipped (first here)",
        "跳过 {count} 个空行（此处最先）",
        "Nothing needs to be done; other tools may refuse them.",
        "无需处理；其他工具可能不接受空行。",
    ),
    "bom": Phrase(
        "the file begins with a byte order mark, skipped",
        "文件以字节顺序标记（BOM）开头，已跳过",
        "Nothing needs to be done; other tools may want UTF-8 without BOM.",
        "无需处理；其他工具可能要求无 BOM 的 UTF-8。",
    ),
    "size_limit": Phrase(
        "expected at most {limit} bytes, got {got}",
        "最多 {limit} 字节，得到 {got}",
        "Keep the best rows, or upload the file in parts.",
        "请保留最好的行，或把文件分成几份上传。",
    ),
    "row_limit": Phrase(
        "expected at most {limit} rows, got {got}",
        "最多 {limit} 行，得到 {got}",
        "Keep the best {limit} rows, or upload the file in parts.",
        "请保留最好的 {limit} 行，或把文件分成几份上传。",
    ),
}

_FILES: Mapping[str, Phrase] = {
    "file_missing": Phrase(
        "there is no file {name}",
        "没有文件 {name}",
        "Check the name; a relative path begins at the folder of the notebook.",
        "请检查文件名；相对路径从笔记本所在的文件夹开始。",
    ),
    "file_is_folder": Phrase(
        "expected a file, got the folder {name}",
        "应为文件，得到文件夹 {name}",
        "Name a .jsonl or .json file in it.",
        "请指明其中的 .jsonl 或 .json 文件。",
    ),
    "file_unreadable": Phrase(
        "{name} can't be read: {reason}",
        "无法读取 {name}：{reason}",
        "Check the rights of the file, or copy it beside the notebook.",
        "请检查文件的权限，或把它复制到笔记本旁边。",
    ),
    "file_type": Phrase(
        "expected a .jsonl or .json file, got {got}",
        "应为 .jsonl 或 .json 文件，得到 {got}",
        "Save the rows as JSON Lines: one object per line, file name ending in .jsonl.",
        "请保存为 JSON Lines：每行一个对象，文件名以 .jsonl 结尾。",
    ),
    "file_type/upload": Phrase(
        "expected a .jsonl file for the upload, got {got}",
        "上传需要 .jsonl 文件，得到 {got}",
        "Save the rows as JSON Lines: one object per line, file name ending in .jsonl.",
        "请保存为 JSON Lines：每行一个对象，文件名以 .jsonl 结尾。",
    ),
    "not_rows": Phrase(
        "expected a list of rows, got {got}",
        "应为由行组成的列表，得到 {got}",
        'Pass a list of {{"messages": [...]}}, a pandas frame, or one split of a datasets object.',
        '请传入 {{"messages": [...]}} 的列表、pandas 表，或 datasets 的一个 split。',
    ),
}

_REPORT: Mapping[str, Phrase] = {
    "at_line": Phrase("line {line}", "第 {line} 行"),
    "report_valid": Phrase("{file}: valid, {rows} rows", "{file}：有效，共 {rows} 行"),
    "report_invalid": Phrase(
        "{file}: not valid, {errors} errors; {valid} of {rows} rows are valid",
        "{file}：无效，{errors} 个错误；{rows} 行中 {valid} 行有效",
    ),
    "report_errors": Phrase("errors: {count}", "错误：{count}"),
    "report_warnings": Phrase("warnings: {count}", "警告：{count}"),
    "report_advice": Phrase("advice: {count}", "建议：{count}"),
}

PROBLEMS: Mapping[str, Phrase] = {**JSON_PROBLEMS, **_ROWS, **_WHOLE, **_FILES, **_REPORT}
