"""What can stand at the cursor in the body of `%%ft_dataset`: roles, and the keys of JSON rows."""

from __future__ import annotations

import re
from typing import NamedTuple

_ENGLISH = ("user", "assistant", "system")
_CHINESE = ("用户", "助手", "系统")
_MARKER = re.compile(rf"^({'|'.join(_ENGLISH + _CHINESE)})[:：]", re.IGNORECASE | re.MULTILINE)


def conversation_candidates(before: str, after: str) -> tuple[str, list[str]]:
    """The fragment before the cursor and what can stand in its place; often there is nothing."""
    if before.lstrip().startswith(("{", "[")):
        return _json(before, after)
    return _markers(before)


def _markers(before: str) -> tuple[str, list[str]]:
    """`user: ` and the like at the beginning of a line, the likeliest first."""
    earlier, _, typed = before.rpartition("\n")
    said = _MARKER.findall(earlier)
    last = said[-1].lower() if said else ""
    user, assistant, system = _CHINESE if last in _CHINESE else _ENGLISH
    ordered = (assistant, user, system) if last == user else (user, assistant, system)
    if typed and typed[0] > "\x7f":
        ordered = _CHINESE
    colon = "：" if ordered[0] in _CHINESE else ": "
    return typed, [word + colon for word in ordered if word.startswith(typed.lower())]


class _Place(NamedTuple):
    """Where the cursor is in JSON: how deep, in which string, what stands before that."""

    depth: int
    string: str | None
    key: str
    mark: str


def _json(before: str, after: str) -> tuple[str, list[str]]:
    """Keys of a row or a message, and the roles."""
    line = before[before.rfind("\n") + 1 :]
    place = _place(line if line.startswith("{") else before)
    if place.mark in ("{", ","):
        words = ["messages"] if place.depth == 1 else ["role", "content"]
    elif place.mark == ":" and place.key == "role":
        words = list(_ENGLISH)
    else:
        words = []
    typed = "" if place.string is None else place.string
    close = "" if place.string is not None and after.startswith('"') else '"'
    fragment = "" if place.string is None else f'"{typed}'
    return fragment, [f'"{word}{close}' for word in words if word.startswith(typed)]


def _place(text: str) -> _Place:
    """`mark` is the last of `{ [ , :` and the like; `string` None between strings.

    A complete string that waits for its comma or colon, or a number, is a mark, too: `"`.
    """
    depth, string, key, mark, escaped = 0, None, "", "", False
    for char in text:
        if string is not None:
            if escaped or char not in '"\\\n':
                string, escaped = string + char, False
            elif char == "\\":
                string, escaped = string + char, True
            else:  # a string can't go on in the next line
                key, mark, string = (key if mark == ":" else string), '"', None
        elif char == '"':
            string = ""
        elif not char.isspace():
            depth += (char == "{") - (char == "}")
            mark = char
    return _Place(depth, string, key, mark)
