"""What the page of a studio can say. A page can be anything: nothing else is heard."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Id = Annotated[int, Meta(ge=0)]


class Words(msgspec.Struct, tag_field="t", kw_only=True):
    """`page` and `seq` tell a page which of its questions an answer belongs to."""

    page: Annotated[str, Meta(max_length=40)]
    seq: int


class Find(Words, tag="find"):
    """Which rows there are; those of `keep` anyway."""

    query: Annotated[str, Meta(max_length=1000)] = ""
    code: Annotated[str, Meta(max_length=60)] = ""
    keep: Annotated[list[Id], Meta(max_length=500)] = []


class Lines(Words, tag="lines"):
    ids: Annotated[list[Id], Meta(max_length=500)]


class Open(Words, tag="open"):
    id: Id


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """One message of an edited row: an old one (`was`: its index) with what changed, or new."""

    was: Id | None = None
    role: str | UnsetType = UNSET
    content: str | UnsetType = UNSET

    def as_dict(self) -> dict[str, Any]:
        named = {"was": self.was, "role": self.role, "content": self.content}
        return {key: value for key, value in named.items() if value is not UNSET}


class Edit(Words, tag="edit"):
    """`version`: the one that was edited. Messages, or the row's JSON text."""

    id: Id
    version: int
    turns: list[Turn] | None = None
    text: str | None = None


class Delete(Words, tag="delete"):
    id: Id


class Add(Words, tag="add"):
    """A new row behind another; None: before all."""

    after: Id | None


class Undo(Words, tag="undo"):
    pass


class Redo(Words, tag="redo"):
    pass


class Divide(Words, tag="divide"):
    """Show which rows would be held out, by other settings or those of all views."""

    ratio: Annotated[float, Meta(ge=0, le=0.9)] | None = None
    seed: Annotated[int, Meta(ge=0, lt=2**32)] | None = None


class Save(Words, tag="save"):
    name: Annotated[str, Meta(max_length=1000)]


Operation = Edit | Delete | Add | Undo | Redo
Message = Find | Lines | Open | Operation | Divide | Save


def heard(message: object) -> Message | None:
    """What a page said, checked; None for anything else."""
    try:
        checked: Message = msgspec.convert(message, Message)
    except msgspec.ValidationError:
        return None
    return checked
