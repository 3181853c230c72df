"""What goes wrong with a line of JSON: each operator makes one mistake somewhere in it.

Knows bytes, not rows: the result may be valid by chance. No operator makes a line end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]


def row_line(*contents: str, system: str | None = None) -> str:
    """A valid row: question and answer in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]
    first = [{"role": "system", "content": system}] if system is not None else []
    return json.dumps({"messages": first + messages}, ensure_ascii=False)


def _at(line: bytes, random: Random) -> int:
    return random.randrange(len(line) + 1)


def _insert(*pieces: bytes) -> Mutation:
    def mutate(line: bytes, random: Random) -> bytes:
        at = _at(line, random)
        return line[:at] + random.choice(pieces) + line[at:]

    return mutate


def _replace(old: bytes, *new: bytes) -> Mutation:
    """One of the places of `old` becomes another thing; the line as it is where there is none."""

    def mutate(line: bytes, random: Random) -> bytes:
        places = [at for at in range(len(line)) if line.startswith(old, at)]
        if not places:
            return line
        at = random.choice(places)
        return line[:at] + random.choice(new) + line[at + len(old) :]

    return mutate


def _delete(line: bytes, random: Random) -> bytes:
    at = _at(line, random)
    return line[:at] + line[at + random.randint(1, 8) :]


def _flip(line: bytes, random: Random) -> bytes:
    """One byte becomes another, a line end excepted."""
    at = _at(line, random)
    other = random.choice([byte for byte in range(256) if byte not in b"\n\r"])
    return line[:at] + bytes([other]) + line[at + 1 :]


def _swap(line: bytes, random: Random) -> bytes:
    at = _at(line, random)
    return line[:at] + line[at + 1 : at + 2] + line[at : at + 1] + line[at + 2 :]


def _move(line: bytes, random: Random) -> bytes:
    """A piece of the line stands somewhere else, too."""
    at, piece = _at(line, random), _at(line, random)
    return line[:at] + line[piece : piece + random.randint(1, 40)] + line[at:]


MUTATIONS: dict[str, Mutation] = {
    "delete": _delete,
    "flip": _flip,
    "swap": _swap,
    "copy a piece": _move,
    "cut the end": lambda line, random: line[: _at(line, random)],
    "cut the beginning": lambda line, random: line[_at(line, random) :],
    "structure": _insert(*(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\")),
    "exotic blank": _insert(*(blank.encode() for blank in "\xa0\u3000\u200b\ufeff\x0b\x85")),
    "control character": _insert(b"\t", b"\0", b"\x1b", b"\x7f"),
    "broken escape": _insert(b"\\x", b"\\u12", b"\\ud800", b"\\udc00\\ud800", b"\\"),
    "damaged byte": _insert(b"\xff", b"\xe4\xbd", b"\xed\xa0\x80", b"\xc0\x80"),
    "quote": _replace(b'"', b"'", "“".encode(), b"", b'\\"', b'""'),
    "punctuation": _replace(b":", "：".encode(), b"=", b"", b"::"),
    "comma": _replace(b",", "，".encode(), b"", b",,", b";"),
    "trailing comma": _replace(b"}", b",}"),
    "junk behind": lambda line, random: line + random.choice([b",", b"}", b" x", b" {}", b"[]"]),
    "key": _replace(b'"role"', b'"rolle"', b'"Role"', b'"content"', b'"role": 1, "role"'),
    "content key": _replace(b'"content"', b'"contents"', b'"rolle"', b'"content": "", "content"'),
    "messages key": _replace(b'"messages"', b'"message"', b'"messages": 1, "messages"'),
    "role": _replace(b'"user"', b'"human"', b'"assistant"', b"null", b'"User"', b'"system"'),
    "value": _replace(b'"assistant"', b"NaN", b"1e999", b"[" * 70 + b"]" * 70, b"True", b"{}"),
    "extra": _replace(b"}", b', "weight": 1}', b', "a": {"b": [1, 2]}}', b', "a": -Infinity}'),
}  # fmt: skip
