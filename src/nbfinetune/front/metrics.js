// What the chart can show of a run: for each metric its lines, its words, its numbers. Pure.

import { columnSeries, firstAtLeast, lastValue, smoothed, valueAt } from './series.js';
import { bytesText, countText, evenNumbers, lossText, shortNumber } from './numbers.js';

const plain = (text) => (value) => (value === null ? '–' : text(value));

/**
 * In the order of the toolbar. `column` is the place in a train row, `short` the label where there is
 * little room, `fromZero` says that a share of the whole is what one looks for, `exact` that
 * there is no noise to smooth.
 */
export const METRICS = [
  { key: 'loss', label: 'Loss', name: 'training loss', column: 1, text: lossText },
  {
    key: 'rate', label: 'Learning rate', short: 'Rate', name: 'learning rate', column: 2,
    text: plain(shortNumber), fromZero: true, exact: true,
  },
  {
    key: 'gradient', label: 'Gradient norm', short: 'Gradient', name: 'gradient norm', column: 3,
    text: plain(shortNumber), fromZero: true,
  },
  { key: 'speed', label: 'Tokens/s', name: 'tokens/s', column: 4, text: plain(countText), fromZero: true },
  {
    key: 'memory', label: 'Memory', name: 'memory', column: 5,
    text: plain(bytesText), tickTexts: (values) => values.map(bytesText), fromZero: true, exact: true,
  },
];

/** @param {string} key @returns {object} one of METRICS */
export function metricOf(key) {
  return METRICS.find((metric) => metric.key === key);
}

/** @param {string} key @returns {(values: number[], log: boolean) => string[]} labels of the value axis */
export function metricTickTexts(key) {
  const even = (values, log) => (log ? values.map(shortNumber) : evenNumbers(values));
  return metricOf(key).tickTexts ?? even;
}

/**
 * @param {import('./picture.js').Picture} picture
 * @param {{metric: string, smoothing: number}} choice
 * @returns {import('./scales.js').Line[]} the training line first
 */
export function metricLines(picture, { metric, smoothing }) {
  const { key, name, column, exact } = metricOf(metric);
  const series = columnSeries(picture.train.items, column);
  const smooth = smoothing > 0 && !exact && series.xs.length > 2 ? smoothed(series.ys, smoothing) : null;
  const nullIsFault = key === 'loss';
  const lines = [{ key: 'train', name, style: 'thin', ...series, smooth, nullIsFault }];
  if (key === 'loss' && picture.validation.items.length) {
    const validation = columnSeries(picture.validation.items, 1);
    lines.push({
      key: 'validation', name: 'validation loss', style: 'dots', ...validation, smooth: null, nullIsFault,
    });
  }
  return lines;
}

/**
 * All that is known at one step, for the tooltip.
 * @param {import('./picture.js').Picture} picture
 * @param {import('./scales.js').Line[]} lines of the metric that is shown @param {string} metric
 * @param {number} step @returns {import('./chart_tip.js').Reading}
 */
export function readingAt(picture, lines, metric, step) {
  const { text } = metricOf(metric);
  const rows = [];
  for (const line of lines) {
    if (line.xs[firstAtLeast(line.xs, step)] !== step) continue;
    rows.push({ key: line.key, name: line.name, value: text(valueAt(line, step)) });
    const smooth = line.smooth ? valueAt({ xs: line.xs, ys: line.smooth }, step) : null;
    if (smooth !== null) rows.push({ key: 'smooth', name: 'smoothed', value: text(smooth) });
  }
  return { title: stepTitle(picture, step), rows: [...rows, ...otherValues(picture, metric, step)] };
}

function stepTitle({ checkpoints, head }, step) {
  const saved = checkpoints.items.some((item) => item[0] === step);
  const best = step === head.best_step ? ', the best' : '';
  return `Step ${countText(step)}${saved ? ` · checkpoint${best}` : ''}`;
}

function otherValues(picture, metric, step) {
  const row = picture.train.items.findLast((item) => item[0] === step) ?? [];
  return METRICS
    .filter(({ key, column }) => key !== metric && typeof row[column] === 'number')
    .map(({ key, name, column, text }) => ({ key, name, value: text(row[column]) }));
}

/**
 * The latest values, and how often there was none though each step has one.
 * @param {import('./scales.js').Line[]} lines @param {string} metric
 * @returns {{key: string, name: string, value: string}[]}
 */
export function legendEntries(lines, metric) {
  const { text } = metricOf(metric);
  const entries = lines.map((line) => {
    const value = lastValue(line);
    return { key: line.key, name: line.name, value: value === null ? '' : text(value) };
  });
  const faults = lines.reduce((sum, line) => sum + (line.nullIsFault ? countNulls(line.ys) : 0), 0);
  if (faults) entries.push({ key: 'fault', name: 'not a number', value: `${countText(faults)}×` });
  return entries;
}

function countNulls(ys) {
  return ys.reduce((sum, y) => sum + (y === null ? 1 : 0), 0);
}
