// Where a value lies in the chart: margins, ranges, scales, paths. Pure arithmetic on pixels.

import { linearTicks, logTicks, roundBounds } from './numbers.js';
import { decimate, firstAtLeast } from './series.js';

/**
 * @typedef {{key: string, name: string, style: 'thin' | 'dots', xs: number[], ys: (number | null)[],
 *   smooth: (number | null)[] | null, nullIsFault: boolean}} Line
 * @typedef {{width: number, height: number, left: number, right: number, top: number, bottom: number}} Frame
 * @typedef {{frame: Frame, from: number, to: number, low: number, high: number, log: boolean, empty: boolean,
 *   x: (value: number) => number, y: (value: number) => number, step: (pixel: number) => number}} Scales
 */

/**
 * @param {Line[]} lines @param {Frame} frame @param {[number, number]} range of steps
 * @param {{log: boolean, fromZero: boolean}} options
 * @returns {Scales} `empty` when there is no value to show in this range
 */
export function chartScales(lines, frame, [from, to], { log, fromZero }) {
  const [least, most] = valueRange(lines, from, to, log);
  const empty = least > most;
  const [low, high] = empty ? [0, 1] : log ? logBounds(least, most) : linearBounds(least, most, fromZero);
  const wide = frame.width - frame.left - frame.right;
  const tall = frame.height - frame.top - frame.bottom;
  const share = log && !empty
    ? (value) => Math.log(value / low) / Math.log(high / low)
    : (value) => (value - low) / (high - low);
  return {
    frame, from, to, low, high, empty,
    log: log && !empty,
    x: (value) => frame.left + ((value - from) / (to - from)) * wide,
    y: (value) => frame.top + (1 - share(value)) * tall,
    step: (pixel) => from + ((pixel - frame.left) / wide) * (to - from),
  };
}

/** Lowest and highest value that a scale can show; [Infinity, -Infinity] when there is none. */
function valueRange(lines, from, to, log) {
  let least = Infinity;
  let most = -Infinity;
  for (const { xs, ys } of lines) {
    const end = firstAtLeast(xs, to);
    for (let i = firstAtLeast(xs, from); i <= end && i < xs.length; i++) {
      const y = ys[i];
      if (y === null || (log && y <= 0)) continue;
      if (y < least) least = y;
      if (y > most) most = y;
    }
  }
  return [least, most];
}

/** From 0, unless that would leave more than half of the height empty. */
function linearBounds(least, most, fromZero) {
  const close = least >= 0 && (fromZero || least <= most * 0.5);
  return roundBounds(close ? 0 : least, most);
}

function logBounds(least, most) {
  const pad = Math.max((most / least) ** 0.05, 1.02);
  return [least / pad, most * pad];
}

/** @param {Scales} scales @returns {{steps: number[], values: number[]}} */
export function chartTicks(scales) {
  const { from, to, low, high, frame } = scales;
  const across = Math.max(2, Math.floor((frame.width - frame.left - frame.right) / 80));
  return {
    steps: linearTicks(from, to, Math.min(across, 8), true),
    values: scales.log ? logTicks(low, high) : linearTicks(low, high),
  };
}

/**
 * Paths through the points, thinned out to the pixels there are. A null leaves a gap; a point that
 * stands alone has no line, it is a stroke of no length, which round caps make a dot.
 * @param {number[]} xs @param {(number | null)[]} ys @param {Scales} scales
 * @returns {{line: string, lone: string}}
 */
export function linePaths(xs, ys, scales) {
  const { frame, from, to, log } = scales;
  const columns = Math.max(1, Math.round(frame.width - frame.left - frame.right));
  const thin = decimate(xs, ys, from, to, columns);
  const drawn = (i) => i in thin.ys && thin.ys[i] !== null && !(log && thin.ys[i] <= 0);
  const at = (i) => `${scales.x(thin.xs[i]).toFixed(1)} ${scales.y(thin.ys[i]).toFixed(1)}`;
  let line = '';
  let lone = '';
  for (let i = 0; i < thin.xs.length; i++) {
    if (!drawn(i)) continue;
    if (drawn(i - 1)) line += `L${at(i)}`;
    else if (drawn(i + 1)) line += `M${at(i)}`;
    else lone += `M${at(i)}h0`;
  }
  return { line, lone };
}

/**
 * Where values are missing though each step has one: bars along the floor, one for each stretch.
 * @param {Line} line @param {Scales} scales @returns {string}
 */
export function faultPath({ xs, ys }, scales) {
  const floor = scales.frame.height - scales.frame.bottom - 2.5;
  const end = Math.min(firstAtLeast(xs, scales.to) + 1, xs.length);
  const bar = (first, last) => {
    const x = scales.x(xs[first]) - 1.5;
    return `M${x.toFixed(1)} ${floor}h${(scales.x(xs[last]) + 1.5 - x).toFixed(1)}`;
  };
  let path = '';
  for (let i = firstAtLeast(xs, scales.from); i < end; i++) {
    if (ys[i] !== null) continue;
    const first = i;
    while (i + 1 < end && ys[i + 1] === null) i += 1;
    path += bar(first, i);
  }
  return path;
}
