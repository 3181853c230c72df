// Draws the parts of a chart at given scales: grid, lines, marks, legend. Keeps no state.

import { CLASS_PREFIX, drawing, element, keepChildren, setAttributes, setText } from './dom.js';
import { countText } from './numbers.js';
import { chartTicks, faultPath, linePaths } from './scales.js';
import { firstAtLeast, lastValue, valueAt } from './series.js';

const MOST_DOTS = 60; // more would hide the line
const CROWD = 30; // marks; more are drawn smaller

/**
 * @param {object} nodes of the chart @param {import('./scales.js').Scales} scales
 * @param {import('./chart.js').ChartData} data
 */
export function drawGrid(nodes, scales, { tickTexts, end }) {
  const { frame, empty } = scales;
  const { steps, values } = chartTicks(scales);
  const right = frame.width - frame.right;
  const floor = frame.height - frame.bottom;
  const texts = empty ? [] : tickTexts(values, scales.log);
  const across = values.map((value, i) => ({
    line: { x1: frame.left, x2: right, y1: crisp(scales.y(value)), y2: crisp(scales.y(value)) },
    text: [texts[i] ?? '', frame.left - 8, scales.y(value) + 4, 'end'],
  }));
  const down = (end > 0 ? steps : []).map((step) => {
    const text = countText(step);
    const overhangs = scales.x(step) + text.length * 3.4 > frame.width;
    return {
      line: { x1: crisp(scales.x(step)), x2: crisp(scales.x(step)), y1: floor, y2: floor + 4 },
      text: [text, overhangs ? frame.width : scales.x(step), floor + 17, overhangs ? 'end' : 'middle'],
    };
  });
  const axis = {
    line: { x1: frame.left, x2: right, y1: floor + 0.5, y2: floor + 0.5 },
    text: [end > 0 ? 'step' : '', frame.left - 8, floor + 17, 'end'],
  };
  const make = () => drawing('g', '', {}, [drawing('line'), drawing('text')]);
  keepChildren(nodes.grid, [...across, ...down, axis], (_, i) => i, make, drawTick);
  // a little wider than the plot: dots at its edges stay whole
  const wide = Math.max(right - frame.left, 0) + 8;
  setAttributes(nodes.clip, { x: frame.left - 4, y: 0, width: wide, height: floor + 4 });
}

function drawTick(node, { line, text: [text, x, y, anchor] }) {
  setAttributes(node.firstChild, line);
  setAttributes(node.lastChild, { x: x.toFixed(1), y: y.toFixed(1), 'text-anchor': anchor });
  setText(node.lastChild, text);
}

/** Lines of one pixel look sharp in the middle of a pixel. */
function crisp(pixel) {
  return Math.round(pixel) + 0.5;
}

/**
 * @param {SVGElement} el @param {import('./scales.js').Line[]} lines
 * @param {import('./scales.js').Scales} scales
 */
export function drawLines(el, lines, scales) {
  const paths = ['raw', 'smooth', 'lone', 'fault'];
  const make = () => {
    const parts = paths.map((name) => drawing('path', name));
    return drawing('g', '', {}, [...parts, drawing('g', 'dots')]);
  };
  keepChildren(el, lines, (line) => line.key, make, (node, line) => {
    const [raw, smooth, lone, fault, dots] = node.childNodes;
    const own = linePaths(line.xs, line.ys, scales);
    setAttributes(node, { class: `${CLASS_PREFIX}line-${line.key}`, 'data-smooth': line.smooth !== null });
    setAttributes(raw, { d: own.line });
    setAttributes(smooth, { d: line.smooth ? linePaths(line.xs, line.smooth, scales).line : '' });
    setAttributes(lone, { d: own.lone });
    setAttributes(fault, { d: line.nullIsFault ? faultPath(line, scales) : '' });
    drawDots(dots, line, scales);
  });
}

