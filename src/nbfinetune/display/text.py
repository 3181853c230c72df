"""Tables in characters. Chinese characters take two columns of a terminal, and are counted so."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width_of(text: str) -> int:
    """The columns that a terminal needs for a line."""
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces where there are some, else anywhere."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for character in paragraph:
            if width_of(line + character) > width:
                head, space, tail = line.rpartition(" ")
                # a word longer than the line has no space to break at
                kept, line = (head, tail) if space and character != " " else (line, "")
                lines.append(kept.rstrip())
            line += character if line or character != " " else ""
        lines.append(line.rstrip())
    return lines


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Columns that share `width` by need; cells are wrapped, rows are separated by a blank line."""
    columns = [[head[i], *(row[i] for row in rows)] for i in range(len(head))]
    widths = _share([max(map(width_of, column)) for column in columns], width)
    blocks = [_row(head, widths), "  ".join("-" * w for w in widths)]
    return "\n".join([*blocks, *(_row(row, widths) for row in rows)])


def _share(needed: Sequence[int], width: int) -> list[int]:
    """Each column's width: what it needs, the widest ones reduced until all fit."""
    widths = [max(n, 1) for n in needed]
    room = width - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped))
    lines = []
    for i in range(height):
        parts = [column[i] if i < len(column) else "" for column in wrapped]
        padded = (p + " " * (w - width_of(p)) for p, w in zip(parts, widths, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)
