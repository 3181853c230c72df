// A row while it is edited: the kernel is told what is new, and nothing that was not touched.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { appendTurn, editMessage, isEdited, removeTurn, startEdit } from '../../src/nbfinetune/front/studio_edit.js';

const ROW = {
  id: 7, version: 3, text: '{"messages": []}',
  turns: [{ role: 'system', content: 'Be kind.' }, { role: 'gpt', content: null }, { role: null, content: 'x' }],
};

test('nothing touched is nothing said', () => {
  const edit = startEdit(ROW);
  assert.equal(isEdited(edit), false);
  assert.deepEqual(editMessage(edit), { t: 'edit', id: 7, version: 3, turns: [{ was: 0 }, { was: 1 }, { was: 2 }] });
});

test('only what was changed is named', () => {
  const edit = startEdit(ROW);
  edit.turns[1].role = 'assistant';
  edit.turns[2].content = 'y';
  assert.equal(isEdited(edit), true);
  assert.deepEqual(editMessage(edit).turns, [{ was: 0 }, { was: 1, role: 'assistant' }, { was: 2, content: 'y' }]);
});

test('a missing content that is written and emptied again is as it was', () => {
  const edit = startEdit(ROW);
  edit.turns[1].content = 'a';
  edit.turns[1].content = '';
  assert.equal(isEdited(edit), false);
});

test('messages are added with the next role and removed', () => {
  const edit = startEdit(ROW);
  removeTurn(edit, 0);
  assert.equal(isEdited(edit), true);
  appendTurn(edit);
  appendTurn(edit);
  edit.turns.at(-1).content = 'Aye.';
  assert.deepEqual(editMessage(edit).turns, [
    { was: 1 }, { was: 2 }, { role: 'user', content: '' }, { role: 'assistant', content: 'Aye.' },
  ]);
});

test('a message that was added and removed again leaves the row as it was', () => {
  const edit = startEdit(ROW);
  appendTurn(edit);
  removeTurn(edit, edit.turns.at(-1).key);
  assert.equal(isEdited(edit), false);
});

test('a row that is no chat, or is edited as JSON, is a text', () => {
  for (const edit of [startEdit({ ...ROW, turns: null }), startEdit(ROW, true)]) {
    assert.equal(isEdited(edit), false);
    edit.text = '{}';
    assert.equal(isEdited(edit), true);
    assert.deepEqual(editMessage(edit), { t: 'edit', id: 7, version: 3, text: '{}' });
  }
});
