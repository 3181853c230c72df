// A row while it is edited: the kernel is told what is new, and nothing that was not touched.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changeText, undoKey } from '../../src/nbfinetune/front/studio_words.js';
import { appendTurn, editMessage, firstField, isEdited, removeTurn, startEdit } from '../../src/nbfinetune/front/studio_edit.js';

const turn = (role, content) => ({ role, content });
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

test('what is wrong is edited first, an error before a warning; else what is asked', () => {
  const edit = startEdit({ ...ROW, turns: [turn('system', ''), turn('gpt', 'x'), turn('user', 'y')] });
  const about = (severity, path) => ({ severity, path });
  const first = (...problems) => firstField(edit, { problems });
  assert.equal(first(), 1);
  assert.equal(first(about('warning', '$.weight')), 1);
  assert.equal(first(about('warning', '$.messages[0].content'), about('error', '$.messages[2].content')), 2);
  assert.equal(first(about('error', '$.messages[1].role')), 'role 1');
  const empty = startEdit({ ...ROW, turns: [turn('user', ''), turn('assistant', '')] });
  assert.equal(firstField(empty, { problems: [about('error', '$.messages[1].content')] }), 0);
  assert.equal(firstField(startEdit(ROW, true), { problems: [about('error', '$.messages[1].role')] }), 0);
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

test('where the row is another now, all that is seen is told', () => {
  const edit = startEdit(ROW);
  edit.turns[0].content = 'Be brief.';
  edit.whole = true;
  assert.deepEqual(editMessage(edit).turns, [
    { was: 0, role: 'system', content: 'Be brief.' }, { was: 1, role: 'gpt', content: '' }, { was: 2, role: '', content: 'x' },
  ]);
});

test('what was done is told with what is left to do', () => {
  const row = (count) => ({ kind: 'written', row: { problems: Array(count).fill({}) } });
  assert.deepEqual(
    [[row(0), 'edit'], [row(1), 'edit'], [row(2), 'undo'], [{ kind: 'removed' }, 'delete'], [{ kind: 'removed' }, 'undo'],
      [{ ...row(2), kind: 'placed' }, 'add'], [{ kind: 'nothing' }, 'redo']].map(([change, asked]) => changeText(change, asked)),
    ['Row saved: nothing is wrong with it', 'Row saved: 1 problem left in it', 'Undone: 2 problems left in it',
      'Row deleted; Ctrl+Z brings it back', 'Undone', 'Row added', 'Nothing to redo'],
  );
});

test('undo and redo are known on every keyboard', () => {
  const keys = [
    { key: 'z', ctrlKey: true }, { key: 'Z', metaKey: true, shiftKey: true }, { key: 'y', ctrlKey: true }, { key: 'z' },
    { key: 'z', ctrlKey: true, altKey: true },
  ];
  assert.deepEqual(keys.map(undoKey), ['undo', 'redo', 'redo', null, null]);
});
