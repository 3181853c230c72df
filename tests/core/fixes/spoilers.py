"""Rows as they were meant to the text that needs a certain quick-fix, one function for each fix.

A row is a list of messages, `(role, content)`: a system prompt or none, then question and answer in
turn. None of the contents is blank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbfinetune.core.fixes.apply import Form

Row = Sequence[tuple[str, str]]


class Spoiled(NamedTuple):
    """The text, the form it was to have, and the rows that were meant."""

    text: str
    form: Form
    meant: list[Row]


def _messages(row: Row) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in row]


def written(row: Row) -> str:
    """The row as a line of JSON."""
    return json.dumps({"messages": _messages(row)}, ensure_ascii=False)


def _lines(rows: Sequence[Row], spoil: Callable[[str], str] = str) -> Spoiled:
    """Rows of which each line is spoiled."""
    return Spoiled("\n".join(spoil(written(row)) for row in rows), "jsonl", list(rows))


def _values(rows: Sequence[Row], spoil: Callable[[list[dict[str, str]]], object]) -> Spoiled:
    """Rows of which other values are written."""
    text = "\n".join(json.dumps(spoil(_messages(row)), ensure_ascii=False) for row in rows)
    return Spoiled(text, "jsonl", list(rows))


def _punctuation(line: str, wide: dict[str, str]) -> str:
    """The line with other characters between its strings, and for the quotes around them."""
    pieces = re.split(r'("(?:[^"\\]|\\.)*")', line)
    outside = [piece.translate(str.maketrans(wide)) for piece in pieces[::2]]
    inside = [wide.get("(", '"') + p[1:-1] + wide.get(")", '"') for p in pieces[1::2]]
    return "".join(a + b for a, b in zip(outside, [*inside, ""], strict=True))


def _unescaped(line: str, escape: str, plain: str) -> str:
    """The line with a character of its texts as it is, not as an escape."""
    return re.sub(r"\\.", lambda found: plain if found[0] == escape else found[0], line)


def _with_line_ends(row: Row, end: str) -> Row:
    return [(role, f"{content}{end}.") for role, content in row]


def _printed(rows: Sequence[Row]) -> Spoiled:
    text = "\n".join(json.dumps({"messages": _messages(row)}, indent=1) for row in rows)
    return Spoiled(text, "jsonl", list(rows))


def _system_late(rows: Sequence[Row]) -> Spoiled:
    meant = [[("system", "s"), *row[len(row) % 2 :]] for row in rows]
    return _lines([[*row[1:], row[0]] for row in meant])._replace(meant=meant)


def _two_systems(rows: Sequence[Row]) -> Spoiled:
    turns = [row[len(row) % 2 :] for row in rows]
    text = _lines([[("system", "s"), *row, ("system", row[0][1])] for row in turns]).text
    join = [[("system", "\n".join(dict.fromkeys(["s", row[0][1]]))), *row] for row in turns]
    return Spoiled(text, "jsonl", join)


def _turns_twice(rows: Sequence[Row]) -> Spoiled:
    text = _lines([[*row, row[-1]] for row in rows]).text
    meant = [[*row[:-1], ("assistant", f"{row[-1][1]}\n{row[-1][1]}")] for row in rows]
    return Spoiled(text, "jsonl", meant)


def _aliases(messages: list[dict[str, str]]) -> object:
    words = {"system": "System", "user": "human", "assistant": "gpt"}
    return {"messages": [{**m, "role": words[m["role"]]} for m in messages]}


def _parts(messages: list[dict[str, str]]) -> object:
    return {
        "messages": [{**m, "content": [{"type": "text", "text": m["content"]}]} for m in messages]
    }


_WIDE = {"{": "｛", "}": "｝", "[": "［", "]": "］", ":": "：", ",": "，"}

_SMART = {"(": "“", ")": "”"}
"""What stands for the quotes that open and close a string."""

SPOILERS: dict[str, Callable[[Sequence[Row]], Spoiled]] = {
    "bom": lambda rows: _lines(rows)._replace(text="\ufeff" + _lines(rows).text),
    "code_fences": lambda rows: _lines(rows)._replace(text=f"```\n{_lines(rows).text}\n```"),
    "preamble": lambda rows: _lines(rows)._replace(text=f"Here you are:\n{_lines(rows).text}"),
    "exotic_blanks": lambda rows: _lines(rows, lambda line: _punctuation(line, {" ": "\u00a0"})),
    "smart_quotes": lambda rows: _lines(rows, lambda line: _punctuation(line, _SMART)),
    "full_width": lambda rows: _lines(rows, lambda line: _punctuation(line, _WIDE)),
    "python_literals": lambda rows: _lines(rows, lambda line: repr(json.loads(line))),
    "trailing_commas": lambda rows: _lines(rows, lambda line: line[:-1] + ",},"),
    "raw_tabs": lambda rows: _lines(
        [_with_line_ends(row, "\t") for row in rows], lambda line: _unescaped(line, "\\t", "\t")
    ),
    "line_breaks": lambda rows: _lines(
        [_with_line_ends(row, "\n") for row in rows], lambda line: _unescaped(line, "\\n", "\n")
    ),
    "messages_list": lambda rows: _values(rows, list),
    "messages_key": lambda rows: _values(rows, lambda messages: {"message": messages}),
    "role_aliases": lambda rows: _values(rows, _aliases),
    "content_parts": lambda rows: _values(rows, _parts),
    "system_first": _system_late,
    "systems_joined": _two_systems,
    "turns_joined": _turns_twice,
    "trailing_user": lambda rows: _lines([[*row, ("user", "and?")] for row in rows])._replace(
        meant=list(rows)
    ),
    "wrapper": lambda rows: Spoiled(
        f'{{"data": [{", ".join(map(written, rows))}]}}', "json", list(rows)
    ),
    "split_objects": lambda rows: _lines(rows)._replace(text="".join(map(written, rows))),
    "array_to_lines": lambda rows: _lines(rows)._replace(text=f"[{','.join(map(written, rows))}]"),
    "lines_to_array": lambda rows: _lines(rows)._replace(form="json"),
    "one_line": _printed,
}  # fmt: skip
