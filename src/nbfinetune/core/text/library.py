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
    "format_top_level_system": Phrase("system beside messages", "与 messages 并列的 system"),
}

_CONVERSION: Mapping[str, Phrase] = {
    "conversion": Phrase("rows converted from {format}: {rows}", "从 {format}转换的行：{rows}"),
    "conversion_left_out": Phrase(
        "turns left out, since messages have no place for them: {what} {count}× (line {lines})",
        "无法放进 messages 而略去的轮次：{what} {count} 处（第 {lines} 行）",
    ),
}

LIBRARY: Mapping[str, Phrase] = {**_FORMATS, **_CONVERSION}
