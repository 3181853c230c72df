// A row of the list on one line: its number, which side of the split it is on, the first words of the
// question and the answer, what is wrong with it.

import { element, setAttributes, setShown, setText } from './dom.js';
import { foundParts } from './studio_rows.js';

const MOST_CHARACTERS = 22; // of all chips of a row; the others are counted
const SIDES = { train: 'Used for training', validation: 'Held out for validation', none: 'Not used: it has errors' };

/** @returns {HTMLElement} a row without anything in it yet */
export function makeRow() {
  const cell = (name, attributes = {}) => element('div', name, { role: 'gridcell', ...attributes });
  const line = element('div', 'line', {}, [
    element('i', 'side'), cell('number'), cell('asked', { dir: 'auto' }), cell('answer', { dir: 'auto' }), cell('badges'),
    element('i', 'fold', { 'aria-hidden': 'true' }),
  ]);
  return element('div', 'row', { role: 'row' }, [line, cell('detail', { 'aria-colspan': 4, hidden: '' })]);
}

/**
 * @param {HTMLElement} node from `makeRow`
 * @param {{line: import('./studio_rows.js').RowLine | undefined, side: string, query: string, code: string,
 *   open: boolean, editing: boolean}} row `query` and `code`: what is looked for
 */
export function updateRow(node, { line, side, query, code, open, editing }) {
  const shown = node.nbfinetuneShown ?? {};
  setAttributes(node, { 'aria-expanded': String(open), 'data-open': open });
  const next = { line, side, query, code, editing };
  if (Object.entries(next).every(([key, value]) => shown[key] === value)) return;
  node.nbfinetuneShown = next;
  const [mark, number, asked, answer, badges] = node.firstChild.children;
  setAttributes(node, { 'data-waiting': line === undefined, 'data-changed': line?.changed, 'aria-label': line ? spoken(line, side) : null });
  setAttributes(mark, { 'data-side': line ? side : null, title: line ? SIDES[side] : null });
  setText(number, line ? String(line.line) : '');
  setAttributes(number, line?.changed ? { title: 'Changed since the studio was opened' } : { title: null });
  const asText = line?.text !== undefined;
  setAttributes(asked, { 'data-code': asText });
  showWords(asked, asText ? line.text : line?.asked, query);
  setShown(answer, !asText);
  showWords(answer, line?.answer, query);
  badges.replaceChildren(...(line ? rowBadges(line, code, editing) : []));
}

/** What a reader of the screen says of a row, whatever is open in it. */
function spoken({ line, text, asked, answer, problems, changed }, side) {
  const words = [`Row ${line}`, text ?? asked, answer, ...problems.map(([, code]) => codeText(code)), changed && 'changed', SIDES[side]];
  return words.filter(Boolean).join('; ');
}

/** Nothing while a row is on its way; a text without words is said to be one. */
function showWords(node, text, query) {
  if (text === '') node.replaceChildren(element('span', 'quiet', {}, ['empty']));
  else showFound(node, text ?? '', query);
}

/** What is looked for stands first; what finds no room is counted, or not seen. */
function rowBadges(line, code, editing) {
  const problems = line.problems.toSorted((one, other) => (other[1] === code) - (one[1] === code));
  const shown = roomForChips(problems);
  const chips = problems.slice(0, shown).map(([severity, own]) => {
    return element('span', 'problem-chip', { 'data-severity': severity }, [codeText(own)]);
  });
  const badge = (text, title = null) => element('span', 'badge', { title }, [text]);
  const rest = problems.slice(shown).map(([, own]) => codeText(own));
  const pairs = Math.ceil((line.turns - (line.system ? 1 : 0)) / 2);
  return [
    ...chips,
    ...(rest.length ? [badge(`+${rest.length}`, rest.join(', '))] : []),
    ...(editing ? [badge('editing')] : []),
    ...(pairs > 1 ? [badge(`${pairs} turns`)] : []),
  ];
}

/** @returns {number} of problems that are named, at least one of them */
function roomForChips(problems) {
  let room = MOST_CHARACTERS;
  const full = problems.findIndex(([, code]) => (room -= code.length) < 0);
  return full < 0 ? problems.length : Math.max(full, 1);
}

/** @param {string} code of a problem @returns {string} as words */
export function codeText(code) {
  return code.replaceAll('_', ' ');
}

/** Text in which the found parts are marked. @param {HTMLElement} node */
export function showFound(node, text, query) {
  const parts = foundParts(text, query);
  node.replaceChildren(...parts.map((part) => (part.found ? element('mark', '', {}, [part.text]) : part.text)));
}
