"""Strings in quotes that JSON doesn't know: where they end, and how JSON writes what is in them.

A quote may close a string or belong to it. Where that is not certain, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbfinetune.core.fixes.edits import Edit
from nbfinetune.core.reading.json_faults import skip_blanks

DOUBLE = "“”„‟＂〝〞"
SINGLE = "‘’‚‛＇"
SMART = DOUBLE + SINGLE

_QUOTES = {True: re.compile(f"[{DOUBLE}]"), False: re.compile(f"[{SINGLE}]")}
_SPECIAL = re.compile(r'\\(?:x[0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|.)|["\t]|\r\n|\n|\r', re.S)
_TO_THE_END = {
    ('"', False): re.compile(r'(?:[^"\\\n\r]++|\\[^\n\r])*+"'),
    ('"', True): re.compile(r'(?:[^"\\]++|\\[^\n\r])*+"'),
    ("'", False): re.compile(r"(?:[^'\\\n\r]++|\\[^\n\r])*+'"),
    ("'", True): re.compile(r"(?:[^'\\]++|\\[^\n\r])*+'"),
}
_JSON_ESCAPES = '"\\/bfnrtu'
_OUTER_QUOTE = re.compile(r'(?:^|[:,{}\[\]：])\s*"|"\s*(?:[:,{}\[\]：]|$)')


class Unclear(Exception):
    """A string whose end can't be told. `reason`: a key of the refusals; empty: no string."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


def string_end(text: str, start: int, end: int, *, closers: str, across_lines: bool) -> int:
    """The offset behind the closing quote of the string that begins at `start`.

    `closers` are the characters that can follow the string. `across_lines`: it may hold line ends.

    Raises:
        Unclear: There is no such quote, or it is not certain which one it is.
    """
    if text[start] in SMART:
        return _smart_end(text, start, end, closers, across_lines) + 1
    found = _TO_THE_END[text[start], across_lines].match(text, start + 1, end)
    if found is None:
        raise Unclear
    return found.end()


def _smart_end(text: str, start: int, end: int, closers: str, across_lines: bool) -> int:
    """The first quote that something of JSON follows, if no other reading is possible."""
    for quote in _QUOTES[text[start] in DOUBLE].finditer(text, start + 1, end):
        behind = skip_blanks(text, quote.end(), end)
        if behind < end and text[behind] in closers:
            break
    else:
        raise Unclear
    inner = text[start + 1 : quote.start()]
    if not across_lines and ("\n" in inner or "\r" in inner):
        raise Unclear
    if not _is_balanced(inner, text[start]) or _has_outer_quote(inner):
        raise Unclear("quotes_unclear")
    return quote.start()


def _is_balanced(inner: str, opening: str) -> bool:
    """Whether every quote inside is one of a pair “…”, so that none of them closes the string."""
    level = 0
    for quote in _QUOTES[opening in DOUBLE].findall(inner):
        level += {"“": 1, "”": -1}.get(quote, -2)
        if level < 0:
            return False
    return level == 0


def _has_outer_quote(inner: str) -> bool:
    """Whether a straight quote inside stands where a string of JSON could begin or end."""
    return inner.count('"') % 2 == 1 or _OUTER_QUOTE.search(inner) is not None


def string_edits(text: str, start: int, end: int, *, python: bool) -> Iterator[Edit]:
    """What makes a string of JSON of `text[start:end]`, quotes included.

    `python`: the row is written in Python, so that escapes are Python's.

    Raises:
        Unclear: It holds an escape that JSON and Python read differently.
    """
    quote = text[start]
    fix = "smart_quotes" if quote in SMART else "python_literals"
    if quote != '"':
        yield Edit(fix, start, start + 1, '"')
        yield Edit(fix, end - 1, end, '"')
    for special in _SPECIAL.finditer(text, start + 1, end - 1):
        found = special.group()
        if found == "\t":
            yield Edit("raw_tabs", *special.span(), "\\t")
        elif found[0] in "\r\n":
            yield Edit("line_breaks", *special.span(), "\\n")
        elif found == '"':
            yield Edit(fix, *special.span(), '\\"')
        elif quote not in SMART and (meant := _escape(found, quote, python)) != found:
            yield Edit("python_literals", *special.span(), meant)


def _escape(found: str, quote: str, python: bool) -> str:
    """An escape as JSON writes it; of Python's own those that `repr` writes."""
    kind, digits = found[1], found[2:]
    if kind == "'":
        return "'"
    if kind == "x" and digits and python:
        return f"\\u00{digits}"
    if kind == "U" and digits and python:
        return _character(int(digits, 16))
    if kind not in _JSON_ESCAPES or (kind == "/" and quote == "'"):
        raise Unclear
    return found


def _character(code_point: int) -> str:
    if code_point > 0x10FFFF or code_point <= 0xFFFF:
        raise Unclear
    return chr(code_point)
