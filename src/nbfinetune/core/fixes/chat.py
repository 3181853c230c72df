"""Fixes of the light chat form: what stands before a first message, and the order of the turns.

Text that belongs to a message is content, whatever it looks like: it is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from nbfinetune.core.fixes.edits import Edit, Piece, Refusal, Step
from nbfinetune.core.fixes.outline import is_fence, is_talk
from nbfinetune.core.pages import Page, Span
from nbfinetune.core.reading.chatform import is_chat, other_marker, read_chat
from nbfinetune.core.reading.json_faults import is_exotic, skip_blanks
from nbfinetune.core.rows import BROKEN, Row
from nbfinetune.core.validation import check_row, meant_role

_MARKER = re.compile(r"\w+[:：][ \t]*")
_SEPARATOR = re.compile(r"---\s*$")


class _Alias(NamedTuple):
    """Another tool's word for a role, the role, and the offset of the colon behind the word."""

    word: str
    role: str
    colon: int


class _Part(NamedTuple):
    """A conversation, or text that belongs to none, with its lines."""

    row: Row
    lines: Sequence[Span]

    @property
    def is_stray(self) -> bool:
        return self.row.value is BROKEN

    @property
    def is_broken(self) -> bool:
        return any(problem.severity == "error" for problem in check_row(self.row))


def chat_pieces(text: str, names: Collection[str]) -> Iterator[Piece | Refusal]:
    """Every piece of the text that the fixes change, and every refusal."""
    page = Page(text)
    parts = list(_parts(page))
    for edit in _edits(page, parts):
        if edit.fix not in names:
            continue
        if isinstance(edit, Refusal):
            yield edit
        else:
            step = Step(edit.fix, text[edit.start : edit.end], edit.new)
            yield Piece(edit.start, edit.end, (step,))


def _edits(page: Page, parts: Sequence[_Part]) -> Iterator[Edit | Refusal]:
    any_turn = any(not part.is_stray for part in parts)
    for part in parts:
        if part.is_stray:
            yield from _stray(page, part, any_turn=any_turn)
        elif part.is_broken:
            yield from _turns(page, part)
    yield from _aliases(page, parts)


def _parts(page: Page) -> Iterator[_Part]:
    rows = list(read_chat(page.text))
    for row, follower in zip(rows, [*rows[1:], None], strict=False):
        behind = len(page.lines) if follower is None else follower.line - 1
        yield _Part(row, page.lines[row.line - 1 : behind])


# text before the first message


def _stray(page: Page, part: _Part, *, any_turn: bool) -> Iterator[Edit | Refusal]:
    """Talk and fences go, up to the first line that is a marker after all."""
    if any(_hidden(page, line) for line in part.lines):
        yield from _unhidden(page, part)
        return
    for line in part.lines:
        words = page.text[line.start : line.end]
        if not words.strip() or _SEPARATOR.match(words):
            continue
        if _alias(page, line) is not None:
            return
        if is_fence(words.strip()) and any_turn:
            yield from _fence(page, line)
        elif is_talk(words.strip()) and any_turn:
            yield Edit("preamble", line.start, _behind(page, line), "")
        else:
            yield Refusal("preamble", line.number, "may_be_data")


def _hidden(page: Page, line: Span) -> bool:
    """Whether exotic blanks stand before one of our markers: pasted from a page, they hide it."""
    first = skip_blanks(page.text, line.start, line.end)
    exotic = any(is_exotic(page.text, at) for at in range(line.start, first))
    return exotic and is_chat(page.text[first : line.end])


def _unhidden(page: Page, part: _Part) -> Iterator[Edit]:
    for line in part.lines:
        if _hidden(page, line):
            first = skip_blanks(page.text, line.start, line.end)
            yield Edit("exotic_blanks", line.start, first, "")


