"""The style of reports about data: on top of `html.STYLE`, in the same half-transparent colours."""

from __future__ import annotations

REPORT_STYLE = """
.jp-nbfinetune .head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1em .7em; }
.jp-nbfinetune .head h4 { margin: 0; font-size: 1.25em; }
.jp-nbfinetune .head .chip { margin: 0; }
.jp-nbfinetune h5 { margin: 1.1em 0 .4em; font-size: .8em; font-weight: 600; opacity: .68;
  text-transform: uppercase; letter-spacing: .06em; }
.jp-nbfinetune .finding { border-left: 3px solid rgba(127,127,127,.35); border-radius: 0 6px 6px 0;
  margin: .4em 0; padding: .4em .9em; background: rgba(127,127,127,.06); }
.jp-nbfinetune .finding.error { border-color: rgba(210,60,50,.85);
  background: rgba(210,60,50,.07); }
.jp-nbfinetune .finding.warning { border-color: rgba(214,140,20,.75); }
.jp-nbfinetune .finding.quiet { opacity: 1; background: none; padding-top: .1em;
  padding-bottom: .1em; margin: .2em 0; }
.jp-nbfinetune .finding summary { cursor: pointer; }
.jp-nbfinetune .what { font-weight: 600; }
.jp-nbfinetune .finding.quiet .what { font-weight: 400; }
.jp-nbfinetune .times { font-variant-numeric: tabular-nums; font-weight: 600; padding: 0 .55em;
  margin-right: .5em; border-radius: 1em; background: rgba(127,127,127,.18); font-size: .88em; }
.jp-nbfinetune .error .times { background: rgba(210,60,50,.2); }
.jp-nbfinetune .code { font-family: var(--jp-code-font-family, ui-monospace, monospace);
  font-size: .82em; opacity: .72; margin-left: .6em; font-weight: 400; }
.jp-nbfinetune .places { margin: .15em 0; display: grid; grid-template-columns: auto 1fr;
  gap: 0 1em; overflow-wrap: anywhere; }
.jp-nbfinetune .where { font-family: var(--jp-code-font-family, ui-monospace, monospace);
  font-size: .88em; opacity: .8; white-space: pre; }
.jp-nbfinetune .where.alone { grid-column: 1 / -1; white-space: pre-wrap; }
.jp-nbfinetune .out { opacity: .85; }
.jp-nbfinetune .side { display: flex; flex-wrap: wrap; gap: 0 3em; align-items: flex-start; }
.jp-nbfinetune .side > div { flex: 1 1 20em; min-width: 0; }
.jp-nbfinetune .columns { display: flex; align-items: flex-end; gap: 2px; height: 74px;
  border-bottom: 1px solid rgba(127,127,127,.4); }
.jp-nbfinetune .plot { max-width: 30em; }
.jp-nbfinetune .columns > div { flex: 1; min-height: 0; border-radius: 2px 2px 0 0;
  background: var(--jp-brand-color1, #2176d6); opacity: .75; }
.jp-nbfinetune .columns > div:hover { opacity: 1; }
.jp-nbfinetune .axis { display: flex; justify-content: space-between;
  font-size: .85em; opacity: .68; font-variant-numeric: tabular-nums; }
.jp-nbfinetune .rule { margin: .5em 0 1em; }
.jp-nbfinetune .rule .code { margin-left: 0; }
.jp-nbfinetune .list { display: grid; grid-template-columns: auto 1fr; gap: .25em .9em;
  align-items: baseline; }
.jp-nbfinetune .list .number { opacity: .75; }
.jp-nbfinetune .clip { overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 3; overflow-wrap: anywhere; white-space: pre-wrap; }
.jp-nbfinetune .slip { background: rgba(214,140,20,.4); border-radius: 3px; padding: 0 .1em; }
.jp-nbfinetune .share { display: flex; height: 8px; border-radius: 4px; overflow: hidden;
  max-width: 30em; margin: .25em 0; background: rgba(127,127,127,.2); }
.jp-nbfinetune .share .passed { background: rgba(34,150,80,.75); }
.jp-nbfinetune .share .failed { background: rgba(210,60,50,.75); }
.jp-nbfinetune .share .unjudged { background: rgba(127,127,127,.55); }
.jp-nbfinetune .share .part { background: var(--jp-brand-color1, #2176d6); }
.jp-nbfinetune .rownumber { font-size: .82em; opacity: .72; margin: .8em 0 -.5em .2em; }
"""
