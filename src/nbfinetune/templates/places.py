"""Where messages stand in a rendered text: proven, or a reason why not. Knows strings only.

A conversation is rendered a second time with a stand-in for each message. Where putting the
messages back gives the very text that was rendered first, their places are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from nbfinetune.core.messages import Message
from nbfinetune.templates.labels import Answer

Reason = Literal["changed", "not_once", "no_end", "markers", "border"]
"""`labels_unproven/…`: why the place of an answer can't be proven."""

THOUGHTS_END = "</think>"

_NOTHING_SAID = re.compile(r"\s*(<think>\s*</think>\s*)?")
"""What templates of thinking models (Qwen3) put before an answer without thoughts: not trained."""

_THOUGHTS = re.compile(r"<think>((?:(?!<think>).)*)</think>\s*\Z", re.DOTALL)


class Unproven(Exception):
    """The place of an answer can't be proven, for a reason that has words in the catalogue."""

    def __init__(self, reason: Reason, **params: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


class StandIns(NamedTuple):
    """Two characters, that no message contains, around the number of a message."""

    left: str
    right: str

    @classmethod
    def absent_from(cls, messages: Sequence[Message]) -> StandIns:
        said = "".join(message.content for message in messages)
        private = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in said)
        return cls(next(private, "\ue000"), next(private, "\ue001"))

    def put(self, messages: Sequence[Message], roles: Sequence[str]) -> list[Message]:
        """The messages of these roles with a stand-in for what they say; thoughts stay."""
        return [
            Message(m.role, f"{m.content[: said_at(m)]}{self.left}{i}{self.right}")
            if m.role in roles
            else m
            for i, m in enumerate(messages)
        ]

    def split(self, frame: str) -> tuple[list[str], list[int]]:
        """The pieces of the template's own text, and the numbers of the messages between them."""
        parts = re.split(f"{self.left}(\\d+){self.right}", frame)
        return parts[::2], [int(number) for number in parts[1::2]]


def said_at(message: Message) -> int:
    """Where the answer proper begins in a message: behind its thoughts, with the blanks there."""
    if message.role != "assistant" or THOUGHTS_END not in message.content:
        return 0
    return message.content.rindex(THOUGHTS_END) + len(THOUGHTS_END)


def places(
    rendered: str, pieces: Sequence[str], numbers: Sequence[int], messages: Sequence[Message]
) -> dict[int, list[tuple[int, int]]] | None:
    """For each message the `[start, end)` of what it says, None where the pieces don't fit."""
    if not rendered.startswith(pieces[0]):
        return None
    at = len(pieces[0])
    found: dict[int, list[tuple[int, int]]] = {}
    for number, behind in zip(numbers, pieces[1:], strict=True):
        message = messages[number]
        ways = _ways(message.content[said_at(message) :])
        shown = next((way for way in ways if rendered.startswith(way + behind, at)), None)
        if shown is None:
            return None
        found.setdefault(number, []).append((at, at + len(shown)))
        at += len(shown) + len(behind)
    return found if at == len(rendered) else None


def _ways(content: str) -> Iterator[str]:
    """How templates show a text: as it is, or without its outer blanks or line feeds."""
    yield content
    for blanks in (None, "\n"):
        yield content.strip(blanks)
        yield content.lstrip(blanks)
        yield content.rstrip(blanks)


def answers(
    rendered: str, frame: str, stand_ins: StandIns, messages: Sequence[Message], ends: Ends
) -> tuple[list[Answer], dict[int, list[tuple[int, int]]]]:
    """The place of each answer, with its thoughts where they are rendered, and its end token.

    Returns:
        The answers in order; and the places of all messages that have a stand-in in the frame.

    Raises:
        Unproven: It can't be told.
    """
    pieces, numbers = stand_ins.split(frame)
    wanted = [i for i, m in enumerate(messages) if m.role == "assistant"]
    if [n for n in numbers if messages[n].role == "assistant"] != wanted:
        raise Unproven("not_once")
    found = places(rendered, pieces, numbers, messages)
    if found is None:
        raise Unproven("changed")
    result = []
    for number, before in zip(numbers, pieces, strict=False):
        if messages[number].role != "assistant":
            continue
        ((start, content_end),) = found[number]
        token = ends.token_at(rendered, content_end)
        if token is None:
            raise Unproven("no_end")
        if said_at(messages[number]):
            start = _with_thoughts(rendered, before, start, messages[number])
        result.append(Answer(start, content_end, content_end + len(token)))
    return result, found


def _with_thoughts(rendered: str, before: str, start: int, message: Message) -> int:
    """Where an answer begins that was written with thoughts: with them, if they are rendered.

    An empty think block is no thought: the blanks behind it are passed over, too.
    """
    head = message.content[: said_at(message)]
    if _NOTHING_SAID.fullmatch(head):
        return start + len(rendered[start:]) - len(rendered[start:].lstrip())
    for shown in (head, head.lstrip()):
        if before.endswith(shown):
            return start - len(shown)
    thoughts = head.removesuffix(THOUGHTS_END).split("<think>")[-1].split()
    found = _THOUGHTS.search(before)
    return start - len(found[0]) if found and thoughts and thoughts == found[1].split() else start


def check_markers(
    rendered: str, marked: Sequence[tuple[int, int]], found: Sequence[Answer], ends: Ends
) -> None:
    """That the template marks these answers itself, with nothing before them that says something.

    Raises:
        Unproven: It marks another number of places, or another text.
    """
    starts = {answer.start for answer in found}
    said = [
        (start, end)
        for start, end in marked
        # Phi marks the token at the end of the conversation, too
        if ends.has_text(rendered[start:end]) or not starts.isdisjoint(range(start, end))
    ]
    if len(said) != len(found):
        raise Unproven("markers", answers=len(found), marked=len(said))
    for answer, (start, end) in zip(found, said, strict=True):
        inside = start <= answer.start and answer.content_end <= end
        # a header that ends with a special token (DeepSeek marks it) is no part of the answer
        before = ends.behind_last(rendered[start : answer.start])
        if not inside or not _NOTHING_SAID.fullmatch(before):
            raise Unproven("changed")


class Ends:
    """The special tokens of a tokenizer, by which an answer can end."""

    def __init__(self, special: Sequence[str]) -> None:
        # longest first: of two tokens that begin alike, the longer one is the one that is there
        self._special = sorted(special, key=len, reverse=True)

    def token_at(self, rendered: str, position: int) -> str | None:
        return next((t for t in self._special if rendered.startswith(t, position)), None)

    def behind_last(self, marked: str) -> str:
        """What follows the last special token, the whole text where there is none."""
        found = [marked.rfind(t) + len(t) for t in self._special if t in marked]
        return marked[max(found, default=0) :]

    def has_text(self, marked: str) -> bool:
        for token in self._special:
            marked = marked.replace(token, "")
        return bool(marked.strip())
