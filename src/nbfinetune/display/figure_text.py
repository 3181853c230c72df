"""Text in a figure: a font that has the characters, and no character that no font has.

matplotlib warns at every drawing about fonts and glyphs that are missing; a reader of a notebook
can do nothing about either.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from matplotlib.font_manager import fontManager, get_font

FAMILIES = ("Inter", "Helvetica Neue", "Segoe UI", "Arial", "Liberation Sans")
LAST = "DejaVu Sans"
"""Comes with matplotlib."""
CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "STHeiti", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Droid Sans Fallback", "Arial Unicode MS",
    "Noto Serif CJK SC", "Songti SC", "SimSun", "AR PL UMing CN",
)  # fmt: skip
MISSING = "□"
_UNSEEN = ("Cc", "Cf", "Cs", "Mn")  # joiners, selectors of a picture, halves of a character


@cache
def families() -> tuple[str, ...]:
    """Installed fonts only, the first for what is Latin."""
    there = {entry.name for entry in fontManager.ttflist}
    latin = next((name for name in FAMILIES if name in there), LAST)
    chinese = next((name for name in CHINESE if name in there), None)
    return tuple(dict.fromkeys(name for name in (latin, chinese, LAST) if name))


@cache
def _drawable() -> frozenset[int]:
    known: set[int] = set()
    for entry in fontManager.ttflist:
        if entry.name in families() and entry.style == "normal":
            known.update(get_font(entry.fname).get_charmap())
    return frozenset(known)


def drawable(text: str) -> str:
    """One line of text with a box for each character that no font here has."""
    known = _drawable()
    return "".join(
        c if ord(c) in known else MISSING
        for c in " ".join(text.split())
        if ord(c) in known or unicodedata.category(c) not in _UNSEEN
    )


def short(text: str, columns: int) -> str:
    """The text, cut where it is longer; a Chinese character takes two columns."""
    text, taken = drawable(text), 0
    for place, char in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if taken > columns:
            return text[: place - 1].rstrip() + "…"
    return text
