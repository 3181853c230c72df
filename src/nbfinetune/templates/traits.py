"""What a chat template does to rows, found by asking it: probes in, notices and tokens out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbfinetune.core.errors import ModelError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.runs.events import Notice
from nbfinetune.templates.xray import token_kinds

if TYPE_CHECKING:
    from nbfinetune.templates.render import ChatTemplate

SYSTEM, ASKED, SAID, THOUGHT = "Zsystemz", "Zaskedz", "Zsaidz", "Zthoughtz"
"""Words that no template has of its own."""


def template_notes(template: ChatTemplate) -> tuple[Notice, ...]:
    """What a user should know of the model's template before rows are trained through it."""
    return tuple(_notes(template))


def _notes(template: ChatTemplate) -> Iterator[Notice]:
    model = template.name
    if not template.has_markers:
        yield Notice("template_no_markers", {"model": model})
    yield from _of_added_text(template)
    yield from _of_system(template)
    roles = [role for role in ("system", "user", "assistant") if _strips(template, role)]
    if roles:
        yield Notice("template_strips", {"model": model, "roles": ", ".join(roles)})
    yield from _of_thoughts(template)


def _of_added_text(template: ChatTemplate) -> Iterator[Notice]:
    """A system prompt for rows without one, or a text that every row gets."""
    without = _injected(template, _probe())
    always = _injected(template, _probe(system=SYSTEM))
    if always:
        yield Notice("template_adds_text", {"model": template.name, "text": always})
    if without and without != always:
        yield Notice("template_injects_system", {"model": template.name, "text": without})


def _injected(template: ChatTemplate, row: Conversation) -> str:
    """The sentences that the template adds to a row; none where it refuses the row."""
    try:
        rendered, kinds = token_kinds(template, row)
    except ModelError:
        return ""
    starts = [0, *rendered.ends]
    found = (
        rendered.text[starts[i] : starts[i + 1]] for i, k in enumerate(kinds) if k == "injected"
    )
    return "".join(found).strip()


def _of_system(template: ChatTemplate) -> Iterator[Notice]:
    """What becomes of a system prompt in a conversation of several turns."""
    row = _probe(SAID, ASKED, SAID, system=SYSTEM)
    try:
        text = template.text(row.messages)
    except ModelError as error:
        if _text(template, _probe(SAID, ASKED, SAID)):
            reason = str(error.params.get("reason", ""))
            params: dict[str, str | int | float] = {"model": template.name, "reason": reason}
            yield Notice("template_refuses_system", params)
        return
    if SYSTEM not in text:
        yield Notice("template_drops_system", {"model": template.name})
    elif text.index(SYSTEM) > text.index(ASKED):
        yield Notice("template_moves_system", {"model": template.name})


def _strips(template: ChatTemplate, role: str) -> bool:
    """Whether outer blanks or line feeds of what this role says are lost."""
    said = {"system": SYSTEM, "user": ASKED, "assistant": SAID}
    word = said[role]
    for blank in ("  ", "\n\n\n"):
        said[role] = blank + word + blank
        messages = [Message("system", said["system"])] if role == "system" else []
        messages += [Message("user", said["user"]), Message("assistant", said["assistant"])]
        text = _text(template, Conversation(tuple(messages)))
        if word in text and said[role] not in text:
            return True
    return False


def _of_thoughts(template: ChatTemplate) -> Iterator[Notice]:
    answer = f"<think>\n{THOUGHT}\n</think>\n\n{SAID}"
    text = _text(template, _probe(answer, ASKED, answer))
    if SAID in text and text.count(THOUGHT) < 2:
        kind = "" if THOUGHT in text else "/every"
        yield Notice("template_deletes_thinking" + kind, {"model": template.name})


def special_tokens(template: ChatTemplate) -> tuple[frozenset[str], frozenset[str]]:
    """The tokens by which turns begin and end, and the other special ones, as strings.

    Turn control is what the template writes around messages, and what begins or ends a text. Of
    the ordinary words that were added to a vocabulary, only those count that the template names.
    """
    added = template.tokenizer.added_tokens_decoder.values()
    special = {str(token) for token in added if token.special}
    source = template.tokenizer.chat_template
    named = {str(t) for t in added if not t.special and str(t).strip() and str(t) in source}
    several = _text(template, _probe(SAID, ASKED, SAID, system=SYSTEM))
    texts = (several or _text(template, _probe(SAID, ASKED, SAID))) + _text(template, _probe())
    ends = {
        template.tokenizer.bos_token,
        template.tokenizer.eos_token,
        template.tokenizer.pad_token,
    }
    control = {token for token in special if token in texts or token in ends}
    return frozenset(control), frozenset((special | named) - control)


def _probe(*more: str, system: str | None = None) -> Conversation:
    """A question and its answer, or more turns; the first question is `ASKED`."""
    turns = [ASKED, *(more or (SAID,))]
    messages = [Message("user" if i % 2 == 0 else "assistant", t) for i, t in enumerate(turns)]
    first = [Message("system", system)] if system is not None else []
    return Conversation((*first, *messages))


def _text(template: ChatTemplate, row: Conversation) -> str:
    """The row as the model's own template has it; empty where it refuses."""
    try:
        return template.text(row.messages)
    except ModelError:
        return ""
