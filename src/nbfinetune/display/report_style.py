"""The style of reports about data: on top of `html.STYLE`, in the same half-transparent colours."""

from __future__ import annotations

REPORT_STYLE = """
.jp-nbfinetune .head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .15em .7em; }
.jp-nbfinetune .head h4 { margin: 0; font-size: 1.25em; overflow-wrap: anywhere; }
.jp-nbfinetune .head .chip { margin: 0; }
.jp-nbfinetune h5 { margin: 1.4em 0 .45em; font-size: .85em; font-weight: 600; opacity: .72; }
.jp-nbfinetune h5 + .findings { margin-top: 0; }
.jp-nbfinetune .facts + .findings, .jp-nbfinetune .facts + .origin { margin-top: .8em; }
.jp-nbfinetune .findings { margin: .8em 0; border: 1px solid rgba(127,127,127,.28);
  border-radius: 8px; overflow: hidden; }
.jp-nbfinetune .finding { border-left: 4px solid rgba(127,127,127,.4); padding: .55em 1em .6em;
  overflow-wrap: anywhere; }
.jp-nbfinetune .finding + .finding { border-top: 1px solid rgba(127,127,127,.18); }
.jp-nbfinetune .finding.error { border-left-color: #d2483b; background: rgba(210,60,50,.05); }
.jp-nbfinetune .finding.warning { border-left-color: #d68c14; }
.jp-nbfinetune .finding.quiet { opacity: 1; padding-top: .3em; padding-bottom: .3em; }
.jp-nbfinetune > .finding { border-radius: 4px; background: rgba(127,127,127,.06); margin: .5em 0; }
.jp-nbfinetune .finding summary { cursor: pointer; }
.jp-nbfinetune .title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .6em; }
.jp-nbfinetune summary .title { display: inline-flex; width: calc(100% - 1.4em); }
.jp-nbfinetune .what { font-weight: 600; }
.jp-nbfinetune .title .what { flex: 1 1 16em; min-width: 0; }
.jp-nbfinetune .finding.quiet .what { font-weight: 400; }
.jp-nbfinetune .times { font-variant-numeric: tabular-nums; font-weight: 600; padding: 0 .55em;
  border-radius: 1em; background: rgba(127,127,127,.2); font-size: .88em; white-space: nowrap; }
.jp-nbfinetune .error .times { background: rgba(210,60,50,.2); }
.jp-nbfinetune .code { font-family: var(--jp-code-font-family, ui-monospace, monospace);
  font-size: .82em; opacity: .72; font-weight: 400; overflow-wrap: anywhere; }
.jp-nbfinetune .title .code { white-space: nowrap; }
.jp-nbfinetune .places { margin: .15em 0; display: grid; grid-template-columns: auto 1fr;
  gap: .1em 1em; overflow-wrap: anywhere; }
.jp-nbfinetune .where { font-family: var(--jp-code-font-family, ui-monospace, monospace);
  font-size: .88em; line-height: 1.7; opacity: .8; white-space: pre; }
.jp-nbfinetune .where.alone { grid-column: 1 / -1; white-space: pre-wrap; }
.jp-nbfinetune .out { opacity: .85; }
.jp-nbfinetune .origin { display: flex; flex-wrap: wrap; gap: .2em .6em; align-items: baseline;
  margin: .7em 0; }
.jp-nbfinetune .origin .chip { margin: 0; }
.jp-nbfinetune .side { display: flex; flex-wrap: wrap; gap: .3em 3em; align-items: flex-start; }
.jp-nbfinetune .side + .side { margin-top: .8em; }
.jp-nbfinetune .side > div { flex: 1 1 20em; min-width: 0; }
.jp-nbfinetune .columns { display: flex; align-items: flex-end; gap: 2px; height: 64px;
  border-bottom: 1px solid rgba(127,127,127,.4); }
.jp-nbfinetune .plot { max-width: 30em; }
.jp-nbfinetune .columns > div { flex: 1; min-height: 0; border-radius: 2px 2px 0 0;
  background: var(--jp-brand-color1, #2176d6); opacity: .75; }
.jp-nbfinetune .columns > div:hover { opacity: 1; }
.jp-nbfinetune .axis { display: flex; justify-content: space-between;
  font-size: .85em; opacity: .72; font-variant-numeric: tabular-nums; }
.jp-nbfinetune .rule { margin: .5em 0 1em; }
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
.jp-nbfinetune .rownumber { font-size: .85em; opacity: .72; margin: .9em 0 .25em; }
.jp-nbfinetune .rownumber + .chat { margin-top: 0; }
.jp-nbfinetune details.figures { margin: .8em 0; }
.jp-nbfinetune details.figures > summary { cursor: pointer; }
"""

