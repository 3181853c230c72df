// What the chart shows of a run, and where: lines, readings, scales, paths. By hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { legendEntries, metricLines, metricTickTexts, readingAt } from '../../src/nbfinetune/front/metrics.js';
import { emptyPicture, merge } from '../../src/nbfinetune/front/picture.js';
import { chartScales, chartTicks, faultPath, linePaths } from '../../src/nbfinetune/front/scales.js';

const FRAME = { width: 152, height: 120, left: 40, right: 12, top: 10, bottom: 10 }; // 100 by 100 inside
const PLAIN = { log: false, fromZero: false };
const all = (items) => ({ from: 0, to: items.length, items });

function pictureOf() {
  const picture = emptyPicture();
  merge(picture, {
    v: 1,
    head: { state: 'training', step: 3, total_steps: 4, best_step: 2 },
    train: all([[1, 4, 1e-4, 2, 800, null], [2, 2, 2e-4, 1, 812, null], [3, null, 1e-4, null, 820, null]]),
    validation: all([[0, 5], [2, 2.5]]),
    checkpoints: all([[2, 0.5, 2.5]]),
  });
  return picture;
}

function line(xs, ys) {
  return { key: 'train', name: '', style: 'thin', xs, ys, smooth: null, nullIsFault: true };
}

test('the loss has two lines, other metrics one; exact ones are not smoothed', () => {
  const picture = pictureOf();
  const loss = metricLines(picture, { metric: 'loss', smoothing: 0.5 });
  assert.deepEqual(loss.map(({ key, xs, ys }) => [key, xs, ys]), [
    ['train', [1, 2, 3], [4, 2, null]],
    ['validation', [0, 2], [5, 2.5]],
  ]);
  assert.deepEqual(loss[0].smooth, [4, 2 / 0.75, null]);
  assert.equal(metricLines(picture, { metric: 'loss', smoothing: 0 })[0].smooth, null);
  assert.equal(metricLines(picture, { metric: 'rate', smoothing: 0.5 })[0].smooth, null);
  assert.equal(metricLines(picture, { metric: 'speed', smoothing: 0.5 }).length, 1);
});

test('a reading says all that is known at a step', () => {
  const picture = pictureOf();
  const lines = metricLines(picture, { metric: 'loss', smoothing: 0.5 });
  const spoken = (step) => {
    const { title, rows } = readingAt(picture, lines, 'loss', step);
    return [title, ...rows.map(({ name, value }) => `${name} ${value}`)];
  };
  assert.deepEqual(spoken(0), ['Step 0', 'validation loss 5.000']);
  assert.deepEqual(spoken(2), [
    'Step 2 · checkpoint, the best', 'training loss 2.000', 'smoothed 2.667', 'validation loss 2.500',
    'learning rate 2e-4', 'gradient norm 1', 'tokens/s 812',
  ]);
  assert.deepEqual(spoken(3), ['Step 3', 'training loss not a number', 'learning rate 1e-4', 'tokens/s 820']);
});

test('the legend has the latest values and counts what was no number', () => {
  const picture = pictureOf();
  const entries = (metric) => legendEntries(metricLines(picture, { metric, smoothing: 0 }), metric);
  assert.deepEqual(entries('loss').map(({ name, value }) => [name, value]), [
    ['training loss', '2.000'], ['validation loss', '2.500'], ['not a number', '1×'],
  ]);
  assert.deepEqual(entries('gradient').map(({ value }) => value), ['1']); // unknown is no fault
  assert.deepEqual(entries('memory').map(({ value }) => value), ['']);
});

test('labels of the value axis', () => {
  assert.deepEqual(metricTickTexts('loss')([0, 0.5, 1], false), ['0', '0.5', '1.0']);
  assert.deepEqual(metricTickTexts('loss')([0.5, 1, 2], true), ['0.5', '1', '2']);
  assert.deepEqual(metricTickTexts('rate')([0, 1e-4, 2e-4], false), ['0', '1e-4', '2e-4']);
  assert.deepEqual(metricTickTexts('memory')([0, 5e8], false), ['0 B', '500 MB']);
});

test('a scale starts at 0 unless half of the height would be empty', () => {
  const bounds = (ys, options = PLAIN) => {
    const { low, high } = chartScales([line([1, 2], ys)], FRAME, [0, 2], options);
    return [low, high];
  };
  assert.deepEqual(bounds([4, 1]), [0, 4]);
  assert.deepEqual(bounds([2, 1.6]), [1.6, 2]);
  assert.deepEqual(bounds([2, 1.6], { log: false, fromZero: true }), [0, 2]);
});

test('values and steps lie where they should, and back', () => {
  const scales = chartScales([line([0, 10], [4, 1])], FRAME, [0, 10], PLAIN);
  assert.deepEqual([scales.x(0), scales.x(5), scales.x(10)], [40, 90, 140]);
  assert.deepEqual([scales.y(0), scales.y(2), scales.y(4)], [110, 60, 10]);
  assert.equal(scales.step(90), 5);
  assert.deepEqual(chartTicks(scales), { steps: [0, 5, 10], values: [0, 1, 2, 3, 4] });
});

test('only what can be seen decides the scale', () => {
  const xs = [0, 1, 2, 3];
  const zoomed = chartScales([line(xs, [100, 4, 3, 200])], FRAME, [1, 2], PLAIN);
  assert.deepEqual([zoomed.low, zoomed.high], [3, 4]);
});

test('a logarithmic scale leaves out what it has no place for', () => {
  const lines = [line([0, 1, 2], [0, 1, 100])];
  const scales = chartScales(lines, FRAME, [0, 2], { log: true, fromZero: false });
  assert.ok(scales.log);
  assert.ok(Math.abs(scales.y(10) - 60) < 1e-9); // the middle of 1 and 100
  assert.equal(linePaths(lines[0].xs, lines[0].ys, scales).line.match(/[ML]/g).join(''), 'ML');
});

test('without a value the scales are empty, also logarithmic ones', () => {
  for (const log of [false, true]) {
    const scales = chartScales([line([1, 2], [null, null])], FRAME, [0, 2], { log, fromZero: false });
    assert.deepEqual([scales.empty, scales.log, scales.y(0), scales.y(1)], [true, false, 110, 10]);
  }
});

test('a null breaks the line, a lone point is a dot, and each stretch of nulls is a bar', () => {
  const ys = [4, 2, null, 1, null, null, 0, 0];
  const one = line([0, 1, 2, 3, 4, 5, 6, 7], ys);
  const scales = chartScales([one], FRAME, [0, 10], PLAIN);
  assert.deepEqual(linePaths(one.xs, one.ys, scales), {
    line: 'M40.0 10.0L50.0 60.0M100.0 110.0L110.0 110.0',
    lone: 'M70.0 85.0h0',
  });
  assert.equal(faultPath(one, scales), 'M58.5 107.5h3.0M78.5 107.5h13.0');
});
