"""One mistake: the smallest input that has it, the nearest one that hasn't, what is said about it.

What a user reads: the place and the message, then the way out; in English, then in Chinese.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file

SYSTEM = '{"role": "system", "content": "s"}'
USER = '{"role": "user", "content": "q"}'
ASSISTANT = '{"role": "assistant", "content": "a"}'


def row(*messages: str) -> str:
    """A row of messages, as a line of JSON."""
    return f'{{"messages": [{", ".join(messages)}]}}'


ROW = row(USER, ASSISTANT)
PRETTY = json.dumps(json.loads(ROW), indent=1)
CHAT = "user: q\nassistant: a"


def asked(question: str) -> str:
    """The row with another question."""
    return ROW.replace('"q"', json.dumps(question, ensure_ascii=False))


def lines(count: int) -> str:
    """So many rows, each with a question of its own."""
    return "".join(asked(f"q{number}") + "\n" for number in range(count))


class Source(NamedTuple):
    """A file of that name, the body of a `cell`, or `python` objects; how it is read."""

    content: Any
    name: str = "d.jsonl"
    options: Mapping[str, Any] = {}

    def problems(self, folder: Path) -> list[Problem]:
        """Everything that the public readers find in it."""
        if self.name == "cell":
            return list(read_cell(self.content, name="d").problems)
        if self.name == "python":
            return list(from_rows(self.content, name="d").problems)
        return list(read_file(self.file(folder), **self.options).problems)

    def file(self, folder: Path) -> Path:
        path = folder / self.name
        text = self.content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


def jsonl(content: str | bytes) -> Source:
    return Source(content)


VALID = jsonl(ROW)


def document(content: str) -> Source:
    return Source(content, "d.json")


def cell(body: str) -> Source:
    return Source(body, "cell")


def python(*rows: object) -> Source:
    return Source(list(rows), "python")


def upload(content: str, name: str = "d.jsonl") -> Source:
    return Source(content, name, {"profile": "siliconcloud"})


class Case(NamedTuple):
    """`besides`: the codes of what else is found, where it can't be avoided."""

    phrase: str
    wrong: Source
    right: Source
    en: str
    en_way_out: str
    zh: str
    zh_way_out: str
    besides: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.phrase.partition("/")[0]
