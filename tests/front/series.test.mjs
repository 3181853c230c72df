// Smoothing by hand, thinning out that keeps what matters, finding points.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { columnSeries, decimate, firstAtLeast, lastValue, nearestIndex, smoothed, valueAt } from '../../src/nbfinetune/front/series.js';

test('smoothing starts at the first value and is not drawn to 0', () => {
  // 4; (0.25·4 + 0.5·2) / 0.75; (0.125·4 + 0.25·2 + 0.5·1) / 0.875
  assert.deepEqual(smoothed([4, 2, 1], 0.5), [4, 2 / 0.75, 1.5 / 0.875]);
  assert.deepEqual(smoothed([3, 3, 3], 0.9).map((y) => y.toFixed(12)), Array(3).fill((3).toFixed(12)));
  assert.deepEqual(smoothed([3, 1, 2], 0), [3, 1, 2]);
});

test('smoothing leaves a gap a gap and goes on as if it were not there', () => {
  assert.deepEqual(smoothed([null, 4, null, 2], 0.5), [null, 4, null, 2 / 0.75]);
});

test('few points stay as they are, with the neighbours of the range', () => {
  const xs = [0, 10, 20, 30, 40];
  assert.deepEqual(decimate(xs, [5, 4, 3, 2, 1], 10, 30, 100), { xs: [0, 10, 20, 30], ys: [5, 4, 3, 2] });
  assert.deepEqual(decimate(xs, [5, 4, 3, 2, 1], 15, 25, 100), { xs: [10, 20, 30], ys: [4, 3, 2] });
});

test('many points: each pixel column keeps its ends, its extremes and a gap', () => {
  const xs = Array.from({ length: 10_000 }, (_, i) => i);
  const ys = xs.map((x) => Math.sin(x / 50));
  ys[1234] = 99;
  ys[5678] = -99;
  ys[9000] = null;
  const thin = decimate(xs, ys, 0, 9999, 100);
  assert.ok(thin.xs.length <= 100 * 5 + 2);
  assert.equal(thin.ys[thin.xs.indexOf(1234)], 99);
  assert.equal(thin.ys[thin.xs.indexOf(5678)], -99);
  assert.equal(thin.ys[thin.xs.indexOf(9000)], null);
  assert.deepEqual([thin.xs[0], thin.xs.at(-1)], [0, 9999]);
  assert.deepEqual(thin.xs, [...new Set(thin.xs)].sort((a, b) => a - b));
});

test('steps that a resumed run takes again replace the earlier ones', () => {
  const rows = [[1, 5], [2, 4], [3, 3], [2, 3.5], [3, 2.5]];
  assert.deepEqual(columnSeries(rows, 1), { xs: [1, 2, 3], ys: [5, 3.5, 2.5] });
});

test('finding points', () => {
  const series = { xs: [2, 4, 8], ys: [1, null, 3] };
  assert.deepEqual([1, 2, 3, 8, 9].map((x) => firstAtLeast(series.xs, x)), [0, 0, 1, 2, 3]);
  assert.deepEqual([-5, 2.9, 3.1, 6.5, 99].map((x) => nearestIndex(series.xs, x)), [0, 0, 1, 2, 2]);
  assert.equal(nearestIndex([], 1), -1);
  assert.deepEqual([valueAt(series, 8), valueAt(series, 4), valueAt(series, 5)], [3, null, null]);
  assert.deepEqual([lastValue(series), lastValue(series, 7), lastValue(series, 1)], [3, 1, null]);
});
