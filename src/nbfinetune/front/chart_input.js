// Pointer and keyboard of the chart: cursor, zoom over steps. The wheel stays with the notebook.

import { setAttributes } from './dom.js';
import { firstAtLeast, nearestIndex } from './series.js';

const DRAG_PIXELS = 6; // less is a click

/**
 * @param {{root: HTMLElement, svg: SVGElement, brush: SVGElement, marks: HTMLElement}} nodes
 * @param {{scales: () => import('./scales.js').Scales, lines: () => import('./scales.js').Line[],
 *   cursor: {step: number | null, moveTo: (step: number | null, aloud?: boolean) => void},
 *   zoomTo: (range: [number, number] | null) => void}} chart
 */
export function listenToChart(nodes, chart) {
  listenToPointer(nodes, chart);
  nodes.root.addEventListener('keydown', (event) => {
    const handled = nodes.marks.contains(event.target)
      ? markKey(nodes.marks, event)
      : event.target === nodes.root && chartKey(chart, event);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function listenToPointer(nodes, chart) {
  const { root, brush } = nodes;
  let start = null;
  // a page may be zoomed or scaled: the chart counts in its own pixels
  const pixelOf = (event) => {
    const { left, width } = root.getBoundingClientRect();
    return (event.clientX - left) * (root.offsetWidth / width || 1);
  };
  const endDrag = () => {
    start = null;
    setAttributes(brush, { visibility: 'hidden' });
  };
  root.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || nodes.marks.contains(event.target)) return;
    start = pixelOf(event);
    root.setPointerCapture(event.pointerId);
  });
  root.addEventListener('pointermove', (event) => {
    const pixel = pixelOf(event);
    if (start !== null && Math.abs(pixel - start) >= DRAG_PIXELS) {
      chart.cursor.moveTo(null);
      drawBrush(brush, chart.scales(), start, pixel);
    } else chart.cursor.moveTo(nearestStep(chart.lines(), chart.scales().step(pixel)));
  });
  root.addEventListener('pointerup', (event) => {
    const pixel = pixelOf(event);
    if (start !== null && Math.abs(pixel - start) >= DRAG_PIXELS) {
      const { step } = chart.scales();
      chart.zoomTo([step(Math.min(start, pixel)), step(Math.max(start, pixel))]);
    }
    endDrag();
  });
  root.addEventListener('pointercancel', endDrag);
  root.addEventListener('pointerleave', () => start === null && chart.cursor.moveTo(null));
  root.addEventListener('focusout', () => chart.cursor.moveTo(null));
  root.addEventListener('dblclick', (event) => nodes.marks.contains(event.target) || chart.zoomTo(null));
}

function drawBrush(brush, { frame }, start, end) {
  const inside = (pixel) => Math.min(Math.max(pixel, frame.left), frame.width - frame.right);
  const [low, high] = [inside(Math.min(start, end)), inside(Math.max(start, end))];
  setAttributes(brush, {
    visibility: 'visible',
    x: low, width: high - low, y: frame.top, height: frame.height - frame.top - frame.bottom,
  });
}

/** @returns {number | null} the step with a point that lies closest */
function nearestStep(lines, step) {
  const found = lines.map(({ xs }) => xs[nearestIndex(xs, step)]).filter((x) => x !== undefined);
  if (!found.length) return null;
  return found.reduce((best, x) => (Math.abs(x - step) < Math.abs(best - step) ? x : best));
}

/** The next step with a point; `sign` 1 goes right. */
function neighbourStep(lines, step, sign) {
  const found = lines
    .map(({ xs }) => {
      const i = firstAtLeast(xs, step);
      return sign < 0 ? xs[i - 1] : xs[xs[i] === step ? i + 1 : i];
    })
    .filter((x) => x !== undefined);
  if (!found.length) return step;
  return sign < 0 ? Math.max(...found) : Math.min(...found);
}

/** The first step with a point, or with `sign` 1 the last. */
function endStep(lines, sign) {
  const ends = lines.filter(({ xs }) => xs.length).map(({ xs }) => xs[sign < 0 ? 0 : xs.length - 1]);
  if (!ends.length) return null;
  return sign < 0 ? Math.min(...ends) : Math.max(...ends);
}

function chartKey(chart, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { from, to } = chart.scales();
  const lines = chart.lines();
  const at = chart.cursor.step;
  const show = (step) => {
    if (step !== null && (step < from || step > to)) chart.zoomTo(shiftRange(from, to, step));
    chart.cursor.moveTo(step, true);
  };
  const walk = (sign) => {
    if (at === null) return show(nearestStep(lines, sign < 0 ? to : from));
    const leap = event.shiftKey ? ((to - from) / 10) * sign : 0;
    return show(leap ? nearestStep(lines, at + leap) : neighbourStep(lines, at, sign));
  };
  const actions = {
    ArrowLeft: () => walk(-1),
    ArrowRight: () => walk(1),
    Home: () => show(endStep(lines, -1)),
    End: () => show(endStep(lines, 1)),
    '+': () => chart.zoomTo(scaleRange(from, to, at, 0.5)),
    '=': () => chart.zoomTo(scaleRange(from, to, at, 0.5)),
    '-': () => chart.zoomTo(scaleRange(from, to, at, 2)),
    Escape: () => {
      chart.cursor.moveTo(null);
      chart.zoomTo(null);
    },
  };
  actions[event.key]?.();
  return event.key in actions;
}

/** The same width, just far enough that `step` lies inside. */
function shiftRange(from, to, step) {
  const by = step < from ? step - from : step - to;
  return [from + by, to + by];
}

function scaleRange(from, to, at, factor) {
  const middle = at ?? (from + to) / 2;
  return [middle - (middle - from) * factor, middle + (to - middle) * factor];
}

/** Arrows go from mark to mark; Enter and Space are the buttons' own. */
function markKey(marks, event) {
  const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const all = [...marks.children];
  if (event.key === 'Home') all[0].focus();
  else if (event.key === 'End') all[all.length - 1].focus();
  else if (move) all[all.indexOf(event.target) + move]?.focus();
  else return false;
  return true;
}
