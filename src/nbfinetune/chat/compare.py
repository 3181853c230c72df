"""Prompts × models: every model answers every prompt, and the answers become a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from nbfinetune.chat.model import ChatModel, Reply, SamplingParams, ShouldStop
from nbfinetune.core.messages import Message

if TYPE_CHECKING:
    import pandas as pd


class Contender(msgspec.Struct, frozen=True):
    """One column: its heading, who answers, and the system prompt it gets."""

    label: str
    model: ChatModel
    system: str | None = None

    def opening(self) -> list[Message]:
        """What stands before the first prompt."""
        return [Message("system", self.system)] if self.system is not None else []


class Comparison(msgspec.Struct, frozen=True):
    """The answers. `replies[i][j]` is what column j said to prompt i."""

    prompts: tuple[str, ...]
    labels: tuple[str, ...]
    systems: tuple[str | None, ...]
    replies: tuple[tuple[Reply, ...], ...]

    def column(self, label: str) -> list[str]:
        """The answers of one column, in the order of the prompts."""
        index = self.labels.index(label)
        return [row[index].text for row in self.replies]

    def to_pandas(self) -> pd.DataFrame:
        """A frame with one row per prompt and one column per model."""
        import pandas as pd

        answers = {label: self.column(label) for label in self.labels}
        return pd.DataFrame(answers, index=pd.Index(self.prompts, name="prompt"))


def compare(
    contenders: Sequence[Contender],
    prompts: Sequence[str],
    params: SamplingParams,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: ShouldStop | None = None,
) -> Comparison:
    """Let each contender answer all prompts; `on_progress` hears of finished and all contenders."""
    columns: list[list[Reply]] = []
    for number, contender in enumerate(contenders):
        if on_progress is not None:
            on_progress(number, len(contenders))
        asked = [[*contender.opening(), Message("user", prompt)] for prompt in prompts]
        columns.append(contender.model.reply_many(asked, params, should_stop))
    return Comparison(
        tuple(prompts),
        _distinct([c.label for c in contenders]),
        tuple(c.system for c in contenders),
        tuple(zip(*columns, strict=True)),
    )


def _distinct(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels with numbers where one occurs again: `base`, `base (2)`."""
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(result)
