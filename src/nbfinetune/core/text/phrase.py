"""One entry of the catalogue: what happened and the way out, in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Phrase(NamedTuple):
    """Format strings; their `{names}` are the parameters that the code carries."""

    en: str
    zh: str
    en_way_out: str = ""
    zh_way_out: str = ""

    def message(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    def way_out(self, language: str) -> str:
        return self.zh_way_out if language == "zh" else self.en_way_out
