"""Values of data as they are named in a problem: short, on one line, nothing invisible."""

from __future__ import annotations

import json
from pathlib import Path

_LONGEST = 48
_LONGEST_PATH = 200


def visible(text: str, longest: int = _LONGEST) -> str:
    """`text` cut to `longest` characters, with every unprintable character escaped."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(c if c.isprintable() else _escaped(c) for c in cut)


def quoted(text: str) -> str:
    """`text` in single quotes: `'assistant'`."""
    return f"'{visible(text)}'"


def quoted_path(path: Path | str) -> str:
    """A path in single quotes; of a very long one the end, which tells files apart."""
    name = str(path)
    if len(name) > _LONGEST_PATH:
        name = "…" + name[1 - _LONGEST_PATH :]
    return f"'{visible(name, _LONGEST_PATH)}'"


def literal(value: object) -> str:
    """A JSON value as it would be written: `null`, `42`, `["a", …`; strings in single quotes."""
    if isinstance(value, str):
        return quoted(value)
    return visible(json.dumps(value, ensure_ascii=False, default=repr))


def character(char: str) -> str:
    """One character: `'x'`, or `U+201C '“'` where the eye can't tell it from another."""
    if char == "'":
        return '"\'"'
    if char.isascii() and char.isprintable():
        return f"'{char}'"
    code_point = f"U+{ord(char):04X}"
    return f"{code_point} '{char}'" if char.isprintable() else code_point


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
