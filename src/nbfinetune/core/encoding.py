"""Bytes of a dataset file to text. Knows which encodings people meet; reads only UTF-8."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from nbfinetune.core.problems import Problem

_MAGIC = {b"PK\x03\x04": "ZIP / XLSX", b"\x1f\x8b": "gzip", b"PAR1": "Parquet", b"%PDF": "PDF"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_LFS = b"version https://git-lfs.github.com/spec/"


class Decoded(NamedTuple):
    """The text (None: it can't be read at all) and what was found on the way.

    A byte that is no UTF-8 is one of U+DC80..U+DCFF in the text: its row has the problem.
    """

    text: str | None
    problems: tuple[Problem, ...] = ()


def decode(raw: bytes) -> Decoded:
    """UTF-8, with or without BOM, to text; another encoding is one problem with its likely name."""
    foreign = _foreign(raw)
    if foreign is not None:
        return Decoded(None, (foreign,))
    text = raw.decode("utf-8", "surrogateescape")
    if text.startswith("\ufeff"):
        return Decoded(text[1:], (Problem(code="bom", severity="warning", line=1),))
    return Decoded(text)


def _foreign(raw: bytes) -> Problem | None:
    """The problem of bytes that are not meant as UTF-8 text."""
    if raw.startswith(_LFS):
        return _error("json_parse", "lfs")
    for magic, name in _MAGIC.items():
        if raw.startswith(magic):
            return _error("encoding", "binary", got=name)
    if raw.startswith(_UTF16) or _looks_like_utf16(raw[:1000]):
        return _error("encoding", got="UTF-16")
    # A few zero bytes among rows are what a crash leaves behind: only their lines are lost.
    if b"\0" in raw[:1000] and not raw.lstrip().startswith((b"{", b"[")):
        return _error("encoding", "binary", got=r"\x00")
    return _mostly_other(raw)


def _looks_like_utf16(head: bytes) -> bool:
    """UTF-16 of JSON without BOM: every other byte of its ASCII is zero."""
    return len(head) > 3 and (head[1:8:2].strip(b"\0") == b"" or head[:8:2].strip(b"\0") == b"")


def _mostly_other(raw: bytes) -> Problem | None:
    """One problem for a file in another encoding; None if only single bytes are damaged."""
    lines = raw.splitlines()
    not_ascii = [number for number, line in enumerate(lines) if _NOT_ASCII.search(line)]
    damaged = [number for number in not_ascii if not _is(lines[number], "utf-8")]
    few = len(damaged) * 2 <= len(not_ascii) or len(damaged) * 10 <= len(lines)
    if few or (damaged == [len(lines) - 1] and _is_cut(lines[-1])):
        return None
    chinese = all(_is(lines[number], "gb18030") for number in damaged)
    got = "GBK / GB18030" if chinese else "Windows-1252 / Latin-1"
    return _error("encoding", line=damaged[0] + 1, got=got)


def _is_cut(line: bytes) -> bool:
    """Whether the only damage is a last character that was cut in two."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(line, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _error(code: str, kind: str = "", *, line: int = 1, **params: str | int) -> Problem:
    return Problem(code=code, kind=kind, severity="error", line=line, params=params)
