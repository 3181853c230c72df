"""A text that is read from its beginning and let go as it was read: what of it is held, and where.

Knows blocks of bytes, lines and columns; nothing of what the text means.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from nbfinetune.core.pages import Page

_BLOCK = 1 << 17


class Held:
    """`text` is what is held; `base` characters were before it, `ended` that nothing follows."""

    def __init__(self, blocks: Iterable[bytes], first_line: int = 1) -> None:
        self.texts = _decoded(blocks)
        self.text = ""
        self.base = 0
        self.ended = False
        self._line = first_line
        self._column = 0
        self._page: Page | None = None

    @classmethod
    def of_text(cls, text: str, first_line: int = 1) -> Held:
        """All of a text at once."""
        held = cls((), first_line)
        held.text, held.ended = text, True
        return held

    @property
    def page(self) -> Page:
        """What is held, with its lines and columns in the whole text."""
        if self._page is None:
            self._page = Page(self.text, self._line, self._column)
        return self._page

    def line_at(self, offset: int) -> int:
        """As `page.line_at`, for an offset that isn't within the end of a line."""
        ends = self.text.count("\n", 0, offset)
        if self.text.find("\r", 0, offset) >= 0:
            ends += self.text.count("\r", 0, offset) - self.text.count("\r\n", 0, offset)
        return self._line + ends

    def more(self) -> bool:
        """Whether there is more; then as much as is held, at least, is held besides."""
        pieces, size = [self.text], len(self.text)
        while size < 2 * len(self.text) + 1 and not self.ended:
            piece = next(self.texts, None)
            self.ended = piece is None
            pieces.append(piece or "")
            size += len(pieces[-1])
        grown = size > len(self.text)
        self.text, self._page = "".join(pieces), None
        return grown

    def drop(self, count: int) -> None:
        """Let go of so many characters."""
        self._line = self.line_at(count)
        last = max(self.text.rfind("\n", 0, count), self.text.rfind("\r", 0, count)) + 1
        self._column = count - last if last else self._column + count
        self.base += count
        self.text, self._page = self.text[count:], None

    def rest(self) -> Iterator[bytes]:
        """What is held, which is let go, and all that follows: as bytes again."""
        raw, self.text = self.text.encode("utf-8", "surrogateescape"), ""
        for start in range(0, len(raw), _BLOCK):
            yield raw[start : start + _BLOCK]
        for text in self.texts:
            yield text.encode("utf-8", "surrogateescape")


def _decoded(blocks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for block in blocks:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
