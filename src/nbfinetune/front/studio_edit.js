// A row while it is edited: its messages as they stand in the page, and what of that is new. Pure.

import { messageOf } from './studio_rows.js';

/**
 * @typedef {{key: number, was: number | null, role: string, content: string, said: object}} EditedTurn
 *   `was`: its index in the row; `said`: role and content as they were
 * @typedef {{id: number, version: number, turns: EditedTurn[] | null, text: string, original: string,
 *   began: number, made: number, note: string, warned: boolean, waiting: boolean, whole: boolean}} RowEdit
 *   `whole`: the row is another now, so that all of it is told
 */

/** @param {object} row in full @param {boolean} [asText] its JSON is edited @returns {RowEdit} */
export function startEdit(row, asText = false) {
  const turns = asText || !row.turns ? null : row.turns.map(({ role, content }, index) => ({
    key: index, was: index, role: role ?? '', content: content ?? '', said: { role, content },
  }));
  const made = turns?.length ?? 0;
  const { id, version, text } = row;
  return { id, version, turns, text, original: text, began: made, made, note: '', warned: false, waiting: false, whole: false };
}

/**
 * What wants to be edited: the first message that is empty, or has an error, or a warning, else what
 * is asked.
 * @param {RowEdit} edit @param {object} row in full @returns {string | number} the key of a field
 */
export function firstField({ turns }, { problems }) {
  const empty = turns?.find(({ role, content }) => role !== 'system' && content === '');
  if (empty) return empty.key;
  const wrong = problems.toSorted((one, other) => (other.severity === 'error') - (one.severity === 'error'));
  const about = wrong.find((problem) => messageOf(problem) !== null);
  const turn = about && turns?.find(({ was }) => was === messageOf(about));
  if (turn) return about.path.endsWith('.role') ? roleKey(turn) : turn.key;
  const asked = turns?.find(({ role }) => role !== 'system') ?? turns?.[0];
  return asked?.key ?? 0;
}

/** @param {EditedTurn} turn @returns {string} of the field for who speaks; that of the text is `turn.key` */
export function roleKey({ key }) {
  return `role ${key}`;
}

/** A new message behind the others; who speaks follows from the one before. @param {RowEdit} edit */
export function appendTurn(edit) {
  const last = edit.turns.at(-1)?.role;
  const role = last === 'user' ? 'assistant' : 'user';
  edit.turns.push({ key: edit.made, was: null, role, content: '', said: {} });
  edit.made += 1;
}

/** @param {RowEdit} edit @param {number} key */
export function removeTurn(edit, key) {
  edit.turns = edit.turns.filter((turn) => turn.key !== key);
}

/**
 * What the kernel is told: what was not touched isn't named, so that nothing is lost on the way.
 * @param {RowEdit} edit
 */
export function editMessage(edit) {
  const { id, version } = edit;
  if (!edit.turns) return { t: 'edit', id, version, text: edit.text };
  return { t: 'edit', id, version, turns: edit.turns.map((turn) => turnMessage(turn, edit.whole)) };
}

function turnMessage({ was, role, content, said }, whole = false) {
  const message = was === null ? {} : { was };
  if (whole || was === null || role !== (said.role ?? '')) message.role = role;
  if (whole || was === null || content !== (said.content ?? '')) message.content = content;
  return message;
}

/** @param {RowEdit} edit @returns {boolean} */
export function isEdited(edit) {
  if (!edit.turns) return edit.text !== edit.original;
  const kept = edit.turns.every((turn, index) => turn.was === index && !('role' in turnMessage(turn))
    && !('content' in turnMessage(turn)));
  return !kept || edit.turns.length !== edit.began;
}
