"""What can be wrong in JSON text, and where: faults, blanks that are none for JSON."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_EXOTIC = re.compile(r"[^\S \t\n\r]|[\u180e\u200b-\u200d\u2060\ufeff]")


class Fault(NamedTuple):
    """One thing wrong with the text. `path` is empty where it stands between values."""

    code: str
    kind: str
    offset: int
    path: str
    params: dict[str, str | int]


def is_exotic(text: str, at: int) -> bool:
    """Whether the character is a blank to the eye, but none that JSON knows (U+00A0 …)."""
    return _EXOTIC.match(text, at) is not None


def skip_blanks(text: str, at: int, end: int | None = None) -> int:
    """The offset of the first character that is no blank, exotic ones included."""
    end = len(text) if end is None else end
    while at < end and (text[at].isspace() or is_exotic(text, at)):
        at += 1
    return at


def exotic_blank(text: str, start: int, end: int) -> Fault | None:
    """The fault of blanks in `text[start:end]` that JSON does not know, if there are."""
    found = [blank.start() for blank in _EXOTIC.finditer(text, start, end)]
    return blank_fault(text, found[0], len(found)) if found else None


def blank_fault(text: str, offset: int, count: int) -> Fault:
    """`count` blanks that JSON does not know, the first of them at `offset`."""
    char = text[offset]
    name = unicodedata.name(char, "").lower()
    got = f"U+{ord(char):04X}" + (f" ({name})" if name else "")
    return Fault("json_parse", "blank", offset, "", {"got": got, "count": count})
