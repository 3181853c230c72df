// A small line chart in SVG: lines, marks, legend, cursor, zoom. Knows lines and marks, nothing of
// runs. It keeps its nodes and changes their attributes, so it is never blank while data come in.

import { drawGrid, drawLegend, drawLines, drawMarks } from './chart_draw.js';
import { listenToChart } from './chart_input.js';
import { createTip } from './chart_tip.js';
import { CLASS_PREFIX, drawing, element, setAttributes, setText } from './dom.js';
import { chartScales, chartTicks } from './scales.js';

const PLAIN_WIDTH = 640; // until the page has told how wide we are
const NARROW_WIDTH = 480;

/**
 * @typedef {{step: number, label: string, best: boolean, selected: boolean}} Mark
 * @typedef {{lines: import('./scales.js').Line[], marks: Mark[], end: number, log: boolean,
 *   fromZero: boolean, label: string, legend: {key: string, name: string, value: string}[],
 *   empty: string, tickTexts: (values: number[], log: boolean) => string[]}} ChartData
 *   `end`: where the steps end, 0 while that isn't known
 */

/**
 * @param {HTMLElement} el
 * @param {{describe: (step: number) => import('./chart_tip.js').Reading, onSelect: (step: number) => void}}
 *   events `describe` says what stands in the tooltip at a step
 * @returns {{update: (data: ChartData) => void, destroy: () => void}}
 *   nothing is drawn and nothing listens before the first update
 */
export function createChart(el, { describe, onSelect }) {
  const nodes = chartNodes(el);
  const tip = createTip(nodes, describe);
  let data = null;
  let zoom = null;
  let scales = null;
  let drawnWidth = 0;

  function draw() {
    const frame = chartFrame(nodes.root.clientWidth || PLAIN_WIDTH, data);
    const { width, height } = frame;
    drawnWidth = nodes.root.clientWidth;
    scales = chartScales(data.lines, frame, zoom ?? wholeRange(data), data);
    setAttributes(nodes.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    drawGrid(nodes, scales, data);
    drawLines(nodes.lines, data.lines, scales);
    drawMarks(nodes, data, scales, onSelect);
    drawLegend(nodes.legend, data.legend);
    setText(nodes.empty, scales.empty ? data.empty : '');
    setAttributes(nodes.root, { 'aria-label': data.label });
    setAttributes(nodes.reset, { 'data-zoomed': zoom !== null, tabindex: zoom ? '0' : '-1' });
    tip.place(data.lines, scales);
  }

  function zoomTo(range) {
    const next = range && clampRange(range, wholeRange(data)[1]);
    if (next && next[1] - next[0] < 2) return; // nothing would be left to see
    zoom = next;
    draw();
  }

  function listen() {
    listenToChart(nodes, { scales: () => scales, lines: () => data.lines, cursor: tip, zoomTo });
    nodes.reset.addEventListener('click', () => {
      nodes.root.focus({ preventScroll: true }); // the button goes away
      zoomTo(null);
    });
  }

  const observer = new ResizeObserver(() => {
    const width = nodes.root.clientWidth;
    if (data && width && width !== drawnWidth) draw();
  });
  observer.observe(nodes.root);
  return {
    update(next) {
      const first = data === null;
      data = next;
      draw();
      if (first) listen();
    },
    destroy: () => observer.disconnect(),
  };
}

function wholeRange({ end }) {
  return [0, Math.max(end, 1)];
}

/** Within what there is; null when that is all of it. */
function clampRange([from, to], end) {
  const low = Math.max(0, from);
  const high = Math.min(end, to);
  return low <= 0 && high >= end ? null : [low, high];
}

function chartNodes(el) {
  const nodes = {
    legend: element('div', 'legend'),
    reset: element('button', 'reset', { type: 'button' }, ['Reset zoom']),
    grid: drawing('g', 'grid', { 'aria-hidden': 'true' }),
    guide: drawing('line', 'guide', { visibility: 'hidden' }),
    lines: drawing('g', 'lines', { 'aria-hidden': 'true' }),
    clip: drawing('rect'),
    brush: drawing('rect', 'brush', { visibility: 'hidden' }),
    cursor: drawing('g', 'cursor', { visibility: 'hidden', 'aria-hidden': 'true' }),
    marks: element('div', 'marks', { role: 'group', 'aria-label': 'Checkpoints' }),
    empty: element('div', 'empty'),
  };
  const id = `${CLASS_PREFIX}clip-${Math.random().toString(36).slice(2)}`;
  const clip = drawing('clipPath', '', { id }, [nodes.clip]);
  const plot = drawing('g', '', { 'clip-path': `url(#${id})` }, [nodes.brush, nodes.lines]);
  const parts = [drawing('defs', '', {}, [clip]), nodes.grid, nodes.guide, plot, nodes.cursor];
  nodes.svg = drawing('svg', 'plot', {}, parts);
  const about = { role: 'application', 'aria-roledescription': 'chart', tabindex: '0' };
  nodes.root = element('div', 'chart', about, [nodes.svg, nodes.marks, nodes.empty]);
  el.append(element('div', 'above', {}, [nodes.reset, nodes.legend]), nodes.root);
  return nodes;
}

/** The left margin follows the longest label, in steps, so that the plot seldom shifts. */
function chartFrame(width, data) {
  const height = width < NARROW_WIDTH ? 196 : 240;
  const frame = { width, height, left: 0, right: 12, top: 12, bottom: 24 };
  const { values } = chartTicks(chartScales(data.lines, frame, wholeRange(data), data));
  const longest = Math.max(...data.tickTexts(values, data.log).map((text) => text.length));
  return { ...frame, left: Math.max(40, Math.ceil((longest * 6.6 + 12) / 8) * 8) };
}
