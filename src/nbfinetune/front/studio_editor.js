// Editing a row in place: a text field for each message, or one for the whole row. What is typed goes
// into the edit at once, so that the fields may be taken out of the page and made anew.

import { CLASS_PREFIX, element } from './dom.js';
import { problemNotes, toolButton } from './studio_detail.js';
import { appendTurn, removeTurn, roleKey } from './studio_edit.js';
import { messageOf } from './studio_rows.js';

const ROLES = ['system', 'user', 'assistant'];

/**
 * @param {HTMLElement} el @param {import('./studio_edit.js').RowEdit} edit changed in place
 * @param {object} row in full, as it is kept
 * @param {{save: () => void, cancel: () => void, redraw: (focus: number | null) => void,
 *   goTo: (id: number) => void}} actions `redraw`: with the focus in the message of this key
 */
export function showEditor(el, edit, row, actions) {
  const parts = edit.turns ? turnFields(edit, row, actions) : textField(edit, row, actions);
  const note = element('div', 'edit-note', { role: 'status' }, [edit.note]);
  el.replaceChildren(...parts, note, editTools(edit, actions));
  for (const area of el.querySelectorAll('textarea')) fitHeight(area);
}

function turnFields(edit, row, actions) {
  const loose = row.problems.filter((problem) => messageOf(problem) === null);
  const fields = edit.turns.map((turn, index) => {
    const own = turn.was === null ? [] : row.problems.filter((problem) => messageOf(problem) === turn.was);
    const head = element('div', 'field-head', {}, [roleField(turn, index), removeButton(edit, turn, index, actions)]);
    const area = textArea(turn.content, `Message ${index + 1}, content`, (text) => (turn.content = text));
    area.setAttribute('data-key', turn.key);
    return element('div', 'field', { 'data-role': turn.role }, [head, area, ...problemNotes(own, actions)]);
  });
  return [...problemNotes(loose, actions), ...fields];
}

/** Another word than the three stays until somebody chooses. */
function roleField(turn, index) {
  const roles = ROLES.includes(turn.role) ? ROLES : [turn.role, ...ROLES];
  const options = roles.map((role) => element('option', '', { value: role }, [role || 'no role']));
  const select = element('select', 'role-field', { 'aria-label': `Message ${index + 1}, role` }, options);
  select.value = turn.role;
  select.setAttribute('data-key', roleKey(turn));
  select.addEventListener('change', () => {
    turn.role = select.value;
    select.closest('[data-role]').setAttribute('data-role', turn.role);
  });
  return select;
}

function removeButton(edit, turn, index, { redraw }) {
  const button = toolButton('Remove', 'Remove this message', () => {
    const place = edit.turns.indexOf(turn);
    removeTurn(edit, turn.key);
    redraw((edit.turns[place] ?? edit.turns.at(-1))?.key ?? null);
  }, 'small');
  button.setAttribute('aria-label', `Remove message ${index + 1}`);
  return button;
}

function textField(edit, row, actions) {
  const area = textArea(edit.text, 'JSON of the row', (text) => (edit.text = text));
  area.classList.add(`${CLASS_PREFIX}code`);
  area.setAttribute('data-key', 0);
  return [...problemNotes(row.problems, actions), area];
}

function textArea(text, label, onInput) {
  const area = element('textarea', 'area', { rows: '2', 'aria-label': label, dir: 'auto', spellcheck: 'false' });
  area.value = text;
  area.addEventListener('input', () => {
    onInput(area.value);
    fitHeight(area);
  });
  return area;
}

function fitHeight(area) {
  area.style.height = 'auto';
  area.style.height = `${Math.min(Math.max(area.scrollHeight + 2, 46), 420)}px`;
}

function editTools(edit, { save, cancel, redraw }) {
  const add = toolButton('Add message', 'Add a message to this row', () => {
    appendTurn(edit);
    redraw(edit.turns.at(-1).key);
  });
  const store = toolButton(edit.waiting ? 'Saving …' : 'Save row', 'Save this row (Ctrl+Enter)', save, 'primary');
  store.disabled = edit.waiting;
  const back = toolButton('Cancel', 'Leave the row as it was (Escape)', cancel);
  const keys = element('span', `quiet ${CLASS_PREFIX}keys`, {}, ['Ctrl+Enter saves · Esc cancels']);
  return element('div', 'row-tools', {}, [store, back, ...(edit.turns ? [add] : []), keys]);
}
