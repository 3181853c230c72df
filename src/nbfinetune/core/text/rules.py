"""The words of user rules: what they say of a row, and why one can't be used."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

RULES: Mapping[str, Phrase] = {
    # reasons
    "rule_contains": Phrase("contains {found}", "包含 {found}"),
    "rule_wrong_end": Phrase("ends with {got}, not {wanted}", "以 {got} 结尾，应为 {wanted}"),
    "rule_not_json": Phrase("no valid JSON: {reason}", "不是有效的 JSON：{reason}"),
    "rule_too_long": Phrase("{got} characters, more than {limit}", "{got} 个字符，超过 {limit} 个"),
    "rule_no_match": Phrase("{target} does not match {pattern}", "{target} 不匹配 {pattern}"),
    "rule_matches": Phrase(
        "{target} matches {pattern}: {found}", "{target} 匹配 {pattern}：{found}"
    ),
    "rule_not_kept": Phrase("not kept", "未遵守"),
    "rule_no_verdict": Phrase(
        "a check says True, False or a reason, got {got}",
        "检查应返回 True、False 或原因，得到 {got}",
    ),
    # what the marks show
    "rule_passed": Phrase("keep it: {count}", "遵守：{count}"),
    "rule_failed": Phrase("break it: {count}", "违反：{count}"),
    "rule_unjudged": Phrase("could not be judged: {count}", "无法判断：{count}"),
    "rule_ready": Phrase(
        "rule {name} is ready; there is no dataset to mark yet",
        "规则 {name} 已就绪；还没有可标记的数据集",
    ),
    "rule_none": Phrase(
        "no rules yet: write one with  %%ft_rule NAME", "还没有规则：用  %%ft_rule 名字  写一个"
    ),
    "rule_waits": Phrase("(not run here yet)", "（尚未在此运行）"),
    # errors
    "rule_name_missing": Phrase(
        "the rule needs a name",
        "规则需要一个名字",
        "For example:  %%ft_rule no-echo",
        "例如：%%ft_rule no-echo",
    ),
    "rule_unknown": Phrase(
        "there is no rule {name!r}{suggestion}",
        "没有规则 {name!r}{suggestion}",
        "Write one with  %%ft_rule {name}",
        "用  %%ft_rule {name}  写一个。",
    ),
    "rule_two_forms": Phrase(
        "the rule {name!r} is given twice: by options and by the lines below",
        "规则 {name!r} 写了两次：选项和下方的行",
        "Write it in one of the two places.",
        "请只写在一处。",
    ),
    "rule_empty": Phrase(
        "the rule {name!r} says nothing",
        "规则 {name!r} 没有内容",
        "Write an expression such as  user not in answer  or lines such as  answer must match 。$",
        "请写表达式，如  user not in answer  ，或这样的行：answer must match 。$",
    ),
    "rule_no_text": Phrase(
        "the rule {name!r} must be a text, got {got}",
        "规则 {name!r} 必须是文字，得到 {got}",
        'Write it as in a cell, for example  "lacks(answer, user)": it is kept with the dataset.',
        '请像在单元格中那样写成文字，如  "lacks(answer, user)"：它会随数据集保存。',
    ),
    "rule_syntax": Phrase(
        "the rule {name!r} is no valid Python: {reason} (line {line})",
        "规则 {name!r} 不是有效的 Python：{reason}（第 {line} 行）",
        "Write an expression over system, user, answer and messages, or a function  def check(row)",
        "请用 system、user、answer、messages 写表达式，或写函数  def check(row)",
    ),
    "rule_no_check": Phrase(
        "the rule {name!r} has statements but no function 'check'",
        "规则 {name!r} 有语句，但没有函数 'check'",
        "Write one expression, or a function  def check(row)  that returns True, False or a reason",
        "请写一个表达式，或写函数  def check(row)  ，返回 True、False 或原因",
    ),
    "rule_parameters": Phrase(
        "check() of the rule {name!r} can't be given {got}",
        "规则 {name!r} 的 check() 不能接收 {got}",
        "Its parameters can be row, system, user, answer and messages.",
        "参数可以是 row、system、user、answer、messages。",
    ),
    "rule_broken": Phrase(
        "the rule {name!r} can't be set up: {reason}",
        "规则 {name!r} 无法准备：{reason}",
        "Correct it and run the cell again.",
        "请改正后重新运行单元格。",
    ),
    "rule_pattern": Phrase(
        "line {line} of the rule {name!r} is no valid pattern: {reason}",
        "规则 {name!r} 第 {line} 行不是有效的正则表达式：{reason}",
        "Put a backslash before  . * + ? ( ) [ ] {{ }} | ^ $  where the character itself is meant.",
        "若指字符本身，请在  . * + ? ( ) [ ] {{ }} | ^ $  之前加反斜杠。",
    ),
    "rule_line": Phrase(
        "line {line} of the rule {name!r} can't be read: {got}",
        "规则 {name!r} 第 {line} 行无法读取：{got}",
        "Write  answer must match PATTERN  or  answer must not match PATTERN"
        "  (answer, user, system, row)",
        "请写  answer must match 模式  或  answer must not match 模式"
        "  （answer、user、system、row）",
    ),
    "rule_unconfirmed": Phrase(
        "the rule {name!r} is Python that came with the data and has not been run here",
        "规则 {name!r} 是随数据附带的 Python，尚未在此运行",
        "It could do anything on this machine. Read it; if you trust it, run this cell:\n"
        "%%ft_rule {name}\n{source}",
        "它可以在这台机器上做任何事。请先阅读；如果信任它，请运行此单元格：\n"
        "%%ft_rule {name}\n{source}",
    ),
    "rule_newer": Phrase(
        "the rule {name!r} was stored by a newer version (v{got}, known: v{known})",
        "规则 {name!r} 由更新的版本保存（v{got}，已知 v{known}）",
        "Update nbfinetune.",
        "请更新 nbfinetune。",
    ),
    "rule_damaged": Phrase(
        "a stored rule can't be read: {reason}",
        "保存的规则无法读取：{reason}",
        "Delete it, or write it again with  %%ft_rule NAME",
        "请删除它，或用  %%ft_rule 名字  重写。",
    ),
}
