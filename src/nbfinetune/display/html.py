"""The one `esc()` and the one style sheet. Text of data, models and users goes through `esc`."""

from __future__ import annotations

from html import escape

# Colours are JupyterLab's where it defines them; elsewhere half-transparent greys that suit light
# and dark pages alike.
STYLE = """
.jp-nbfinetune { font: 13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color1, inherit); max-width: 68em; container-type: inline-size; }
.jp-nbfinetune * { box-sizing: border-box; }
.jp-nbfinetune h4 { margin: 0 0 .3em; font-size: 1.1em; font-weight: 600; }
.jp-nbfinetune .quiet { opacity: .68; }
.jp-nbfinetune .chip { display: inline-block; padding: 0 .7em; margin-left: .6em; font-size: .85em;
  border-radius: 1em; background: rgba(127,127,127,.18); font-weight: 500; }
.jp-nbfinetune .good { background: rgba(34,150,80,.2); }
.jp-nbfinetune .busy { background: rgba(33,118,214,.2); }
.jp-nbfinetune .bad { background: rgba(210,60,50,.22); }
.jp-nbfinetune .facts { display: flex; flex-wrap: wrap; gap: .2em 2.2em; margin: .4em 0; }
.jp-nbfinetune .facts b { display: block; font-size: 1.2em; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.jp-nbfinetune .note { border-left: 3px solid rgba(214,140,20,.8); padding: .1em 0 .1em .8em;
  margin: .35em 0; }
.jp-nbfinetune .bar { height: 6px; border-radius: 3px; background: rgba(127,127,127,.2);
  margin: .5em 0; overflow: hidden; max-width: 40em; }
.jp-nbfinetune .bar > div { height: 100%; background: var(--jp-brand-color1, #2176d6); }
.jp-nbfinetune .chat { display: flex; flex-direction: column; gap: .35em; margin: .7em 0;
  padding: .7em; border: 1px solid rgba(127,127,127,.22); border-radius: 8px; max-width: 46em; }
.jp-nbfinetune .system { font-size: .9em; opacity: .75; font-style: italic; }
.jp-nbfinetune .turn { padding: .3em .8em; border-radius: 10px; max-width: 85%; width: fit-content;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.jp-nbfinetune .user { background: rgba(127,127,127,.15); align-self: flex-start; }
.jp-nbfinetune .assistant { background: rgba(33,118,214,.16); align-self: flex-end; }
.jp-nbfinetune table { border-collapse: collapse; margin: .5em 0; width: auto; font-size: 1em; }
.jp-nbfinetune tr { background: none !important; }
.jp-nbfinetune th, .jp-nbfinetune td { line-height: 1.5; text-align: left !important;
  vertical-align: top;
  padding: .35em .9em .35em 0; border: 0; min-width: 5em;
  border-bottom: 1px solid rgba(127,127,127,.22);
  background: none !important; white-space: pre-wrap; overflow-wrap: anywhere; }
.jp-nbfinetune .runs th, .jp-nbfinetune .runs td { min-width: 0; padding-right: .6em; }
.jp-nbfinetune .runs td:not(:last-child), .jp-nbfinetune .runs th { overflow-wrap: break-word; }
.jp-nbfinetune th { font-weight: 600; }
.jp-nbfinetune th .quiet { font-weight: 400; }
.jp-nbfinetune .number { text-align: right !important; font-variant-numeric: tabular-nums; }
@container (max-width: 600px) {  /* a list becomes cards: each value beside its head's name */
  .jp-nbfinetune .listed :is(tbody, tr, td) { display: block; }
  .jp-nbfinetune .listed th, .jp-nbfinetune .listed td:empty { display: none; }
  .jp-nbfinetune .listed tr { padding: .4em 0; border-bottom: 1px solid rgba(127,127,127,.22); }
  .jp-nbfinetune .listed td { padding: 0 0 0 8em; border: 0; text-indent: -8em; }
  .jp-nbfinetune .listed td::before { content: attr(data-head); display: inline-block; width: 8em;
    text-indent: 0; opacity: .68; }
}
.jp-nbfinetune .answer { font-size: .85em; opacity: .68; display: block; }
"""

NO_MATH = "mathjax_ignore tex2jax_ignore"
"""Classes that keep a page from setting `$5 or $6` as a formula: names of MathJax 3 and 2."""


def esc(value: object) -> str:
    """Text that can't become markup, also inside an attribute."""
    return escape(str(value), quote=True)


def box(body: str) -> str:
    """Our part of a page: the style and the body, which is HTML already."""
    return f'<style>{STYLE}</style><div class="jp-nbfinetune {NO_MATH}">{body}</div>'


def facts(pairs: list[tuple[str, object]]) -> str:
    """Figures with their names below, in a row."""
    items = (f"<div><b>{esc(value)}</b> <span class='quiet'>{esc(name)}</span></div>"
             for name, value in pairs)  # fmt: skip
    return f'<div class="facts">{"".join(items)}</div>'


def note(text: object) -> str:
    """Something that deserves attention."""
    return f'<div class="note">{esc(text)}</div>'


def page(title: str, body: str) -> str:
    """A whole page that needs nothing from anywhere else. `body` is HTML already."""
    return (
        "<!doctype html><html><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{esc(title)}</title><style>:root {{ color-scheme: light dark; }}"
        "body { margin: 2.5em auto; max-width: 62em; padding: 0 1.5em; font-family: system-ui,"
        " sans-serif; } section { margin: 2.2em 0; } h1 { font-size: 1.6em; }</style></head>"
        f"<body><h1>{esc(title)}</h1>{body}</body></html>"
    )
