"""A model's chat template, applied: prompts for generation, ids and labels for training.

Labels are the rendered answer through its end-of-turn token and nothing else: no role header, no
line feed of the template. Where an answer stands is proven against the rendered text (`places`)
and must agree with the `{% generation %}` markers of the model's template, or of TRL's training
template for its family, where there are any; what can't be proven is refused, never trained on as
a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2.exceptions import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template

from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.templates import places
from nbfinetune.templates.encoding import BorderCrossed, encode
from nbfinetune.templates.heads import Encoder
from nbfinetune.templates.labels import IGNORED, Answer, LabelledRow, RenderedRow
from nbfinetune.templates.row_cache import RowCache

ROLES = ("system", "user", "assistant")

_MARKER = re.compile(r"\{%-?\s*generation\s*-?%\}")


class ChatTemplate:
    """The template of one tokenizer. `name` is the model's, for error messages."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        if not isinstance(tokenizer.chat_template, str):
            raise ModelError("template_missing", model=name)
        self.tokenizer = tokenizer
        self.name = name
        self._training_template = _with_markers(tokenizer)
        self._used = self._training_template or tokenizer.chat_template
        special = {i: str(t) for i, t in tokenizer.added_tokens_decoder.items() if t.special}
        self.special_ids = frozenset(special)
        self._ends = places.Ends(list(special.values()))
        self._encoder = Encoder(tokenizer)
        self._cache = RowCache()

    @property
    def has_markers(self) -> bool:
        """Whether `{% generation %}` markers, the model's or TRL's, tell what is trained, too."""
        return self._training_template is not None

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """The ids that ask for the next answer."""
        rendered = self.prompt_text(messages)
        ids: list[int] = self.tokenizer(rendered, add_special_tokens=False)["input_ids"]
        return ids

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """The text that asks for the next answer."""
        return self._render(messages, self.tokenizer.chat_template, prompt=True)[0]

    def text(self, messages: Sequence[Message]) -> str:
        """The text of a whole conversation, as the model's own template has it."""
        return self._render(messages, self.tokenizer.chat_template)[0]

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
        cached = self._cache.get(conversation)
        return self.rendered(conversation).row if cached is None else cached

    def rendered(self, conversation: Conversation) -> RenderedRow:
        """As `row`, with the text that is encoded and the places in it."""
        messages = conversation.messages
        text, marked = self._render(messages, self._used)
        try:
            answers, contents = self._proven(messages, text)
            if self.has_markers:
                places.check_markers(text, marked, answers, self._ends)
            alike = _first_said(messages, contents)
            row, ranges, turns = encode(self._encoder, self.special_ids, text, answers, alike)
        except places.Unproven as error:
            raise self._unproven(conversation, error.reason, **error.params) from None
        except BorderCrossed:
            raise self._unproven(conversation, "border") from None
        self._cache.put(conversation, row.ids, turns)
        return RenderedRow(text, row, ranges, tuple(answers), turns, contents)

    def _proven(
        self, messages: Sequence[Message], text: str
    ) -> tuple[list[Answer], dict[int, list[tuple[int, int]]]]:
        """As `places.answers`; where a template reads what questions say, these stay."""
        stand_ins = places.StandIns.absent_from(messages)
        try:
            frame, _ = self._render(stand_ins.put(messages, ROLES), self._used)
            return places.answers(text, frame, stand_ins, messages, self._ends)
        except (ModelError, places.Unproven):
            frame, _ = self._render(stand_ins.put(messages, ("assistant",)), self._used)
            return places.answers(text, frame, stand_ins, messages, self._ends)

    def _render(
        self, messages: Sequence[Message], template: str, *, prompt: bool = False
    ) -> tuple[str, list[tuple[int, int]]]:
        turns = [{"role": m.role, "content": m.content} for m in messages]
        has_markers = template == self._training_template and not prompt
        try:
            rendered, marked = render_jinja_template(
                [turns],
                chat_template=template,
                return_assistant_tokens_mask=has_markers,
                add_generation_prompt=prompt,
                enable_thinking=False,  # answers are trained behind an empty think block
                **self.tokenizer.special_tokens_map,
            )
        except (TemplateError, TypeError) as error:  # TypeError: its own slips, 'text' + none
            raise ModelError("template_refused", model=self.name, reason=str(error)) from None
        return rendered[0], [(start, end) for start, end in marked[0]] if has_markers else []

    def _unproven(
        self, conversation: Conversation, reason: places.Reason, **params: int
    ) -> ModelError:
        line = conversation.line or "?"
        return ModelError(f"labels_unproven/{reason}", model=self.name, line=line, **params)


def _first_said(
    messages: Sequence[Message], contents: Mapping[int, Sequence[tuple[int, int]]]
) -> int:
    """Where in the text it is for the first time not the system prompt that speaks; 0: unknown."""
    first = next((i for i, m in enumerate(messages) if m.role != "system"), -1)
    return min((start for start, _ in contents.get(first, ())), default=0)


def _with_markers(tokenizer: Any) -> str | None:
    """The tokenizer's template if it has markers, else TRL's for its family, else None."""
    if _MARKER.search(tokenizer.chat_template):
        return str(tokenizer.chat_template)
    # here, not above: TRL brings datasets and pandas along
    from trl.chat_template_utils import get_training_chat_template

    try:
        template: str | None = get_training_chat_template(tokenizer)
    except ValueError:  # TRL doesn't know this template
        return None
    return template
