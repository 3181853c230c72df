// What a studio says of what was done, and the keys that it takes from the notebook. Pure.

import { countText } from './numbers.js';

/** @returns {string} '' where everything is shown */
export function countFound(count, { query, code }) {
  if (!query.trim() && !code) return '';
  return count === 1 ? '1 row found' : `${countText(count)} rows found`;
}

/** @param {object} change answer of the kernel @param {string} asked what for @returns {string} */
export function changeText({ kind, row }, asked) {
  const again = asked === 'undo' || asked === 'redo';
  if (kind === 'nothing') return again ? `Nothing to ${asked}` : 'Nothing was changed';
  const done = { undo: 'Undone', redo: 'Done again' }[asked];
  if (kind === 'removed') return done ?? 'Row deleted; Ctrl+Z brings it back';
  if (asked === 'add') return 'Row added';
  const wrong = row.problems.length;
  const left = `${wrong} ${wrong === 1 ? 'problem' : 'problems'} left in it`;
  return `${done ?? 'Row saved'}: ${wrong ? left : 'nothing is wrong with it'}`;
}

/** @param {KeyboardEvent} event @returns {boolean} */
export function chord({ ctrlKey, metaKey, altKey }) {
  return ctrlKey || metaKey || altKey;
}

/** @param {KeyboardEvent} event @returns {'undo' | 'redo' | null} */
export function undoKey({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (!(ctrlKey || metaKey) || altKey) return null;
  const low = key.toLowerCase();
  if (low === 'z') return shiftKey ? 'redo' : 'undo';
  return low === 'y' && !shiftKey ? 'redo' : null;
}

/** @param {EventTarget} node @returns {boolean} */
export function isField(node) {
  return node instanceof Element && node.matches('input, textarea, select');
}

/**
 * Chords that the notebook must not take: in a field all but saving, elsewhere undo and saving a row.
 * @param {KeyboardEvent} event @returns {boolean}
 */
export function ownChord(event) {
  if (event.key.toLowerCase() === 's') return false;
  return isField(event.target) || undoKey(event) !== null || event.key === 'Enter';
}