function drawDots(group, { style, xs, ys }, scales) {
  const points = style === 'dots' ? xs.map((x, i) => [x, ys[i]]) : [];
  const inside = points.filter(([x, y]) => x >= scales.from && x <= scales.to && drawable(y, scales));
  const shown = inside.length > MOST_DOTS ? [] : inside;
  const make = () => drawing('circle', '', { r: 3 });
  keepChildren(group, shown, (_, i) => i, make, (node, [x, y]) => {
    setAttributes(node, { cx: scales.x(x).toFixed(1), cy: scales.y(y).toFixed(1) });
  });
}

/** @returns {boolean} a logarithmic scale has no place for 0 and below */
export function drawable(y, scales) {
  return y !== null && !(scales.log && y <= 0);
}

/**
 * Marks are buttons, one of them in the order of the Tab key; a guide goes down from the selected one.
 * @param {object} nodes of the chart @param {import('./chart.js').ChartData} data
 * @param {import('./scales.js').Scales} scales @param {(step: number) => void} onSelect
 */
export function drawMarks(nodes, { lines, marks }, scales, onSelect) {
  const shown = marks.filter((mark) => mark.step >= scales.from && mark.step <= scales.to);
  const current = shown.find((mark) => mark.selected) ?? shown.at(-1);
  const crowd = shown.length > CROWD ? ` ${CLASS_PREFIX}crowd` : '';
  const make = (mark) => {
    const tag = element('span', 'tag', { 'aria-hidden': 'true' });
    const node = element('button', '', { type: 'button', 'data-checkpoint': mark.step }, [tag]);
    node.addEventListener('click', () => onSelect(mark.step));
    return node;
  };
  keepChildren(nodes.marks, shown, (mark) => mark.step, make, (node, mark) => {
    const [x, y] = markPlace(lines, mark.step, scales);
    setAttributes(node, {
      class: `${CLASS_PREFIX}mark${mark.best ? ` ${CLASS_PREFIX}best` : ''}${crowd}`,
      style: `left:${x.toFixed(1)}px;top:${y.toFixed(1)}px`,
      'aria-label': mark.label,
      'aria-pressed': String(mark.selected),
      tabindex: mark === current ? '0' : '-1',
    });
    setAttributes(node.firstChild, { 'data-below': y < 34 });
    setText(node.firstChild, mark.best ? 'best' : '');
  });
  drawGuide(nodes.guide, current?.selected ? markPlace(lines, current.step, scales) : null, scales.frame);
}

function drawGuide(guide, place, { height, bottom }) {
  setAttributes(guide, { visibility: place ? 'visible' : 'hidden' });
  if (!place) return;
  const [x, y] = place.map(crisp);
  setAttributes(guide, { x1: x, x2: x, y1: Math.min(y + 9, height - bottom), y2: height - bottom });
}

/** On the line; on the floor where the line has no value that can be drawn. */
function markPlace(lines, step, scales) {
  const { frame } = scales;
  const floor = frame.height - frame.bottom;
  const value = markValue(lines, step);
  const y = drawable(value, scales) ? scales.y(value) : floor;
  return [scales.x(step), Math.min(Math.max(y, frame.top), floor)];
}

/** Of the line with dots where that has a point at this step, else of the first line. */
function markValue(lines, step) {
  const dots = lines.find((line) => line.style === 'dots');
  const own = dots ? valueAt(dots, step) : null;
  if (own !== null) return own;
  const { xs, ys, smooth } = lines[0];
  const known = xs[firstAtLeast(xs, step)] === step;
  return known ? valueAt({ xs, ys: smooth ?? ys }, step) : lastValue({ xs, ys: smooth ?? ys }, step);
}

/** @param {HTMLElement} el @param {{key: string, name: string, value: string}[]} entries */
export function drawLegend(el, entries) {
  const make = ({ key }) => element('span', 'entry', {}, [
    element('i', `swatch ${CLASS_PREFIX}swatch-${key}`), element('span'), element('b'),
  ]);
  keepChildren(el, entries, (entry) => entry.key, make, (node, { name, value }) => {
    setText(node.children[1], name);
    setText(node.children[2], value);
  });
}
