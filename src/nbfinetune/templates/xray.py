"""One conversation as the model sees it: which text is trained, which comes from the template.

The labels are the trainer's own (`ChatTemplate.rendered`); here they are only put into words. A
special token is a span of its own. Characters are whole: one that several tokens share belongs to
the last of them, so at a border (of an answer, of `max_length`) it stands on the far side.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from nbfinetune.core.messages import Conversation
from nbfinetune.templates.labels import RenderedRow

if TYPE_CHECKING:
    from nbfinetune.templates.render import ChatTemplate

Kind = Literal["template", "injected", "system", "user", "assistant_trained", "end_of_turn"]
"""`injected`: sentences of the template's own."""

TRAINED: frozenset[Kind] = frozenset({"assistant_trained", "end_of_turn"})

ROLE_OF: dict[Kind, str] = {
    "template": "template",
    "injected": "template",
    "system": "system",
    "user": "user",
    "assistant_trained": "assistant",
    "end_of_turn": "assistant",
}
"""Who a token is counted for; the end-of-turn token is the assistant's last word."""


@dataclass(frozen=True)
class Span:
    """Neighbouring tokens of one kind, with their text.

    `special`: a single special token. `is_cut`: beyond `max_length`, so neither read nor trained.
    """

    text: str
    tokens: int
    kind: Kind
    special: bool = False
    is_cut: bool = False

    @property
    def trained(self) -> bool:
        return self.kind in TRAINED and not self.is_cut


@dataclass(frozen=True)
class Xray:
    """The spans of a conversation in order; together they are the rendered text.

    `trained_tokens` count in the loss; `lost_tokens` would, but lie beyond `max_length`. `roles`
    are the tokens that are read, per role. `max_length`: None where nothing is cut off.
    """

    spans: tuple[Span, ...]
    tokens: int
    trained_tokens: int
    lost_tokens: int
    roles: dict[str, int]
    max_length: int | None

    @property
    def kept_tokens(self) -> int:
        return min(self.tokens, self.max_length or self.tokens)

    @property
    def cut_tokens(self) -> int:
        return self.tokens - self.kept_tokens

    @property
    def share(self) -> float:
        """The trained part of the tokens that are read, 0 to 1."""
        return self.trained_tokens / max(self.kept_tokens, 1)


def xray(template: ChatTemplate, row: Conversation, max_length: int | None = None) -> Xray:
    """The conversation as it is trained on, cut at `max_length` tokens (None or 0: not at all).

    Raises:
        ModelError: As `ChatTemplate.row`.
    """
    rendered, kinds = token_kinds(template, row)
    kept = max_length or len(kinds)
    trained = rendered.row.cut(kept).trained_tokens
    return Xray(
        tuple(_spans(rendered, kinds, kept, template.special_ids)),
        len(kinds),
        trained,
        rendered.row.trained_tokens - trained,
        count_roles(kinds[:kept]),
        max_length or None,
    )


def count_roles(kinds: Sequence[Kind]) -> dict[str, int]:
    """Tokens per role; `template` is everything that no message says."""
    counts = dict.fromkeys(("system", "user", "assistant", "template"), 0)
    for kind, role in ROLE_OF.items():
        counts[role] += kinds.count(kind)
    return counts


def token_kinds(template: ChatTemplate, row: Conversation) -> tuple[RenderedRow, list[Kind]]:
    """The rendered row and what each of its tokens is; nothing is cut."""
    rendered = template.rendered(row)
    kinds: list[Kind] = ["template"] * len(rendered.row.ids)
    for number, stretches in rendered.contents.items():
        role = row.messages[number].role
        if role == "assistant":
            continue
        said: list[Kind] = [role]
        for start, end in stretches:
            first, after = _token_at(rendered.ends, start), _token_at(rendered.ends, end)
            kinds[first:after] = said * (after - first)
    for (first, after), answer in zip(rendered.turns, rendered.answers, strict=True):
        content = min(max(_token_at(rendered.ends, answer.content_end), first), after)
        kinds[first:content] = ["assistant_trained"] * (content - first)
        kinds[content:after] = ["end_of_turn"] * (after - content)
    _mark_injected(kinds, rendered, template.special_ids)
    return rendered, kinds


def _token_at(ends: Sequence[int], place: int) -> int:
    """The first token that counts for this character or one behind it: its parts come first."""
    token = bisect_left(ends, place)
    ends_there = token < len(ends) and ends[token] == place > 0
    return token + ends_there


def _mark_injected(kinds: list[Kind], rendered: RenderedRow, special_ids: frozenset[int]) -> None:
    """Name the sentences between special tokens and messages that the template adds."""
    own = [
        kind == "template" and number not in special_ids
        for kind, number in zip(kinds, rendered.row.ids, strict=True)
    ]
    after = 0
    for is_own, run in groupby(own):
        first, after = after, after + len(list(run))
        if not is_own:
            continue
        start = rendered.ends[first - 1] if first else 0
        prose = _prose(rendered.text[start : rendered.ends[after - 1]])
        if prose:
            low = max(_token_at(rendered.ends, start + prose.start), first)
            high = min(_token_at(rendered.ends, start + prose.stop), after)
            kinds[low:high] = ["injected"] * (high - low)


_MARKUP = re.compile(r"<[^<>\n]*>|\[[^\[\]\n]*\]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=1024)
def _prose(text: str) -> range:
    """The characters of the sentences in a text, from the first to the last; empty for none.

    Role names, tags and headings that end with a colon are no sentences.
    """
    at, found = 0, []
    for line in text.split("\n"):
        bare = _MARKUP.sub(" ", line).strip()
        says = len(_WORD.findall(bare)) >= 3 or len(_HAN.findall(bare)) >= 4
        if says and not bare.endswith((":", "：")):
            found.append((at, at + len(line)))
        at += len(line) + 1
    return range(found[0][0], found[-1][1]) if found else range(0)


def _spans(
    rendered: RenderedRow, kinds: Sequence[Kind], kept: int, special_ids: frozenset[int]
) -> Iterator[Span]:
    """Neighbours of one kind joined; special tokens stand alone."""
    looks = [
        (kind, rendered.row.ids[token] in special_ids, token >= kept)
        for token, kind in enumerate(kinds)
    ]
    first = start = 0
    for token, (kind, special, is_cut) in enumerate(looks):
        following = looks[token + 1 : token + 2]
        if special or following != [(kind, False, is_cut)]:
            end = rendered.ends[token]
            text = rendered.text[start:end]
            yield Span(text, token + 1 - first, kind, special, is_cut)
            first, start = token + 1, end
