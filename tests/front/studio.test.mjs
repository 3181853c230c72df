// The arithmetic of a long list, and what a page makes of the kernel's answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { listLayout, rowAt, rowHeight, rowTop, rowsInView, scrollToRow } from '../../src/nbfinetune/front/studio_layout.js';
import { emptyRows, foundParts, mergeAnswer, messageOf, missingRows } from '../../src/nbfinetune/front/studio_rows.js';

const MIXED = listLayout(10, 30, [[6, 100], [2, 200], [99, 500]]);

test('rows stand below each other, open ones with their own height', () => {
  const heights = Array.from({ length: 10 }, (_, index) => rowHeight(MIXED, index));
  assert.deepEqual(heights, [30, 30, 200, 30, 30, 30, 100, 30, 30, 30]);
  const tops = Array.from({ length: 10 }, (_, index) => rowTop(MIXED, index));
  assert.deepEqual(tops, [0, 30, 60, 260, 290, 320, 350, 450, 480, 510]);
  assert.equal(MIXED.height, 540);
});

test('every pixel belongs to the row that stands there', () => {
  for (let y = 0; y < MIXED.height; y++) {
    const index = rowAt(MIXED, y);
    const top = rowTop(MIXED, index);
    assert.ok(top <= y && y < top + rowHeight(MIXED, index), `${y} is not in row ${index}`);
  }
  assert.deepEqual([rowAt(MIXED, -5), rowAt(MIXED, 5000), rowAt(listLayout(0, 30), 7)], [0, 9, 0]);
});

test('the rows in view cover what is seen and the margin', () => {
  const long = listLayout(10_000, 34);
  assert.deepEqual(rowsInView(long, 0, 340, 0), [0, 11]);
  assert.deepEqual(rowsInView(long, 34_000, 340, 68), [998, 1013]);
  assert.deepEqual(rowsInView(long, 339_660, 340, 400), [9978, 10_000]);
  assert.deepEqual(rowsInView(listLayout(0, 34), 0, 340, 400), [0, 0]);
});

test('a row is scrolled into view by as little as possible', () => {
  assert.equal(scrollToRow(MIXED, 4, 280, 100), 280);
  assert.equal(scrollToRow(MIXED, 1, 280, 100), 30);
  assert.equal(scrollToRow(MIXED, 7, 280, 100), 380);
  assert.equal(scrollToRow(MIXED, 2, 280, 100), 60); // taller than the list: from its beginning
});

const line = (id, more = {}) => ({ id, version: 0, line: id + 1, changed: false, problems: [], asked: `q${id}`, ...more });
const HEAD = { name: 'pirate', rows: 4 };

function found(revision = 0, ids = [0, 1, 2, 3]) {
  const rows = emptyRows();
  mergeAnswer(rows, { t: 'found', revision, ids, head: HEAD });
  mergeAnswer(rows, { t: 'lines', revision, rows: ids.map((id) => line(id)) });
  return rows;
}

const changed = (more) => ({ t: 'changed', kind: 'written', id: 1, after: null, revision: 1, rows: [], head: HEAD, ...more });

test('a changed row is read anew, with those whose problems changed with it', () => {
  const rows = found();
  const outcome = mergeAnswer(rows, changed({ rows: [line(1, { asked: 'new' }), line(3, { problems: [['warning', 'duplicate_row']] })] }));
  assert.equal(outcome, 'merged');
  assert.deepEqual([rows.revision, rows.lines.get(1).asked, rows.lines.get(3).problems.length], [1, 'new', 1]);
  assert.deepEqual(rows.ids, [0, 1, 2, 3]);
});

test('a row is taken out, and a new one stands behind its neighbour', () => {
  const rows = found();
  assert.equal(mergeAnswer(rows, changed({ kind: 'removed' })), 'merged');
  assert.equal(mergeAnswer(rows, changed({ kind: 'placed', id: 4, after: 2, revision: 2, rows: [line(4)] })), 'merged');
  assert.deepEqual(rows.ids, [0, 2, 4, 3]);
  assert.deepEqual([rows.places.get(4), rows.places.get(1), rows.lines.has(1)], [2, undefined, false]);
  assert.equal(mergeAnswer(rows, changed({ kind: 'placed', id: 5, after: null, revision: 3 })), 'merged');
  assert.deepEqual(rows.ids, [5, 0, 2, 4, 3]);
});

test('a new row beside one that is not listed has no known place', () => {
  const rows = found();
  assert.equal(mergeAnswer(rows, changed({ kind: 'placed', id: 9, after: 77 })), 'missed');
});

test('an answer that was missed is noticed, one that comes twice is not taken twice', () => {
  const rows = found();
  assert.equal(mergeAnswer(rows, changed({ revision: 2 })), 'missed');
  assert.equal(mergeAnswer(rows, { t: 'lines', revision: 5, rows: [line(1, { asked: 'of another time' })] }), 'missed');
  assert.equal(mergeAnswer(rows, changed({ revision: 1, stale: true })), 'missed');
  assert.equal(mergeAnswer(rows, changed({ revision: 1 })), 'merged');
  assert.equal(mergeAnswer(rows, changed({ revision: 1 })), 'old');
  assert.equal(mergeAnswer(rows, { t: 'lines', revision: 0, rows: [line(1)] }), 'old');
  assert.equal(rows.lines.get(1).asked, 'q1');
});

test('a new list of the same revision keeps the rows that are known; of another, none', () => {
  const rows = found();
  mergeAnswer(rows, { t: 'found', revision: 0, ids: [2], head: HEAD });
  assert.deepEqual([rows.ids, rows.lines.size], [[2], 4]);
  mergeAnswer(rows, { t: 'found', revision: 3, ids: [2, 3], head: HEAD });
  assert.deepEqual([rows.ids, rows.lines.size, rows.revision], [[2, 3], 0, 3]);
});

test('rows in view are asked for first, then their neighbours, none of them twice', () => {
  const rows = found(0, Array.from({ length: 12 }, (_, id) => id));
  rows.lines.clear();
  rows.lines.set(5, line(5));
  assert.deepEqual(missingRows(rows, 4, 7, new Set([6]), 4), [4, 7, 3, 8]);
  assert.deepEqual(missingRows(rows, 0, 12, new Set(), 100), [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(missingRows(rows, 0, 3, new Set(rows.ids), 100), []);
});

test('what was found is marked in any case, and the whole text stays', () => {
  assert.deepEqual(foundParts('Ahoy, ahoy!', 'AHOY'), [
    { text: 'Ahoy', found: true }, { text: ', ', found: false }, { text: 'ahoy', found: true }, { text: '!', found: false },
  ]);
  assert.deepEqual(foundParts('我想退货', '退货'), [{ text: '我想', found: false }, { text: '退货', found: true }]);
  assert.deepEqual(foundParts('İstanbul', 'stan'), [{ text: 'İstanbul', found: false }]); // changes its length
  assert.deepEqual(foundParts('', ' '), [{ text: '', found: false }]);
});

test('a problem names its message by its path', () => {
  const paths = ['$.messages[12].role', '$.messages[0]', '$.messages', '', '$.messages[1]x[2]'];
  assert.deepEqual(paths.map((path) => messageOf({ path })), [12, 0, null, null, 1]);
});
