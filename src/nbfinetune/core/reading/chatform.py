"""The light chat form of `%%ft_dataset` to rows: lines that begin with `user:` and the like.

Knows which line begins a message and which a conversation. The rules for the messages themselves
are those of every other form (`core.validation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from nbfinetune.core.messages import Role
from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.rows import BROKEN, Row
from nbfinetune.core.validation import meant_role

_WORDS = "system|user|assistant|系统|用户|助手"
_MARKER = re.compile(rf"({_WORDS})[:：]", re.IGNORECASE)
_ANY_MARKER = re.compile(rf"(?:^|[\n\r])(?:{_WORDS})[:：]", re.IGNORECASE)
_OTHER_MARKER = re.compile(r"(\w+)[ \t]*[:：]")
_ESCAPED = re.compile(rf"\\+(?:(?:{_WORDS})[:：]|---\s*$)", re.IGNORECASE)
_ROLES: dict[str, Role] = {"系统": "system", "用户": "user", "助手": "assistant"}


@dataclass
class _Turn:
    """One message while it is read: its role, its marker's line, its lines of text."""

    role: Role
    line: int
    text: list[str] = field(default_factory=list)


def is_chat(text: str) -> bool:
    """Whether a line of the text begins a message."""
    return _ANY_MARKER.search(text) is not None


def other_marker(text: str, at: int, end: int) -> re.Match[str] | None:
    """Another tool's marker at that offset, as `Human:`; its first group is the word."""
    found = _OTHER_MARKER.match(text, at, end)
    ours = found is None or _MARKER.match(found.group()) or meant_role(found[1]) is None
    return None if ours else found


def read_chat(text: str, first_line: int = 1) -> Iterator[Row]:
    """The conversations of chat text; text that belongs to no message is a row of its own."""
    turns: list[_Turn] = []
    stray: list[tuple[int, str]] = []
    after_blank = False
    page = Page(text, first_line)
    for span in page.lines:
        line = text[span.start : span.end]
        marker = _MARKER.match(line)
        role = _role(marker.group(1)) if marker else None
        if line.rstrip() == "---" or _begins(role, after_blank, turns):
            yield from _finished(turns, stray)
            turns, stray = [], []
        if role is not None and marker is not None:
            yield from _finished([], stray)
            stray = []
            turns.append(_Turn(role, span.number, [line[marker.end() :]]))
        elif line.rstrip() != "---":
            line = line[1:] if _ESCAPED.match(line) else line
            if turns:
                turns[-1].text.append(line)
            elif line.strip():
                stray.append((span.number, line))
        after_blank = not line.strip()
    yield from _finished(turns, stray)


def _role(word: str) -> Role:
    return _ROLES.get(word) or cast(Role, word.lower())


def _begins(role: Role | None, after_blank: bool, turns: list[_Turn]) -> bool:
    """Whether a marker opens a new conversation.

    A blank line between a system prompt and its first question doesn't: a system prompt alone
    would be no conversation.
    """
    only_system = len(turns) == 1 and turns[0].role == "system"
    return role == "system" or (role == "user" and after_blank and not only_system)


def _finished(turns: list[_Turn], stray: list[tuple[int, str]]) -> Iterator[Row]:
    if stray:
        line, words = stray[0]
        yield Row(line, BROKEN, (_no_marker(line, words),))
    if turns:
        messages = [{"role": t.role, "content": "\n".join(t.text).strip()} for t in turns]
        places = {f"$.messages[{i}]": turn.line for i, turn in enumerate(turns)}
        yield Row(turns[0].line, {"messages": messages}, (), places)


def _no_marker(line: int, words: str) -> Problem:
    first = skip_blanks(words, 0)
    marker, other = _MARKER.match(words, first), other_marker(words, first, len(words))
    params = {"got": quoted(words.strip())}
    kind = "chat"
    if marker is not None:
        kind, params = "chat_blank", {"expected": quoted(marker[0]), "got": quoted(words.rstrip())}
    elif other is not None:
        kind = "chat_alias"
        params |= {"word": other[1], "meant": meant_role(other[1]) or ""}
    return Problem(code="role_missing", kind=kind, severity="error", line=line, params={**params})
