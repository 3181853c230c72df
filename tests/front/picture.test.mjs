// Merging messages into a picture: what fits, what was heard before, what is missing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyPicture, have, merge } from '../../src/nbfinetune/front/picture.js';

const log = (from, ...items) => ({ v: 1, log: { from, to: from + items.length, items } });

function after(...messages) {
  const picture = emptyPicture();
  const results = messages.map((message) => merge(picture, message));
  return { picture, results };
}

test('sections that follow are appended', () => {
  const { picture, results } = after(log(0, 'a', 'b'), log(2, 'c'));
  assert.deepEqual(results, ['ok', 'ok']);
  assert.deepEqual(picture.log, { have: 3, items: ['a', 'b', 'c'] });
});

test('a message from 0 replaces, also with less than before', () => {
  const { picture, results } = after(log(0, 'a', 'b', 'c'), log(0, 'x'));
  assert.deepEqual(results, ['ok', 'ok']);
  assert.deepEqual(picture.log, { have: 1, items: ['x'] });
});

test('what was heard before is left, what overlaps gives its tail', () => {
  const { picture, results } = after(log(0, 'a', 'b', 'c'), log(1, 'b', 'c'), log(2, 'c', 'd', 'e'));
  assert.deepEqual(results, ['ok', 'ok', 'ok']);
  assert.deepEqual(picture.log, { have: 5, items: ['a', 'b', 'c', 'd', 'e'] });
});

test('a gap changes nothing in its section and everything in the others', () => {
  const late = { ...log(5, 'f'), head: { state: 'training', step: 3 }, train: { from: 0, to: 1, items: [[1, 2.5, 1e-4, null, null, null]] } };
  const { picture, results } = after(log(0, 'a'), late);
  assert.deepEqual(results, ['ok', 'gap']);
  assert.deepEqual(picture.log, { have: 1, items: ['a'] });
  assert.deepEqual(picture.train.items, [[1, 2.5, 1e-4, null, null, null]]);
  assert.equal(picture.head.state, 'training');
});

test('offsets of a thinned series count events, not items', () => {
  const thin = { v: 1, train: { from: 0, to: 1000, items: [[1, 3, 0, 1, 1, 1], [1000, 1, 0, 1, 1, 1]] } };
  const next = { v: 1, train: { from: 1000, to: 1001, items: [[1001, 0.9, 0, 1, 1, 1]] } };
  const { picture, results } = after(thin, next);
  assert.deepEqual(results, ['ok', 'ok']);
  assert.deepEqual([have(picture).train, picture.train.items.length], [1001, 3]);
});

test('a thinned series that overlaps is a gap: its tail is not known', () => {
  const { results } = after(log(0, 'a', 'b'), { v: 1, log: { from: 1, to: 9, items: ['b', 'z'] } });
  assert.deepEqual(results, ['ok', 'gap']);
});

test('in a new generation nothing of the old one stays, and what does not fit is asked for', () => {
  const train = (generation, from, ...losses) => ({
    v: 1, generation, train: { from, to: from + losses.length, items: losses.map((loss, i) => [from + i + 1, loss, 0, 1, 1, 1]) },
  });
  const whole = after(train(0, 0, 3, 2, 1), log(0, 'a'), train(1, 0, 3, 2.5));
  assert.deepEqual(whole.results, ['ok', 'ok', 'ok']);
  assert.deepEqual(whole.picture.train.items.map(([, loss]) => loss), [3, 2.5]);
  assert.deepEqual([have(whole.picture).generation, have(whole.picture).train, have(whole.picture).log], [1, 2, 0]);
  const missed = after(train(0, 0, 3, 2, 1), train(1, 2, 1.5)); // the message that began it was lost
  assert.deepEqual(missed.results, ['ok', 'gap']);
  assert.deepEqual([have(missed.picture).generation, have(missed.picture).train], [1, 0]);
});

test('the checkpoints come whole, so that one that was removed is gone', () => {
  const saved = (to, ...steps) => ({ v: 1, checkpoints: { from: 0, to, items: steps.map((step) => [step, 1, null]) } });
  const { picture } = after(saved(3, 1, 2, 3), saved(5, 2, 3, 4));
  assert.deepEqual(picture.checkpoints.items.map(([step]) => step), [2, 3, 4]);
  assert.equal(have(picture).checkpoints, 5);
});

test('an empty message is welcome and says nothing', () => {
  const { picture, results } = after({ t: 'news', v: 1, head: { state: 'queued' } }, {}, null);
  assert.deepEqual(results, ['ok', 'ok', 'ok']);
  assert.deepEqual(new Set(Object.values(have(picture))), new Set([0]));
});

test('a newer format is refused visibly', () => {
  const { picture, results } = after(log(0, 'a'), { ...log(1, 'b'), v: 2 });
  assert.deepEqual(results, ['ok', 'refused']);
  assert.match(picture.refused, /newer nbfinetune/);
  assert.deepEqual(picture.log.items, ['a']);
});

test('what arrives is cleaned: no value but finite numbers, no text but strings', () => {
  const odd = {
    v: 1,
    head: { state: 'training', step: '7', best_step: NaN, commands: 'stop' },
    train: { from: 0, to: 3, items: [[1, 'NaN', 1e-4], 'no row', [null, 1, 1]] },
    samples: { from: 0, to: 2, items: [{ step: 0, row: 1, prompt: 5 }, null] },
    plan: { from: 0, to: 1, items: [{ line: null, notices: 'none' }] },
    log: { from: 0, to: 'x', items: [] },
    failure: 'boom',
  };
  const { picture, results } = after(odd);
  assert.deepEqual(results, ['ok']);
  assert.deepEqual(picture.train.items, [[1, null, 1e-4, null, null, null]]);
  assert.deepEqual(picture.samples.items, [{ step: 0, row: 1, prompt: '5', reference: '', answer: '' }]);
  assert.deepEqual(picture.plan.items, [{ line: '', notices: [] }]);
  assert.deepEqual([picture.head.step, picture.head.best_step, picture.head.commands], [0, null, []]);
  assert.deepEqual([picture.log, picture.failure], [{ have: 0, items: [] }, { have: 0, items: [] }]);
});
