"""Other tools' rows: how each format is told, and how its row reads as messages.

Knows one row at a time and judges nothing: what comes out goes through the same rules as any row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from nbfinetune.core.rows import child
from nbfinetune.core.validation import is_blank, meant_role

PAIRS: Mapping[str, tuple[str, str]] = {
    "alpaca": ("instruction", "output"),
    "prompt_completion": ("prompt", "completion"),
    "query_response": ("query", "response"),
    "question_answer": ("question", "answer"),
    "prompt_response": ("prompt", "response"),
    "instruction_response": ("instruction", "response"),
    "input_output": ("input", "output"),
}
"""Formats of one question key and one answer key; beside them may stand `system` and `history`."""

FORMATS = (*PAIRS, "sharegpt", "xtuner", "top_level_system")

_TURN_LISTS = ("conversations", "conversation")
_XTUNER_KEYS = (("input", "human"), ("output", "assistant"))
_TOOL_TURNS = (
    "function_call", "function_response", "observation", "tool", "tool_call", "tool_calls",
    "tool_response", "tool_result", "function", "ipython",
)  # fmt: skip


Place = str | tuple[str, int]
"""A path in the source row, or a key at the top and an index below it."""


class Converted(Mapping[str, str]):
    """A row as messages; as a mapping, the paths in them to paths in the source.

    `left_out`: what has no place in messages, a word for each time it occurs. The paths are put
    together when the first one is asked for: most rows have no problem.
    """

    def __init__(self) -> None:
        self.messages: Any = []
        self.left_out: list[str] = []
        self.list_path = ""
        self._places: list[tuple[Place, Mapping[str, str] | None]] = []

    def add(self, role: str, content: object, place: Place) -> None:
        """One more message, whose text stood there."""
        self._places.append((place, None))
        self.messages.append({"role": role, "content": content})

    def keep(self, message: object, place: Place, names: Mapping[str, str] = {}) -> None:
        """One more message that was one; `names`: our keys to those it had."""
        self._places.append((place, names))
        self.messages.append(message)

    @cached_property
    def _moved(self) -> dict[str, str]:
        moved = {"$.messages": self.list_path} if self.list_path else {}
        for index, (place, names) in enumerate(self._places):
            at = f"$.messages[{index}]"
            path = place if isinstance(place, str) else f"{child('$', place[0])}[{place[1]}]"
            moved[at] = path
            if names is None:
                moved |= {f"{at}.role": path, f"{at}.content": path}
            else:
                moved |= {child(at, ours): child(path, theirs) for ours, theirs in names.items()}
        return moved

    def __getitem__(self, path: str) -> str:
        return self._moved[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._moved)

    def __len__(self) -> int:
        return len(self._moved)


def format_of(value: object) -> str | None:
    """The format of a row that has no `messages`, by its keys; None where it is no known one."""
    if not isinstance(value, dict) or "messages" in value or "message" in value:
        return None
    for key in _TURN_LISTS:
        if key in value:
            return "xtuner" if _is_xtuner(value[key]) else "sharegpt"
    for name, pair in PAIRS.items():
        if pair[0] in value and pair[1] in value:
            return name
    # Half a pair is a row of that format only if nothing says that it is something else.
    for name, pair in PAIRS.items():
        if not value.keys().isdisjoint(pair) and value.keys() <= {*pair, *_beside(name)}:
            return name
    return None


def as_messages(name: str, value: Mapping[str, Any]) -> tuple[Converted, set[str]]:
    """The messages of a row of that format, and the keys of it that are used up."""
    if name == "sharegpt":
        return _sharegpt(value)
    if name == "xtuner":
        return _xtuner(value)
    return _pair(name, value)


def _beside(name: str) -> tuple[str, ...]:
    return ("system", "history", "input") if name == "alpaca" else ("system", "history")


def _is_xtuner(turns: object) -> bool:
    first = turns[0] if isinstance(turns, list) and turns else None
    keys = {key for pair in _XTUNER_KEYS for key in pair}
    return isinstance(first, dict) and "role" not in first and not keys.isdisjoint(first)


def _pair(name: str, value: Mapping[str, Any]) -> tuple[Converted, set[str]]:
    """`system`, `history`, question and answer; either may be a list of messages itself."""
    question, answer = PAIRS[name]
    converted, used = Converted(), {"messages", question, answer} & value.keys()
    used |= _system(value, converted)
    history = value.get("history")
    if "history" in value and (history is None or isinstance(history, list)):
        used.add("history")
        _history(history or [], converted)
    if question in value:
        path = child("$", question)
        content, place = value[question], path
        if name == "alpaca" and "input" in value:
            used.add("input")
            content, place = _instruction(content, value["input"])
        _turns("user", content, place, converted)
        converted.list_path = path
    if answer in value:
        _turns("assistant", value[answer], child("$", answer), converted)
    return converted, used


def _instruction(instruction: object, given: object) -> tuple[object, str]:
    """Alpaca's question: the instruction, and its input below it where there is one."""
    if given is None or (isinstance(given, str) and is_blank(given)):
        return instruction, "$.instruction"
    if not isinstance(instruction, str):
        return instruction, "$.instruction"
    if not isinstance(given, str) or is_blank(instruction):
        return given, "$.input"
    return f"{instruction}\n{given}", "$.instruction"


