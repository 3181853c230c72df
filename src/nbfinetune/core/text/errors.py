"""The words of errors and of notices about runs. Whoever raises gives the parameters."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

ERRORS: Mapping[str, Phrase] = {
    # datasets
    "dataset_invalid": Phrase(
        "problems in {name}: {count} ({valid} of {rows} rows are valid)",
        "{name} 有 {count} 个问题（共 {rows} 行，有效 {valid} 行）",
        "Correct these lines and run the cell again.",
        "请改正这些行，然后重新运行单元格。",
    ),
    "dataset_refused": Phrase(
        "problems in {name}: {count} ({valid} of {rows} rows are valid)",
        "{name} 有 {count} 个问题（共 {rows} 行，有效 {valid} 行）",
        "The report names them; correct these rows and run the cell again.",
        "报告列出了这些问题；请改正这些行，然后重新运行单元格。",
    ),
    "more_problems": Phrase("… and {count} more", "……另有 {count} 个"),
    "dataset_source_unknown": Phrase(
        "{source!r} is no dataset, no file and no Python variable{suggestion}",
        "{source!r} 既不是数据集、文件，也不是 Python 变量{suggestion}",
        "Give the path of a .jsonl or .json file, the name of a list of rows, sample:pirate …; "
        "%ft_dataset alone lists the datasets.",
        "请给出 .jsonl 或 .json 文件的路径、行列表变量的名字、sample:pirate 等；"
        "单独的  %ft_dataset  列出数据集。",
    ),
    "dataset_name_missing": Phrase(
        "the dataset needs a name",
        "数据集需要一个名字",
        "For example:  %ft_dataset rows.jsonl --name pirate",
        "例如：%ft_dataset rows.jsonl --name pirate",
    ),
    # settings
    "setting_out_of_range": Phrase(
        "{field} must be {allowed}, got {value}  ({option})",
        "{field} 必须为 {allowed}，得到 {value}（{option}）",
    ),
    "setting_wrong_type": Phrase(
        "{field} must be {allowed}, got {value!r}  ({option})",
        "{field} 必须是 {allowed}，得到 {value!r}（{option}）",
    ),
    "setting_unknown": Phrase(
        "unknown option {option}{suggestion}",
        "未知选项 {option}{suggestion}",
    ),
    "setting_batch": Phrase(
        "{field} must divide batch_size ({batch_size}), got {value}  ({option})",
        "{field} 必须能整除 batch_size（{batch_size}），得到 {value}（{option}）",
    ),
    "arguments_wrong": Phrase("{reason}", "{reason}", "See  {magic}?", "参见  {magic}?"),
    # training
    "too_few_rows": Phrase(
        "{rows} rows are left to train on",
        "可用于训练的只有 {rows} 行",
        "Add rows, or train without a validation split:  --validation 0",
        "请增加数据，或不划分验证集：--validation 0",
    ),
    "nothing_trained": Phrase(
        "{count} rows lose all their trained tokens at max_length {max_length} (lines {lines})",
        "max_length 为 {max_length} 时，{count} 行失去全部训练词元（第 {lines} 行）",
        "Raise --max-length, or shorten these rows.",
        "请增大 --max-length，或缩短这些行。",
    ),
    "training_failed": Phrase(
        "run {name} failed: {reason}",
        "训练 {name} 失败：{reason}",
        "The whole story:  %ft_runs {name} --log",
        "完整日志：%ft_runs {name} --log",
    ),
    "loss_not_finite": Phrase(
        "the loss became {value} at step {step}",
        "第 {step} 步的损失变为 {value}",
        "Lower --learning-rate; the last committed checkpoint is intact.",
        "请降低 --learning-rate；最后一个已提交的检查点完好。",
    ),
    "gradient_not_finite": Phrase(
        "the gradient became {value} at step {step}",
        "第 {step} 步的梯度变为 {value}",
        "Lower --learning-rate; the last committed checkpoint is intact.",
        "请降低 --learning-rate；最后一个已提交的检查点完好。",
    ),
    "out_of_memory": Phrase(
        "memory ran out at step {step}, with a single row of up to {tokens} tokens",
        "第 {step} 步内存不足，即使一次只算一行（最长 {tokens} 个词元）",
        "Lower --max-length, add --gradient-checkpointing, or take a smaller base model.",
        "请减小 --max-length，加上 --gradient-checkpointing，或换用更小的基座模型。",
    ),
    "checkpoint_other_matrices": Phrase(
        "the checkpoint holds other LoRA matrices than this run trains",
        "检查点中的 LoRA 矩阵与本次训练的不同",
        "Train anew with  %ft_train DATASET --like RUN.",
        "用  %ft_train 数据集 --like 训练  重新训练。",
    ),
    "dataset_or_like": Phrase(
        "there is no dataset to train on",
        "没有可训练的数据集",
        "Name one, or the run whose rows to take:  --like RUN",
        "请给出数据集，或用  --like 训练  取用某次训练的数据。",
    ),
    "tensorboard_missing": Phrase(
        "report_to tensorboard needs the package tensorboard",
        "report_to tensorboard 需要安装 tensorboard",
        "pip install 'nbfinetune[report]'",
        "请运行  pip install 'nbfinetune[report]'",
    ),
    "settings_unreadable": Phrase(
        "settings in {path} can't be read: {reason}",
        "无法读取 {path} 中的设置：{reason}",
        "It takes lines like  epochs: 5;  %ft_runs RUN --settings  shows those of a run.",
        "应为  epochs: 5  这样的行；%ft_runs 训练 --settings  显示某次训练的设置。",
    ),
    "run_not_planned": Phrase(
        "run {name} has not begun, so its device and precision are not known",
        "训练 {name} 尚未开始，设备与精度未知",
        "Wait until it trains.",
        "请等到训练开始。",
    ),
    "data_changed": Phrase(
        "{file} is not the data that this run began with",
        "{file} 不是本次训练开始时的数据",
        "Put the file back, or train anew with  %ft_train DATASET --like {name}.",
        "请恢复该文件，或用  %ft_train 数据集 --like {name}  重新训练。",
    ),
    "spec_changed": Phrase(
        "the settings are not those that this run began with: {changes}",
        "设置与本次训练开始时不同：{changes}",
        "Put spec.json back, or train anew with  %ft_train DATASET --like {name}.",
        "请恢复 spec.json，或用  %ft_train 数据集 --like {name}  重新训练。",
    ),
    "checkpoint_offered": Phrase(
        "{reason}",
        "{reason}",
        "Go on from the one before:  %ft_resume {name}@step-{step}",
        "从前一个检查点继续：%ft_resume {name}@step-{step}",
    ),
    "stopped_early": Phrase(
        "stopped early: the validation loss has not fallen for {count} measurements",
        "提前停止：验证损失连续 {count} 次没有下降",
        "The best checkpoint is step {step}.",
        "最好的检查点是第 {step} 步。",
    ),
    "weights_not_finite": Phrase(
        "weights became infinite or not a number at step {step}",
        "第 {step} 步的权重变为无穷大或非数字",
        "Lower --learning-rate; the last committed checkpoint is intact.",
        "请降低 --learning-rate；最后一个已提交的检查点完好。",
    ),
    "validation_overlap": Phrase(
        "{count} validation rows are training rows, too: their loss says nothing about new ones",
        "{count} 行验证数据也在训练数据中：它们的损失说明不了新数据的情况",
        "Take them out of one of the two.",
        "请从其中一个数据集中去掉它们。",
    ),
    # notices of the preflight
    "few_steps": Phrase(
        "only {steps} optimizer steps: too few to learn much",
        "只有 {steps} 个优化步：太少，学不到多少",
        "--epochs {epochs} would give {more_steps}.",
        "--epochs {epochs} 会有 {more_steps} 步。",
    ),
    "few_steps_few_rows": Phrase(
        "only {steps} optimizer steps from {rows} rows: too few to learn much",
        "{rows} 行只有 {steps} 个优化步：太少，学不到多少",
        "Add rows, or lower --batch-size.",
        "请增加数据，或减小 --batch-size。",
    ),
    "special_tokens_refused": Phrase(
        "{count} places hold tokens by which {model} tells turns apart",
        "{count} 处含有 {model} 用来区分轮次的特殊标记",
        "Take them out of the rows, or train them as they are with  --allow-special-tokens",
        "请从数据中删除，或用  --allow-special-tokens  照样训练。",
    ),
    "special_tokens_kept": Phrase(
        "{count} places hold special tokens of the model (lines {lines})",
        "{count} 处含有模型的特殊标记（第 {lines} 行）",
        "They are trained as tokens, not as text.",
        "它们会作为标记而非文字训练。",
    ),
    "rows_cut": Phrase(
        "{count} rows are longer than max_length {max_length} and lose their ends (lines {lines})",
        "{count} 行超过 max_length {max_length}，末尾会被截断（第 {lines} 行）",
        "Raise --max-length to keep them whole.",
        "增大 --max-length 可保留完整。",
    ),
    "preset_chosen": Phrase(
        "preset {preset}: made for {model}",
        "预设 {preset}：为 {model} 而设",
    ),
    "max_length_limited": Phrase(
        "{model} reads at most {limit} tokens: max_length is {limit}",
        "{model} 最多读取 {limit} 个词元：max_length 为 {limit}",
    ),
    "no_validation": Phrase(
        "no validation rows: the best checkpoint can't be told from the last one",
        "没有验证数据：无法区分最佳与最后的检查点",
        "Add rows, or give --validation 0.1.",
        "请增加数据，或给出 --validation 0.1。",
    ),
    # runs and checkpoints
    "run_unknown": Phrase(
        "there is no run {name!r}{suggestion}",
        "没有名为 {name!r} 的训练{suggestion}",
        "%ft_runs lists the runs.",
        "%ft_runs 列出所有训练。",
    ),
    "no_runs": Phrase(
        "there is no run yet",
        "还没有训练",
        "Start one with  %ft_train DATASET",
        "用  %ft_train 数据集  开始。",
    ),
    "run_locked": Phrase(
        "run {run} is in use by process {pid} on {host} since {since}",
        "训练 {run} 自 {since} 起被 {host} 上的进程 {pid} 使用",
        "Stop it there, or start a new run.",
        "请先在那里停止，或新建训练。",
    ),
    "format_newer": Phrase(
        "{path} was written by a newer nbfinetune (format {found}, this one reads {supported})",
        "{path} 由更新的 nbfinetune 写入（格式 {found}，本版本支持 {supported}）",
        "Upgrade with  pip install -U nbfinetune",
        "请升级：pip install -U nbfinetune",
    ),
    "file_damaged": Phrase(
        "{path} can't be read: {reason}",
        "无法读取 {path}：{reason}",
    ),
    "system_unreadable": Phrase(
        "the system prompt can't be read from {path}: {reason}",
        "无法从 {path} 读取系统提示词：{reason}",
        "@FILE takes the text of a file; without @ the words themselves are the prompt.",
        "@文件 取用文件中的文字；没有 @ 时，文字本身就是系统提示词。",
    ),
    "no_checkpoint": Phrase(
        "run {run} has no committed checkpoint{suffix}",
        "训练 {run} 没有已提交的检查点{suffix}",
        "Wait for the first one, or see  %ft_runs {run}",
        "请等待第一个检查点，或查看  %ft_runs {run}",
    ),
    "checkpoint_damaged": Phrase(
        "checkpoint {path} does not match its commit record: {reason}",
        "检查点 {path} 与提交记录不符：{reason}",
        "Use another checkpoint of the run.",
        "请使用该训练的其他检查点。",
    ),
    # models
    "model_unknown": Phrase(
        "{name!r} is neither a run nor a model{suggestion}",
        "{name!r} 既不是训练，也不是模型{suggestion}",
        "Give  base,  a run of  %ft_runs,  starter,  a path or a hub id.",
        "可用：base、%ft_runs 中的训练、starter、路径或模型 id。",
    ),
    "prompt_too_long": Phrase(
        "the prompt is {tokens} tokens long; {model} reads at most {limit}",
        "提示有 {tokens} 个词元；{model} 最多读取 {limit} 个",
        "Shorten the prompt or the system prompt.",
        "请缩短提示或系统提示。",
    ),
    "column_missing": Phrase(
        "name at least one model to ask",
        "请至少写一个模型",
        "For example:  {magic} base first-try",
        "例如：{magic} base first-try",
    ),
    "column_syntax": Phrase(
        "can't read the column {column!r}: {reason}",
        "无法解析列 {column!r}：{reason}",
        "A column is MODEL or MODEL=SYSTEM, as in  base  first-try@last  base=@prompt.txt",
        "列的写法：MODEL 或 MODEL=系统提示，例如  base  first-try@last  base=@prompt.txt",
    ),
    "prompts_missing": Phrase(
        "there are no prompts",
        "没有提示",
        "Write one prompt per line below the magic.",
        "在魔法命令下方每行写一个提示。",
    ),
}
