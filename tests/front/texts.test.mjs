// Words that changed, rows of samples, lines of the log.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { matchingLines } from '../../src/nbfinetune/front/run_log.js';
import { sampleRows } from '../../src/nbfinetune/front/run_samples.js';
import { changedWords } from '../../src/nbfinetune/front/words.js';

const marked = (before, after) => changedWords(before, after).parts.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('');

test('words that changed are marked, neighbours together', () => {
  assert.equal(marked('Boil water, grind your beans.', 'Boil yer water, grind yer beans, arr!'), 'Boil [yer] water, grind [yer] beans[, arr!]');
  assert.equal(marked('same text', 'same text'), 'same text');
  assert.equal(marked('', 'all new'), '[all new]');
});

test('Chinese is compared sign by sign', () => {
  assert.equal(marked('港口在南边。', '港口在往南两里。'), '港口在[往]南[两里]。');
});

test('the share of words that stayed; spaces do not count', () => {
  assert.equal(changedWords('one two', 'one six').kept, 0.5);
  assert.equal(changedWords('a b', 'x y').kept, 0);
  assert.equal(changedWords('a', 'a').kept, 1);
});

test('texts too long for the comparison are all changed', () => {
  const long = 'word '.repeat(5000);
  assert.deepEqual(changedWords(long, `${long}!`), { kept: 0, parts: [{ text: `${long}!`, changed: true }] });
});

test('a row of samples has the answer before and the one at a step', () => {
  const at = (step, row, answer) => ({ step, row, prompt: `p${row}`, reference: 'r', answer });
  const samples = [at(0, 1, 'b1'), at(0, 0, 'b0'), at(8, 0, 'a0'), at(16, 0, 'later')];
  assert.deepEqual(sampleRows(samples, 8), [
    { row: 0, prompt: 'p0', reference: 'r', before: 'b0', answer: 'a0' },
    { row: 1, prompt: 'p1', reference: 'r', before: 'b1', answer: null },
  ]);
});

test('searching the log keeps the places of its lines', () => {
  assert.deepEqual(matchingLines(['Loss 1', 'warn', 'loss 2'], 'loss'), [{ at: 0, text: 'Loss 1' }, { at: 2, text: 'loss 2' }]);
});
