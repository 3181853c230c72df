// A small line chart in SVG: grid, lines, marks, legend, cursor. Knows lines and marks, nothing of
// runs. It keeps its nodes and changes their attributes, so it is never blank while data come in.

import { CLASS_PREFIX, drawing, element, keepChildren, setAttributes, setText } from './dom.js';
import { chartScales, chartTicks, faultPath, linePath } from './scales.js';
import { lastValue, valueAt } from './series.js';
import { createTip } from './chart_tip.js';
import { listenToChart } from './chart_input.js';

const PLAIN_WIDTH = 640; // until the page has told how wide we are
const CHART_HEIGHT = 232;

/**
 * @typedef {{step: number, label: string, best: boolean, selected: boolean}} Mark
 * @typedef {{lines: import('./scales.js').Line[], marks: Mark[], end: number, log: boolean, label: string,
 *   legend: {key: string, name: string, value: string}[], empty: string, tickText: (value: number) => string}} ChartData
 */

/**
 * @param {HTMLElement} el
 * @param {{describe: (step: number) => import('./chart_tip.js').Reading, onSelect: (step: number) => void,
 *   onZoom: (zoomed: boolean) => void}} options `describe` says what stands in the tooltip at a step
 * @returns {{update: (data: ChartData) => void, resetZoom: () => void, destroy: () => void}}
 */
export function createChart(el, { describe, onSelect, onZoom }) {
  const nodes = chartNodes(el);
  const tip = createTip(nodes, describe);
  let data = { lines: [], marks: [], end: 1, log: false, label: '', legend: [], empty: '', tickText: String };
  let zoom = null;
  let scales = null;

  function draw() {
    const width = Math.floor(nodes.root.clientWidth) || PLAIN_WIDTH;
    const frame = chartFrame(width, data);
    scales = chartScales(data.lines, frame, zoom ?? [0, Math.max(data.end, 1)], data.log);
    setAttributes(nodes.svg, { width, height: frame.height, viewBox: `0 0 ${width} ${frame.height}` });
    drawGrid(nodes, scales, data.tickText);
    drawLines(nodes, data.lines, scales);
    drawMarks(nodes, data, scales, onSelect);
    drawLegend(nodes.legend, data.legend);
    setText(nodes.empty, scales.empty ? data.empty : '');
    setAttributes(nodes.root, { 'aria-label': data.label });
    tip.place(data.lines, scales);
  }

  const input = listenToChart(nodes, {
    scales: () => scales,
    lines: () => data.lines,
    cursor: tip,
    zoomTo(range) {
      zoom = range && clampRange(range, data.end);
      onZoom(zoom !== null);
      draw();
    },
  });
  const observer = new ResizeObserver(draw);
  observer.observe(nodes.root);
  return {
    update(next) {
      data = next;
      draw();
    },
    resetZoom: () => input.zoomOut(),
    destroy() {
      observer.disconnect();
      nodes.root.remove();
      nodes.legend.remove();
    },
  };
}

/** Null when the range holds everything anyway. */
function clampRange([from, to], end) {
  const low = Math.max(0, from);
  const high = Math.min(Math.max(end, 1), to);
  return high - low < 1 || (low <= 0 && high >= end) ? null : [low, high];
}

function chartNodes(el) {
  const nodes = {
    grid: drawing('g', 'grid', { 'aria-hidden': 'true' }),
    lines: drawing('g', 'lines', { 'aria-hidden': 'true' }),
    clip: drawing('rect'),
    brush: drawing('rect', 'brush', { visibility: 'hidden' }),
    cursor: drawing('g', 'cursor', { visibility: 'hidden', 'aria-hidden': 'true' }),
    marks: element('div', 'marks', { role: 'group', 'aria-label': 'Checkpoints' }),
    empty: element('div', 'empty'),
    legend: element('div', 'legend'),
  };
  const id = `${CLASS_PREFIX}clip-${Math.random().toString(36).slice(2)}`;
  const clip = drawing('clipPath', '', { id }, [nodes.clip]);
  const plot = drawing('g', '', { 'clip-path': `url(#${id})` }, [nodes.brush, nodes.lines]);
  nodes.svg = drawing('svg', 'plot', {}, [drawing('defs', '', {}, [clip]), nodes.grid, plot, nodes.cursor]);
  const about = { role: 'application', 'aria-roledescription': 'chart', tabindex: '0' };
  nodes.root = element('div', 'chart', about, [nodes.svg, nodes.marks, nodes.empty]);
  el.append(nodes.legend, nodes.root);
  return nodes;
}

/** Margins follow the longest label, in steps, so that the plot seldom shifts. */
function chartFrame(width, { lines, log, end, tickText }) {
  const frame = { width, height: CHART_HEIGHT, left: 8, right: 12, top: 14, bottom: 24 };
  const { values } = chartTicks(chartScales(lines, frame, [0, Math.max(end, 1)], log));
  const longest = Math.max(...values.map((value) => tickText(value).length));
  return { ...frame, left: Math.max(40, Math.ceil((longest * 6.6 + 12) / 8) * 8) };
}

