"""The labels of a dataset's report and of the quality card."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

LABELS: Mapping[str, Phrase] = {
    "report_ready": Phrase("ready to train", "可以训练"),
    "report_no_rows": Phrase("no valid row", "没有有效的行"),
    "report_fact_rows": Phrase("rows", "行"),
    "report_fact_valid": Phrase("valid rows", "有效行"),
    "report_fact_answers": Phrase("answers", "回答"),
    "report_fact_multi_turn": Phrase("multi-turn rows", "多轮对话"),
    "report_fact_median": Phrase("characters, median row", "字符（中位行）"),
    "report_fact_longest": Phrase("longest row", "字符（最长行）"),
    "report_fact_systems": Phrase("system prompts", "系统提示"),
    "report_fact_script": Phrase("script", "文字"),
    "report_of": Phrase("{part} of {whole}", "{part} / {whole}"),
    "script_latin": Phrase("Latin", "拉丁字母"),
    "script_chinese": Phrase("Chinese", "中文"),
    "script_mixed": Phrase("Chinese + Latin", "中文 + 拉丁字母"),
    "script_other": Phrase("other", "其他"),
    "script_none": Phrase("no letters", "无文字"),
    "report_script_share": Phrase("{script} {percent} %", "{script} {percent} %"),
    "report_lengths": Phrase("Characters per row", "每行字符数"),
    "report_token_lengths": Phrase("Tokens per row", "每行词元数"),
    "report_bin": Phrase("{low} to {high}: {count} rows", "{low} 到 {high}：{count} 行"),
    "report_bin_open": Phrase("{low} and more: {count} rows", "{low} 以上：{count} 行"),
    "report_systems": Phrase("System prompts", "系统提示"),
    "report_no_system": Phrase("none", "无"),
    "report_times": Phrase("{count}×", "{count}×"),
    "report_slip": Phrase(
        "looks like a slip of a more frequent one: the marked characters differ",
        "可能是更常用提示的笔误：标出的字符不同",
    ),
    "report_more_systems": Phrase("… and {count} more prompts", "……另有 {count} 个提示"),
    "report_more": Phrase("… and {count} more", "……另有 {count} 处"),
    "report_way_out": Phrase("→ {way_out}", "→ {way_out}"),
    "report_rules": Phrase("Rules", "规则"),
    "report_tokens": Phrase("Tokens of {model}", "{model} 的词元"),
    "report_trained": Phrase(
        "{trained} of {total} tokens are learned ({percent} %)",
        "学习 {total} 个词元中的 {trained} 个（{percent} %）",
    ),
    "report_owners": Phrase("Most tokens are learned from", "学习词元最多的行"),
    "report_cut": Phrase(
        "rows cut at {limit} tokens: {count}",
        "在 {limit} 个词元处截断的行：{count}",
        "Raise --max-length, or shorten them.",
        "请增大 --max-length，或缩短它们。",
    ),
    "report_near_skipped": Phrase(
        "Nearly equal rows are looked for on the quality card: there are many rows.",
        "行数较多，几乎相同的行请见质量卡。",
    ),
    "report_leak_same": Phrase(
        "validation rows that are in training, too: {count}",
        "验证集中与训练集相同的行：{count}",
        "Delete them from one of the two: the validation loss would look better than it is.",
        "请从其中一个删除：否则验证损失会显得过好。",
    ),
    "report_leak_question": Phrase(
        "validation rows whose question is in training, too: {count}",
        "验证集中问题已在训练集出现的行：{count}",
        "Put all rows of one question on one side.",
        "请把同一问题的所有行放在同一侧。",
    ),
    "report_leak_near": Phrase(
        "validation rows that are nearly the same as training rows: {count}",
        "验证集中与训练集几乎相同的行：{count}",
        "Put them on one side, or reword them.",
        "请放在同一侧，或改写。",
    ),
    "report_first_rows": Phrase("First rows", "前几行"),
    "report_row": Phrase("line {line}", "第 {line} 行"),
    # the quality card
    "card_title": Phrase("Quality card", "质量卡"),
    "card_fine": Phrase("nothing stands out", "没有异常"),
    "card_to_see": Phrase("to look at: {count}", "待查看：{count}"),
    "aspect_accuracy": Phrase("Accuracy", "准确性"),
    "aspect_style": Phrase("One style and tone", "风格与语气一致"),
    "aspect_coverage": Phrase("Coverage", "场景覆盖"),
    "aspect_repetition": Phrase("Repetition", "重复"),
    "card_accuracy_note": Phrase(
        "Whether answers are true, no program can tell: read some of them on the review page.",
        "回答是否正确，程序无法判断：请在审核页阅读一部分。",
    ),
    "card_topics": Phrase("What the rows are about", "数据的主题"),
    "card_sampled": Phrase("of {count} rows drawn", "抽取 {count} 行"),
    "card_alone": Phrase("like no others", "与其他都不同"),
    # the review page
    "review_title": Phrase("{name}: are these answers right?", "{name}：这些回答正确吗？"),
    "review_lead": Phrase(
        "{count} of {rows} rows, drawn with seed {seed}. Your verdicts stay in this browser until "
        "you save them as a file.",
        "共 {rows} 行，以种子 {seed} 抽取 {count} 行。判断保存在此浏览器中，直到您另存为文件。",
    ),
    "review_ok": Phrase("right", "正确"),
    "review_wrong": Phrase("wrong", "错误"),
    "review_unsure": Phrase("unsure", "不确定"),
    "review_note": Phrase("What is wrong with it?", "哪里有问题？"),
    "review_save": Phrase("Save as JSONL", "保存为 JSONL"),
    "review_done": Phrase("judged", "已判断"),
}