FIX_STYLE = """
.jp-nbfinetune .fix { margin: .7em 0; padding: .55em 1em .65em; border-radius: 8px;
  border: 1px solid rgba(127,127,127,.28); }
.jp-nbfinetune .diff { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .35em 1em;
  margin: .4em 0 0; }
.jp-nbfinetune .diff .clip { font: .88em/1.7 var(--jp-code-font-family, ui-monospace, monospace); }
.jp-nbfinetune .same { opacity: .72; }
.jp-nbfinetune .gone, .jp-nbfinetune .new { border-radius: 3px; padding: .05em .15em; }
.jp-nbfinetune .gone { background: rgba(210,60,50,.22); text-decoration: line-through; }
.jp-nbfinetune .new { background: rgba(34,150,80,.26); }
"""

REPAIR_STYLE = """
.jp-nbfinetune .repair { margin: .2em 20px .6em 0; padding: .8em 1em .9em; border-radius: 8px;
  border: 1px solid rgba(33,118,214,.45); background: rgba(33,118,214,.05); }
.jp-nbfinetune .repair:empty { display: none; }
.jp-nbfinetune .repair p { margin: .35em 0; }
.jp-nbfinetune .repair > :last-child, .jp-nbfinetune .preview > :last-child { margin-bottom: 0; }
.jp-nbfinetune .buttons { display: flex; flex-wrap: wrap; gap: .5em; margin: .6em 0; }
.jp-nbfinetune .repair button[type] { font: inherit; line-height: 1.5; cursor: pointer;
  color: inherit; padding: .2em .9em; border-radius: 6px; border: 1px solid rgba(127,127,127,.5);
  background: var(--jp-layout-color1, var(--vscode-editor-background, transparent));
  min-height: 2.2em; box-shadow: none; text-align: left; }
.jp-nbfinetune .repair button[type]:hover { border-color: #2176d6; }
.jp-nbfinetune .repair button.main[type] { background: #1a69c4; border-color: #1a69c4; color: #fff;
  font-weight: 600; }
.jp-nbfinetune .repair button.main[type]:hover { background: #1558a6; }
.jp-nbfinetune .repair button.main .times { background: rgba(0,0,0,.28); }
.jp-nbfinetune .repair button .times { margin-left: .35em; }
.jp-nbfinetune .repair :focus-visible { outline: 2px solid #2176d6; outline-offset: 2px; }
[aria-busy="true"] .jp-nbfinetune .repair { opacity: .6; }
[aria-busy="true"] .jp-nbfinetune .repair button[type] { cursor: progress; }
.jp-nbfinetune .done { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3em .8em;
  margin-bottom: .7em; }
.jp-nbfinetune .done .chip { margin: 0; }
.jp-nbfinetune .done .said { flex: 1 1 16em; overflow-wrap: anywhere; }
.jp-nbfinetune .taken { margin-bottom: .6em; }
.jp-nbfinetune .newcell { margin-bottom: .7em; }
.jp-nbfinetune .newcell .head { align-items: center; }
.jp-nbfinetune .newcell h5 { margin: 0 auto 0 0; }
.jp-nbfinetune .repair pre, .jp-nbfinetune .repair code {
  font: .88em/1.6 var(--jp-code-font-family, ui-monospace, monospace); color: inherit; }
.jp-nbfinetune .repair code { display: block; width: fit-content; margin-top: .3em;
  padding: .1em .5em; border-radius: 4px; overflow-wrap: anywhere;
  background: rgba(127,127,127,.16); }
.jp-nbfinetune .repair pre { margin: .4em 0; padding: .6em .8em; max-height: 12em; overflow: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 6px;
  background: rgba(127,127,127,.12); }
"""

GONE_WIDGET_STYLE = """
.jp-OutputArea-child:has(.jp-nbfinetune-report) + .jp-OutputArea-child
  .jp-OutputArea-output:not([data-mime-type]):not(:has(*)) { display: none; }
"""
"""In a reopened notebook a widget is gone with its kernel: JupyterLab says so in a bare text, which
tells a reader of the report nothing."""

REPAIRED_STYLE = """
.jp-OutputArea-child:has(.jp-nbfinetune-report) ~ .jp-OutputArea-child:has(
  [data-mime-type="application/vnd.jupyter.stderr"]) { display: none; }
"""
"""The refusal that was shown when the cell ran is not true any more once the rows are repaired."""
