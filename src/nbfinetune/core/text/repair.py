"""The words of the repair panel below a report, and of where the rows of a report came from."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

_SHORT: Mapping[str, Phrase] = {
    "fix_short/bom": Phrase("byte order mark", "字节顺序标记"),
    "fix_short/code_fences": Phrase("code fences around rows", "数据行外的代码围栏"),
    "fix_short/preamble": Phrase("talk around the rows", "数据行外的说明文字"),
    "fix_short/exotic_blanks": Phrase("no-break spaces between tokens", "标记之间的不换行空格"),
    "fix_short/smart_quotes": Phrase("curly quotes", "弯引号"),
    "fix_short/full_width": Phrase("full-width punctuation", "全角标点"),
    "fix_short/python_literals": Phrase("Python instead of JSON", "Python 写法"),
    "fix_short/trailing_commas": Phrase("commas too many", "多余的逗号"),
    "fix_short/raw_tabs": Phrase("tabs inside texts", "文字中的制表符"),
    "fix_short/line_breaks": Phrase("line breaks inside texts", "文字中的换行"),
    "fix_short/messages_list": Phrase("bare lists of messages", "单独的消息列表"),
    "fix_short/messages_key": Phrase("'message' for 'messages'", "键名 'message'"),
    "fix_short/role_aliases": Phrase("other names of roles", "角色的其他叫法"),
    "fix_short/content_parts": Phrase("contents in parts", "分成几段的内容"),
    "fix_short/system_first": Phrase("system message not first", "system 消息不在最前"),
    "fix_short/systems_joined": Phrase("several system messages", "多条 system 消息"),
    "fix_short/turns_joined": Phrase("one role twice in a row", "同一角色连续出现"),
    "fix_short/trailing_user": Phrase("last question without answer", "结尾没有回答的提问"),
    "fix_short/wrapper": Phrase("an object around the rows", "数据行的外层对象"),
    "fix_short/split_objects": Phrase("several objects on a line", "连在一起的对象"),
    "fix_short/array_to_lines": Phrase("an array, not lines", "数组，而不是每行一条"),
    "fix_short/lines_to_array": Phrase("lines, not an array", "每行一条，而不是数组"),
    "fix_short/one_line": Phrase("objects over several lines", "跨多行的对象"),
}

_PANEL: Mapping[str, Phrase] = {
    "repair_title": Phrase("Quick-fixes", "快速修复"),
    "repair_lead": Phrase(
        "You see what changes before anything does.", "先看会改什么，再决定是否修复。"
    ),
    "repair_all": Phrase("Fix all", "全部修复"),
    "repair_places": Phrase("places that change: {count}", "将修改：{count} 处"),
    "repair_beyond": Phrase(
        "errors for you to correct, no quick-fix knows what was meant: {count}",
        "需要您自己改正的错误（快速修复无法判断原意）：{count}",
    ),
    "repair_left": Phrase("errors left then: {count}", "之后剩余错误：{count}"),
    "repair_clean": Phrase("no errors are left then", "之后不再有错误"),
    "repair_after_others": Phrase(
        "This one comes after the others: choose 'Fix all'.",
        "它要在其他修复之后才能进行：请选“全部修复”。",
    ),
    "repair_look": Phrase("Look for quick-fixes", "查找快速修复"),
    "repair_look_note": Phrase(
        "There is much to look through: this can take a minute.", "内容较多：可能需要一分钟。"
    ),
    "repair_apply": Phrase("Apply", "应用"),
    "repair_cancel": Phrase("Cancel", "取消"),
    "repair_undo": Phrase("Undo", "撤销"),
    "repair_copy": Phrase("Copy", "复制"),
    "repair_copied": Phrase("Copied", "已复制"),
    "repair_waiting": Phrase("waiting for the kernel …", "正在等待内核……"),
    "repair_not_done": Phrase("not repaired: {count}", "未修复：{count}"),
    "repair_file_plan": Phrase(
        "Writes the new file {out}; {file} stays as it is.", "写入新文件 {out}；{file} 保持不变。"
    ),
    "repair_cell_plan": Phrase(
        "Keeps the repaired rows and gives you the cell's new text; the cell stays as it is.",
        "保存修复后的行，并给出单元格的新内容；单元格本身不变。",
    ),
    "repair_rows_plan": Phrase(
        "Keeps the repaired rows as a dataset; your Python object stays as it is.",
        "把修复后的行保存为数据集；您的 Python 对象保持不变。",
    ),
    "repair_done": Phrase("repaired: {count}", "已修复：{count} 处"),
    "repair_file_done": Phrase(
        "{out} is written, {file} is as it was.", "已写入 {out}，{file} 保持原样。"
    ),
    "repair_kept": Phrase(
        "Kept as dataset {name}, version {version}.", "已保存为数据集 {name} 的版本 {version}。"
    ),
    "repair_not_kept": Phrase(
        "Not kept as a dataset yet (errors left: {count}).",
        "尚未保存为数据集（剩余错误：{count}）。",
    ),
    "repair_cell_text": Phrase("The cell's new text", "单元格的新内容"),
    "repair_cell_way": Phrase(
        "Copy it over the cell. Or run the cell once with this first line, and it rewrites itself:",
        "复制并覆盖单元格；或把第一行改成下面这样运行一次，单元格会自动改写：",
    ),
    "repair_file_deleted": Phrase("{out} is deleted again.", "已再次删除 {out}。"),
    "repair_file_gone": Phrase("{out} was gone already.", "{out} 已不存在。"),
    "repair_file_stays": Phrase(
        "{out} stays: it has changed since.", "{out} 保留：它在此之后被改动过。"
    ),
    "repair_was_version": Phrase(
        "Dataset {name} is version {version} again.", "数据集 {name} 恢复为版本 {version}。"
    ),
    "repair_was_none": Phrase(
        "Dataset {name} is not kept any more, as before.", "数据集 {name} 不再保存，与之前一样。"
    ),
    "repair_other_since": Phrase(
        "Dataset {name} stays: it was kept anew since.",
        "数据集 {name} 保留：之后又保存过。",
    ),
    "repair_hint": Phrase(
        "quick-fixes: {fixes}",
        "快速修复：{fixes}",
        "Add --fix to look at them, --fix all to apply them.",
        "加上 --fix 查看，--fix all 应用。",
    ),
    "repair_hint_page": Phrase(
        "Quick-fixes of this source: add --fix to look at them, --fix all to apply them.",
        "此来源可以快速修复：加上 --fix 查看，--fix all 应用。",
    ),
}

_SOURCE: Mapping[str, Phrase] = {
    "report_converted": Phrase("converted from {format}", "由 {format}转换"),
    "report_converted_rows": Phrase("{rows} rows", "{rows} 行"),
    "report_left_out": Phrase(
        "Left out, since messages have no place for it:", "未能放进 messages 而略去："
    ),
    "report_extra_keys": Phrase(
        "Extra keys, kept on export, without effect on training:",
        "额外的键（导出时保留，不影响训练）：",
    ),
    "report_repaired": Phrase("repaired by quick-fixes", "经快速修复"),
    "report_figures": Phrase("The valid rows: {rows}", "有效的行：{rows}"),
    "report_lines": Phrase("lines {lines}", "第 {lines} 行"),
    "report_rows_numbered": Phrase("rows {lines}", "第 {lines} 条"),
}

REPAIR: Mapping[str, Phrase] = {**_SHORT, **_PANEL, **_SOURCE}
