// The chart's cursor: a line at a step, dots on the lines, a tooltip with all values, and a line for
// screen readers. Knows where the cursor is, not how it was moved.

import { drawable } from './chart_draw.js';
import { CLASS_PREFIX, drawing, element, keepChildren, setAttributes, setShown, setText } from './dom.js';
import { valueAt } from './series.js';

/** @typedef {{title: string, rows: {key: string, name: string, value: string}[]}} Reading */

/**
 * @param {{root: HTMLElement, cursor: SVGElement}} nodes
 * @param {(step: number) => Reading} describe
 */
export function createTip(nodes, describe) {
  const rule = drawing('line', 'rule');
  const dots = drawing('g');
  const title = element('div', 'tip-title');
  const rows = element('div', 'tip-rows');
  const box = element('div', 'tip', { hidden: '', 'aria-hidden': 'true' }, [title, rows]);
  const spoken = element('div', 'spoken', { 'aria-live': 'polite' });
  nodes.cursor.append(rule, dots);
  nodes.root.append(box, spoken);
  let step = null;
  let last = null;

  function place(lines, scales) {
    last = { lines, scales };
    const shown = step !== null && step >= scales.from && step <= scales.to && !scales.empty;
    setShown(box, shown);
    setAttributes(nodes.cursor, { visibility: shown ? 'visible' : 'hidden' });
    if (!shown) return;
    const reading = describe(step);
    fillBox(title, rows, reading);
    drawCursor(rule, dots, lines, scales, step);
    placeBox(box, scales, step);
  }

  return {
    place,
    get step() {
      return step;
    },
    /** @param {number | null} next @param {boolean} [aloud] also tell screen readers */
    moveTo(next, aloud = false) {
      step = next;
      if (last) place(last.lines, last.scales);
      if (aloud && step !== null) setText(spoken, sentence(describe(step)));
    },
  };
}

function fillBox(title, rows, reading) {
  setText(title, reading.title);
  const make = () => element('div', '', {}, [element('i'), element('span'), element('b')]);
  keepChildren(rows, reading.rows, (row) => row.key, make, (node, row) => {
    const [swatch, name, value] = node.childNodes;
    setAttributes(swatch, { class: `${CLASS_PREFIX}swatch ${CLASS_PREFIX}swatch-${row.key}` });
    setText(name, row.name);
    setText(value, row.value);
  });
}

function sentence({ title, rows }) {
  return `${title}: ${rows.map((row) => `${row.name} ${row.value}`).join(', ')}`;
}

function drawCursor(rule, dots, lines, scales, step) {
  const x = scales.x(step).toFixed(1);
  const { top, height, bottom } = scales.frame;
  setAttributes(rule, { x1: x, x2: x, y1: top, y2: height - bottom });
  const points = lines
    .map((line) => ({ key: line.key, y: valueAt({ xs: line.xs, ys: line.smooth ?? line.ys }, step) }))
    .filter(({ y }) => drawable(y, scales));
  keepChildren(dots, points, (p) => p.key, () => drawing('circle', '', { r: 4 }), (node, { key, y }) => {
    setAttributes(node, { cx: x, cy: scales.y(y).toFixed(1), class: `${CLASS_PREFIX}dot-${key}` });
  });
}

/** Beside the cursor, on the side with more room, never outside of the chart. */
function placeBox(box, scales, step) {
  const x = scales.x(step);
  const { width, top } = scales.frame;
  const wide = box.offsetWidth;
  const left = x + 14 + wide <= width ? x + 14 : x - 14 - wide;
  const inside = Math.max(0, Math.min(left, width - wide));
  setAttributes(box, { style: `transform:translate(${inside.toFixed(0)}px,${top}px)` });
}
