"""A conversation as the model sees it: what is trained, what is read, what the template adds.

Values in, HTML or text out. The text on the page is the rendered text, character by character:
marks for line feeds and blanks are drawn by the style sheet, so that a copy of it is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nbfinetune.core import text
from nbfinetune.display.html import box, esc, note
from nbfinetune.templates.xray import Span, Xray

_STYLE = """
.jp-nbfinetune .xray { max-width: 56em; }
.jp-nbfinetune .x-facts { display: flex; flex-wrap: wrap; gap: .1em 1.6em; margin: .2em 0 .6em;
  align-items: baseline; font-variant-numeric: tabular-nums; }
.jp-nbfinetune .x-facts b { font-size: 1.2em; font-weight: 600; }
.jp-nbfinetune .x-meter { display: flex; height: 10px; border-radius: 3px; overflow: hidden;
  gap: 2px; margin: .3em 0; }
.jp-nbfinetune .x-meter > span { min-width: 3px; }
.jp-nbfinetune .x-legend { display: flex; flex-wrap: wrap; gap: .2em 1.4em; font-size: .92em;
  margin: .3em 0 .8em; align-items: baseline; }
.jp-nbfinetune .x-legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .45em; vertical-align: -.06em; }
.jp-nbfinetune .x-f-assistant { background: rgba(33,118,214,.9); }
.jp-nbfinetune .x-f-user { background: rgba(127,127,127,.75); }
.jp-nbfinetune .x-f-system { background: repeating-linear-gradient(135deg,
  rgba(127,127,127,.75) 0 2px, rgba(127,127,127,.35) 2px 5px); }
.jp-nbfinetune .x-f-template { background: rgba(127,127,127,.3); }
.jp-nbfinetune .x-text { border: 1px solid rgba(127,127,127,.22); border-radius: 8px;
  padding: .35em 0; line-height: 1.75; overflow-wrap: anywhere; }
.jp-nbfinetune .x-turn { padding: .25em .9em; white-space: pre-wrap; }
.jp-nbfinetune .x-turn + .x-turn { border-top: 1px solid rgba(127,127,127,.13); }
.jp-nbfinetune .x-template { opacity: .68; font-size: .92em; }
.jp-nbfinetune .x-token { font: .84em/1.5 var(--jp-code-font-family, ui-monospace, monospace);
  padding: .06em .45em; margin: 0 .1em; border-radius: 4px; white-space: nowrap;
  background: rgba(127,127,127,.16); }
.jp-nbfinetune .x-trained { background: rgba(33,118,214,.16); color: inherit; font-weight: 500;
  padding: .12em 0; border-radius: 2px; -webkit-box-decoration-break: clone;
  box-decoration-break: clone; border-bottom: 2px solid rgba(33,118,214,.85); }
.jp-nbfinetune .x-end { background: rgba(33,118,214,.22); color: inherit; font-weight: 600;
  border: 1px solid rgba(33,118,214,.85); }
.jp-nbfinetune .x-injected { text-decoration: underline dashed rgba(214,140,20,.95) 1.5px;
  text-underline-offset: .25em; background: rgba(214,140,20,.13); border-radius: 2px; }
.jp-nbfinetune .x-within { outline: 2px solid rgba(210,60,50,.75); }
.jp-nbfinetune del { text-decoration: line-through; opacity: .68; }
.jp-nbfinetune del .x-token, .jp-nbfinetune del.x-token { text-decoration: line-through; }
.jp-nbfinetune del.x-trained, .jp-nbfinetune del.x-end { background: rgba(210,60,50,.14);
  border-color: rgba(210,60,50,.8); }
.jp-nbfinetune .x-cut { display: flex; align-items: center; gap: .8em; margin: .3em 0;
  font-size: .92em; font-weight: 600; }
.jp-nbfinetune .x-cut::before, .jp-nbfinetune .x-cut::after { content: ""; flex: 1;
  border-top: 2px dashed rgba(210,60,50,.7); }
