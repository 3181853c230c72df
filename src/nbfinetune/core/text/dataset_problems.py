"""The words of what is found across rows, of files that can't be read, and of the report."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

WHOLE: Mapping[str, Phrase] = {
    "few_rows": Phrase(
        "expected at least {limit} rows, got {rows}",
        "至少应有 {limit} 行，得到 {rows} 行",
        "Add rows: a few dozen good ones are enough to begin with, 100 to 1,000 are usual.",
        "请增加数据：几十行好数据就可以开始，通常用 100 到 1,000 行。",
    ),
    "many_rows": Phrase(
        "{rows:,} rows, more than the usual 100 to {limit:,}",
        "共 {rows:,} 行，超过通常的 100 到 {limit:,} 行",
        "All are used. If training takes long, try the best {limit:,} first: "
        "quality beats quantity.",
        "全部都会使用。如果训练太久，可先试最好的 {limit:,} 行：质量比数量重要。",
    ),
    "duplicate_row": Phrase(
        "the same messages as line {other}",
        "与第 {other} 行的消息相同",
        "Delete one of the two, unless it should count twice.",
        "请删除其中一行，除非有意让它算两次。",
    ),
    "conflicting_answers": Phrase(
        "the same question as line {other}, with another answer",
        "与第 {other} 行的问题相同，回答不同",
        "Keep the better answer, unless both are meant.",
        "请保留较好的回答，除非两者都需要。",
    ),
    "duplicate_row/row": Phrase(
        "the same messages as row {other}",
        "与第 {other} 条的消息相同",
        "Delete one of the two, unless it should count twice.",
        "请删除其中一条，除非有意让它算两次。",
    ),
    "conflicting_answers/row": Phrase(
        "the same question as row {other}, with another answer",
        "与第 {other} 条的问题相同，回答不同",
        "Keep the better answer, unless both are meant.",
        "请保留较好的回答，除非两者都需要。",
    ),
    "system_prompt_varies": Phrase(
        "{count} different system prompts are used; a second one begins here",
        "用了 {count} 个不同的系统提示；第二个从这里开始",
        "Use one system prompt in all rows, unless the model should tell them apart.",
        "请在所有行用同一个系统提示，除非要让模型区分它们。",
    ),
    "system_prompt_varies/partly": Phrase(
        "some rows have the system prompt and others have none",
        "有的行有系统提示，有的没有",
        "Give all rows the same system prompt, unless the difference is meant.",
        "请给所有行同一个系统提示，除非有意不同。",
    ),
    "system_prompt_varies/many": Phrase(
        "{count:,} or more different system prompts are used; a second one begins here",
        "用了至少 {count:,} 个不同的系统提示；第二个从这里开始",
        "Use one system prompt in all rows, unless the model should tell them apart.",
        "请在所有行用同一个系统提示，除非要让模型区分它们。",
    ),
    "extra_key/row": Phrase(
        "the key {key} has no effect on training ({count}×, first here)",
        "键 {key} 对训练没有作用（共 {count} 处，此处最先）",
        "It is kept when the dataset is written; what the model should learn goes in 'messages'. "
        "If it is the system prompt of its row, add  --system-key KEY.",
        "写出数据集时会保留。要让模型学的内容应放进 'messages'。"
        "若它是该行的系统提示，请加上  --system-key 键名。",
    ),
    "extra_key/more": Phrase(
        "further keys that have no effect on training: {count}× (first here)",
        "其他对训练没有作用的键：共 {count} 处（此处最先）",
        "They are kept when the dataset is written.",
        "写出数据集时会保留。",
    ),
    "extra_key/message": Phrase(
        "the key {key} has no effect on training ({count}×, first here)",
        "键 {key} 对训练没有作用（共 {count} 处，此处最先）",
        "It is kept when the dataset is written; what the model should learn goes in 'content'.",
        "写出数据集时会保留。要让模型学的内容应放进 'content'。",
    ),
    "outer_whitespace": Phrase(
        "{role} messages that begin or end with blanks: {count} (first here)",
        "首尾有空白的 {role} 消息：{count} 条（此处最先）",
        "Delete the blanks: some models never see them.",
        "请删除空白：有的模型看不到它们。",
    ),
    "blank_line": Phrase(
        "blank lines, skipped: {count} (first here)",
        "跳过的空行：{count} 个（此处最先）",
        "Nothing needs to be done; other tools may refuse them.",
        "无需处理；其他工具可能不接受空行。",
    ),
    "bom": Phrase(
        "the file begins with a byte order mark, skipped",
        "文件以字节顺序标记（BOM）开头，已跳过",
        "Nothing needs to be done here; delete it for tools that want UTF-8 without BOM.",
        "此处无需处理；如果其他工具要求无 BOM 的 UTF-8，请删除它。",
    ),
    "size_limit": Phrase(
        "expected at most {limit:,} bytes, got {got:,}",
        "最多 {limit:,} 字节，得到 {got:,}",
        "Keep the best rows, or upload the file in parts.",
        "请保留最好的行，或把文件分成几份上传。",
    ),
    "row_limit": Phrase(
        "expected at most {limit:,} rows, got {got:,}",
        "最多 {limit:,} 行，得到 {got:,}",
        "Keep the best {limit:,} rows, or upload the file in parts.",
        "请保留最好的 {limit:,} 行，或把文件分成几份上传。",
    ),
}

FILES: Mapping[str, Phrase] = {
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
    "encoding_unknown": Phrase(
        "there is no encoding {name}",
        "没有名为 {name} 的编码",
        "Try gb18030, utf-16 or cp1252.",
        "可以试试 gb18030、utf-16 或 cp1252。",
    ),
    "profile_unknown": Phrase(
        "there is no profile {name}",
        "没有名为 {name} 的 profile",
        "There are: {known}.",
        "现有：{known}。",
    ),
    "encoding_without_bom": Phrase(
        "the file doesn't begin as {name} does: with a byte order mark",
        "文件开头没有 {name} 应有的字节顺序标记",
        "Leave --encoding out: the report names the encoding that it finds.",
        "请去掉 --encoding：报告会指出检测到的编码。",
    ),
    "not_rows": Phrase(
        "expected a list of rows, got {got}",
        "应为由行组成的列表，得到 {got}",
        'Pass a list of {{"messages": [...]}}, a pandas frame, or one split of a datasets object.',
        '请传入 {{"messages": [...]}} 的列表、pandas 表，或 datasets 的一个 split。',
    ),
}

REPORT: Mapping[str, Phrase] = {
    "at_line": Phrase("line {line}", "第 {line} 行"),
    "at_row": Phrase("row {line}", "第 {line} 条"),
    "way_out_fix": Phrase(" Or add:  --fix {fix}", "或加上：--fix {fix}"),
    "report_valid": Phrase("{file}: valid ({rows} rows)", "{file}：有效（共 {rows} 行）"),
    "report_invalid": Phrase(
        "{file}: not valid ({valid} of {rows} rows are)",
        "{file}：无效（{rows} 行中 {valid} 行有效）",
    ),
    "report_errors": Phrase("errors: {count}", "错误：{count}"),
    "report_warnings": Phrase("warnings: {count}", "警告：{count}"),
    "more_of_code": Phrase(
        "… and {count} more {code} (--json lists all)",
        "…… 还有 {count} 个 {code}（--json 会列出全部）",
    ),
    "report_advice": Phrase("advice: {count}", "建议：{count}"),
}
