"""What a check found: one rule, one place, what was expected and what came."""

from __future__ import annotations

from typing import Literal

import msgspec

from nbfinetune.core import text
from nbfinetune.core.text.quick_fixes import fix_for

Severity = Literal["error", "warning", "advice"]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule at one place.

    `line` is the physical line, 1-based, blank lines counted (None: the file as a whole).
    `path` is a JSON path relative to the row (`$.messages[1].role`); empty: the whole row or file.
    `kind` tells apart what one code has several phrases for (`json_parse`: `cut`, `blank` …).
    `unit` is what the numbers count: lines of a file or cell, or rows of a Python object.
    `params` fill the words of the catalogue; `expected` and `got` are among them where they apply.
    """

    code: str
    severity: Severity
    line: int | None = None
    path: str = ""
    kind: str = ""
    unit: Literal["line", "row"] = "line"
    params: dict[str, str | int] = {}

    @property
    def phrase(self) -> str:
        """The key of its words in the catalogue."""
        kind = self.kind or ("row" if self.unit == "row" and "other" in self.params else "")
        return f"{self.code}/{kind}" if kind else self.code

    @property
    def message(self) -> str:
        """What is wrong, in the user's language, without its place."""
        return text.message(self.phrase, self.params)

    @property
    def way_out(self) -> str:
        """What the user can do about it; with the quick-fix that is made for it, if there is."""
        said, fix = text.way_out(self.phrase, self.params), fix_for(self.phrase, self.params)
        return said + text.message("way_out_fix", {"fix": fix}) if fix else said

    @property
    def place(self) -> str:
        """Where: `line 7  $.messages[1].role`; empty for the file as a whole."""
        line = "" if self.line is None else text.message(f"at_{self.unit}", {"line": self.line})
        return "  ".join(filter(None, [line, self.path]))

    def __str__(self) -> str:
        return "  ".join(filter(None, [self.place, self.message]))