function drawGrid(nodes, scales, tickText) {
  const { frame, empty } = scales;
  const { steps, values } = chartTicks(scales);
  const right = frame.width - frame.right;
  const floor = frame.height - frame.bottom;
  setAttributes(nodes.clip, {
    x: frame.left, y: 0, width: Math.max(right - frame.left, 0), height: floor + 1,
  });
  const label = (tick, x, y, anchor) => ({ tick, x, y, anchor });
  const ticks = [
    ...values.map((value) => ({
      line: { x1: frame.left, x2: right, y1: crisp(scales.y(value)), y2: crisp(scales.y(value)) },
      text: label(empty ? '' : tickText(value), frame.left - 8, scales.y(value) + 4, 'end'),
    })),
    ...steps.map((step) => ({
      line: { x1: crisp(scales.x(step)), x2: crisp(scales.x(step)), y1: floor, y2: floor + 4 },
      text: label(String(step), scales.x(step), floor + 17, 'middle'),
    })),
  ];
  const make = () => drawing('g', '', {}, [drawing('line'), drawing('text')]);
  keepChildren(nodes.grid, ticks, (_, i) => i, make, (node, { line, text }) => {
    setAttributes(node.firstChild, line);
    setAttributes(node.lastChild, { x: text.x.toFixed(1), y: text.y.toFixed(1), 'text-anchor': text.anchor });
    setText(node.lastChild, text.tick);
  });
}

/** Lines of one pixel look sharp in the middle of a pixel. */
function crisp(pixel) {
  return Math.round(pixel) + 0.5;
}

function drawLines(nodes, lines, scales) {
  const make = () => drawing('g', '', {}, ['raw', 'smooth', 'fault', 'dots'].map((name) => drawing(name === 'dots' ? 'g' : 'path', name)));
  keepChildren(nodes.lines, lines, (line) => line.key, make, (node, line) => {
    const [raw, smooth, fault, dots] = node.childNodes;
    setAttributes(node, { class: `${CLASS_PREFIX}line-${line.key}`, 'data-smooth': line.smooth !== null });
    setAttributes(raw, { d: linePath(line.xs, line.ys, scales) });
    setAttributes(smooth, { d: line.smooth ? linePath(line.xs, line.smooth, scales) : '' });
    setAttributes(fault, { d: line.nullIsFault ? faultPath(line, scales) : '' });
    drawDots(dots, line, scales);
  });
}

function drawDots(group, line, scales) {
  const points = line.style === 'dots' ? line.xs.map((x, i) => [x, line.ys[i]]) : [];
  const shown = points.filter(([x, y]) => y !== null && x >= scales.from && x <= scales.to && !(scales.log && y <= 0));
  const r = shown.length > 60 ? 0 : 3;
  keepChildren(group, r ? shown : [], (_, i) => i, () => drawing('circle', '', { r }), (node, [x, y]) => {
    setAttributes(node, { cx: scales.x(x).toFixed(1), cy: scales.y(y).toFixed(1) });
  });
}

function drawMarks(nodes, { lines, marks }, scales, onSelect) {
  const { frame } = scales;
  const floor = frame.height - frame.bottom;
  const near = marks.filter((mark) => mark.step >= scales.from && mark.step <= scales.to);
  const current = near.findLast((mark) => mark.selected) ?? near[near.length - 1];
  const make = (mark) => {
    const node = element('button', '', { type: 'button', 'data-checkpoint': mark.step });
    node.addEventListener('click', () => onSelect(mark.step));
    return node;
  };
  keepChildren(nodes.marks, near, (mark) => mark.step, make, (node, mark) => {
    const value = markValue(lines, mark.step);
    const drawable = value !== null && !(scales.log && value <= 0);
    const y = drawable ? Math.min(Math.max(scales.y(value), frame.top), floor) : floor;
    const kind = (mark.best ? ` ${CLASS_PREFIX}best` : '') + (near.length > 24 ? ` ${CLASS_PREFIX}small` : '');
    setAttributes(node, {
      class: `${CLASS_PREFIX}mark${kind}`,
      style: `left:${scales.x(mark.step).toFixed(1)}px;top:${y.toFixed(1)}px`,
      'aria-label': mark.label,
      'aria-pressed': String(mark.selected),
      tabindex: mark === current ? '0' : '-1',
    });
  });
}

/** On the line with dots where that has a point at this step, else on the first line. */
function markValue(lines, step) {
  for (const line of lines.toReversed()) {
    if (line.style === 'dots') {
      const value = valueAt(line, step);
      if (value !== null) return value;
    } else return lastValue({ xs: line.xs, ys: line.smooth ?? line.ys }, step);
  }
  return null;
}

function drawLegend(el, entries) {
  const make = ({ key }) => element('span', 'entry', {}, [
    element('i', `swatch ${CLASS_PREFIX}swatch-${key}`), element('span'), element('b'),
  ]);
  keepChildren(el, entries, (entry) => entry.key, make, (node, { name, value }) => {
    setText(node.children[1], name);
    setText(node.children[2], value);
  });
}
