import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelId, readSaved, showCommand } from '../lib/labextension/src/saved.js';

const DAMAGED = 'damaged';
const RUN = {
  v: 1,
  head: { state: 'training', ended: false, step: 40, total_steps: 120, commands: ['stop'] },
  about: { from: 0, to: 1, items: [{ id: '0001', name: 'poet' }] },
  train: { from: 0, to: 2, items: [[39, 1.5], [40, 1.25]] }
};

test('a whole picture is read, and offers no commands', () => {
  const { picture } = readSaved(RUN, DAMAGED);
  assert.equal(picture.head.step, 40);
  assert.deepEqual(picture.head.commands, []);
  assert.deepEqual(picture.train.items.map(([step, loss]) => [step, loss]), [[39, 1.5], [40, 1.25]]);
});

test('fields of later minor formats are no damage', () => {
  const { picture } = readSaved({ ...RUN, more: { from: 0, to: 1, items: [1] } }, DAMAGED);
  assert.equal(picture.head.step, 40);
});

test('a newer format is said, not drawn', () => {
  assert.match(readSaved({ ...RUN, v: 2 }, DAMAGED).line, /newer nbfinetune/);
});

test('damaged data is one line', () => {
  const gap = { ...RUN, train: { from: 5, to: 6, items: [[6, 1]] } };
  const { head, ...headless } = RUN;
  for (const data of [undefined, null, 'text', 7, [RUN], {}, { v: '1', head }, headless, gap]) {
    assert.deepEqual(readSaved(data, DAMAGED), { line: DAMAGED });
  }
});

test('no value of any section makes it throw', () => {
  const odd = [null, 7, 'x', [], {}, [null], { from: 0, to: 1, items: [null] }, { from: 0, to: 1, items: [{ step: {} }] }];
  for (const section of ['about', 'plan', 'train', 'validation', 'checkpoints', 'samples', 'log', 'failure', 'head']) {
    for (const value of odd) assert.ok(readSaved({ ...RUN, [section]: value }, DAMAGED));
  }
});

test('the command that shows a run names it if it has a name', () => {
  assert.equal(showCommand(readSaved(RUN, DAMAGED).picture), '%ft_runs poet');
  const { about, ...nameless } = RUN;
  assert.equal(showCommand(readSaved(nameless, DAMAGED).picture), '%ft_runs');
});

test('the live view of an output is a string, or there is none', () => {
  assert.equal(modelId({ model_id: 'abc' }), 'abc');
  for (const data of [undefined, null, 'abc', { model_id: 7 }, {}]) assert.equal(modelId(data), '');
});
