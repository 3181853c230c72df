// A series of points: smoothing, thinning out for drawing, finding a point. Pure: `xs` are ascending
// numbers, `ys` numbers or null where there is no finite value.

/**
 * Columns of rows `[step, …]`. A resumed run goes over some steps again: the later values count.
 * @param {(number | null)[][]} rows @param {number} column
 * @returns {{xs: number[], ys: (number | null)[]}}
 */
export function columnSeries(rows, column) {
  const xs = [];
  const ys = [];
  for (const row of rows) {
    while (xs.length && xs[xs.length - 1] >= row[0]) {
      xs.pop();
      ys.pop();
    }
    xs.push(row[0]);
    ys.push(row[column]);
  }
  return { xs, ys };
}

/**
 * Exponential moving average, divided by the weight that has gathered so far, so that it doesn't start
 * near 0 (Kingma and Ba 2015, section 3). Null stays null and doesn't disturb what follows.
 * @param {(number | null)[]} ys @param {number} weight of the past, 0 (none) to below 1
 * @returns {(number | null)[]}
 */
export function smoothed(ys, weight) {
  let mean = 0;
  let gathered = 0;
  return ys.map((y) => {
    if (y === null) return null;
    mean = weight * mean + (1 - weight) * y;
    gathered = weight * gathered + (1 - weight);
    return mean / gathered;
  });
}

/**
 * The points between `from` and `to`, thinned out to what `columns` pixels can show: of each pixel
 * column the first, lowest, highest and last value and one null if there is any. The points next to
 * the range stay, so that a line runs to its edge.
 * @param {number[]} xs @param {(number | null)[]} ys @param {number} from @param {number} to
 * @param {number} columns @returns {{xs: number[], ys: (number | null)[]}}
 */
export function decimate(xs, ys, from, to, columns) {
  const start = Math.max(firstAtLeast(xs, from) - 1, 0);
  const end = Math.min(firstAtLeast(xs, to) + 1, xs.length);
  if (end - start <= columns * 4) return { xs: xs.slice(start, end), ys: ys.slice(start, end) };
  const thin = { xs: [], ys: [] };
  const scale = columns / (to - from);
  for (let i = start; i < end; ) {
    const column = Math.floor((xs[i] - from) * scale);
    const first = i;
    while (i < end && Math.floor((xs[i] - from) * scale) === column) i += 1;
    for (const kept of columnExtremes(ys, first, i)) {
      thin.xs.push(xs[kept]);
      thin.ys.push(ys[kept]);
    }
  }
  return thin;
}

/** Indexes, ascending, of the first, lowest, highest, last value and the first null in [first, end). */
function columnExtremes(ys, first, end) {
  let low = -1;
  let high = -1;
  let gap = -1;
  for (let i = first; i < end; i++) {
    if (ys[i] === null) gap = gap < 0 ? i : gap;
    else {
      if (low < 0 || ys[i] < ys[low]) low = i;
      if (high < 0 || ys[i] > ys[high]) high = i;
    }
  }
  const kept = [first, low, high, gap, end - 1].filter((i) => i >= 0).sort((a, b) => a - b);
  return kept.filter((index, i) => index !== kept[i - 1]);
}

/** @param {number[]} xs @param {number} x @returns {number} index of the first that is `x` or more */
export function firstAtLeast(xs, x) {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {number[]} xs @param {number} x @returns {number} index of the closest, -1 when there is none */
export function nearestIndex(xs, x) {
  const after = firstAtLeast(xs, x);
  if (after === 0) return xs.length ? 0 : -1;
  if (after === xs.length) return after - 1;
  return x - xs[after - 1] <= xs[after] - x ? after - 1 : after;
}

/** @returns {number | null} the value at exactly `x`; null also where there is no point */
export function valueAt({ xs, ys }, x) {
  const i = firstAtLeast(xs, x);
  return xs[i] === x ? ys[i] : null;
}

/** @returns {number | null} the last finite value at or before `x`, of the whole series by default */
export function lastValue({ xs, ys }, x = Infinity) {
  let i = firstAtLeast(xs, x);
  if (xs[i] !== x) i -= 1;
  while (i >= 0 && ys[i] === null) i -= 1;
  return i >= 0 ? ys[i] : null;
}
