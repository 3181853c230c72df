"""The words of what shows while a run trains, and of what is estimated before it does."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

TRAINING: Mapping[str, Phrase] = {
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