.jp-nbfinetune .x-lf::before { content: "\\21B5"; opacity: .5; font-size: .85em; }
.jp-nbfinetune .x-blank { box-shadow: inset 0 -.22em 0 -.08em rgba(127,127,127,.55); }
"""

_VISIBLE = re.compile(r"\n|[^\S\n]{2,}|[^\S \n]|\A[^\S\n]|[^\S\n]\Z|[^\S\n](?=\n)|(?<=\n)[^\S\n]")
"""White space that matters: line feeds, blanks in a row, at an edge or of a rare kind."""

ROLES = ("assistant", "user", "system", "template")


def xray_html(xray: Xray) -> str:
    """The conversation with every token accounted for: trained, read, cut."""
    turns = "".join(_turn_html(spans, xray) for spans in _turns(xray.spans))
    cut = note(_cut(xray)) if xray.cut_tokens else ""
    body = f"{_meter(xray)}{cut}<div class='x-text'>{turns}</div>{_legend(xray)}"
    return box(f"<style>{_STYLE}</style><div class='xray'>{body}</div>")


def xray_text(xray: Xray) -> str:
    """The same in characters: `⟦…⟧` is trained, `{…}` added by the template, `~…~` cut off."""
    shown = "".join(_span_text(span) for span in xray.spans)
    lines = [_sentence(xray), *([_cut(xray)] if xray.cut_tokens else []), "", shown.rstrip("\n")]
    # what is trained up to its end token is one stretch
    return "\n".join(lines).replace("⟧⟦", "").replace("~~", "")


def _span_text(span: Span) -> str:
    if span.is_cut:
        return f"~{span.text}~"
    if span.trained:
        return f"⟦{span.text}⟧"
    return f"{{{span.text}}}" if span.kind == "injected" else span.text


def _sentence(xray: Xray) -> str:
    counts = ", ".join(f"{_word(role)} {xray.roles[role]}" for role in ROLES if xray.roles[role])
    share = f"{xray.share:.0%}"
    params = {"tokens": xray.kept_tokens, "trained": xray.trained_tokens, "share": share}
    return text.message("xray_sentence", params) + f" [{counts}]"


def _meter(xray: Xray) -> str:
    """How many tokens there are, and a bar of who has them."""
    share = f"{xray.share:.0%} {_word('share')}"
    facts = (
        f"<span><b>{xray.trained_tokens}</b> {esc(_word('trained'))}</span>"
        f"<span><b>{xray.kept_tokens}</b> {esc(_word('tokens'))}</span>"
        f"<span class='quiet'>{esc(share)}</span>"
    )
    present = [role for role in ROLES if xray.roles[role]]
    parts = "".join(
        f"<span class='x-f-{role}' style='flex:{xray.roles[role]}' "
        f"title='{esc(_word(role))} {xray.roles[role]}'></span>"
        for role in present
    )
    names = "".join(
        f"<span><i class='x-f-{role}'></i>{esc(_word(role))} {xray.roles[role]}</span>"
        for role in present
    )
    return (
        f"<div class='x-facts'>{facts}</div><div class='x-meter'>{parts}</div>"
        f"<div class='x-legend'>{names}</div>"
    )


def _legend(xray: Xray) -> str:
    """What the marks mean, those that are there."""
    kinds = {span.kind for span in xray.spans}
    entries = [f"<mark class='x-trained'>{esc(_word('trained'))}</mark>"]
    entries += [f"<mark class='x-token x-end'>{esc(_word('end_of_turn'))}</mark>"]
    entries += [f"<span>{esc(_word('read'))}</span>"]
    if "injected" in kinds:
        entries.append(f"<span class='x-injected'>{esc(_word('injected'))}</span>")
    entries.append(f"<span class='x-token'>{esc(_word('special'))}</span>")
    if any(_within(span) for span in xray.spans):
        entries.append(f"<span class='x-token x-within'>{esc(_word('within'))}</span>")
    if xray.cut_tokens:
        entries.append(f"<del>{esc(_word('cut'))}</del>")
    return f"<div class='x-legend' style='margin-top:.7em'>{''.join(entries)}</div>"


def _turns(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The spans of each turn: one begins at the template's text behind the end of another."""
    turn: list[Span] = []
    said = closed = False
    for span in spans:
        own = span.kind == "template"
        if closed and own and span.text.strip():
            yield turn
            turn, said, closed = [], False, False
        turn.append(span)
        said = said or not own
        closed = closed or span.kind == "end_of_turn" or (said and own and span.special)
    if turn:
        yield turn


def _turn_html(spans: Sequence[Span], xray: Xray) -> str:
    """One turn; the line where the row is cut stands before what is cut."""
    kept = "".join(_span_html(span) for span in spans if not span.is_cut)
    cut = "".join(_span_html(span) for span in spans if span.is_cut)
    line = ""
    if any(span is _first_cut(xray) for span in spans):
        here = text.message("xray_cut_here", {"max_length": xray.max_length})
        line = f"<div class='x-cut'>{esc(here)}</div>"
    return f"<div class='x-turn'>{kept}{line}{cut}</div>"


def _first_cut(xray: Xray) -> Span | None:
    return next((span for span in xray.spans if span.is_cut), None)


def _within(span: Span) -> bool:
    """Whether a message says a special token: it can break out of its turn."""
    return span.special and span.kind in ("system", "user", "assistant_trained")


def _span_html(span: Span) -> str:
    """One span, as `<mark>` where it is trained and `<del>` where it is cut off."""
    if not span.text:
        return ""
    tag = "del" if span.is_cut else "mark" if span.trained else "span"
    title = f"{_meaning(span)} · {span.tokens} {_word('tokens')}"
    return f"<{tag} class='{_classes(span)}' title='{esc(title)}'>{_blanks(span.text)}</{tag}>"


def _classes(span: Span) -> str:
    looks = {
        "assistant_trained": "x-trained",
        "end_of_turn": "x-token x-end",
        "injected": "x-injected",
        "template": "x-token" if span.special else "x-template",
    }
    look = looks.get(span.kind, f"x-{span.kind}")
    return f"{look} x-token x-within" if _within(span) else look


def _meaning(span: Span) -> str:
    if span.is_cut:
        return _word("cut")
    if _within(span):
        return _word("within")
    words = {"assistant_trained": "trained", "template": "special" if span.special else "template"}
    return _word(words.get(span.kind, span.kind))


def _blanks(said: str) -> str:
    """Escaped text with white space that matters in elements of its own."""
    parts: list[str] = []
    at = 0
    for found in _VISIBLE.finditer(said):
        name = "x-lf" if found[0] == "\n" else "x-blank"
        parts += [esc(said[at : found.start()]), f"<span class='{name}'>{esc(found[0])}</span>"]
        at = found.end()
    return "".join(parts) + esc(said[at:])


def _cut(xray: Xray) -> str:
    return text.message(
        "xray_cut_at",
        {
            "max_length": xray.max_length,
            "cut": xray.cut_tokens,
            "tokens": xray.tokens,
            "lost": xray.lost_tokens,
        },
    )


def _word(name: str) -> str:
    return text.message(f"xray_{name}", {})
