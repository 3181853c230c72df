"""The words of conversions, of datasets by name, of samples and of the dataset library."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

_FORMATS: Mapping[str, Phrase] = {
    "format_alpaca": Phrase(
        "Alpaca (instruction, input, output)", "Alpaca 格式（instruction、input、output）"
    ),
    "format_prompt_completion": Phrase("prompt and completion", "prompt 与 completion 格式"),
    "format_query_response": Phrase(
        "query, response and history", "query、response 与 history 格式"
    ),
    "format_question_answer": Phrase("question and answer", "question 与 answer 格式"),
    "format_prompt_response": Phrase("prompt and response", "prompt 与 response 格式"),
    "format_instruction_response": Phrase(
        "instruction and response", "instruction 与 response 格式"
    ),
    "format_input_output": Phrase("input and output", "input 与 output 格式"),
    "format_sharegpt": Phrase("ShareGPT (conversations)", "ShareGPT 格式（conversations）"),
    "format_xtuner": Phrase("XTuner (conversation)", "XTuner 格式（conversation）"),
    "format_top_level_system": Phrase(
        "a system prompt beside messages", "与 messages 并列的系统提示"
    ),
}

_CONVERSION: Mapping[str, Phrase] = {
    "conversion": Phrase("rows converted from {format}: {rows}", "从 {format}转换的行：{rows}"),
    "conversion_left_out": Phrase(
        "turns left out, since messages have no place for them: {what} {count}× (line {lines})",
        "无法放进 messages 而略去的轮次：{what} {count} 处（第 {lines} 行）",
    ),
}

_NAMED: Mapping[str, Phrase] = {
    "sample_unknown": Phrase(
        "there is no sample {name!r}{suggestion}",
        "没有名为 {name!r} 的示例{suggestion}",
        "There are: {names}.",
        "现有：{names}。",
    ),
    "source_unknown": Phrase(
        "{source} is no file and no named set",
        "{source} 不是文件，也不是命名的数据集",
        "Give the path of a .jsonl or .json file, or sample:pirate …; what was kept before is "
        "opened with  open_dataset(NAME).",
        "请给出 .jsonl 或 .json 文件的路径，或 sample:pirate 等；已保存的数据集用  "
        "open_dataset(名称)  打开。",
    ),
    "source_syntax": Phrase(
        "can't read the source {source}",
        "无法解析来源 {source}",
        "Write  hf:org/set,  hf:org/set:split  or  hf:org/set/config:split.",
        "请写成  hf:组织/数据集、hf:组织/数据集:split  或  hf:组织/数据集/config:split。",
    ),
    "source_not_found": Phrase(
        "there is no dataset {source}, or it is private: {reason}",
        "没有数据集 {source}，或它是私有的：{reason}",
        "Check the name on the hub's page; for a private one log in:  hf auth login",
        "请在 hub 的网页上核对名称；私有数据集请先登录：hf auth login",
    ),
    "source_gated": Phrase(
        "{source} is given only to those who agree to its terms: {reason}",
        "{source} 需要先同意其使用条款：{reason}",
        "Agree to them on the dataset's page, then log in:  hf auth login",
        "请在数据集的网页上同意条款，然后登录：hf auth login",
    ),
    "source_offline": Phrase(
        "{source} can't be reached: {reason}",
        "无法连接 {source}：{reason}",
        "Check the network (HF_HUB_OFFLINE, HF_ENDPOINT), or load a file instead.",
        "请检查网络（HF_HUB_OFFLINE、HF_ENDPOINT），或改为加载文件。",
    ),
    "source_config": Phrase(
        "{source} has several configurations: {reason}",
        "{source} 有多个配置：{reason}",
        "Name one of them:  hf:org/set/config",
        "请指明其中一个：hf:组织/数据集/config",
    ),
    "source_no_split": Phrase(
        "{source} has no split {split}; it has: {splits}",
        "{source} 没有 split {split}；现有：{splits}",
        "Write one of these behind the colon.",
        "请在冒号后写上其中之一。",
    ),
    "source_which_split": Phrase(
        "{source} has no split 'train'; it has: {splits}",
        "{source} 没有 split 'train'；现有：{splits}",
        "Say which one, behind a colon:  hf:org/set:split",
        "请在冒号后指明：hf:组织/数据集:split",
    ),
    "source_unreadable": Phrase(
        "{source} can't be read: {reason}",
        "无法读取 {source}：{reason}",
        "Download its rows as a .jsonl or .json file and load that.",
        "请把数据下载为 .jsonl 或 .json 文件再加载。",
    ),
    "export_onto_source": Phrase(
        "{name} is the file that this dataset was read from",
        "{name} 正是读取此数据集的文件",
        "Choose another name: rows with problems and blank lines would be lost.",
        "请换一个文件名：有问题的行和空行会丢失。",
    ),
    "export_type": Phrase(
        "rows are written one per line: expected a .jsonl file, got {name}",
        "数据按每行一条写入：应为 .jsonl 文件，得到 {name}",
        "Choose a name that ends in .jsonl.",
        "请换一个以 .jsonl 结尾的文件名。",
    ),
    "export_exists": Phrase(
        "there is a file {name} already, and it holds something else",
        "已有文件 {name}，且内容不同",
        "Choose another name, or replace it with  --overwrite  (in Python: overwrite=True).",
        "请换一个名称，或用  --overwrite  替换（Python 中：overwrite=True）。",
    ),
    "export_failed": Phrase(
        "{name} can't be written: {reason}",
        "无法写入 {name}：{reason}",
        "Check that the folder exists and may be written to.",
        "请检查文件夹是否存在、是否可写。",
    ),
    "export_table": Phrase(
        "the rows don't fit a table of the datasets package: {reason}",
        "这些行无法放进 datasets 包的表：{reason}",
        "Rename or delete the extra keys, or write a file:  .to_jsonl(PATH)",
        "请改名或删除多余的键，或写成文件：.to_jsonl(路径)",
    ),
    "dependency_missing": Phrase(
        "the package {package} is not installed",
        "未安装 {package} 包",
        "Install it:  %pip install {package}",
        "请安装：%pip install {package}",
    ),
}

_LIST: Mapping[str, Phrase] = {
    "library_none": Phrase(
        "no datasets yet: write one with  %%ft_dataset NAME",
        "还没有数据集：用  %%ft_dataset 名称  写一个",
    ),
    "library_is_damaged": Phrase("damaged", "已损坏"),
    "library_current": Phrase("{version} (current)", "{version}（当前）"),
    "library_fixes": Phrase("fixes: {fixes}", "修复：{fixes}"),
    "library_rules": Phrase("rules kept with it: {rules}", "随数据集保存的规则：{rules}"),
    "column_dataset": Phrase("dataset", "数据集"),
    "column_version": Phrase("version", "版本"),
    "column_rows": Phrase("rows", "行"),
    "column_versions": Phrase("versions", "版本数"),
    "column_hash": Phrase("hash", "哈希"),
    "column_kept": Phrase("kept", "保存时间"),
    "column_from": Phrase("from", "来源"),
    "column_made": Phrase("made by", "处理"),
    "origin_cell": Phrase("a cell", "单元格"),
    "origin_python": Phrase("Python rows", "Python 对象"),
}

_KEPT: Mapping[str, Phrase] = {
    "library_kept": Phrase(
        "{name}: {rows} rows kept as version {version}", "{name}：{rows} 行，保存为版本 {version}"
    ),
    "library_only": Phrase(
        "{option} is about a dataset of the library: name one, and nothing else",
        "{option} 用于库中的数据集：请只写它的名称",
        "For example:  %ft_dataset pirate {option}",
        "例如：%ft_dataset pirate {option}",
    ),
    "dataset_not_named": Phrase(
        "{option} needs a dataset or a source",
        "{option} 需要一个数据集或来源",
        "For example:  %ft_dataset pirate {option}",
        "例如：%ft_dataset pirate {option}",
    ),
    "encoding_for_files": Phrase(
        "{option} is for files, got {source}",
        "{option} 只用于文件，得到 {source}",
        "Leave it out: all other rows are text already.",
        "请去掉它：其他来源的行已经是文字。",
    ),
    "rows_written": Phrase("{path} is written, rows: {rows}", "已写入 {path}，行数：{rows}"),
    "review_written": Phrase(
        "{path} is written: open it in a browser, judge the rows, save your verdicts there",
        "已写入 {path}：请在浏览器中打开，逐行判断，并在那里保存结果",
    ),
    "library_unknown": Phrase(
        "there is no dataset {name}{suggestion}",
        "没有名为 {name} 的数据集{suggestion}",
        "%ft_dataset lists them. Write one with  %%ft_dataset NAME  or load one with  "
        "%ft_dataset FILE --name NAME.",
        "%ft_dataset 列出数据集。用  %%ft_dataset 名称  写一个，或用  "
        "%ft_dataset 文件 --name 名称  加载。",
    ),
    "library_no_version": Phrase(
        "dataset {name} has no version {version}; it has: {known}",
        "数据集 {name} 没有版本 {version}；现有：{known}",
        "Give the number of a version, or the first 4 or more digits of its hash.",
        "请给出版本号，或其哈希的前 4 位以上。",
    ),
    "library_damaged": Phrase(
        "the last version of dataset {name} is damaged: {reason}",
        "数据集 {name} 的最新版本已损坏：{reason}",
        "Others can be opened:  {others}",
        "其他版本可以打开：{others}",
    ),
    "library_name": Phrase(
        "{name} can't be the name of a dataset",
        "{name} 不能作为数据集的名称",
        "Use 1 to {limit} characters, all of them on one line.",
        "请用 1 到 {limit} 个字符，且在同一行。",
    ),
    "library_name_taken": Phrase(
        "there is a dataset {name} already",
        "已有名为 {name} 的数据集",
        "Choose another name, or rename that one first.",
        "请换一个名称，或先给原来的改名。",
    ),
    "library_locked": Phrase(
        "another process is writing to {path}",
        "另一个进程正在写入 {path}",
        "Try again in a moment.",
        "请稍后再试。",
    ),
    "deleted_dataset": Phrase(
        "{name} is deleted, with its versions: {versions}",
        "已删除 {name} 及其所有版本：{versions}",
    ),
    "deleted_version": Phrase(
        "version {versions} of {name} is deleted; these stay: {left}",
        "已删除 {name} 的版本 {versions}；保留：{left}",
    ),
    "deleted_rows": Phrase("{number} (rows: {rows})", "{number}（{rows} 行）"),
    "deleted_damaged": Phrase(
        "damaged versions that went with it: {damaged}", "一并删除的损坏版本：{damaged}"
    ),
    "deleted_rules": Phrase("rules that were kept with it: {rules}", "随之删除的规则：{rules}"),
    "deleted_runs": Phrase(
        "runs that were trained on it have their own copies of the rows: {runs}",
        "用它训练过的训练保留各自的数据副本：{runs}",
    ),
    "diff_same": Phrase(
        "the same rows in the same order: {rows}", "两者的行和顺序都相同：{rows} 行"
    ),
    "diff_counts": Phrase(
        "added: {added}, removed: {removed}, changed: {changed}, unchanged: {kept}",
        "新增：{added}，删除：{removed}，修改：{changed}，未变：{kept}",
    ),
    "diff_reordered": Phrase("the unchanged rows are in another order", "未变的行换了顺序"),
    "diff_changed": Phrase("changed ({count})", "修改（{count}）"),
    "diff_removed": Phrase("removed ({count})", "删除（{count}）"),
    "diff_added": Phrase("added ({count})", "新增（{count}）"),
}

LIBRARY: Mapping[str, Phrase] = {**_FORMATS, **_CONVERSION, **_NAMED, **_LIST, **_KEPT}
