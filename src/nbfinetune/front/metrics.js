// What the chart can show of a run: for each metric its lines, its words, its numbers. Pure.

import { lastValue, columnSeries, smoothed, valueAt } from './series.js';
import { bytesText, countText, lossText, shortNumber } from './numbers.js';

const plain = (text) => (value) => (value === null ? '–' : text(value));

/** In the order of the toolbar; `column` is the place in a train row. */
export const METRICS = [
  { key: 'loss', label: 'Loss', name: 'training loss', column: 1, text: lossText, tick: shortNumber },
  { key: 'rate', label: 'Learning rate', name: 'learning rate', column: 2, text: plain(shortNumber), tick: shortNumber },
  { key: 'gradient', label: 'Gradient norm', name: 'gradient norm', column: 3, text: plain(shortNumber), tick: shortNumber },
  { key: 'speed', label: 'Tokens/s', name: 'tokens/s', column: 4, text: plain(countText), tick: shortNumber },
  { key: 'memory', label: 'Memory', name: 'memory', column: 5, text: plain(bytesText), tick: bytesText },
];

/**
 * @param {import('./picture.js').Picture} picture
 * @param {{metric: string, smoothing: number}} choice
 * @returns {import('./scales.js').Line[]} the training line first
 */
export function metricLines(picture, { metric, smoothing }) {
  const { key, name, column } = METRICS.find((one) => one.key === metric);
  const series = columnSeries(picture.train.items, column);
  const smooth = smoothing > 0 && series.xs.length > 2 ? smoothed(series.ys, smoothing) : null;
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
  const { text } = METRICS.find((one) => one.key === metric);
  const rows = [];
  for (const line of lines) {
    if (!line.xs.includes(step)) continue;
    rows.push({ key: line.key, name: line.name, value: text(valueAt(line, step)) });
    if (line.smooth) rows.push({ key: 'smooth', name: 'smoothed', value: text(valueAt({ xs: line.xs, ys: line.smooth }, step)) });
  }
  const row = picture.train.items.findLast((item) => item[0] === step);
  for (const other of row ? METRICS : []) {
    if (other.key === metric || row[other.column] === null) continue;
    rows.push({ key: other.key, name: other.name, value: other.text(row[other.column]) });
  }
  return { title: `step ${step}`, rows };
}

/** The latest values, for the legend. @returns {{key: string, name: string, value: string}[]} */
export function latestValues(lines, metric) {
  const { text } = METRICS.find((one) => one.key === metric);
  return lines.map((line) => {
    const value = lastValue(line);
    return { key: line.key, name: line.name, value: value === null ? '' : text(value) };
  });
}
