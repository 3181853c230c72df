"""The words of what shows while a run trains, and of what is estimated before it does."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase


def _padded(because: str, because_zh: str) -> Phrase:
    return Phrase(
        "rows of {model} can't share what they begin with: " + because,
        "{model} 的各行无法共用相同的开头：" + because_zh,
        "They are padded instead: the same results, in more time.",
        "各行改为填充后计算：结果相同，用时更长。",
    )


TRAINING: Mapping[str, Phrase] = {
    # symptoms
    "loss_spike": Phrase(
        "the loss jumped to {loss} at step {step}; {usual} was usual (rows of lines {lines})",
        "第 {step} 步的损失跳到 {loss}，平时约为 {usual}（第 {lines} 行的数据）",
        "Read these rows: one may be wrong, cut or in another language. Where the loss stays up, "
        "lower --learning-rate.",
        "请查看这些行：可能有错误、被截断或用了另一种语言。若损失居高不下，请降低 --learning-rate",
    ),
    "loss_rising": Phrase(
        "the training loss rises, from {before} to {now}: the steps are too large",
        "训练损失在上升，从 {before} 到 {now}：步子太大",
        "Stop the run and lower the rate:  --learning-rate {rate}",
        "请停止训练并降低学习率：--learning-rate {rate}",
    ),
    "loss_flat": Phrase(
        "the loss has hardly moved in {step} steps ({before} → {now}): the steps are too small",
        "{step} 步以来损失几乎没有变化，从 {before} 到 {now}：步子太小",
        "Raise the rate, for example  --learning-rate {rate},  or train for more --epochs.",
        "请提高学习率，例如  --learning-rate {rate}，或增加 --epochs。",
    ),
    "overfit": Phrase(
        "the model learns its rows by heart: the validation loss rises from {before} at step "
        "{step} to {now}, while the training loss falls",
        "模型在死记训练数据：训练损失下降，验证损失却从第 {step} 步的 {before} 升到 {now}",
        "Step {step} is the best. Next time train for fewer --epochs, add rows, or give "
        "--early-stop-patience 2.",
        "第 {step} 步最好。下次请减少 --epochs、增加数据，或给出 --early-stop-patience 2。",
    ),
    "worse_than_base": Phrase(
        "the model gets worse at rows that it isn't trained on: loss {before} before, now {now}",
        "模型对未训练的数据越来越差：训练前 {before}，现在 {now}",
        "Lower the rate, for example  --learning-rate {rate},  and see that the validation rows "
        "are of the same kind as the others.",
        "请降低学习率，例如  --learning-rate {rate}，并确认验证数据与训练数据属于同一类。",
    ),
    "answers_unchanged": Phrase(
        "after {step} steps all {count} held-out answers are still those of the base model",
        "{step} 步之后，{count} 个留出问题的回答仍与基座模型完全相同",
        "Raise the rate, for example  --learning-rate {rate},  or train for more --epochs.",
        "请提高学习率，例如  --learning-rate {rate}，或增加 --epochs。",
    ),
    "answers_same": Phrase(
        "all {count} held-out questions get the same endless answer: the steps are too large",
        "{count} 个留出问题得到同一个没完没了的回答：步子太大",
        "Train again with a lower rate, for example  --learning-rate {rate}.",
        "请降低学习率重新训练，例如  --learning-rate {rate}。",
    ),
    "answers_endless": Phrase(
        "{count} of {of} held-out answers don't end, though their references are short (cut after "
        "{tokens} tokens)",
        "{of} 个留出问题中有 {count} 个回答不会结束，而参考答案很短（在 {tokens} 个词元处截断）",
        "The end of a turn is not learned yet: train for more --epochs, and see that no row loses "
        "its end at --max-length.",
        "模型还没学会结束一轮：请增加 --epochs，并确认没有数据在 --max-length 处失去结尾。",
    ),
    # estimates
    "memory_short": Phrase(
        "training needs about {needs} of memory (weights {weights}, a step {step}), {free} is free",
        "训练约需 {needs} 内存（权重 {weights}，每步 {step}），剩余 {free}",
        "It would fit with  {options}",
        "加上  {options}  即可放下。",
    ),
    "memory_too_small": Phrase(
        "training needs about {needs} of memory (weights {weights}, a step {step}), {free} is free",
        "训练约需 {needs} 内存（权重 {weights}，每步 {step}），剩余 {free}",
        "Take a smaller base model, or a machine with more memory.",
        "请换用更小的基座模型，或内存更大的机器。",
    ),
    "disk_short": Phrase(
        "{count} checkpoints and the rows need {needs} on disk, {free} are free",
        "{count} 个检查点和数据需要 {needs} 磁盘空间，剩余 {free}",
        "Make room, or keep fewer:  --keep-checkpoints 2",
        "请腾出空间，或少保留一些：--keep-checkpoints 2",
    ),
    "long_run": Phrase(
        "this will take about {minutes} minutes, and ends with this kernel",
        "大约需要 {minutes} 分钟，并会随此内核一起结束",
        "With  --engine process  it goes on when the kernel restarts.",
        "加上  --engine process  则内核重启后仍会继续。",
    ),
    # how rows are computed
    "rows_share": Phrase(
        "rows of a step begin alike, which is computed once: about {computed} of {tokens} tokens",
        "同一步中各行开头相同的部分只计算一次：{tokens} 个词元中约计算 {computed} 个",
    ),
    "rows_padded_head": _padded("its LM head is no plain layer", "其 LM head 不是普通的线性层"),
    "rows_padded_positions": _padded("it takes no positions", "它不接受位置编号"),
    "rows_padded_layers": _padded("it has layers of {kinds}", "它含有 {kinds} 类的层"),
    "rows_padded_attention": _padded("it has an attention of its own", "它使用自己的注意力实现"),
    "rows_padded_window": _padded(
        "its attention is not told of the window of {window} tokens",
        "它的注意力不知道 {window} 个词元的窗口",
    ),
    "rows_padded_differs": _padded(
        "its results would differ by {share}", "打包后结果会相差 {share}"
    ),
    "rows_padded_failed": _padded(
        "it can't compute a pack ({reason})", "它无法计算打包后的行（{reason}）"
    ),
    # a dry run
    "dry_run": Phrase("dry run of {name}: nothing was started", "{name} 的试算：尚未开始训练"),
    "dry_rows": Phrase("rows", "行"),
    "dry_rows_of": Phrase(
        "{train} to train, {validation} to validate", "训练 {train}，验证 {validation}"
    ),
    "dry_steps": Phrase("steps", "步"),
    "dry_steps_of": Phrase("{steps} in {epochs} epochs", "{epochs} 轮共 {steps}"),
    "dry_tokens": Phrase("tokens", "词元"),
    "dry_tokens_of": Phrase(
        "{tokens}, {trained} of them trained; the longest row has {longest}",
        "{tokens}，其中训练 {trained}；最长一行 {longest}",
    ),
    "dry_cut": Phrase("rows cut", "被截断的行"),
    "dry_weights": Phrase("weights", "参数"),
    "dry_weights_of": Phrase("{trained} of {all} are trained", "{all} 中训练 {trained}"),
    "dry_device": Phrase("device", "设备"),
    "dry_memory": Phrase("memory", "内存"),
    "dry_memory_of": Phrase(
        "about {total} of {free} free: weights {weights}, adapter {adapter}, a step {step}",
        "约 {total}（可用 {free}）：权重 {weights}，适配器 {adapter}，每步 {step}",
    ),
    "dry_time": Phrase("time", "时间"),
    "dry_time_of": Phrase("about {duration}", "约 {duration}"),
    "dry_unknown": Phrase("not known before it trains", "训练开始后才知道"),
    "dry_disk": Phrase("disk", "磁盘"),
    "dry_disk_of": Phrase(
        "up to {total} of {free} free: {count} checkpoints of {each}",
        "至多 {total}（可用 {free}）：{count} 个检查点，每个 {each}",
    ),
    # the disk
    "disk_full": Phrase(
        "disk full: {path} needs {needs}, free {free}",
        "磁盘已满：{path} 需要 {needs}，剩余 {free}",
        "What was committed is whole. Make room, then go on from there with  %ft_resume.",
        "请腾出空间，然后用  %ft_resume  从最后一个检查点继续；已提交的内容完好。",
    ),
    "folder_not_writable": Phrase(
        "can't write to {path}: {reason}",
        "无法写入 {path}：{reason}",
        "Give another folder in NBFINETUNE_HOME, or the right to write to this one.",
        "请在 NBFINETUNE_HOME 中给出另一个文件夹，或赋予此文件夹写入权限。",
    ),
}
