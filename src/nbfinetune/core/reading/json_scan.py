"""JSON text to a value, with the offset of everything in it and every fault at its place.

Stricter than `json`: duplicate keys, NaN and lone surrogates are faults. It goes on after a fault
wherever the rest is still certain, so that one pass finds all of them. Knows nothing of rows.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple, NoReturn

from nbfinetune.core.quoting import character, quoted
from nbfinetune.core.reading.json_faults import Fault, blank_fault, is_exotic
from nbfinetune.core.rows import BROKEN, child, shallow

MAX_DEPTH = 64
MAX_NUMBER = 1000
"""Deepest nesting, and most characters of a number, that are read."""

MOST_PLACES = 100_000
"""How many values of a row have a place of their own; others have that of one around them."""

_MOST_AT_ONCE = 10_000
"""How many values are read at once where there is nothing wrong with them."""

_LEVELS = 2
"""How deep such values are nested at most."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"-?[A-Za-z]+")
_LINE_END = re.compile(r"[\r\n]")
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_BRACKET = re.compile(r'"(?:[^"\\\n\r]++|\\[^\n\r])*+"?|[][{}]')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ODD = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_CONTROL, _BYTE = re.compile(r"[\x00-\x1f]"), re.compile(r"[\udc80-\udcff]")
_HALF = re.compile(r"[\ud800-\udfff]")
_NO_BYTE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_SHORT = r'\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_INSIDE = re.compile(rf'(?:[^"\\\n\r]++|{_SHORT}|{_PAIR})*+')
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_CONSTANTS = ("NaN", "Infinity", "-Infinity")


@cache
def _runs() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Values and pairs without any fault, each with the comma behind it, if another one follows."""
    gap = r"[ \t\n\r]*+"
    string = rf'"(?:[^"\\\x00-\x1f\ud800-\udfff]++|{_SHORT}|{_PAIR})*+"'
    scalar = rf"(?:{string}|-?(?:0|[1-9][0-9]{{0,17}}+)(?:\.[0-9]{{1,17}}+)?|true|false|null)"
    value, most = scalar, f"{{1,{_MOST_AT_ONCE}}}+"
    for _ in range(_LEVELS):
        pair = rf"{string}{gap}:{gap}{value}"
        array = rf"\[{gap}(?:{value}{gap}(?:,{gap}{value}{gap})*+)?\]"
        mapping = rf"\{{{gap}(?:{pair}{gap}(?:,{gap}{pair}{gap})*+)?\}}"
        value = rf"(?:{scalar}|{array}|{mapping})"
    return (
        re.compile(rf'(?:{value}{gap},{gap}(?=[-0-9"tfn\[{{])){most}'),
        re.compile(rf'(?:{string}{gap}:{gap}{value}{gap},{gap}(?=")){most}'),
    )


class Scan(NamedTuple):
    """What was read: the value, the offset behind it, what is wrong with it.

    `stopped` is the fault after which nothing could be read; the value is then `BROKEN`, and
    `opened` has the offsets of the brackets that were still open.
    """

    value: object
    end: int
    faults: tuple[Fault, ...]
    stopped: Fault | None = None
    opened: tuple[int, ...] = ()


def scan(text: str, start: int = 0, end: int | None = None) -> Scan:
    """The JSON value that begins at `start`; what follows it is left alone."""
    reader = _Reader(text, start, len(text) if end is None else end)
    try:
        value = reader.value("$", 1)
        stopped = None
    except _Stopped as stop:
        value, stopped = BROKEN, stop.fault
    return Scan(value, reader.at, reader.all_faults(stopped), stopped, tuple(reader.opened))


def offsets(text: str, start: int) -> dict[str, int]:
    """The offset of each value by JSON path, in the value that begins at `start`."""
    reader = _Reader(text, start, len(text), places=True)
    with suppress(_Stopped):
        reader.value("$", 1)
    return reader.offsets


def brackets(text: str, start: int, end: int) -> Iterator[int]:
    """For each bracket outside strings 1 if it opens, else -1; a line end ends a string, too."""
    for found in _BRACKET.finditer(text, start, end):
        char = found.group()
        if char in "[{":
            yield 1
        elif char in "]}":
            yield -1


def _unescaped(text: str) -> str:
    """Text with escapes of two characters, as it is meant."""
    return str(json.loads(f'"{text}"', strict=False)) if "\\" in text else text


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


class _Stopped(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class _Reader:
    """A recursive descent over `text[at:end]`; `MAX_DEPTH` bounds the recursion."""

    def __init__(self, text: str, at: int, end: int, *, places: bool = False) -> None:
        self.text = text
        self.at = at
        self.end = end
        self.places = places
        self.offsets: dict[str, int] = {}
        self.faults: list[Fault] = []
        self.known: set[tuple[str, str, str]] = set()
        self.exotic: list[int] = []
        self.opened: list[int] = []
        self.slow_until = at

    def value(self, path: str, depth: int) -> object:
        char = self.peek()
        if self.places and len(self.offsets) < MOST_PLACES:
            self.offsets[path] = self.at
        if char in "{[":
            if depth > MAX_DEPTH:
                return self.too_deep(path)
            self.opened.append(self.at)
            found = self.mapping(path, depth) if char == "{" else self.array(path, depth)
            self.opened.pop()
            return found
        if char == '"':
            return self.string(path)
        return self.scalar(path)

    def mapping(self, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        if self.peek() == "}":
            self.at += 1
            return found
        while True:
            found.update(self.run(_runs()[1], depth, found))
            if self.peek() != '"':
                self.stop("name", got=character(self.peek()))
            key_at = self.at
            key = self.string(path)
            if self.peek() != ":":
                self.stop("colon", got=character(self.peek()))
            self.at += 1
            inner = child(path, key)
            value = self.value(inner, depth + 1)
            if key in found:
                # Which of the two was meant is unknown: the rules must not judge either of them.
                self.fault("duplicate_key", "", key_at, inner, key=quoted(key))
                value = BROKEN
            found[key] = value
            if self.closed("}"):
                return found

    def array(self, path: str, depth: int) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        if self.peek() == "]":
            self.at += 1
            return found
        while True:
            found.extend(self.run(_runs()[0], depth))
            found.append(self.value(f"{path}[{len(found)}]", depth + 1))
            if self.closed("]"):
                return found

    def run(self, pattern: re.Pattern[str], depth: int, known: Container[str] = ()) -> Any:
        """Past as many values as have no fault and are followed by another one; what they are.

        `known` are the keys that are there already: none of them may come again.
        """
        self.peek()
        if self.places or depth > MAX_DEPTH - _LEVELS or self.at < self.slow_until:
            return ()
        run = pattern.match(self.text, self.at, self.end)
        if run is None:
            return ()
        inner = run.group().rstrip(" \t\n\r,")
        try:
            text = f"[{inner}]" if pattern is _runs()[0] else f"{{{inner}}}"
            found = json.loads(text, object_pairs_hook=_pairs)
        except ValueError:
            found = None
        if found is None or (known and any(key in known for key in found)):
            self.slow_until = run.end()
            return ()
        self.at = run.end()
        return found

    def closed(self, close: str) -> bool:
        """Past the `,` or the closing bracket that follows a value; True for the bracket."""
        char = self.peek()
        if char not in ("," + close):
            self.stop("separator", got=character(char), close=close)
        comma = self.at
        self.at += 1
        if char == "," and self.peek() == close:
            self.at = comma
            self.stop("comma", close=close)
        return char == close

    def string(self, path: str) -> str:
        start = self.at
        parts: list[str] = []
        self.at += 1
        while True:
            inside = _INSIDE.match(self.text, self.at, self.end)
            assert inside is not None
            parts.append(self.inside(inside, path))
            self.at = inside.end()
            if self.at >= self.end:
                self.stop("cut")
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return "".join(parts)
            if char != "\\":
                self.at = start
                self.stop("newline")
            parts.append(self.escape(path))

    def inside(self, found: re.Match[str], path: str) -> str:
        """A piece of a string as it is meant; the first of the characters that may not be there."""
        text = found.group()
        if not _ODD.search(text):
            return _unescaped(text)
        if control := _CONTROL.search(text):
            at = found.start() + control.start()
            self.fault("json_parse", "control", at, path, got=character(control.group()))
        if byte := _BYTE.search(text):
            # Decoded with "surrogateescape": a byte that is no UTF-8.
            got = f"0x{ord(byte.group()) - 0xDC00:02X}"
            self.fault("encoding", "byte", found.start() + byte.start(), path, got=got)
        if half := _NO_BYTE.search(text):
            at = found.start() + half.start()
            self.fault("lone_surrogate", "", at, path, got=character(half.group()))
        return _unescaped(_HALF.sub("\ufffd", text))

    def escape(self, path: str) -> str:
        start = self.at
        char = self.text[start + 1 : min(start + 2, self.end)]
        if char == "u":
            return self.code_unit(path)
        if not char:
            self.at = self.end
            self.stop("cut")
        if char not in _ESCAPES:
            self.stop("escape", got=quoted(("\\" + char).rstrip("\r\n")))
        self.at += 2
        return _ESCAPES[char]

    def code_unit(self, path: str) -> str:
        """The character of `\\uXXXX`, or of the two escapes of a surrogate pair."""
        start = self.at
        high = self.hex_at(start)
        self.at += 6
        if not 0xD800 <= high <= 0xDFFF:
            return chr(high)
        if high < 0xDC00 and self.text.startswith("\\u", self.at, self.end):
            low = self.hex_at(self.at)
            if 0xDC00 <= low <= 0xDFFF:
                self.at += 6
                return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        self.fault("lone_surrogate", "", start, path, got=f"\\u{high:04x}")
        return "\ufffd"

    def hex_at(self, backslash: int) -> int:
        digits = _HEX.match(self.text, backslash + 2, self.end)
        if digits is None:
            if backslash + 6 > self.end:
                self.at = self.end
                self.stop("cut")
            self.at = backslash
            escape = self.text[backslash : backslash + 6]
            self.stop("escape", got=quoted(_LINE_END.split(escape)[0]))
        return int(digits.group(), 16)

    def scalar(self, path: str) -> object:
        start = self.at
        word = _WORD.match(self.text, start, self.end)
        if word is not None and word.group() in _WORDS:
            self.at = word.end()
            return _WORDS[word.group()]
        if word is not None and word.group() in _CONSTANTS:
            self.at = word.end()
            self.fault("json_parse", "constant", start, path, got=word.group())
            return BROKEN
        number = _NUMBER.match(self.text, start, self.end)
        if number is None:
            got = quoted(word.group()) if word else character(self.text[start])
            self.stop("value", got=got)
        self.at = number.end()
        return self.number(number, path)

    def number(self, found: re.Match[str], path: str) -> object:
        digits = found.group()
        if len(digits) > MAX_NUMBER:
            self.fault(
                "json_parse", "number", found.start(), path, limit=MAX_NUMBER, length=len(digits)
            )
            return BROKEN
        if not (found.group(1) or found.group(2)):
            return int(digits)
        number = float(digits)
        if math.isinf(number):
            self.fault("json_parse", "constant", found.start(), path, got=digits[:40])
            return BROKEN
        return number

    def too_deep(self, path: str) -> object:
        """Past a value that is nested too deep to be read, by its brackets alone."""
        start, level = self.at, 0
        self.fault("too_deep", "", start, shallow(path), limit=MAX_DEPTH)
        for bracket in _BRACKET.finditer(self.text, start, self.end):
            char = bracket.group()
            level += 1 if char in "[{" else -1 if char in "]}" else 0
            if level == 0:
                self.at = bracket.end()
                return BROKEN
        self.at = self.end
        return self.stop("cut")

    def peek(self) -> str:
        """The next character that is no blank; exotic blanks count as blanks, and as one fault."""
        while True:
            blanks = _BLANKS.match(self.text, self.at, self.end)
            assert blanks is not None
            self.at = blanks.end()
            if self.at >= self.end:
                self.stop("cut")
            if not is_exotic(self.text, self.at):
                return self.text[self.at]
            self.exotic.append(self.at)
            self.at += 1

    def fault(self, code: str, kind: str, offset: int, path: str, **params: str | int) -> None:
        fault = Fault(code, kind, offset, path, params)
        # A string with a hundred raw tabs has one fault, not a hundred.
        if (code, kind, path) not in self.known:
            self.known.add((code, kind, path))
            self.faults.append(fault)

    def stop(self, kind: str, **params: str | int) -> NoReturn:
        raise _Stopped(Fault("json_parse", kind, self.at, "", params))

    def all_faults(self, stopped: Fault | None) -> tuple[Fault, ...]:
        """Every fault in the order of the text."""
        faults = [*self.faults, stopped] if stopped else list(self.faults)
        if self.exotic:
            faults.append(blank_fault(self.text, self.exotic[0], len(self.exotic)))
        return tuple(sorted(faults, key=lambda fault: fault.offset))
