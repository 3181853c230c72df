"""What can be repaired in the messages of one row: keys, roles, their order, parts of contents.

Each fix moves, joins, renames or drops what is there, in the text, so that the rest stays as it was
written. Where that would lose something or could be meant otherwise, it is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from nbfinetune.core.convert.formats import as_messages, format_of
from nbfinetune.core.fixes.edits import Edit, edited
from nbfinetune.core.fixes.loose_json import Loose, Lost, Node, read_loosely
from nbfinetune.core.reading.json_scan import scan
from nbfinetune.core.validation import ROLES, broken_rules, is_messages, meant_role


class Refused(Exception):
    """The fix is not certain to do what was meant. `reason`: a key of the refusals."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WrittenRow(NamedTuple):
    """A row as text, as a tree with offsets, and as the value that it stands for."""

    text: str
    root: Node
    value: Any

    @property
    def messages(self) -> tuple[Node, ...]:
        """The messages' places; none unless every message is an object."""
        found = self.value.get("messages") if isinstance(self.value, dict) else None
        node = self.member(self.root, "messages")
        if node is None or not isinstance(found, list) or node.kind != "array":
            return ()
        return node.items if all(isinstance(message, dict) for message in found) else ()

    @property
    def roles(self) -> list[object]:
        return [message.get("role") for message in self.value["messages"]] if self.messages else []

    def written(self, node: Node) -> str:
        return self.text[node.start : node.end]

    def key(self, node: Node, name: str) -> Node | None:
        """The place of a key that the object has exactly once."""
        found = [key for key in node.keys if self.text[key.start + 1 : key.end - 1] == name]
        return found[0] if len(found) == 1 else None

    def member(self, node: Node, name: str) -> Node | None:
        key = self.key(node, name)
        return node.items[node.keys.index(key)] if key is not None else None

    def content(self, message: Node) -> Node:
        """The place of a message's content, if it is a text in straight quotes."""
        content = self.member(message, "content")
        if content is None or content.kind != "string" or self.text[content.start] != '"':
            raise Refused("content_no_text")
        return content


def written_row(text: str, found: Loose | Lost | None = None) -> WrittenRow | None:
    """The row in `text`, with nothing but blanks beside it; None where it can't be read.

    `found`: what `read_loosely` makes of the text, if that is known already.
    """
    found = found or read_loosely(text, 0, len(text), across_lines=True)
    if not isinstance(found, Loose):
        return None
    return WrittenRow(text, found.node, scan(edited(text, found.edits)).value)


def has_errors(value: Any) -> bool:
    """Whether a row breaks a rule, or would after it was converted from another tool's format."""
    other = format_of(value)
    if other is not None:
        value = {"messages": as_messages(other, value)[0].messages}
    return any(problem.severity == "error" for problem in broken_rules(value))


def messages_list(row: WrittenRow) -> str:
    """A list of messages becomes a row."""
    if not is_messages(row.value):
        return row.text
    if [message["role"] for message in row.value].count("system") > 1:
        raise Refused("several_conversations")
    wrapped = f'{{"messages": {row.written(row.root)}}}'
    return edited(row.text, [Edit("messages_list", row.root.start, row.root.end, wrapped)])


def messages_key(row: WrittenRow) -> str:
    """`message`, or `Messages`, becomes `messages`."""
    if not isinstance(row.value, dict) or "messages" in row.value:
        return row.text
    names = [name for name in row.value if name.lower() in ("message", "messages")]
    key = row.key(row.root, names[0]) if len(names) == 1 else None
    if key is None:
        return row.text
    if not isinstance(row.value[names[0]], list):
        raise Refused("message_no_list")
    return edited(row.text, [Edit("messages_key", key.start, key.end, '"messages"')])


def role_aliases(row: WrittenRow) -> str:
    """Another tool's word for a role becomes the role."""
    edits = []
    for message, role in zip(row.messages, row.roles, strict=True):
        meant = meant_role(role) if isinstance(role, str) and role not in ROLES else None
        place = row.member(message, "role")
        if meant is not None and place is not None:
            edits.append(Edit("role_aliases", place.start, place.end, f'"{meant}"'))
    return edited(row.text, edits)


def content_parts(row: WrittenRow) -> str:
    """A list of text parts becomes one text: one after another, as chat templates write them."""
    edits = []
    for message, place in zip(_values(row), row.messages, strict=True):
        parts, node = message.get("content"), row.member(place, "content")
        if isinstance(parts, list) and node is not None:
            if not parts or not all(map(_is_text_part, parts)):
                raise Refused("parts_no_text")
            inner = "".join(_inner(row, _text_of(row, part)) for part in node.items)
            edits.append(Edit("content_parts", node.start, node.end, f'"{inner}"'))
    return edited(row.text, edits)


