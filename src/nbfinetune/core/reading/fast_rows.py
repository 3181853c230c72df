"""Lines that are certain to hold a row without any problem, read at the speed of a typed decoder.

Knows only when it is certain: what it can't vouch for is None, and the careful reader
(`reading.jsonl`) says what is wrong. So problems, their order and their words are that one's.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.reading.json_scan import MAX_DEPTH, MAX_NUMBER
from nbfinetune.core.validation import INVISIBLE, is_blank

_LONGEST = 64
"""Most messages of a row that are read at this speed."""

_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_NO_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


class _System(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["system"]
    content: str


class _User(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["user"]
    content: str


class _Assistant(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["assistant"]
    content: str


PlainRow = tuple[_System | _User | _Assistant, ...]
"""The messages of a row without any problem: user and assistant in turn, behind a system prompt
where their number is odd. None of them is blank."""


def plain_rows(lines: Sequence[bytes]) -> list[PlainRow | None]:
    """For each line its row, if no rule for one row has anything to say about it; else None.

    The decoder takes the last of two equal keys, and forbids all else that JSON does. So strings
    are counted: a row of n messages has 4n + 1 of them and can't have fewer. That is done for all
    lines at once, and for each line only where the sum is another.
    """
    rows: list[PlainRow | None]
    try:
        # Mostly all rows are plain and of one shape: nothing is faster than finding that out.
        decode = _decoder(lines[0].count(b'"role"')).decode
        rows = [decode(line).messages for line in lines]
        taken = lines
    except ValueError:
        rows = [_decoded(line) for line in lines]
        taken = [line for line, row in zip(lines, rows, strict=True) if row is not None]
    found: list[Any] = rows if taken is lines else [row for row in rows if row is not None]
    if _strings(b"".join(taken)) != len(found) + 4 * sum(map(len, found)):
        rows = [
            row if row is not None and _strings(line) == 4 * len(row) + 1 else None
            for line, row in zip(lines, rows, strict=True)
        ]
    if _any_blank({message.content[:1] for row in found for message in row}):
        rows = [row if row is not None and not _is_blank(row) else None for row in rows]
    return rows


def plain_value(line: bytes) -> dict[str, Any] | None:
    """The object on a line, if its JSON has no fault that the careful reader would name; else None.

    What the rules for messages say about it is left to them.
    """
    if _HALF_CHARACTER.search(line):
        return None
    try:
        value = _load(line.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _is_shallow(value) else None


def plain_object(text: str, at: int) -> tuple[dict[str, Any], int] | None:
    """The object at an offset of a longer text and the offset behind it, on the same terms."""
    try:
        value, end = _load_at(text, at)
    except (ValueError, RecursionError, IndexError):
        return None
    if not isinstance(value, dict) or _NO_CHARACTER.search(text, at, end) or not _is_shallow(value):
        return None
    return value, end


def conversation_of_plain(row: PlainRow, line: int, system: str | None = None) -> Conversation:
    """As `validation.conversation_of`, for a plain row."""
    messages = [Message(message.role, message.content) for message in row]
    if system and messages[0].role != "system":
        messages.insert(0, Message("system", system))
    return Conversation(tuple(messages), line)


@lru_cache(maxsize=4 * _LONGEST)
def _decoder(count: int) -> msgspec.json.Decoder[Any]:
    """The decoder of rows with this number of messages, in their order; of pairs for others."""
    if not 2 <= count <= _LONGEST:
        return _decoder(2)
    turns = (_System,) * (count % 2) + (_User, _Assistant) * (count // 2)
    messages = tuple.__class_getitem__(turns)
    row = msgspec.defstruct("_Row", [("messages", messages)], forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(row)


def _decoded(line: bytes) -> PlainRow | None:
    try:
        messages: PlainRow = _decoder(line.count(b'"role"')).decode(line).messages
    except ValueError:
        return None
    return messages


def _any_blank(firsts: set[str]) -> bool:
    """Whether a text might be blank, by the first characters of all: it begins like a blank one."""
    return any(not first.strip() or first in INVISIBLE for first in firsts)


def _is_blank(row: PlainRow) -> bool:
    return any(is_blank(message.content) for message in row)


def _strings(text: bytes) -> int:
    """How many strings there are in JSON; -1 where that would take more than counting quotes."""
    quotes = text.count(b'"')
    if b"\\" in text:
        if b'\\\\"' in text:
            return -1
        quotes -= text.count(b'\\"')
    return quotes // 2


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _constant(word: str) -> object:
    raise ValueError(word)


def _whole(digits: str) -> int:
    if len(digits) > MAX_NUMBER:
        raise ValueError("number")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if len(digits) > MAX_NUMBER or math.isinf(number):
        raise ValueError("number")
    return number


_decoder_of_any = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_constant, parse_int=_whole, parse_float=_real
)
_load, _load_at = _decoder_of_any.decode, _decoder_of_any.raw_decode


def _is_shallow(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return True
    return False
