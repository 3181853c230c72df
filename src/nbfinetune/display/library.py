"""The dataset library: all datasets as a list, the versions of one, what was deleted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from nbfinetune.core import text
from nbfinetune.core.library.entries import Deleted, Entry, Listing, Version
from nbfinetune.core.quoting import visible
from nbfinetune.display.html import box, esc, note
from nbfinetune.display.text import table

WIDTH = 110
HASH_DIGITS = 12
_LONGEST = 200

_LIST = ("dataset", "rows", "versions", "hash", "kept", "from")
_VERSIONS = ("version", "rows", "hash", "kept", "from", "made")
_NUMBERS = ("rows", "versions")


def listing_html(listing: Listing) -> str:
    """Every dataset with its last version, for a notebook."""
    return _table_html(_LIST, [_listed(e) for e in listing]) if listing else box(note(_none()))


def listing_text(listing: Listing) -> str:
    """The same for a terminal."""
    return _table_text(_LIST, [_listed(entry) for entry in listing]) if listing else _none()


def entry_html(entry: Entry) -> str:
    """The versions of a dataset, newest first, each with where it came from and how."""
    rules = "".join(f"<div class='quiet'>{esc(said)}</div>" for said in _rules(entry))
    damage = "".join(map(note, _damage(entry)))
    return _table_html(_VERSIONS, _versions(entry), rules + damage)


def entry_text(entry: Entry) -> str:
    """The same for a terminal."""
    lines = [_table_text(_VERSIONS, _versions(entry)), *_rules(entry), *_damage(entry)]
    return "\n".join(lines)


def deleted_html(gone: Deleted) -> str:
    """What is gone, and what stays."""
    return box("".join(map(note, gone.message.split("\n"))))


def deleted_text(gone: Deleted) -> str:
    """The same for a terminal."""
    return gone.message


def _none() -> str:
    return text.message("library_none", {})


def _listed(entry: Entry) -> tuple[str, ...]:
    latest = entry.latest
    name, count = visible(entry.name, _LONGEST), str(len(entry.versions))
    if latest is None:
        return (name, "", count, text.message("library_is_damaged", {}), "", "")
    return (name, str(latest.rows), count, *_where(latest))


def _versions(entry: Entry) -> list[tuple[str, ...]]:
    return [_version(entry, version) for version in reversed(entry.versions)]


def _version(entry: Entry, version: Version) -> tuple[str, ...]:
    name = f"{visible(entry.name, _LONGEST)}@{version.number}"
    if version == entry.latest:
        name = text.message("library_current", {"version": name})
    made = [conversion.label for conversion in version.conversions]
    if version.fixes:
        made.append(text.message("library_fixes", {"fixes": ", ".join(version.fixes)}))
    return (name, str(version.rows), *_where(version), "; ".join(made))


def _where(version: Version) -> tuple[str, str, str]:
    """The hash, the moment, the origin."""
    kind, label = version.origin.kind, visible(version.origin.label, _LONGEST)
    place = text.message(f"origin_{kind}", {}) if kind in ("cell", "python") else label
    return version.sha256[:HASH_DIGITS], _moment(version.saved), place


def _moment(saved: str) -> str:
    """To the minute, as the clock on this wall says."""
    with suppress(ValueError, OverflowError):
        return datetime.fromisoformat(saved).astimezone().strftime("%Y-%m-%d %H:%M")
    return visible(saved, 16)


def _rules(entry: Entry) -> list[str]:
    rules = ", ".join(visible(rule.name, _LONGEST) for rule in entry.rules)
    return [text.message("library_rules", {"rules": rules})] if rules else []


def _damage(entry: Entry) -> list[str]:
    """What can't be read of it."""
    return [str(error).split("\n")[0] for error in entry.damaged]


def _head(names: Sequence[str]) -> list[str]:
    return [text.message(f"column_{name}", {}) for name in names]


def _table_text(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return table(_head(names), rows, WIDTH)


def _table_html(names: Sequence[str], rows: Sequence[Sequence[str]], below: str = "") -> str:
    kinds = [" class='number'" if name in _NUMBERS else "" for name in names]
    head = "".join(f"<th{k}>{esc(c)}</th>" for k, c in zip(kinds, _head(names), strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{k}>{esc(c)}</td>" for k, c in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return box(f"<table><tr>{head}</tr>{body}</table>{below}")
