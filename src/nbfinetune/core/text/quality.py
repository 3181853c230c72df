"""The words of the quality card: what was found, and a plain sentence on what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

_READ = "Read these rows: correct them, or add more like them if the model shall do so."
_READ_ZH = "请阅读这些行：改正它们；若希望模型这样回答，则多加一些。"

QUALITY: Mapping[str, Phrase] = {
    # accuracy
    "quality_conflicts": Phrase(
        "questions with different answers: {count} ({rows} rows)",
        "{count} 个问题有不同的回答（{rows} 行）",
        "Keep the best answer of each, unless the model shall vary: it learns a blend of all.",
        "每个问题保留最好的回答，除非希望模型有变化：它会学成各种回答的混合。",
    ),
    "quality_cut": Phrase(
        "answers that stop in the middle, at a comma or inside a code block: {count}",
        "{count} 个回答中途停止（停在逗号或代码块中）",
        "Write their ends: the model learns where to stop from these rows, too.",
        "请补全结尾：模型也从这些行学习在哪里停止。",
    ),
    # style
    "quality_length_high": Phrase(
        "answers far longer than the others: {count}",
        "{count} 个回答比其他的长得多",
        "Read these rows: shorten them, or split them into several rows.",
        "请阅读这些行：缩短它们，或分成几行。",
    ),
    "quality_length_low": Phrase(
        "answers far shorter than the others: {count}",
        "{count} 个回答比其他的短得多",
        "Read these rows: complete them, or delete them.",
        "请阅读这些行：补充完整，或删除。",
    ),
    "quality_sentence_high": Phrase(
        "answers with far longer sentences than the others: {count}",
        "{count} 个回答的句子比其他的长得多",
        _READ,
        _READ_ZH,
    ),
    "quality_sentence_low": Phrase(
        "answers with far shorter sentences than the others: {count}",
        "{count} 个回答的句子比其他的短得多",
        _READ,
        _READ_ZH,
    ),
    "quality_punctuation_high": Phrase(
        "answers with far more punctuation than the others: {count}",
        "{count} 个回答的标点比其他的多得多",
        _READ,
        _READ_ZH,
    ),
    "quality_punctuation_low": Phrase(
        "answers with far less punctuation than the others: {count}",
        "{count} 个回答的标点比其他的少得多",
        _READ,
        _READ_ZH,
    ),
    "quality_exclaims_with": Phrase(
        "answers that exclaim (!), unlike the others: {count}",
        "{count} 个回答有感叹号，其他的没有",
        _READ,
        _READ_ZH,
    ),
    "quality_exclaims_without": Phrase(
        "answers that don't exclaim (!), unlike the others: {count}",
        "{count} 个回答没有感叹号，其他的有",
        _READ,
        _READ_ZH,
    ),
    "quality_asks_with": Phrase(
        "answers that ask something, unlike the others: {count}",
        "{count} 个回答有问句，其他的没有",
        _READ,
        _READ_ZH,
    ),
    "quality_asks_without": Phrase(
        "answers that ask nothing, unlike the others: {count}",
        "{count} 个回答没有问句，其他的有",
        _READ,
        _READ_ZH,
    ),
    "quality_emoji_with": Phrase(
        "answers with emoji or symbols, unlike the others: {count}",
        "{count} 个回答有表情符号，其他的没有",
        _READ,
        _READ_ZH,
    ),
    "quality_emoji_without": Phrase(
        "answers without emoji, unlike the others: {count}",
        "{count} 个回答没有表情符号，其他的有",
        _READ,
        _READ_ZH,
    ),
    "quality_layout_with": Phrase(
        "answers with lists, headings or code blocks, unlike the others: {count}",
        "{count} 个回答用了列表、标题或代码块，其他的没有",
        _READ,
        _READ_ZH,
    ),
    "quality_layout_without": Phrase(
        "answers without lists, headings or code blocks, unlike the others: {count}",
        "{count} 个回答没有列表、标题或代码块，其他的有",
        _READ,
        _READ_ZH,
    ),
    "quality_lines_with": Phrase(
        "answers of several lines, unlike the others: {count}",
        "{count} 个回答有多行，其他的只有一行",
        _READ,
        _READ_ZH,
    ),
    "quality_lines_without": Phrase(
        "answers of one line, unlike the others: {count}",
        "{count} 个回答只有一行，其他的有多行",
        _READ,
        _READ_ZH,
    ),
    "quality_ended_with": Phrase(
        "answers that end with a full stop or the like, unlike the others: {count}",
        "{count} 个回答以句末标点结尾，其他的没有",
        _READ,
        _READ_ZH,
    ),
    "quality_ended_without": Phrase(
        "answers that end without a full stop or the like, unlike the others: {count}",
        "{count} 个回答没有句末标点，其他的有",
        "Complete them if they were cut; else end them like the others.",
        "若被截断请补全；否则请像其他回答一样结尾。",
    ),
    "quality_polite_with": Phrase(
        "answers with the polite form of address, unlike the others: {count}",
        "{count} 个回答用了“您”，其他的没有",
        "Choose one form of address for all answers.",
        "请为所有回答选定一种称呼。",
    ),
    "quality_polite_without": Phrase(
        "answers without the polite form of address, unlike the others: {count}",
        "{count} 个回答没有用“您”，其他的用了",
        "Choose one form of address for all answers.",
        "请为所有回答选定一种称呼。",
    ),
    "quality_doubled": Phrase(
        "answers with two punctuation marks where one belongs: {count}",
        "{count} 个回答有重复或错误的标点",
        "Delete one of the two: the model would learn the slip.",
        "请删除其中一个：否则模型会学到这个错误。",
    ),
    "quality_script": Phrase(
        "answers in another language than their question: {count}",
        "{count} 个回答与问题的语言不同",
        "Translate them, unless translation is what the model shall learn.",
        "请翻译它们，除非要让模型学习翻译。",
    ),
    "quality_drift": Phrase(
        "system prompts that look like slips of a more frequent one: {count} ({rows} rows)",
        "{count} 个系统提示与更常用的只有细微差别（{rows} 行）",
        "Give these rows the frequent prompt: to the model they are two different ones.",
        "请让这些行使用常用的提示：对模型来说它们是两个不同的提示。",
    ),
    # repetition
    "quality_duplicates": Phrase(
        "rows that are there more than once: {count} ({rows} rows in all)",
        "{count} 行重复出现（共 {rows} 行）",
        "Keep one of each, unless it shall count twice.",
        "每组保留一行，除非有意让它算两次。",
    ),
    "quality_near": Phrase(
        "groups of rows that are nearly the same: {count} ({rows} rows)",
        "{count} 组行几乎相同（{rows} 行）",
        "Keep the best of each group, or reword the others: repetition teaches wording by heart.",
        "每组保留最好的一行，或改写其他行：重复会让模型死记措辞。",
    ),
    "quality_same_answer": Phrase(
        "different questions with the very same answer: {count}",
        "{count} 个不同的问题有完全相同的回答",
        "Vary the wording, or keep a few: the model will give this answer to anything.",
        "请变换措辞，或只保留几个：否则模型对什么都会这样回答。",
    ),
    # coverage
    "quality_no_topics": Phrase(
        "the questions share too few words to be sorted into topics",
        "问题之间共同的词太少，无法归为主题",
        "Check by hand that each scenario has a few rows.",
        "请人工检查每个场景是否都有几行。",
    ),
    "quality_heavy_topic": Phrase(
        "{percent} % of the rows are about one topic: {words}",
        "{percent} % 的行属于同一主题：{words}",
        "Add rows about the other scenarios that the model shall handle.",
        "请为模型要处理的其他场景增加数据。",
    ),
    "quality_thin_topics": Phrase(
        "topics with fewer than {limit} rows: {count} ({words})",
        "{count} 个主题少于 {limit} 行：{words}",
        "Add a few rows for each of them, or delete them if they don't matter.",
        "请为它们各增加几行；不重要的可以删除。",
    ),
}
