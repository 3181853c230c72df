"""Text and the places of its answers in, token ids and labels out. Knows a tokenizer, no template.

A token belongs to an answer as a whole or not at all. Where one would cross the border of an
answer (the line feed of the template and one of the answer's own, in one token), the text is cut
there before it is encoded: that is what generation does, too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from nbfinetune.templates.heads import Encoder, Range
from nbfinetune.templates.labels import Answer, LabelledRow, Turn, labelled


class BorderCrossed(Exception):
    """A token stands on both sides of an answer's border, and cutting there changes the text."""


def encode(
    encoder: Encoder,
    special_ids: frozenset[int],
    text: str,
    answers: Sequence[Answer],
    alike: int = 0,
) -> tuple[LabelledRow, list[Range], tuple[Turn, ...]]:
    """The text as ids, of which those of the answers are trained; `alike` as for `Encoder.tokens`.

    Returns:
        The ids with their labels, the place of each in the text, the tokens of each answer.

    Raises:
        BorderCrossed: The tokenizer knows no border where an answer begins or ends.
    """
    ids, ranges = encoder.tokens(text, alike)
    crossed = _crossed(text, ids, ranges, answers, special_ids)
    if crossed:
        ids, ranges = _tokens_of_pieces(encoder, text, crossed)
        if _crossed(text, ids, ranges, answers, special_ids):
            raise BorderCrossed
    turns = tuple(_turns(ranges, answers))
    return labelled(ids, turns), ranges, turns


def _tokens_of_pieces(
    encoder: Encoder, text: str, borders: Sequence[int]
) -> tuple[list[int], list[Range]]:
    """As `Encoder.tokens`, of a text that is cut at the borders."""
    ids: list[int] = []
    ranges: list[Range] = []
    for start, end in zip([0, *borders], [*borders, len(text)], strict=True):
        piece, places = encoder.tokens(text[start:end])
        decoded = encoder.tokenizer.decode(piece, clean_up_tokenization_spaces=False)
        # blanks are the tokenizer's own affair
        if "".join(decoded.split()) != "".join(text[start:end].split()):
            raise BorderCrossed
        ids += piece
        ranges += [(start + a, start + b) for a, b in places]
    return ids, ranges


def _crossed(
    text: str,
    ids: Sequence[int],
    ranges: Sequence[Range],
    answers: Sequence[Answer],
    special_ids: frozenset[int],
) -> list[int]:
    """The borders of answers that lie within a token.

    A special token may swallow the blanks behind it (Phi-3's do): it stays what it is, the role's
    header or the end of the turn, and the blanks are lost to the tokenizer.
    """
    crossed = []
    for border in {place for answer in answers for place in (answer.start, answer.end)}:
        token = _first_from(ranges, border) - 1
        if token >= 0 and ranges[token][1] > border:
            swallowed = ids[token] in special_ids and not text[border : ranges[token][1]].strip()
            if not swallowed:
                crossed.append(border)
    return sorted(crossed)


def _turns(ranges: Sequence[Range], answers: Sequence[Answer]) -> Iterator[Range]:
    """The tokens of each answer: those that begin in it (a swallowed blank begins before it)."""
    for answer in answers:
        yield _first_from(ranges, answer.start), _first_from(ranges, answer.end)


def _first_from(ranges: Sequence[Range], place: int) -> int:
    """The first token that begins at this place or behind it."""
    return bisect_left(ranges, (place, -1))
