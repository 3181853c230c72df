"""The rules for one row: what its messages must look like to be learned from.

Each broken rule is one problem, and one mistake breaks one rule: where a value is already known to
be wrong, what would follow from it is not reported. What only shows across rows: `reading.survey`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem, Severity
from nbfinetune.core.quoting import literal, quoted
from nbfinetune.core.rows import BROKEN, Row

ROLES = ("system", "user", "assistant")
_ALIASES = {
    "human": "user", "prompter": "user", "question": "user", "用户": "user",
    "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant",
    "ai": "assistant", "answer": "assistant", "助手": "assistant",
    "developer": "system", "系统": "system",
}  # fmt: skip
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def check_row(row: Row) -> tuple[Problem, ...]:
    """Every problem of a row, those of its reader first; without errors it can be trained on."""
    rules = (_placed(problem, row) for problem in broken_rules(row.value))
    return (*row.problems, *rules)


def _placed(problem: Problem, row: Row) -> Problem:
    path = row.source_path(problem.path)
    return msgspec.structs.replace(problem, line=row.line_of(path), path=path)


def broken_rules(value: object) -> Iterator[Problem]:
    """The problems of one row's value, with paths but without lines."""
    if value is BROKEN:
        return
    if not isinstance(value, dict):
        yield _error("row_not_object", "", expected="{…}", got=literal(value))
    elif "messages" not in value:
        yield _no_messages(value)
    elif isinstance(value["messages"], list):
        yield from _message_rules(value["messages"])
    elif value["messages"] is not BROKEN:
        got = literal(value["messages"])
        yield _error("messages_not_array", "$.messages", expected="[…]", got=got)


def conversation_of(row: Row, system: str | None = None) -> Conversation:
    """The conversation of a row without errors; `system` is its system prompt if it has none."""
    value: Any = row.value
    messages = [
        Message(m["role"], m["content"], _without(m, ("role", "content")))
        for m in value["messages"]
    ]
    if system and messages[0].role != "system":
        messages.insert(0, Message("system", system))
    return Conversation(tuple(messages), row.line, _without(value, ("messages",)))


def is_blank(content: str) -> bool:
    """Whether there is nothing to see in a text."""
    return not content.strip().strip(INVISIBLE).strip()


def _no_messages(row: Mapping[str, object]) -> Problem:
    kind, got = "", _keys(row)
    spelled = [key for key in row if key.lower() in ("message", "messages")]
    around = [key for key, value in row.items() if are_rows(value)]
    if len(spelled) == 1:
        kind, got = "alias", quoted(spelled[0])
    elif "role" in row and "content" in row:
        kind = "single"
    elif around:
        kind, got = "wrapper", quoted(around[0])
    return _error("messages_missing", "", kind, expected="'messages'", got=got)


def is_messages(value: object) -> bool:
    """Whether a value is a list of messages."""
    return isinstance(value, list) and len(value) > 0 and all(map(is_message, value))


def is_message(value: object) -> bool:
    return isinstance(value, dict) and {"role", "content"} <= value.keys()


def are_rows(value: object) -> bool:
    """Whether a value is a list of rows."""
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(row, dict) and {"messages", "message"} & row.keys() for row in value)


def _message_rules(messages: list[Any]) -> Iterator[Problem]:
    if not messages:
        yield _error("messages_empty", "$.messages", expected="[…]", got="[]")
        return
    roles = []
    for index, message in enumerate(messages):
        path = f"$.messages[{index}]"
        if isinstance(message, dict):
            yield from _role_rules(message, path)
            yield from _content_rules(message, path)
            role = message.get("role")
            roles.append(role if isinstance(role, str) and role in ROLES else None)
        else:
            roles.append(None)
            if message is not BROKEN:
                got = literal(message)
                yield _error("message_not_object", path, expected="{…}", got=got)
    yield from _order_rules(roles)