def _is_text_part(part: object) -> bool:
    if isinstance(part, dict):
        plain = part in ({"text": part.get("text")}, {"type": "text", "text": part.get("text")})
        return plain and isinstance(part["text"], str)
    return isinstance(part, str)


def _text_of(row: WrittenRow, part: Node) -> Node:
    found = part if part.kind == "string" else row.member(part, "text")
    if found is None:
        raise Refused("parts_no_text")
    return found


def system_first(row: WrittenRow) -> str:
    """The only system message becomes the first message."""
    if row.roles.count("system") != 1 or row.roles[0] == "system":
        return row.text
    place = row.roles.index("system")
    others = [row.written(node) for i, node in enumerate(row.messages) if i != place]
    return _with_messages(row, [row.written(row.messages[place]), *others])


def systems_joined(row: WrittenRow) -> str:
    """Several system messages become one, the first, line by line; equal ones are kept once."""
    systems = [node for node, role in zip(row.messages, row.roles, strict=True) if role == "system"]
    if len(systems) < 2:
        return row.text
    joined = _joined(row, systems, once=True)
    others = [row.written(node) for node in row.messages if node not in systems]
    return _with_messages(row, [joined, *others])


def turns_joined(row: WrittenRow) -> str:
    """Neighbours with the same role become one message, line by line."""
    turns = [
        (role, [node for node, _ in group])
        for role, group in groupby(
            zip(row.messages, row.roles, strict=True), key=lambda pair: _known(pair[1])
        )
    ]
    if not any(len(nodes) > 1 and role in ("user", "assistant") for role, nodes in turns):
        return row.text
    texts: list[str] = []
    for role, nodes in turns:
        if len(nodes) > 1 and role in ("user", "assistant"):
            texts.append(_joined(row, nodes, once=False))
        else:
            texts += map(row.written, nodes)
    return _with_messages(row, texts)


def trailing_user(row: WrittenRow) -> str:
    """A question without answer at the end is dropped."""
    if not row.roles or row.roles[-1] != "user":
        return row.text
    if "assistant" not in row.roles:
        raise Refused("only_question")
    if row.roles[-2] != "assistant":
        return row.text
    return _with_messages(row, [row.written(node) for node in row.messages[:-1]])


MESSAGE_FIXES: Mapping[str, Callable[[WrittenRow], str]] = {
    "messages_list": messages_list,
    "messages_key": messages_key,
    "role_aliases": role_aliases,
    "content_parts": content_parts,
    "system_first": system_first,
    "systems_joined": systems_joined,
    "turns_joined": turns_joined,
    "trailing_user": trailing_user,
}
"""In the order in which they are applied: each relies on those before it. The result is the row's
text, the same if there is nothing to do. They raise `Refused`."""


def _values(row: WrittenRow) -> Iterable[dict[str, Any]]:
    return row.value["messages"] if row.messages else []


def _known(role: object) -> object:
    return role if isinstance(role, str) else None


def _inner(row: WrittenRow, node: Node) -> str:
    """What stands between the quotes."""
    if row.text[node.start] != '"':
        raise Refused("content_no_text")
    return row.text[node.start + 1 : node.end - 1]


def _joined(row: WrittenRow, nodes: Sequence[Node], *, once: bool) -> str:
    """The first of the messages with the contents of all, a line for each that isn't empty."""
    values = [message for message, node in zip(_values(row), row.messages, strict=True)
              if node in nodes]  # fmt: skip
    extras = [{k: v for k, v in value.items() if k not in ("role", "content")} for value in values]
    if any(extra != extras[0] for extra in extras):
        raise Refused("keys_differ")
    contents = [_inner(row, row.content(node)) for node in nodes]
    kept = [content for content in (dict.fromkeys(contents) if once else contents) if content]
    first, place = nodes[0], row.content(nodes[0])
    text = '"' + "\\n".join(kept) + '"'
    edit = Edit("", place.start, place.end, text)
    return edited(row.written(first), [edit], first.start)


def _with_messages(row: WrittenRow, texts: Sequence[str]) -> str:
    """The row with these messages in the places of its first ones, without the places behind."""
    places = row.messages[: len(texts)]
    edits = [Edit("", node.start, node.end, t) for node, t in zip(places, texts, strict=True)]
    edits.append(Edit("", places[-1].end, row.messages[-1].end, ""))
    return edited(row.text, edits)
