"""Quick-fixes as a preview: what each does, how often, and a diff of the first rows it changes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from nbfinetune.core import text
from nbfinetune.core.fixes.apply import Fixed, Patch, reason, title
from nbfinetune.core.fixes.edits import Refusal
from nbfinetune.core.quoting import visible
from nbfinetune.display.html import box, esc, note
from nbfinetune.display.report_style import FIX_STYLE, REPORT_STYLE

SHOWN_ROWS = 3
SHOWN_REFUSALS = 10

_SIGNS = str.maketrans("\t\n\r", "⇥↵␍")
_TOKENS = re.compile(r"\w+|[ ]+|.", re.DOTALL)
_AROUND = 24
_LONGEST = 400
_COMPARED = 100_000
_MOST_TOKENS = 1000
"""How much unchanged text is shown around a change, how much of one change; how much of two texts
is compared, and up to how many tokens one by one."""


class Change(NamedTuple):
    """A stretch of a diff. Invisible characters are escaped, long stretches cut."""

    kind: Literal["same", "gone", "new"]
    text: str


def diff(before: str, after: str) -> list[Change]:
    """What stayed, went and came, in order; of what stayed only what is near a change."""
    stretches = list(_stretches(before, after))
    last = len(stretches) - 1
    return [
        Change(kind, _near(part, first=index == 0, last=index == last))
        if kind == "same"
        else Change(kind, _seen(part, _LONGEST))
        for index, (kind, part) in enumerate(stretches)
    ]


def _stretches(
    before: str, after: str
) -> Iterator[tuple[Literal["same", "gone", "new"], str]]:  # fmt: skip
    old, new = _TOKENS.findall(before[:_COMPARED]), _TOKENS.findall(after[:_COMPARED])
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if head:
        yield "same", "".join(old[:head])
    if max(map(len, middle)) > _MOST_TOKENS:
        yield "gone", "".join(middle[0])
        yield "new", "".join(middle[1])
    else:
        for _, a, b, c, d in difflib.SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
            gone, came = "".join(middle[0][a:b]), "".join(middle[1][c:d])
            if gone == came:
                yield "same", gone
            else:
                yield from (("gone", gone),) if gone else ()
                yield from (("new", came),) if came else ()
    if tail:
        yield "same", "".join(old[-tail:])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tokens at the beginning are the same."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _near(part: str, *, first: bool, last: bool) -> str:
    """What is near a change: the end of the first stretch, the beginning of the last one."""
    if first and last:
        return _seen(part, 2 * _AROUND)
    head = "" if first else part[:_AROUND]
    tail = "" if last else part[-_AROUND:]
    if len(part) <= len(head) + len(tail):
        return _seen(part, len(part) + 1)
    return _seen(head, _AROUND + 1) + "…" + _seen(tail, _AROUND + 1)


def _seen(part: str, longest: int) -> str:
    """As `visible`; tabs and line ends are signs, for the text can hold their escapes, too."""
    return visible(part.translate(_SIGNS), longest)


def fixes_html(found: Fixed) -> str:
    """Every fix with its name, its count and the diff of its first rows; then what was refused."""
    nothing = "" if found.patches or found.refused else note(text.message("fix_nothing", {}))
    shown = nothing + changes_html(found) + refused_html(found.refused)
    return box(f"<style>{REPORT_STYLE}{FIX_STYLE}</style>{shown}")


def changes_html(found: Fixed) -> str:
    """What each fix changes, as a part of a page that has the styles."""
    return "".join(_fix_html(found, fix, count) for fix, count in found.counts.items())


def short_name(fix: str) -> str:
    """What a fix cures, in a few words, in the user's language."""
    return text.message(f"fix_short/{fix}", {})


def _fix_html(found: Fixed, fix: str, count: int) -> str:
    rows = "".join(map(_row_html, found.preview(fix)[:SHOWN_ROWS]))
    more = _more(count - SHOWN_ROWS)
    rest = f"<div class='quiet'>{esc(more)}</div>" if more else ""
    return (
        f"<div class='fix'><div class='title'><span class='what'>{esc(short_name(fix))}</span>"
        f"<span class='times'>{count}×</span><span class='code'>{esc(fix)}</span></div>"
        f"<div class='quiet'>{esc(title(fix))}</div><div class='diff'>{rows}</div>{rest}</div>"
    )


def _row_html(patch: Patch) -> str:
    spans = "".join(map(_change_html, diff(patch.before, patch.after)))
    return f"<div class='where'>{esc(_line(patch.line))}</div><div class='clip'>{spans}</div>"


def _change_html(change: Change) -> str:
    if change.kind == "same":
        return f"<span class='same' title='same'>{esc(change.text)}</span>"
    role = "deletion" if change.kind == "gone" else "insertion"
    # a blank that comes or goes would be seen as a gap only
    shown = change.text.replace(" ", "␣") if change.text.isspace() else change.text
    return f"<span class='{change.kind}' role='{role}' title='{change.kind}'>{esc(shown)}</span>"


def refused_html(refused: Sequence[Refusal]) -> str:
    """The places that fixes left as they are, with the reasons."""
    if not refused:
        return ""
    lines = "".join(f"<div>{esc(_refusal(refusal))}</div>" for refusal in refused[:SHOWN_REFUSALS])
    more = _more(len(refused) - SHOWN_REFUSALS)
    rest = f"<div class='quiet'>{esc(more)}</div>" if more else ""
    head = esc(text.message("repair_not_done", {"count": len(refused)}))
    return f"<div class='finding warning'><div class='what'>{head}</div>{lines}{rest}</div>"


def fixes_text(found: Fixed) -> str:
    """The same for a terminal: `-` is what a line was, `+` what it becomes."""
    lines = [] if found.patches or found.refused else [text.message("fix_nothing", {})]
    for fix, count in found.counts.items():
        params = {"name": fix, "count": count, "title": title(fix)}
        lines.append(text.message("fix_count", params))
        for patch in found.preview(fix)[:SHOWN_ROWS]:
            changes = diff(patch.before, patch.after)
            lines.append(f"    {_line(patch.line)}")
            for sign, kind in (("-", "gone"), ("+", "new")):
                shown = "".join(c.text for c in changes if c.kind in ("same", kind))
                lines += [f"    {sign} {shown}"] if shown else []
        lines += [f"    {more}"] if (more := _more(count - SHOWN_ROWS)) else []
    lines += map(_refusal, found.refused[:SHOWN_REFUSALS])
    lines += [more] if (more := _more(len(found.refused) - SHOWN_REFUSALS)) else []
    return "\n".join(lines)


def _line(number: int) -> str:
    return text.message("at_line", {"line": number})


def _refusal(refusal: Refusal) -> str:
    params = {"name": refusal.fix, "line": refusal.line, "reason": reason(refusal)}
    return text.message("fix_refusal", params)


def _more(count: int) -> str:
    """That there are more than are shown; empty if there are not."""
    return text.message("fix_more", {"count": count}) if count > 0 else ""
