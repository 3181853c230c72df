"""Rows to ids and labels: tokenized once, checked against `max_length`."""

from __future__ import annotations

from collections.abc import Sequence

from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation
from nbfinetune.core.reading.special_tokens import special_token_problems
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.templates.render import ChatTemplate
from nbfinetune.templates.traits import special_tokens


def tokenize(
    rows: Sequence[Conversation], template: ChatTemplate, max_length: int
) -> tuple[list[LabelledRow], list[Notice]]:
    """Ids and labels of each row, cut at `max_length` tokens, and a notice that names the cut ones.

    Raises:
        DatasetError: Rows that would lose all their trained tokens.
        ModelError: Rows whose answers can't be located in the rendered text.
    """
    whole = [template.row(row) for row in rows]
    cut = [row.cut(max_length) for row in whole]
    lost = [r for r, c in zip(rows, cut, strict=True) if not c.trained_tokens]
    if lost:
        raise DatasetError(
            "nothing_trained", count=len(lost), max_length=max_length, lines=_lines(lost)
        )
    shortened = [r for r, w in zip(rows, whole, strict=True) if len(w.ids) > max_length]
    if not shortened:
        return cut, []
    params: dict[str, str | int | float] = {
        "count": len(shortened), "max_length": max_length, "lines": _lines(shortened)
    }  # fmt: skip
    return cut, [Notice("rows_cut", params)]


def special_tokens_kept(
    rows: Sequence[Conversation], template: ChatTemplate, *, allow: bool
) -> list[Notice]:
    """A notice where contents hold special tokens that are trained all the same.

    Raises:
        DatasetError: They hold tokens that begin or end a turn, and that is not allowed.
    """
    control, special = special_tokens(template)
    found = list(special_token_problems(rows, control, special, allow=allow))
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise DatasetError(
            "special_tokens_refused", problems=errors, count=len(errors), model=template.name
        )
    if not found:
        return []
    lines = sorted({problem.line or 0 for problem in found})
    shown = ", ".join(map(str, lines[:8])) + (" …" if len(lines) > 8 else "")
    return [Notice("special_tokens_kept", {"count": len(found), "lines": shown})]


def _lines(rows: Sequence[Conversation]) -> str:
    """The first lines, for a message: `3, 8, 21 …`."""
    numbers = [str(row.line) for row in rows if row.line is not None]
    return ", ".join(numbers[:8]) + (" …" if len(numbers) > 8 else "") or "?"
