// Ticks worked out by hand; numbers as people read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesText, countText, durationText, linearTicks, logTicks, lossText, roundBounds, shortNumber } from '../../src/nbfinetune/front/numbers.js';

test('linear ticks are round and lie inside', () => {
  assert.deepEqual(linearTicks(0, 4), [0, 1, 2, 3, 4]);
  assert.deepEqual(linearTicks(0, 128, 8), [0, 20, 40, 60, 80, 100, 120]);
  assert.deepEqual(linearTicks(0.31, 0.58), [0.4, 0.5]);
  assert.deepEqual(linearTicks(0, 2e-4), [0, 5e-5, 1e-4, 1.5e-4, 2e-4]);
  assert.deepEqual(linearTicks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(linearTicks(3, 3), [3]);
});

test('steps have no fractions', () => {
  assert.deepEqual(linearTicks(0, 2, 8, true), [0, 1, 2]);
  assert.deepEqual(linearTicks(0, 1, 8, true), [0, 1]);
  assert.deepEqual(linearTicks(0, 9, 4, true), [0, 5]);
});

test('round bounds hold the values', () => {
  assert.deepEqual(roundBounds(0, 3.4), [0, 4]);
  assert.deepEqual(roundBounds(0.62, 0.91), [0.6, 1]);
  assert.deepEqual(roundBounds(1, 2), [1, 2]);
  assert.deepEqual(roundBounds(5, 5), [4.4, 5.6]);
  assert.deepEqual(roundBounds(0, 0), [0, 1]);
});

test('logarithmic ticks are decades, over short ranges 1, 2 and 5, over shorter ones linear', () => {
  assert.deepEqual(logTicks(1e-4, 1), [1e-4, 1e-3, 1e-2, 0.1, 1]);
  assert.deepEqual(logTicks(0.3, 4), [0.5, 1, 2]);
  assert.deepEqual(logTicks(0.6, 0.9), [0.6, 0.7, 0.8, 0.9]);
  assert.deepEqual(logTicks(1e-20, 1).length, 7);
});

test('numbers are short', () => {
  const shown = [0, 0.125, 0.0002, 0.000015, 1500, 1234567, -0.5, 2 / 3].map(shortNumber);
  assert.deepEqual(shown, ['0', '0.125', '2e-4', '1.5e-5', '1500', '1.23e6', '-0.5', '0.6667']);
});

test('a loss has three digits; one that is missing says what it was', () => {
  assert.deepEqual([0.6342, 12, 0, 0.00021, null].map(lossText), ['0.634', '12.000', '0.000', '2.1e-4', 'not a number']);
});

test('durations', () => {
  const shown = [0, 8.4, 59.6, 200, 7500, 90000].map(durationText);
  assert.deepEqual(shown, ['0 s', '8 s', '1 min 0 s', '3 min 20 s', '2 h 5 min', '25 h 0 min']);
});

test('counts and bytes', () => {
  assert.deepEqual([812, 1234.5, 50000].map(countText), ['812', '1,235', '50,000']);
  assert.deepEqual([0, 999, 1000, 999_600, 1.254e9, 24e9].map(bytesText), ['0 B', '999 B', '1 kB', '1 MB', '1.25 GB', '24 GB']);
});