def _turns(role: str, content: object, path: str, converted: Converted) -> None:
    """A text, or a list of messages as `prompt` and `completion` may be."""
    if isinstance(content, list) and any(isinstance(m, dict) and "role" in m for m in content):
        for index, message in enumerate(content):
            converted.keep(message, f"{path}[{index}]")
    else:
        converted.add(role, content, path)


def _history(turns: list[Any], converted: Converted) -> None:
    """Earlier turns: pairs of question and answer."""
    for index, turn in enumerate(turns):
        path = f"$.history[{index}]"
        if isinstance(turn, list) and len(turn) == 2:
            converted.add("user", turn[0], f"{path}[0]")
            converted.add("assistant", turn[1], f"{path}[1]")
        else:
            converted.keep(turn, path)


def _system(value: Mapping[str, Any], converted: Converted) -> set[str]:
    """A top-level system prompt; an empty one is none."""
    system = value.get("system")
    if system is not None and not (isinstance(system, str) and is_blank(system)):
        converted.add("system", system, "$.system")
    return {"system"} & value.keys()


def _sharegpt(value: Mapping[str, Any]) -> tuple[Converted, set[str]]:
    key = _turn_key(value)
    converted = Converted()
    converted.list_path = f"$.{key}"
    if not isinstance(value[key], list):
        # The rules say what is wrong with it; a system prompt beside it stays where it is.
        converted.messages = value[key]
        return converted, {key}
    used = {key} | _system(value, converted)
    for index, turn in enumerate(value[key]):
        if isinstance(turn, dict):
            _turn(turn, (key, index), converted)
        else:
            converted.keep(turn, (key, index))
    return converted, used


def _turn(turn: dict[str, Any], place: Place, converted: Converted) -> None:
    """A turn of `from` and `value`, or of `role` and `content` as our own."""
    who = next((key for key in ("role", "from") if key in turn), None)
    what = next((key for key in ("content", "value") if key in turn), None)
    message: dict[str, Any] = {}
    names: dict[str, str] = {}
    if who is not None:
        speaker = turn[who]
        role = _role(speaker) if isinstance(speaker, str) else speaker
        if role is None and speaker is not None:
            converted.left_out.append(speaker.strip().lower())
            return
        message["role"], names["role"] = role, who
    if what is not None:
        message["content"], names["content"] = turn[what], what
    if len(turn) > len(names):
        message |= {key: inner for key, inner in turn.items() if key not in (who, what)}
    converted.keep(message, place, names)


@lru_cache(maxsize=256)
def _role(speaker: str) -> str | None:
    """The role that a word stands for, itself where it is unknown; None for a tool's turn."""
    return None if speaker.strip().lower() in _TOOL_TURNS else meant_role(speaker) or speaker


def _xtuner(value: Mapping[str, Any]) -> tuple[Converted, set[str]]:
    """Turns of `input` and `output` (or `human` and `assistant`), the first with the system."""
    key = _turn_key(value)
    converted = Converted()
    converted.list_path = f"$.{key}"
    used = {key} | _system(value, converted)
    first_system = value.get("system")
    for index, turn in enumerate(value[key]):
        if not isinstance(turn, dict):
            converted.keep(turn, (key, index))
            continue
        path = f"$.{key}[{index}]"
        system = turn.get("system")
        if system and system != first_system:
            converted.add("system", system, f"{path}.system")
            first_system = first_system or system
        asks, answers = (
            next((word for word in pair if word in turn), None) for pair in _XTUNER_KEYS
        )
        others = {k: v for k, v in turn.items() if k not in ("system", asks, answers)}
        if asks and answers:
            converted.add("user", turn[asks], f"{path}.{asks}")
        last = answers or asks
        if last is None:
            converted.keep(turn, path)
            continue
        names = dict.fromkeys(("role", "content"), last) | {k: k for k in others}
        role = "assistant" if answers else "user"
        converted.keep({"role": role, "content": turn[last], **others}, path, names)
    return converted, used


def _turn_key(value: Mapping[str, Any]) -> str:
    return next(key for key in _TURN_LISTS if key in value)
