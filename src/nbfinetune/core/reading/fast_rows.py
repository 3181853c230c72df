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
from itertools import chain, filterfalse
from operator import attrgetter, itemgetter
from typing import Any, ClassVar, NamedTuple
from unicodedata import normalize

import msgspec

from nbfinetune.core.messages import Conversation, Message, Role
from nbfinetune.core.reading.json_scan import MAX_DEPTH, MAX_NUMBER
from nbfinetune.core.reading.repeats import text_of
from nbfinetune.core.validation import INVISIBLE, is_blank

_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_NO_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


class _Said(msgspec.Struct, forbid_unknown_fields=True, tag_field="role", gc=False):
    """One message. Its class stands for its role, which the decoder insists on."""

    content: str
    role: ClassVar[Role]


class _System(_Said, tag="system"):
    role: ClassVar[Role] = "system"


class _User(_Said, tag="user"):
    role: ClassVar[Role] = "user"


class _Assistant(_Said, tag="assistant"):
    role: ClassVar[Role] = "assistant"


PlainRow = list[_System | _User | _Assistant]
"""The messages of a row without any problem: user and assistant in turn, behind a system prompt
where their number is odd. None of them is blank."""


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: PlainRow


class Group(NamedTuple):
    """Those rows of several that have one number of messages, with all their texts in one list.

    `places` are the indexes of the rows. `texts` has the contents of the first row, then those of
    the second, and so on; `keys` has the same as `text_of` has them.
    """

    places: Sequence[int]
    roles: tuple[str, ...]
    texts: list[str]
    keys: list[str]


class PlainRows(NamedTuple):
    """Rows without any problem, and the line of each."""

    lines: Sequence[int]
    rows: list[PlainRow]
    groups: list[Group]


_decode = msgspec.json.Decoder(_Row).decode
_content, _first = attrgetter("content"), itemgetter(0)
_INVISIBLE = frozenset(INVISIBLE)
_UNCOUNTED = -(1 << 60)


def decoded_rows(lines: Sequence[bytes], found: int) -> list[PlainRow | None]:
    """For each line its messages, if there is nothing else on it; `found` are the quotes of all.

    The decoder takes the last of two equal keys, and forbids all else that JSON does. So strings
    are counted: a row of n messages has 4n + 1 of them and can't have fewer. That is done for all
    lines at once, and for each line only where the sum is another.
    """
    rows: list[PlainRow | None]
    try:
        decoded = [_decode(line).messages for line in lines]
        rows = list[PlainRow | None](decoded)
    except ValueError:
        rows = [_decoded(line) for line in lines]
        decoded = [row for row in rows if row is not None]
        found = quotes(b"".join(line for line, row in zip(lines, rows, strict=True) if row))
    if found != _quotes_of(len(decoded), sum(map(len, decoded))):
        return [
            row if row is not None and quotes(line) == _quotes_of(1, len(row)) else None
            for line, row in zip(lines, rows, strict=True)
        ]
    return rows


def _quotes_of(rows: int, messages: int) -> int:
    return 2 * rows + 8 * messages


def quotes(
    text: bytes, start: int = 0, end: int | None = None, *, behind: Sequence[bytes] = ()
) -> int:
    """How many quotes in `text[start:end]` begin or end a string of JSON; far below 0 where that
    takes more than counting. `behind`: what stands right before it."""
    end = len(text) if end is None else end
    count = text.count(b'"', start, end)
    if any(piece.endswith(b"\\") for piece in behind[-1:]):
        return _UNCOUNTED
    if text.find(b"\\", start, end) >= 0:
        if text.find(b'\\\\"', start, end) >= 0:
            return _UNCOUNTED
        count -= text.count(b'\\"', start, end)
    return count


def grouped(rows: Sequence[PlainRow]) -> tuple[list[Group], set[int]]:
    """The rows by their number of messages; the indexes of those that some rule might object to."""
    lengths = list(map(len, rows))
    if lengths.count(lengths[0]) == len(lengths):
        return _group(range(len(rows)), rows)
    places: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        places.setdefault(length, []).append(index)
    found = [_group(some, [rows[index] for index in some]) for some in places.values()]
    return [group for groups, _ in found for group in groups], {i for _, bad in found for i in bad}


def _group(places: Sequence[int], rows: Sequence[PlainRow]) -> tuple[list[Group], set[int]]:
    turns = _turns(len(rows[0]))
    messages = list(chain.from_iterable(rows))
    if len(turns) < 2 or tuple(map(type, messages)) != turns * len(rows):
        bad = (i for i, row in zip(places, rows, strict=True) if tuple(map(type, row)) != turns)
        return [], set(places if len(turns) < 2 else bad)
    texts = list(map(_content, messages))
    keys = _keys(texts)
    if keys is None:
        blank = (index for index, text in enumerate(texts) if is_blank(text))
        return [], {places[index // len(turns)] for index in blank}
    return [Group(places, tuple(turn.role for turn in turns), texts, keys)], set()


def _keys(texts: list[str]) -> list[str] | None:
    """Each as `text_of` has it; None if there is nothing to see in one of them."""
    keys = list(map(str.strip, texts))
    if not all(keys):
        return None
    others = list(filterfalse(str.isascii, keys))
    if others:
        # What nobody sees as a text begins with a blank, or with one of these.
        if not _INVISIBLE.isdisjoint(map(_first, others)) and any(map(is_blank, others)):
            return None
        if [normalize("NFC", text) for text in others] != others:
            keys = list(map(text_of, keys))
    return keys


@lru_cache(maxsize=256)
def _turns(count: int) -> tuple[type[_Said], ...]:
    """The classes of that many messages in their order."""
    return (_System,) * (count % 2) + (_User, _Assistant) * (count // 2)


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


def _decoded(line: bytes) -> PlainRow | None:
    try:
        return _decode(line).messages
    except ValueError:
        return None


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
