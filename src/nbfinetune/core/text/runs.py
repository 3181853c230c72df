"""The words of runs on their way: what was asked of them, how they ended, what the list says."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

RUNS: Mapping[str, Phrase] = {
    # what a run hands out
    "settings_written": Phrase(
        "{path} written; train with it:  %ft_train DATASET --config {path}",
        "已写入 {path}；用它训练：%ft_train 数据集 --config {path}",
    ),
    "script_written": Phrase(
        "{path} and its rows, {rows}, written: they need TRL and no nbfinetune",
        "已写入 {path} 及其数据 {rows}：只需 TRL，不需 nbfinetune",
    ),
    # what a run does with what was asked of it
    "run_queued": Phrase(
        "{name} waits, number {position} in the queue: it starts when {active} has ended or pauses",
        "{name} 排队中，位置 {position}：{active} 结束或暂停后开始",
    ),
    "run_stopping": Phrase(
        "{name}: stops after this step and keeps a checkpoint",
        "{name}：完成当前步后停止，并保留检查点",
    ),
    "run_still_stopping": Phrase(
        "{name}: has been asked to stop before, and its step is not over yet",
        "{name}：此前已请求停止，当前步尚未完成",
        "If it hangs,  %ft_stop {name} --now  ends its process; what it learned since the last "
        "checkpoint is lost.",
        "若已卡住，可用  %ft_stop {name} --now  结束其进程；最后一个检查点之后学到的内容会丢失。",
    ),
    "run_withdrawn": Phrase(
        "{name}: taken out of the queue",
        "{name}：已移出队列",
    ),
    "run_killed": Phrase(
        "{name}: its process is ended; what it had not saved is lost",
        "{name}：其进程已结束；未保存的内容已丢失",
    ),
    "run_pausing": Phrase(
        "{name}: pauses after this step and keeps a checkpoint; %ft_resume {name} goes on",
        "{name}：完成当前步后暂停，并保留检查点；用  %ft_resume {name}  继续",
    ),
    "run_goes_on": Phrase(
        "{name}: goes on",
        "{name}：继续训练",
    ),
    "run_goes_on_from": Phrase(
        "{name}: goes on from step {step}",
        "{name}：从第 {step} 步继续",
    ),
    "run_is": Phrase(
        "{name}: already {state}",
        "{name}：已是 {state} 状态",
    ),
    "run_waits_for_its_turn": Phrase(
        "{name}: waits for its turn, there is nothing to pause; %ft_stop {name} takes it out",
        "{name}：正在排队，无需暂停；%ft_stop {name} 可将其移出",
    ),
    "run_renamed": Phrase(
        "{name}: was {before}",
        "{name}：原名 {before}",
    ),
    "run_noted": Phrase(
        "{name}: noted",
        "{name}：已备注",
    ),
    "run_deleted": Phrase(
        "{name} ({id}) is deleted, with its checkpoints",
        "{name}（{id}）及其检查点已删除",
    ),
    "no_output": Phrase(
        "nothing was printed or logged",
        "没有任何打印或日志",
    ),
    # the list, and the details of one
    "runs_run": Phrase("run", "训练"),
    "runs_state": Phrase("state", "状态"),
    "runs_progress": Phrase("progress", "进度"),
    "runs_loss": Phrase("validation loss", "验证损失"),
    "runs_time": Phrase("time", "用时"),
    "runs_engine": Phrase("engine", "引擎"),
    "runs_note": Phrase("note", "备注"),
    "runs_id": Phrase("id", "标识"),
    "runs_created": Phrase("created", "创建于"),
    "runs_method": Phrase("method", "方法"),
    "runs_base_model": Phrase("base model", "基座模型"),
    "runs_settings": Phrase("settings", "设置"),
    "runs_data": Phrase("data", "数据"),
    "runs_weights": Phrase("trained weights", "训练的权重"),
    "runs_attempts": Phrase("attempts", "尝试次数"),
    "runs_checkpoints": Phrase("checkpoints", "检查点"),
    "runs_versions": Phrase("versions", "版本"),
    "runs_hardware": Phrase("hardware", "硬件"),
    "runs_folder": Phrase("folder", "文件夹"),
    "runs_data_of": Phrase(
        "{name}, {train} rows to train, {validation} to validate, sha256 {sha256}",
        "{name}，训练 {train} 行，验证 {validation} 行，sha256 {sha256}",
    ),
    "runs_cores": Phrase("{cores} cores", "{cores} 核"),
    "runs_none": Phrase("no runs yet", "还没有训练"),
    # what can't be done
    "run_name_empty": Phrase(
        "a run needs a name",
        "训练需要一个名字",
        "For example:  %ft_runs {name} --rename second-try",
        "例如：%ft_runs {name} --rename second-try",
    ),
    "no_process": Phrase(
        "{name} does not train in a process of its own on this machine",
        "{name} 不是在本机的独立进程中训练",
        "A run in a thread ends with its kernel: restart that, then  %ft_resume {name}.",
        "线程中的训练随内核结束：请重启该内核，再用  %ft_resume {name}。",
    ),
    # how a process ended
    "worker_killed": Phrase(
        "killed, probably because memory ran out",
        "被系统终止，很可能是内存不足",
        "%ft_resume {name} goes on from the last checkpoint; a smaller --micro-batch-size or "
        "--max-length needs less memory.",
        "%ft_resume {name} 从最后一个检查点继续；减小 --micro-batch-size 或 --max-length "
        "可少用内存。",
    ),
    "worker_signal": Phrase(
        "its process was ended by {signal}",
        "进程被信号 {signal} 结束",
        "%ft_resume {name} goes on from the last checkpoint; %ft_runs {name} --log may say why.",
        "%ft_resume {name} 从最后一个检查点继续；原因可能在  %ft_runs {name} --log  中。",
    ),
    "worker_gone": Phrase(
        "its process ended without a word (status {status})",
        "进程未作说明即结束（状态 {status}）",
        "%ft_resume {name} goes on from the last checkpoint; %ft_runs {name} --log may say why.",
        "%ft_resume {name} 从最后一个检查点继续；原因可能在  %ft_runs {name} --log  中。",
    ),
    "lease_expired": Phrase(
        "no kernel wanted this run for {minutes} minutes: it saved and ended",
        "{minutes} 分钟内没有内核需要该训练：已保存并结束",
        "--detach lets a run go on without a kernel.",
        "加上 --detach 可让训练在没有内核时继续。",
    ),
    "training_interrupted": Phrase(
        "run {name} was cut off: {reason}",
        "训练 {name} 被中断：{reason}",
        "Go on from its last checkpoint:  %ft_resume {name}",
        "从最后一个检查点继续：%ft_resume {name}",
    ),
}