def _fence(page: Page, line: Span) -> Iterator[Edit | Refusal]:
    """A fence around everything goes on both sides; any other may belong to an answer."""
    filled = [other for other in page.lines if not page.is_blank(other)]
    fences = [o for o in filled if is_fence(page.text[o.start : o.end].strip())]
    if fences == [line]:
        yield Edit("code_fences", line.start, _behind(page, line), "")
    elif filled[0] == line and filled[-1] in fences and len(fences) == 2:
        yield from (Edit("code_fences", o.start, _behind(page, o), "") for o in fences)
    else:
        yield Refusal("code_fences", line.number, "fence_unclear")


def _aliases(page: Page, parts: Sequence[_Part]) -> Iterator[Edit | Refusal]:
    """Our markers for another tool's, if it has one for each role and no valid row uses it."""
    stray = [line for part in parts if part.is_stray for line in part.lines]
    used = {found.word for line in stray if (found := _alias(page, line)) is not None}
    if not used:
        return
    broken = [line for part in parts if part.is_broken and not part.is_stray for line in part.lines]
    marked = [
        (line, found)
        for line in sorted([*stray, *broken])
        if (found := _alias(page, line)) is not None and found.word in used
    ]
    valid = [line for part in parts if not part.is_broken for line in part.lines]
    again = any((found := _alias(page, line)) is not None and found.word in used for line in valid)
    if again or len({found.role for _, found in marked}) < len(used):
        yield Refusal("role_aliases", marked[0][0].number, "markers_unclear")
        return
    for line, found in marked:
        yield Edit("role_aliases", line.start, found.colon, found.role)


def _alias(page: Page, line: Span) -> _Alias | None:
    """Another tool's marker at the beginning of a line."""
    first = skip_blanks(page.text, line.start, line.end)
    found = other_marker(page.text, first, line.end)
    role = meant_role(found[1]) if found else None
    return _Alias(found[1], role, found.end() - 1) if found and role else None


# turns in the wrong order


def _turns(page: Page, part: _Part) -> Iterator[Edit | Refusal]:
    if any(_hidden(page, line) for line in part.lines):
        yield from _unhidden(page, part)
        return
    if any(_alias(page, line) for line in part.lines):
        yield Refusal("turns_joined", part.row.line, "markers_unclear")
        return
    codes = {problem.code for problem in check_row(part.row)}
    messages = part.row.value["messages"]  # type: ignore[index]
    roles = [message["role"] for message in messages]
    starts = [page.lines[part.row.places[f"$.messages[{i}]"] - 1] for i in range(len(roles))]
    if "not_alternating" in codes:
        for previous, role, line in zip(roles, roles[1:], starts[1:], strict=False):
            if role == previous != "system":
                yield from _join(page, line)
    elif "unpaired_end" in codes and "assistant" in roles:
        last = [line for line in part.lines if _is_words(page, line)][-1]
        yield Edit("trailing_user", starts[-1].start, _behind(page, last), "")
    elif "unpaired_end" in codes:
        yield Refusal("trailing_user", starts[-1].number, "only_question")


def _join(page: Page, line: Span) -> Iterator[Edit | Refusal]:
    """The marker goes, so that the text continues the message above."""
    marker = _MARKER.match(page.text, line.start, line.end)
    assert marker is not None
    rest = page.text[marker.end() : line.end]
    if is_chat(rest.lstrip("\\")) or rest.startswith(("---", "\\---")):
        yield Refusal("turns_joined", line.number, "markers_unclear")
    else:
        end = marker.end() if rest.strip() else _behind(page, line)
        yield Edit("turns_joined", line.start, end, "")


def _is_words(page: Page, line: Span) -> bool:
    words = page.text[line.start : line.end]
    return bool(words.strip()) and not _SEPARATOR.match(words)


def _behind(page: Page, line: Span) -> int:
    """The offset behind the line and its line end."""
    index = line.number - page.first_line + 1
    return page.lines[index].start if index < len(page.lines) else len(page.text)
