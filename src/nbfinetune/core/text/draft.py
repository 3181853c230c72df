"""The words of the dataset studio: what an edited text is, and why an operation was refused."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

DRAFT: Mapping[str, Phrase] = {
    "one_row_expected": Phrase(
        "expected one row, got {count}",
        "应为一行，得到 {count} 行",
        "Keep one row here, and add the others as rows of their own.",
        "此处只保留一行，其余请另外添加。",
    ),
    "extra_key/here": Phrase(
        "the key {key} has no effect on training",
        "键 {key} 对训练没有作用",
        "It is kept when the dataset is written. What the model shall learn belongs in 'content'.",
        "写出数据集时会保留。要让模型学的内容应放进 'content'。",
    ),
    "outer_whitespace/here": Phrase(
        "this text begins or ends with blanks",
        "这段文字首尾有空白",
        "Delete the blanks: some models never see them.",
        "请删除空白：有的模型看不到它们。",
    ),
    "row_gone": Phrase(
        "this row is not there any more",
        "这一行已不存在",
        "It was deleted, perhaps in another view. Undo brings it back.",
        "它已被删除，可能是在另一个视图中。可以撤销。",
    ),
    "row_changed": Phrase(
        "this row was changed in another view meanwhile",
        "这一行刚才在另一个视图中被修改",
        "Compare the two. Saving again puts your text in place of the other.",
        "请比较两者。再次保存会用您的文字替换另一份。",
    ),
    "name_needed": Phrase(
        "the dataset needs a name of 1 to {limit} characters",
        "数据集需要一个名字，1 到 {limit} 个字符",
        "Write one beside the Save button.",
        "请写在“保存”按钮旁边。",
    ),
    "studio_summary": Phrase(
        "the studio of dataset {name}: {valid} of {rows} rows are valid",
        "数据集 {name} 的工作室：{rows} 行中 {valid} 行有效",
    ),
    "studio_valid": Phrase("{valid} of {rows} rows valid", "{rows} 行中 {valid} 行有效"),
    "studio_picture": Phrase(
        "A picture of the dataset studio. Run this cell again to open it.",
        "数据集工作室的快照。重新运行此单元格即可打开。",
    ),
    "studio_kept": Phrase(
        "The valid rows were saved as a version:  %ft_dataset {name} --edit  opens it.",
        "有效行已保存为一个版本：用  %ft_dataset {name} --edit  打开。",
    ),
    "studio_lost": Phrase(
        "Changed rows: {count}. What was not saved as a version ended with its kernel.",
        "改动的行：{count}。未保存为版本的改动已随内核结束。",
    ),
    "studio_next": Phrase("Next:  %ft_train {name}", "下一步：%ft_train {name}"),
    "studio_row": Phrase("Row", "行"),
    "studio_line": Phrase("Line", "行号"),
    "studio_problems": Phrase("Problems", "问题"),
    "studio_more_rows": Phrase("… and {count} more rows", "… 以及另外 {count} 行"),
    "studio_needs_anywidget": Phrase(
        "the dataset studio needs the package anywidget",
        "数据集工作室需要 anywidget 包",
        "Install it:  %pip install anywidget  and restart the kernel. Without it, edit the file "
        "and check it with  %ft_dataset FILE.",
        "请安装：%pip install anywidget，然后重启内核。没有它时，可修改文件，"
        "再用  %ft_dataset 文件  检查。",
    ),
}
