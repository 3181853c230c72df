"""The words of everything that a dataset check finds.

`code/kind` is one of several phrases of a code. The words for one row are here;
those for JSON itself are in `json_problems`, those for a file as a whole in `dataset_problems`.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbfinetune.core.text.dataset_problems import FILES, REPORT, WHOLE
from nbfinetune.core.text.json_problems import JSON_PROBLEMS
from nbfinetune.core.text.phrase import Phrase

_ROWS: Mapping[str, Phrase] = {
    "no_rows": Phrase(
        "expected at least one row, got none",
        "至少应有一行，得到 0 行",
        'Add rows such as {{"messages": [{{"role": "user", "content": "…"}}, '
        '{{"role": "assistant", "content": "…"}}]}}.',
        '请添加这样的行：{{"messages": [{{"role": "user", "content": "…"}}, '
        '{{"role": "assistant", "content": "…"}}]}}。',
    ),
    "row_not_object": Phrase(
        "expected an object {expected}, got {got}",
        "应为对象 {expected}，得到 {got}",
        'Write the row as {{"messages": [...]}}.',
        '请写成 {{"messages": [...]}}。',
    ),
    "messages_missing": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        "Put the turns of the row into an array under 'messages'.",
        "请把这一行的各轮消息放进 'messages' 数组。",
    ),
    "messages_missing/alias": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        "Rename {got} to {expected}.",
        "请把 {got} 改名为 {expected}。",
    ),
    "messages_missing/wrapper": Phrase(
        "expected the key {expected}, got {got} with the rows in it",
        "应有键 {expected}，得到 {got}，数据行在它里面",
        "Take the rows out of the object around them.",
        "请把数据行从外层对象中取出。",
    ),
    "messages_missing/single": Phrase(
        "expected the key {expected}, got a single message: {got}",
        "应有键 {expected}，得到单独一条消息：{got}",
        'Put all messages of a conversation into one row: {{"messages": [...]}}.',
        '请把一段对话的所有消息放进同一行：{{"messages": [...]}}。',
    ),
    "messages_not_array": Phrase(
        "expected an array {expected}, got {got}",
        "应为数组 {expected}，得到 {got}",
        'Write it as [{{"role": "user", "content": "…"}}, …].',
        '请写成 [{{"role": "user", "content": "…"}}, …]。',
    ),
    "messages_empty": Phrase(
        "expected at least one question and its answer, got {got}",
        "至少应有一问一答，得到 {got}",
        "Add a 'user' and an 'assistant' message, or delete the row.",
        "请添加 'user' 和 'assistant' 消息，或删除这一行。",
    ),
    "message_not_object": Phrase(
        "expected an object {expected}, got {got}",
        "应为对象 {expected}，得到 {got}",
        'Write it as {{"role": "…", "content": "…"}}.',
        '请写成 {{"role": "…", "content": "…"}}。',
    ),
    "role_missing": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        'Say who speaks: "role": "system", "user" or "assistant".',
        '请写明是谁说的："role": "system"、"user" 或 "assistant"。',
    ),
    "role_missing/chat": Phrase(
        "expected 'user:' before the text, got {got}",
        "文字之前应有 'user:'（或 '用户：'），得到 {got}",
        "Begin the message with system:, user: or assistant:.",
        "请用 系统：、用户： 或 助手： 开头。",
    ),
    "role_missing/chat_alias": Phrase(
        "expected 'user:' before the text, got {got}",
        "文字之前应有 'user:'（或 '用户：'），得到 {got}",
        "Write '{meant}:' instead of '{word}:'.",
        "请把 '{word}:' 改为 '{meant}:'。",
    ),
    "role_missing/chat_blank": Phrase(
        "expected {expected} at the very beginning of the line, got {got}",
        "{expected} 应在行首，得到 {got}",
        "Delete the blanks before it.",
        "请删除它前面的空白。",
    ),
    "role_invalid": Phrase(
        "expected {expected}, got {got}",
        "应为 {expected}，得到 {got}",
        "Use one of these three, in lower case.",
        "请用这三个之一，全部小写。",
    ),
    "role_invalid/alias": Phrase(
        "expected {expected}, got {got}",
        "应为 {expected}，得到 {got}",
        "Write {meant} instead of {got}.",
        "请把 {got} 改为 {meant}。",
    ),
    "content_missing": Phrase(
        "expected the key {expected}, got {got}",
        "应有键 {expected}，得到 {got}",
        "Add the text of the message under 'content', or delete the row.",
        "请在 'content' 中写上消息的文字，或删除这一行。",
    ),
    "content_null": Phrase(
        "expected a text {expected}, got {got}",
        "应为文字 {expected}，得到 {got}",
        "Write the text of the message, or delete the row.",
        "请写上消息的文字，或删除这一行。",
    ),
    "content_not_string": Phrase(
        "expected a text {expected}, got {got}",
        "应为文字 {expected}，得到 {got}",
        "Put the text of the message in double quotes.",
        "请把消息的文字放进双引号。",
    ),
    "content_not_string/parts": Phrase(
        "expected a text {expected}, got a list of parts: {got}",
        "应为文字 {expected}，得到由几部分组成的列表：{got}",
        "Write all parts as one text; what is no text, such as an image, can't be learned from.",
        "请把各部分写成一段文字；图片等不是文字的内容无法学习。",
    ),
    "content_empty": Phrase(
        "expected an answer {expected}, got an empty text {got}",
        "应有回答 {expected}，得到空文字 {got}",
        "Write the answer, or delete the row: there is nothing to learn from it.",
        "请写上回答，或删除这一行：没有内容可学。",
    ),
    "content_blank": Phrase(
        "expected an answer {expected}, got blanks only: {got}",
        "应有回答 {expected}，得到的只有空白：{got}",
        "Write the answer, or delete the row: there is nothing to learn from it.",
        "请写上回答，或删除这一行：没有内容可学。",
    ),
    "user_empty": Phrase(
        "the user says nothing: {got}",
        "用户没有说话：{got}",
        "Write the question, unless an empty one is meant.",
        "请写上问题，除非本来就是空的。",
    ),
    "system_empty": Phrase(
        "the system prompt is empty: {got}",
        "系统提示为空：{got}",
        "Write the system prompt, or delete the message.",
        "请写上系统提示，或删除这条消息。",
    ),
    "system_multiple": Phrase(
        "expected {expected} after the first 'system', got a second {got}",
        "第一个 'system' 之后应为 {expected}，又得到一个 {got}",
        "Keep one system message, the first, and put the text of both into it.",
        "只保留最前面的一条 system 消息，把两段文字合在一起。",
    ),
    "system_not_first": Phrase(
        "expected {expected} here, got {got}, which can only be the first message",
        "此处应为 {expected}，得到 {got}，它只能是第一条消息",
        "Move the system message to the beginning of the row.",
        "请把 system 消息移到这一行的最前面。",
    ),
    "first_not_user": Phrase(
        "expected {expected} at the start, got {got}",
        "开头应为 {expected}，得到 {got}",
        "Begin with what the user says, or delete this message.",
        "请以用户的话开头，或删除这条消息。",
    ),
    "first_not_user/after_system": Phrase(
        "expected {expected} after 'system', got {got}",
        "'system' 之后应为 {expected}，得到 {got}",
        "Begin with what the user says, or delete this message.",
        "请以用户的话开头，或删除这条消息。",
    ),
    "not_alternating": Phrase(
        "expected {expected} after {previous}, got {got}",
        "{previous} 之后应为 {expected}，得到 {got}",
        "Join the two messages, or write the {expected} message between them.",
        "请把两条消息合并，或在中间补上 {expected} 消息。",
    ),
    "unpaired_end": Phrase(
        "expected {expected} at the end, got {got}",
        "结尾应为 {expected}，得到 {got}",
        "Write the answer to the last message, or delete that message.",
        "请写上最后一条消息的回答，或删除那条消息。",
    ),
    "unpaired_end/alone": Phrase(
        "expected {expected} at the end, got {got}",
        "结尾应为 {expected}，得到 {got}",
        "Write the answer, or delete the row: there is nothing to learn from it.",
        "请写上回答，或删除这一行：没有内容可学。",
    ),
    "special_token_in_content": Phrase(
        "expected plain text, got the token {got} ({count}×), "
        "which begins or ends a turn for this model",
        "应为普通文字，得到标记 {got}（{count} 次），它在这个模型中开始或结束一轮对话",
        "Delete it from the text; or add  --allow-special-tokens  if it is meant.",
        "请从文字中删除它；如果有意让模型这样读，请加上  --allow-special-tokens。",
    ),
    "special_token": Phrase(
        "the text has the special token {got} of this model ({count}×)",
        "文字中有这个模型的特殊标记 {got}（{count} 次）",
        "Delete it, unless the model should learn to write it.",
        "请删除它，除非要让模型学会写它。",
    ),
    "no_pair": Phrase(
        "expected {expected}, got only {got}",
        "应有 {expected}，只得到 {got}",
        "Add a question and its answer, or delete the row.",
        "请添加一问一答，或删除这一行。",
    ),
}

PROBLEMS: Mapping[str, Phrase] = {**JSON_PROBLEMS, **_ROWS, **WHOLE, **FILES, **REPORT}
