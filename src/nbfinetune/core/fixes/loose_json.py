"""One row as people and language models write it: a tree with offsets, and what makes JSON of it.

Reads exotic blanks, other quotes, full-width punctuation, trailing commas and Python's literals
for what they mean, where they can mean only one thing. Knows nothing of messages.
"""

from __future__ import annotations

import json
import re
from typing import Literal, NamedTuple, NoReturn

from nbfinetune.core.fixes.edits import Edit, edited
from nbfinetune.core.fixes.strings import SMART, Unclear, string_edits, string_end
from nbfinetune.core.reading.json_faults import is_exotic
from nbfinetune.core.reading.json_scan import MAX_DEPTH, scan

OPEN_OBJECT, OPEN_ARRAY = "{｛", "[［【"
_CLOSE_OBJECT, _CLOSE_ARRAY = "}｝", "]］】"
_COMMAS, _COLONS = ",，", ":："
_PLAIN = str.maketrans("｛｝［］【】，：", "{}[][],:")
_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?[0-9][0-9.eE+-]*|-?[A-Za-z]+")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_PYTHON = {"True": "true", "False": "false", "None": "null"}
_INVISIBLE = "\u180e\u200b\u200c\u200d\u2060\ufeff"


class Node(NamedTuple):
    """A value and where it stands; of an object `keys` and `items` go together."""

    kind: Literal["object", "array", "string", "scalar"]
    start: int
    end: int
    items: tuple[Node, ...] = ()
    keys: tuple[Node, ...] = ()


class Loose(NamedTuple):
    """A value that was understood; with all `edits` made it is JSON. Offsets are the text's."""

    node: Node
    edits: tuple[Edit, ...]


class Lost(NamedTuple):
    """Text that can't be understood; `reason`, if it is known: a key of the refusals."""

    reason: str = ""


def read_loosely(text: str, start: int, end: int, *, across_lines: bool = False) -> Loose | Lost:
    """The value that begins at `start`; what follows it is left alone.

    `across_lines`: a line end inside a string belongs to the string.
    """
    reader = _Reader(text, start, end, across_lines)
    try:
        node = reader.value("", 1)
        edits = tuple(reader.all_edits())
    except Unclear as unclear:
        return Lost(unclear.reason)
    if not _is_json(edited(text[start : node.end], edits, start)):
        return Lost()
    return Loose(node, edits)


def _is_json(text: str) -> bool:
    """Whether the text can be read to its end: faults like a key given twice are none here."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        found = scan(text)
        return found.stopped is None and found.end == len(text)
    return True


def blank_edit(text: str, at: int) -> Edit:
    """A plain space for a blank that JSON doesn't know; nothing for one that takes no room."""
    return Edit("exotic_blanks", at, at + 1, "" if text[at] in _INVISIBLE else " ")


class _Reader:
    """A recursive descent over `text[at:end]`."""

    def __init__(self, text: str, at: int, end: int, across_lines: bool) -> None:
        self.text = text
        self.at = at
        self.end = end
        self.across_lines = across_lines
        self.edits: list[Edit] = []
        self.strings: list[Node] = []

    def all_edits(self) -> list[Edit]:
        """Those between the values, then those in strings: what these mean depends on the row."""
        python = any(self.text[node.start] == "'" for node in self.strings)
        for node in self.strings:
            self.edits += string_edits(self.text, node.start, node.end, python=python)
        return self.edits

    def value(self, closers: str, depth: int) -> Node:
        char = self.peek()
        if depth > MAX_DEPTH:
            self.lost()
        if char in OPEN_OBJECT:
            return self.mapping(depth)
        if char in OPEN_ARRAY:
            return self.array(depth)
        if char in "\"'" + SMART:
            return self.string(closers)
        return self.scalar()

    def mapping(self, depth: int) -> Node:
        start, keys, items = self.at, list[Node](), list[Node]()
        self.punctuation()
        while not self.closed(_CLOSE_OBJECT, first=not items):
            if self.peek() not in "\"'" + SMART:
                self.lost()
            keys.append(self.string(_COLONS))
            if self.peek() not in _COLONS:
                self.lost()
            self.punctuation()
            items.append(self.value(_COMMAS + _CLOSE_OBJECT, depth + 1))
        return Node("object", start, self.at, tuple(items), tuple(keys))

    def array(self, depth: int) -> Node:
        start, items = self.at, list[Node]()
        self.punctuation()
        while not self.closed(_CLOSE_ARRAY, first=not items):
            items.append(self.value(_COMMAS + _CLOSE_ARRAY, depth + 1))
        return Node("array", start, self.at, tuple(items))

    def closed(self, close: str, *, first: bool) -> bool:
        """Past the comma or the closing bracket that follows an item; True for the bracket."""
        char = self.peek()
        if char in _COMMAS and not first:
            comma, edits = self.at, len(self.edits)
            self.punctuation()
            if self.peek() not in close:
                return False
            # One edit for the comma, whatever its width; the blanks behind it have their own.
            self.edits[edits:] = [e for e in self.edits[edits:] if e.start != comma]
            self.edits.append(Edit("trailing_commas", comma, comma + 1, ""))
        elif char not in close:
            if not first:
                self.lost()
            return False
        self.punctuation()
        return True

    def string(self, closers: str) -> Node:
        start = self.at
        self.at = string_end(
            self.text, start, self.end, closers=closers, across_lines=self.across_lines
        )
        node = Node("string", start, self.at)
        self.strings.append(node)
        return node

    def scalar(self) -> Node:
        found = _SCALAR.match(self.text, self.at, self.end)
        if found is None:
            self.lost()
        word = found.group()
        if word in _PYTHON:
            self.edits.append(Edit("python_literals", *found.span(), _PYTHON[word]))
        elif word[-1].isalpha() and word not in _WORDS:
            self.lost()
        self.at = found.end()
        return Node("scalar", found.start(), self.at)

    def punctuation(self) -> None:
        """Past one character of JSON's syntax, made half-width."""
        char = self.text[self.at]
        if not char.isascii():
            plain = char.translate(_PLAIN)
            self.edits.append(Edit("full_width", self.at, self.at + 1, plain))
        self.at += 1

    def peek(self) -> str:
        """The next character that is no blank."""
        while True:
            blanks = _BLANKS.match(self.text, self.at, self.end)
            assert blanks is not None
            self.at = blanks.end()
            if self.at >= self.end:
                self.lost()
            if not is_exotic(self.text, self.at):
                return self.text[self.at]
            self.edits.append(blank_edit(self.text, self.at))
            self.at += 1

    def lost(self) -> NoReturn:
        raise Unclear