def _role_rules(message: Mapping[str, object], path: str) -> Iterator[Problem]:
    expected = "'system' / 'user' / 'assistant'"
    if "role" not in message:
        yield _error("role_missing", path, expected="'role'", got=_keys(message))
        return
    role = message["role"]
    if role is BROKEN or (isinstance(role, str) and role in ROLES):
        return
    path = f"{path}.role"
    meant = meant_role(role) if isinstance(role, str) else None
    if meant:
        got = literal(role)
        yield _error("role_invalid", path, "alias", expected=expected, got=got, meant=quoted(meant))
    else:
        yield _error("role_invalid", path, expected=expected, got=literal(role))


def meant_role(role: str) -> str | None:
    """The role that another tool's word stands for."""
    plain = role.strip().lower()
    return plain if plain in ROLES else _ALIASES.get(plain)


def _content_rules(message: Mapping[str, object], path: str) -> Iterator[Problem]:
    if "content" not in message:
        yield _error("content_missing", path, expected="'content'", got=_keys(message))
        return
    content, path = message["content"], f"{path}.content"
    if content is None:
        yield _error("content_null", path, expected="'…'", got="null")
    elif isinstance(content, str):
        if is_blank(content):
            yield from _blank_content(content, message.get("role"), path)
    elif content is not BROKEN:
        kind = "parts" if _are_parts(content) else ""
        yield _error("content_not_string", path, kind, expected="'…'", got=literal(content))


def _are_parts(content: object) -> bool:
    if not isinstance(content, list) or not content:
        return False
    return all(isinstance(part, (dict, str)) for part in content)


def _blank_content(content: str, role: object, path: str) -> Iterator[Problem]:
    """Nothing to learn is an error; nothing said by the user or the system is a warning."""
    if role == "assistant":
        code = "content_blank" if content else "content_empty"
        yield _error(code, path, expected="'…'", got=quoted(content))
    elif role in ("user", "system"):
        yield _problem("warning", f"{role}_empty", path, got=quoted(content))


def _order_rules(roles: list[str | None]) -> Iterator[Problem]:
    """System first and once; user and assistant in turn. None: a role that is unknown."""
    previous = "start"
    seen_system = wrong_end = False
    for index, role in enumerate(roles):
        path = f"$.messages[{index}].role"
        if role == "system":
            if seen_system or index > 0:
                code = "system_multiple" if seen_system else "system_not_first"
                yield _error(code, path, expected="'user' / 'assistant'", got="'system'")
            seen_system = True
            continue
        wrong_end = False
        if role is None:
            previous = "unknown"
            continue
        if previous == "start" and role == "assistant":
            kind = "after_system" if seen_system else ""
            yield _error("first_not_user", path, kind, expected="'user'", got="'assistant'")
        elif role == previous:
            wrong_end = True
            other = "assistant" if role == "user" else "user"
            yield _error(
                "not_alternating",
                path,
                expected=quoted(other),
                previous=quoted(role),
                got=quoted(role),
            )
        previous = role
    yield from _end_rules(roles, previous, wrong_end)


def _end_rules(roles: list[str | None], last: str, wrong_end: bool) -> Iterator[Problem]:
    """`wrong_end`: the last turn's role was already reported."""
    if last == "start":
        yield _error("no_pair", "$.messages", expected="'user', 'assistant'", got="'system'")
    elif last == "user" and not wrong_end:
        index = max(i for i, role in enumerate(roles) if role == "user")
        path = f"$.messages[{index}].role"
        kind = "" if "assistant" in roles else "alone"
        yield _error("unpaired_end", path, kind, expected="'assistant'", got="'user'")


def _keys(value: Mapping[str, object]) -> str:
    """The keys that are there instead, the first five of them."""
    keys = [quoted(key) for key in value]
    return ", ".join(keys[:5] + ["…"] * (len(keys) > 5)) or "{}"


def _without(value: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in keys}


def _error(code: str, path: str, kind: str = "", **params: str | int) -> Problem:
    return _problem("error", code, path, kind, **params)


def _problem(
    severity: Severity, code: str, path: str, kind: str = "", **params: str | int
) -> Problem:
    return Problem(code=code, kind=kind, severity=severity, path=path, params=params)
