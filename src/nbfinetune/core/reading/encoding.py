"""Bytes of a dataset file to text. Knows which encodings people meet; takes only UTF-8 unasked."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from nbfinetune.core.errors import DatasetError
from nbfinetune.core.problems import Problem
from nbfinetune.core.quoting import quoted

_MAGIC = {b"PK\x03\x04": "ZIP / XLSX", b"\x1f\x8b": "gzip", b"PAR1": "Parquet", b"%PDF": "PDF"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_BOM = codecs.BOM_UTF8
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_LFS = b"version https://git-lfs.github.com/spec/"


class Decoded(NamedTuple):
    """The text (None: it can't be read at all) and what was found on the way.

    A byte that is no UTF-8 is one of U+DC80..U+DCFF in the text: its row has the problem.
    """

    text: str | None
    problems: tuple[Problem, ...] = ()


class Opened(NamedTuple):
    """The same in blocks of bytes, UTF-8 but for the bytes that are none."""

    blocks: Iterator[bytes] | None
    problems: tuple[Problem, ...] = ()


def decode(raw: bytes, encoding: str | None = None) -> Decoded:
    """UTF-8, with or without BOM, to text; another encoding is one problem with its likely name."""
    blocks, problems = open_blocks(iter([raw]), encoding)
    if blocks is None:
        return Decoded(None, problems)
    return Decoded(b"".join(blocks).decode("utf-8", "surrogateescape"), problems)


def open_blocks(blocks: Iterator[bytes], encoding: str | None = None) -> Opened:
    """The bytes of a file as UTF-8, without BOM. What they are is judged by the first block.

    Bytes that are no text in `encoding` stay as they are: their rows have the problem.

    Raises:
        DatasetError: `encoding` is the name of none, or wants a BOM that isn't there.
    """
    if encoding is not None:
        blocks = _transcoded(blocks, encoding, _decoder(encoding))
    head, second = next(blocks, b""), next(blocks, b"")
    blocks = chain([second], blocks)
    # A first block may end within a character.
    judged = (head[: head.rfind(b"\n") + 1] or head) if second else head
    foreign = _foreign(judged) if encoding is None else None
    if foreign is not None:
        return Opened(None, (foreign,))
    if head.startswith(_BOM):
        bom = Problem(code="bom", severity="warning", line=1)
        return Opened(chain([head[len(_BOM) :]], blocks), (bom,) if encoding is None else ())
    return Opened(chain([head], blocks))


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        b" ".decode(encoding, "replace")  # other codecs than those of text are refused
        return codecs.getincrementaldecoder(encoding)("nbfinetune.undecoded")
    except (LookupError, ValueError):
        raise DatasetError("encoding_unknown", name=quoted(encoding)) from None


def _transcoded(
    blocks: Iterator[bytes], encoding: str, decoder: codecs.IncrementalDecoder
) -> Iterator[bytes]:
    try:
        for block in blocks:
            yield decoder.decode(block).encode("utf-8", "surrogateescape")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")
    except UnicodeError:  # not one of bytes: utf-16 and utf-32 without a BOM
        raise DatasetError("encoding_without_bom", name=quoted(encoding)) from None


def _undecoded(error: UnicodeError) -> tuple[str, int]:
    """The bytes that are no text, as `surrogateescape` has them; at least one for each place."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    damaged = [byte for byte in error.object[error.start : error.end] if byte > 0x7F] or [0xFF]
    return "".join(chr(0xDC00 + byte) for byte in damaged), error.end


codecs.register_error("nbfinetune.undecoded", _undecoded)


def _foreign(raw: bytes) -> Problem | None:
    """The problem of bytes that are not meant as UTF-8 text."""
    if raw.startswith(_LFS):
        return _error("json_parse", "lfs")
    for magic, name in _MAGIC.items():
        if raw.startswith(magic):
            return _error("encoding", "binary", got=name)
    if raw.startswith(_UTF32):  # first: the BOM of UTF-16 is the half of one of these
        return _error("encoding", got="UTF-32", name="utf-32")
    if raw.startswith(_UTF16) or _looks_like_utf16(raw[:1000]):
        return _error("encoding", got="UTF-16", name=_utf16_name(raw))
    # A few zero bytes among rows are what a crash leaves behind: only their lines are lost.
    if b"\0" in raw[:1000] and not raw.lstrip().startswith((b"{", b"[")):
        return _error("encoding", "binary", got=r"\x00")
    return None if raw.isascii() else _mostly_other(raw)


def _utf16_name(raw: bytes) -> str:
    """The name under which Python reads it: the BOM, or else the place of the zeros tells."""
    if raw.startswith(_UTF16):
        return "utf-16"
    return "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"


def _looks_like_utf16(head: bytes) -> bool:
    """UTF-16 of JSON without BOM: every other byte of its ASCII is zero."""
    if len(head) < 4 or not head[:8].strip(b"\0"):
        return False
    return head[1:8:2].strip(b"\0") == b"" or head[:8:2].strip(b"\0") == b""


def _mostly_other(raw: bytes) -> Problem | None:
    """One problem for a file in another encoding; None if only single bytes are damaged."""
    lines = raw.splitlines()
    not_ascii = [number for number, line in enumerate(lines) if _NOT_ASCII.search(line)]
    damaged = [number for number in not_ascii if not _is(lines[number], "utf-8")]
    few = len(damaged) * 2 <= len(not_ascii) or len(damaged) * 10 <= len(lines)
    if few or (damaged == [len(lines) - 1] and _is_cut(lines[-1])):
        return None
    chinese = all(_is(lines[number], "gb18030") for number in damaged)
    got, name = ("GBK / GB18030", "gb18030") if chinese else ("Windows-1252 / Latin-1", "cp1252")
    return _error("encoding", line=damaged[0] + 1, got=got, name=name)


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
