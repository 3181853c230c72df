"""The repair panel below a report: its buttons, a preview, what was done. Values in, HTML out.

A button says what it is for in `data-do` (and `data-fix`); `front/repair_widget.js` passes that on
and knows nothing of fixes. `data-first` gets the focus when the button that had it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbfinetune.core import text
from nbfinetune.core.fixes.apply import Fixed, title
from nbfinetune.display.fixes import changes_html, refused_html, short_name
from nbfinetune.display.html import NO_MATH, STYLE, box, esc
from nbfinetune.display.labels import label
from nbfinetune.display.report_style import FIX_STYLE, REPAIR_STYLE, REPORT_STYLE

ALL = "all"
"""In the place of a fix's name: all of them together."""

PANEL_STYLE = STYLE + REPORT_STYLE + FIX_STYLE + REPAIR_STYLE


def panel_html(*parts: str) -> str:
    """The panel with these parts, which are HTML already; its style is `PANEL_STYLE`."""
    name = esc(label("repair_title"))
    body = f"<div class='repair' role='group' aria-label='{name}'>{''.join(parts)}</div>"
    return f"<div class='jp-nbfinetune {NO_MATH}'>{body}</div>"


def offer_html(found: Fixed) -> str:
    """A button for all fixes and one for each; how many errors they leave. Empty without any."""
    counts = found.counts
    beyond = ""
    if found.left:
        beyond = f"<p class='quiet'>{esc(label('repair_beyond', count=len(found.left)))}</p>"
    if not counts:
        return beyond
    head = (
        f"<div class='head'><h4>{esc(label('repair_title'))}</h4>"
        f"<span class='quiet'>{esc(label('repair_lead'))}</span></div>"
    )
    buttons = "".join(
        _button("preview", short_name(fix), fix=fix, count=count, tip=title(fix))
        for fix, count in counts.items()
    )
    every = _button("preview", label("repair_all"), fix=ALL, count=sum(counts.values()), main=True)
    whole = every if len(counts) > 1 else ""
    return f"{head}<div class='buttons'>{whole}{buttons}</div>{beyond}"


def look_html() -> str:
    """In place of the offer where finding it takes long."""
    return (
        f"<div class='head'><h4>{esc(label('repair_title'))}</h4>"
        f"<span class='quiet'>{esc(label('repair_look_note'))}</span></div>"
        f"<div class='buttons'>{_button('look', label('repair_look'), main=True)}</div>"
    )


def preview_html(name: str, found: Fixed, plan: str) -> str:
    """What a fix (or `ALL`) would change, row by row, with Apply and Cancel above it.

    `plan` says what is made, and what stays.
    """
    what = label("repair_all") if name == ALL else short_name(name)
    count = sum(found.counts.values())
    left = label("repair_left", count=len(found.left)) if found.left else label("repair_clean")
    if count:
        can = _button("apply", label("repair_apply"), main=True)
        said = f"{label('repair_places', count=count)} · {left}"
    else:
        can, plan, said = "", label("repair_after_others"), ""
    head = f"<div class='head'><h4>{esc(what)}</h4><span class='quiet'>{esc(said)}</span></div>"
    cancel = _button("cancel", label("repair_cancel"), first=not count)
    return (
        f"<div class='preview' data-escape='cancel'>{head}<p>{esc(plan)}</p>"
        f"<div class='buttons'>{can}{cancel}</div>"
        f"{changes_html(found)}{refused_html(found.refused)}</div>"
    )


def done_html(count: int, said: Sequence[str], *, is_clean: bool) -> str:
    """What the last step did, with Undo beside it."""
    kind, done = "good" if is_clean else "busy", esc(label("repair_done", count=count))
    chip = f"<span class='chip {kind}'>{done}</span>"
    words = f"<span class='said'>{esc(' '.join(said))}</span>"
    return f"<div class='done'>{chip}{words}{_button('undo', label('repair_undo'))}</div>"


def cell_html(new_text: str, line: str) -> str:
    """A cell's new text to copy, and the first line with which the cell rewrites itself."""
    copy = _button("copy", label("repair_copy"))
    name = esc(label("repair_cell_text"))
    return (
        f"<div class='newcell' data-said='{esc(label('repair_copied'))}'>"
        f"<div class='head'><h5>{name}</h5>{copy}</div>"
        f"<pre tabindex='0' aria-label='{name}'>{esc(new_text)}</pre>"
        f"<p class='quiet'>{esc(label('repair_cell_way'))} <code>{esc(line)}</code></p></div>"
    )


def said_html(sentences: Sequence[str], *, is_error: bool = False) -> str:
    """What has happened otherwise: something was taken back, or could not be done."""
    kind = "finding error" if is_error else "taken"
    return f"<div class='{kind}'>{esc(' '.join(sentences))}</div>" if sentences else ""


def hint_text(found: Fixed) -> str:
    """Where there are no buttons: the fixes by name, and the option that applies them."""
    fixes = ", ".join(f"{fix} ({count})" for fix, count in found.counts.items())
    params = {"fixes": fixes}
    said, out = text.message("repair_hint", params), text.way_out("repair_hint", params)
    return f"{said}\n  {label('report_way_out', way_out=out)}"


def hint_html() -> str:
    """What stands in the place of the panel where it can't be drawn: in a saved notebook."""
    return box(f"<p class='quiet'>{esc(label('repair_hint_page'))}</p>")


def _button(
    do: str,
    words: str,
    *,
    fix: str = "",
    count: int = 0,
    tip: str = "",
    main: bool = False,
    first: bool = False,
) -> str:
    """A button; `main` is the one to press, which gets the focus, as does `first`."""
    given = f" data-fix='{esc(fix)}'" if fix else ""
    given += f" title='{esc(tip)}'" if tip else ""
    given += " data-first" if main or first else ""
    shown = esc(words) + (f" <span class='times'>{count}</span>" if count else "")
    kind = " class='main'" if main else ""
    return f"<button type='button' data-do='{do}'{kind}{given}>{shown}</button>"
