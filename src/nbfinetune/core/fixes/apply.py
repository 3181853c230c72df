"""Quick-fixes of a text of rows: found, applied, counted, undone.

A fix never invents content and never changes a row that is valid; where more than one thing could
be meant it is refused, with the place and the reason. Every fix works alone and with all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from nbfinetune.core import text as words
from nbfinetune.core.convert.converter import Converter
from nbfinetune.core.fixes.chat import chat_pieces
from nbfinetune.core.fixes.edits import Piece, Refusal, Step
from nbfinetune.core.fixes.layout import pieces
from nbfinetune.core.fixes.messages import MESSAGE_FIXES
from nbfinetune.core.fixes.rows import SPELLING_FIXES
from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.chatform import read_chat
from nbfinetune.core.reading.fast_rows import PlainRows
from nbfinetune.core.reading.json_faults import skip_blanks
from nbfinetune.core.reading.jsonl import read_json, read_jsonl
from nbfinetune.core.reading.stream import stream_jsonl
from nbfinetune.core.rows import Row
from nbfinetune.core.validation import check_row

Form = Literal["jsonl", "json", "chat"]
"""What the text is to be: one object per line, one array or object, or the light chat form."""

FIXES: tuple[str, ...] = (
    "bom",
    "code_fences",
    "preamble",
    *SPELLING_FIXES,
    *MESSAGE_FIXES,
    "wrapper",
    "split_objects",
    "array_to_lines",
    "lines_to_array",
    "one_line",
)
"""Every fix, in the order in which they are listed and applied to a row."""

_PASSES = 6


class Patch(NamedTuple):
    """What one fix did in one place: `before` at offset `start` became `after`.

    `start` is an offset into the text as it was when the patch was applied, after all patches
    before it. `line` and `last_line` are those that `before` stood on, for a reader.
    """

    fix: str
    line: int
    last_line: int
    start: int
    before: str
    after: str


class Fixed(NamedTuple):
    """The text after the fixes, what they did, what they refused, and the errors that are left.

    The lines of `refused` and `left` are those of the new text.
    """

    text: str
    patches: tuple[Patch, ...]
    refused: tuple[Refusal, ...]
    left: tuple[Problem, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many places each fix changed, in the order of the fixes."""
        counted = Counter(patch.fix for patch in self.patches)
        return {fix: counted[fix] for fix in FIXES if fix in counted}

    def preview(self, fix: str) -> tuple[Patch, ...]:
        """What that fix does, place by place."""
        return tuple(patch for patch in self.patches if patch.fix == fix)


def find_fixes(text: str, form: Form, first_line: int = 1) -> Fixed:
    """What all fixes together would do."""
    return apply_fixes(text, form, FIXES, first_line)


def apply_fixes(
    text: str, form: Form, names: Collection[str] = FIXES, first_line: int = 1
) -> Fixed:  # fmt: skip
    """The text after the fixes of these names, repeated until nothing changes.

    `first_line` is the number of the first line, in what is returned.
    """
    patches: list[Patch] = []
    refused: list[Refusal] = []
    state = _state(text, form, first_line)
    for _ in range(_PASSES):
        if not state.errors and not text.startswith("\ufeff"):
            refused = []
            break
        found = list(_found(text, form, names))
        refused = [refusal for refusal in found if isinstance(refusal, Refusal)]
        steps = sorted((piece for piece in found if isinstance(piece, Piece)), key=_place)
        done: list[Patch] = []
        after = _applied(text, steps, first_line, done)
        then = _state(after, form, first_line)
        # Text that is broken beyond its rows can lose some that the reader had found in it.
        if not steps or then.valid < state.valid:
            break
        text, state = after, then
        patches += done
    moved = (refusal._replace(line=refusal.line + first_line - 1) for refusal in refused)
    return Fixed(text, tuple(patches), tuple(dict.fromkeys(moved)), state.errors)


def undo(text: str, patches: Iterable[Patch]) -> str:
    """The text before the patches, byte for byte.

    Raises:
        ValueError: The text is not the one that the patches made.
    """
    # `text[:end]` and, from the last one on, the pieces behind it: nothing is copied twice.
    end, behind = len(text), list[str]()
    for patch in reversed(list(patches)):
        if patch.start > end:
            text = text[:end] + "".join(reversed(behind))
            end, behind = len(text), []
        stop = min(patch.start + len(patch.after), end)
        found = text[patch.start : stop]
        if stop < end:
            behind.append(text[stop:end])
        while len(found) < len(patch.after) and behind:
            found += behind.pop()
        if not found.startswith(patch.after):
            raise ValueError(f"line {patch.line} is not what the fix {patch.fix} made of it")
        behind += (found[len(patch.after) :], patch.before)
        end = patch.start
    return text[:end] + "".join(reversed(behind))


def title(fix: str) -> str:
    """What a fix does, in a line, in the user's language."""
    return words.message(f"fix/{fix}", {})


def reason(refusal: Refusal) -> str:
    """Why a fix was refused, in the user's language."""
    return words.message(f"fix_refused/{refusal.reason}", {})


class _State(NamedTuple):
    """How many rows of a text are valid, and every error in it."""

    valid: int
    errors: tuple[Problem, ...]


def _state(text: str, form: Form, first_line: int) -> _State:
    valid, errors, converter = 0, list[Problem](), Converter()
    for item in _items(text, form, first_line):
        if isinstance(item, PlainRows):
            valid += len(item.rows)
            continue
        problems = (item,) if isinstance(item, Problem) else check_row(converter.convert(item))
        found = [problem for problem in problems if problem.severity == "error"]
        valid += not found and not isinstance(item, Problem)
        errors += found
    return _State(valid, tuple(errors))


def _items(text: str, form: Form, first_line: int) -> Iterable[PlainRows | Row | Problem]:
    if form == "chat":
        return read_chat(text, first_line)
    if form == "json":
        return read_json(text, first_line)
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return read_jsonl(text, first_line)
    is_array = text.startswith("[", skip_blanks(text, 0))
    return read_jsonl(text, first_line) if is_array else stream_jsonl([raw], first_line)


def _found(text: str, form: Form, names: Collection[str]) -> Iterator[Piece | Refusal]:
    if text.startswith("\ufeff") and "bom" in names:
        yield Piece(0, 1, (Step("bom", "\ufeff", ""),))
    elif form == "chat":
        yield from chat_pieces(text, names)
    else:
        yield from pieces(text, form, names)


def _place(piece: Piece) -> tuple[int, int]:
    return piece.start, piece.end


def _applied(text: str, pieces_: list[Piece], first_line: int, patches: list[Patch]) -> str:
    """The text with all pieces changed; what was done is added to the patches."""
    page, parts, at, shift = Page(text, first_line), list[str](), 0, 0
    for piece in pieces_:
        new = text[piece.start : piece.end]
        for fix, before, after, inner in piece.steps:
            # The lines are those of the text before this pass: what a reader has before him.
            first = page.line_at(min(piece.start + inner, max(piece.end - 1, piece.start)))
            last = max(first, page.line_at(max(piece.end - 1, piece.start)))
            patches.append(Patch(fix, first, last, piece.start + shift + inner, before, after))
            new = new[:inner] + after + new[inner + len(before) :]
        parts += (text[at : piece.start], new)
        shift += len(new) - (piece.end - piece.start)
        at = piece.end
    return "".join([*parts, text[at:]])
