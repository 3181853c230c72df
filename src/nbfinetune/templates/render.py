"""A model's chat template, applied: prompts for generation, ids and labels for training.

Labels are the rendered answer through its end-of-turn token and nothing else: no role header, no
line feed of the template. The place of each answer is taken from `{% generation %}` markers (the
model's own, or those of TRL's training template for its family), elsewhere from a second rendering
with stand-ins, and then proven against the text; what can't be proven is refused, never trained on
as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template
from trl.chat_template_utils import get_training_chat_template, has_generation_markers

from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation, Message

_NOTHING_SAID = re.compile(r"\s*(<think>\s*</think>\s*)?")
"""What templates of thinking models (Qwen3) put before an answer without thoughts: not trained."""

_STAND_IN = re.compile("\ue000(\\d+)\ue001")

IGNORED = -100
"""The label of a token that is not trained (the convention of PyTorch's cross entropy)."""


@dataclass(frozen=True)
class LabelledRow:
    """Token ids of a conversation and, for each, itself where it is trained, else `IGNORED`."""

    ids: list[int]
    labels: list[int]

    @property
    def trained_tokens(self) -> int:
        """The labels that count in the loss: the first token is never predicted."""
        return sum(label != IGNORED for label in self.labels[1:])

    def cut(self, max_length: int) -> LabelledRow:
        return LabelledRow(self.ids[:max_length], self.labels[:max_length])


class ChatTemplate:
    """The template of one tokenizer. `name` is the model's, for error messages."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        if not isinstance(tokenizer.chat_template, str):
            raise ModelError("template_missing", model=name)
        self.tokenizer = tokenizer
        self.name = name
        self._training_template = _with_markers(tokenizer)
        special = [str(t) for t in tokenizer.added_tokens_decoder.values() if t.special]
        # longest first: of two tokens that begin alike, the longer one is the one that is there
        self._special = sorted(special, key=len, reverse=True)

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """The ids that ask for the next answer."""
        rendered, _ = self._render(messages, self.tokenizer.chat_template, prompt=True)
        ids: list[int] = self.tokenizer(rendered, add_special_tokens=False)["input_ids"]
        return ids

    def end_of_turn_id(self) -> int:
        """The id that ends an answer: trained, and where generation stops."""
        probe = (Message("user", "1"), Message("assistant", "2"))
        row = self.row(Conversation(probe))
        return next(label for label in reversed(row.labels) if label != IGNORED)

    def row(self, conversation: Conversation) -> LabelledRow:
        """Ids and labels of a conversation, every answer trained.

        Raises:
            ModelError: The template refuses the conversation, or the place of an answer in the
                rendered text can't be proven.
        """
        if self._training_template is None:
            rendered, trained = self._answers_by_stand_ins(conversation)
        else:
            rendered, marked = self._render(conversation.messages, self._training_template)
            trained = list(self._answers(conversation, rendered, marked))
        encoded = self.tokenizer(rendered, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        labels = [IGNORED] * len(ids)
        for start, end in trained:
            covered = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
            if any(offsets[i][0] < start or offsets[i][1] > end for i in covered):
                raise self._unproven(conversation, "a token crosses the border of the answer")
            for i in covered:
                labels[i] = ids[i]
        return LabelledRow(ids, labels)

    def _answers(
        self, conversation: Conversation, rendered: str, marked: list[tuple[int, int]]
    ) -> Iterator[tuple[int, int]]:
        """For each answer its `[start, end)` in the rendered text, end-of-turn token included."""
        answers = [m.content for m in conversation.messages if m.role == "assistant"]
        # Phi marks the token at the end of the conversation, too
        places = [(start, end) for start, end in marked if self._has_text(rendered[start:end])]
        if len(answers) != len(places):
            raise self._unproven(
                conversation, f"{len(answers)} answers but {len(places)} marked places"
            )
        for content, (start, end) in zip(answers, places, strict=True):
            # some templates strip: the content as rendered is what stands there
            shown = content if content in rendered[start:end] else content.strip()
            found = self._place(rendered, shown, start, end)
            if found is None:
                raise self._unproven(conversation, "the answer is not rendered as it was written")
            yield found

    def _place(self, rendered: str, shown: str, start: int, end: int) -> tuple[int, int] | None:
        """Where `shown` stands with nothing before it but blanks and its end token behind it."""
        at = rendered.find(shown, start, end)
        while at >= 0:
            token = self._special_token_at(rendered, at + len(shown))
            if token is not None and _NOTHING_SAID.fullmatch(rendered, start, at):
                return at, at + len(shown) + len(token)
            at = rendered.find(shown, at + 1, end)
        return None

    def _answers_by_stand_ins(
        self, conversation: Conversation
    ) -> tuple[str, list[tuple[int, int]]]:
        """As `_answers`, without markers, with the rendered text.

        The conversation is rendered again with a stand-in for each answer. Where putting the
        answers back gives the very text that was rendered first, their places are known.
        """
        template, messages = self.tokenizer.chat_template, conversation.messages
        rendered, _ = self._render(messages, template)
        answers = [m.content for m in messages if m.role == "assistant"]
        numbers = iter(range(len(answers)))
        frame, _ = self._render(
            [
                Message(m.role, f"\ue000{next(numbers)}\ue001") if m.role == "assistant" else m
                for m in messages
            ],
            template,
        )
        # split at a group: texts of the frame and numbers of the stand-ins in turn
        parts = _STAND_IN.split(frame)
        if parts[1::2] != [str(number) for number in range(len(answers))]:
            raise self._unproven(conversation, "an answer is not rendered exactly once")
        before, *behind = parts[::2]
        for shown in (answers, [answer.strip() for answer in answers]):
            pieces = [a + b for a, b in zip(shown, behind, strict=True)]
            if before + "".join(pieces) == rendered:
                break
        else:
            raise self._unproven(conversation, "the answer is not rendered as it was written")
        places, at = [], len(before)
        for answer, piece in zip(shown, pieces, strict=True):
            token = self._special_token_at(rendered, at + len(answer))
            if token is None:
                raise self._unproven(conversation, "no special token ends the answer")
            places.append((at, at + len(answer) + len(token)))
            at += len(piece)
        return rendered, places

    def _special_token_at(self, rendered: str, position: int) -> str | None:
        return next((t for t in self._special if rendered.startswith(t, position)), None)

    def _has_text(self, marked: str) -> bool:
        for token in self._special:
            marked = marked.replace(token, "")
        return bool(marked.strip())

    def _render(
        self, messages: Sequence[Message], template: str, *, prompt: bool = False
    ) -> tuple[str, list[tuple[int, int]]]:
        turns = [{"role": m.role, "content": m.content} for m in messages]
        try:
            rendered, marked = render_jinja_template(
                [turns],
                chat_template=template,
                return_assistant_tokens_mask=not prompt,
                add_generation_prompt=prompt,
                enable_thinking=False,  # answers are trained behind an empty think block
                **self.tokenizer.special_tokens_map,
            )
        except (TemplateError, TypeError) as error:  # TypeError: its own slips, 'text' + none
            raise ModelError("template_refused", model=self.name, reason=str(error)) from None
        return rendered[0], [] if prompt else [(start, end) for start, end in marked[0]]

    def _unproven(self, conversation: Conversation, reason: str) -> ModelError:
        return ModelError(
            "labels_unproven", model=self.name, line=conversation.line or "?", reason=reason
        )


def _with_markers(tokenizer: Any) -> str | None:
    """The tokenizer's template if it has markers, else TRL's for its family, else None."""
    if has_generation_markers(tokenizer.chat_template):
        return str(tokenizer.chat_template)
    try:
        template: str | None = get_training_chat_template(tokenizer)
    except ValueError:  # TRL doesn't know this template
        return None
    return template
