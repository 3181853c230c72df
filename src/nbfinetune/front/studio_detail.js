// An open row: its messages as bubbles, each with what is wrong with it, and what can be done.

import { element } from './dom.js';
import { countText } from './numbers.js';
import { codeText, showFound } from './studio_line.js';
import { messageOf } from './studio_rows.js';

/**
 * @param {HTMLElement} el @param {object | null} row in full; null: it is still to come
 * @param {string} query what was found in it is marked
 * @param {{edit: () => void, editText: () => void, add: () => void, remove: () => void,
 *   goTo: (id: number) => void}} actions
 */
export function showDetail(el, row, query, actions) {
  if (!row) {
    el.replaceChildren(element('div', 'quiet', {}, ['Loading …']));
    return;
  }
  const parts = row.turns ? bubbles(row, query, actions) : [rowText(row, query)];
  const loose = row.problems.filter((problem) => !row.turns || messageOf(problem) === null);
  el.replaceChildren(...problemNotes(loose, actions), ...parts, tools(row, actions));
}

function bubbles(row, query, actions) {
  const shown = row.turns.map((turn, index) => {
    const content = element('div', 'content', { dir: 'auto' });
    if (turn.content === null) content.append(element('span', 'quiet', {}, ['no content']));
    else showFound(content, turn.content, query);
    const parts = [element('div', 'role', {}, [turn.role ?? 'no role']), content];
    if (turn.extra) parts.push(element('code', 'extra', {}, [turn.extra]));
    const own = row.problems.filter((problem) => messageOf(problem) === index);
    const bubble = element('div', 'bubble', { 'data-wrong': worst(own) }, parts);
    return element('div', 'turn', { 'data-role': turn.role }, [bubble, ...problemNotes(own, actions)]);
  });
  const extra = row.extra ? [element('code', 'extra', { title: 'Other keys of this row' }, [row.extra])] : [];
  return [element('div', 'bubbles', {}, shown), ...extra];
}

function worst(problems) {
  return problems.find(({ severity }) => severity === 'error')?.severity ?? problems[0]?.severity ?? null;
}

function rowText(row, query) {
  const text = element('pre', 'source', { tabindex: '0', 'aria-label': 'Text of the row', dir: 'auto' });
  showFound(text, row.text, query);
  if (row.editable) return text;
  const cut = `The first ${countText(row.text.length)} of ${countText(row.characters)} characters.`;
  const way = 'A row of this length is edited in its file. It is kept whole here, and saved whole.';
  return element('div', '', {}, [text, element('div', 'quiet', {}, [`${cut} ${way}`])]);
}

/**
 * @param {object[]} problems @param {{goTo: (id: number) => void}} actions
 * @returns {HTMLElement[]}
 */
export function problemNotes(problems, { goTo }) {
  return problems.map(({ severity, code, message, way_out: wayOut, other }) => {
    const said = [element('b', '', {}, [codeText(code)]), ' ', message];
    if (other !== null) {
      const button = element('button', 'link', { type: 'button' }, ['show that row']);
      button.addEventListener('click', () => goTo(other));
      said.push(' ', button);
    }
    const lines = [element('div', '', {}, said)];
    if (wayOut) lines.push(element('div', 'quiet', {}, [wayOut]));
    return element('div', 'problem', { 'data-severity': severity }, lines);
  });
}

function tools(row, { edit, editText, add, remove }) {
  const buttons = [
    ...(row.editable ? [toolButton('Edit', 'Edit this row (E)', edit)] : []),
    ...(row.editable && row.turns ? [toolButton('Edit as JSON', 'Edit the whole row, with its other keys', editText)] : []),
    toolButton('Add below', 'Add a row below this one (N)', add),
    toolButton('Delete', 'Delete this row (Delete); it can be undone', remove),
  ];
  return element('div', 'row-tools', {}, buttons);
}

/** @returns {HTMLElement} a button with a longer explanation */
export function toolButton(text, title, onClick, name = '') {
  const button = element('button', name, { type: 'button', title }, [text]);
  button.addEventListener('click', onClick);
  return button;
}
