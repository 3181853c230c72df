"""The words of chat templates: why one can't be used, and what one does to the rows it is given.

`labels_unproven/…` is one reason of several for which the place of an answer can't be told.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.phrase import Phrase

_UNPROVEN_EN = "the chat template of {model} does not show where the answer of line {line} is: "
_UNPROVEN_ZH = "{model} 的对话模板无法确定第 {line} 行答案的位置："
_WAY_OUT_EN = "Use a model whose template carries {{% generation %}} markers."
_WAY_OUT_ZH = "请使用模板带 {{% generation %}} 标记的模型。"


def _unproven(en: str, zh: str) -> Phrase:
    return Phrase(_UNPROVEN_EN + en, _UNPROVEN_ZH + zh, _WAY_OUT_EN, _WAY_OUT_ZH)


TEMPLATES: Mapping[str, Phrase] = {
    "template_missing": Phrase(
        "{model} has no chat template",
        "{model} 没有对话模板",
        "Choose an instruct or chat version of the model.",
        "请选择该模型的 instruct 或 chat 版本。",
    ),
    "template_refused": Phrase(
        "the chat template of {model} refuses this conversation: {reason}",
        "{model} 的对话模板拒绝此对话：{reason}",
        "Change the row (often its system prompt), or choose another model.",
        "请修改这一行（常见原因是系统提示），或换一个模型。",
    ),
    "labels_unproven/changed": _unproven(
        "the answer is not rendered as it was written", "答案没有按原文呈现"
    ),
    "labels_unproven/not_once": _unproven(
        "an answer is not rendered exactly once", "有答案不是恰好呈现一次"
    ),
    "labels_unproven/no_end": _unproven("no special token ends the answer", "答案不以特殊词元结束"),
    "labels_unproven/markers": _unproven(
        "{answers} answers but {marked} marked places", "有 {answers} 个答案，却标记了 {marked} 处"
    ),
    "labels_unproven/border": _unproven(
        "a token crosses the border of the answer", "有词元跨越答案的边界"
    ),
    # what a template does to rows, as notices
    "template_no_markers": Phrase(
        "the chat template of {model} does not mark its answers; "
        "nbfinetune finds and proves their places row by row",
        "{model} 的对话模板没有标记答案；nbfinetune 会逐行查找并核实答案的位置",
    ),
    "template_injects_system": Phrase(
        "rows without a system prompt get one from the chat template of {model}: “{text}”",
        "没有系统提示的行会被 {model} 的对话模板加上：“{text}”",
        "Give the rows a system prompt of their own if this one is not meant.",
        "如果不需要它，请给这些行写上自己的系统提示。",
    ),
    "template_adds_text": Phrase(
        "the chat template of {model} adds a text of its own to every row: “{text}”",
        "{model} 的对话模板给每一行加上自己的文字：“{text}”",
    ),
    "template_drops_system": Phrase(
        "the chat template of {model} leaves the system prompt out: the model never sees it",
        "{model} 的对话模板会丢掉系统提示：模型看不到它",
        "Write what it says into the first user message, or choose another model.",
        "请把它的内容写进第一条 user 消息，或换一个模型。",
    ),
    "template_refuses_system": Phrase(
        "the chat template of {model} refuses system prompts: {reason}",
        "{model} 的对话模板拒绝系统提示：{reason}",
        "Write what it says into the first user message, or choose another model.",
        "请把它的内容写进第一条 user 消息，或换一个模型。",
    ),
    "template_moves_system": Phrase(
        "the chat template of {model} puts the system prompt before the last question, "
        "not at the beginning",
        "{model} 的对话模板把系统提示放在最后一个问题之前，而不是开头",
    ),
    "template_strips": Phrase(
        "the chat template of {model} strips outer white space from messages ({roles}): "
        "the model does not learn it",
        "{model} 的对话模板会去掉消息首尾的空白（{roles}）：模型学不到这些空白",
    ),
    "template_deletes_thinking": Phrase(
        "the chat template of {model} deletes think blocks from earlier answers",
        "{model} 的对话模板会删除较早回答中的思考块",
    ),
    "template_deletes_thinking/every": Phrase(
        "the chat template of {model} deletes think blocks from every answer",
        "{model} 的对话模板会删除每个回答中的思考块",
    ),
    # the X-ray of a row
    "xray_trained": Phrase("trained", "训练"),
    "xray_end_of_turn": Phrase("trained: here the answer ends", "训练：回答在此结束"),
    "xray_read": Phrase("read, not trained", "只读，不训练"),
    "xray_injected": Phrase("added by the template", "模板添加"),
    "xray_template": Phrase("template", "模板"),
    "xray_special": Phrase("special token", "特殊词元"),
    "xray_cut": Phrase("cut off, not read", "被截断，不读取"),
    "xray_system": Phrase("system", "系统"),
    "xray_user": Phrase("user", "用户"),
    "xray_assistant": Phrase("assistant", "助手"),
    "xray_tokens": Phrase("tokens", "词元"),
    "xray_share": Phrase("of what is read", "占读取部分"),
    "xray_within": Phrase("special token within a message", "消息里的特殊词元"),
    "xray_sentence": Phrase(
        "{tokens} tokens, {trained} of them trained ({share})",
        "{tokens} 个词元，其中训练 {trained} 个（{share}）",
    ),
    "xray_cut_at": Phrase(
        "cut at max_length {max_length}: {cut} of {tokens} tokens are not read, "
        "{lost} of them would be trained",
        "max_length {max_length}：{tokens} 个词元中有 {cut} 个不读取，其中 {lost} 个本应训练",
        "Raise --max-length, or shorten the row.",
        "请增大 --max-length，或缩短这一行。",
    ),
    "xray_cut_here": Phrase(
        "cut here: max_length {max_length}", "在此截断：max_length {max_length}"
    ),
}
