// What stands above and below the rows: name, counts, search, filters, split, saving. Knows the counts
// of a draft, none of its rows.

import { CLASS_PREFIX, element, keepChildren, setAttributes, setShown, setText } from './dom.js';
import { countText } from './numbers.js';
import { toolButton } from './studio_detail.js';
import { codeText } from './studio_line.js';

const TYPING_MS = 200;

/**
 * @param {HTMLElement} el
 * @param {{find: (query: string, code: string) => void, undo: () => void, redo: () => void}} actions
 * @returns {{show: (head: object) => void, hint: (text: string) => void,
 *   reset: () => void}} `reset`: no search, no filter
 */
export function createStudioBar(el, actions) {
  const nodes = {
    name: element('span', 'name'),
    chip: element('span', 'chip'),
    saved: element('span', 'quiet'),
    undo: toolButton('Undo', 'Take the last change back (Ctrl+Z)', actions.undo),
    redo: toolButton('Redo', 'Do it again (Ctrl+Shift+Z)', actions.redo),
    hint: element('div', 'studio-hint', { role: 'status', hidden: '' }),
    notes: element('div', 'notes'),
    search: element('input', 'search', {
      type: 'search', placeholder: 'Search in all texts', 'aria-label': 'Search the rows', 'data-search': '',
    }),
    filters: element('div', 'filters', { role: 'group', 'aria-label': 'Show' }),
  };
  const commands = element('div', 'commands', {}, [nodes.undo, nodes.redo]);
  el.append(
    element('div', 'head', {}, [nodes.name, nodes.chip, nodes.saved, commands]),
    nodes.hint, nodes.notes,
    element('div', 'finding', {}, [nodes.search, nodes.filters]),
  );
  let code = '';
  let timer = null;
  const find = () => {
    clearTimeout(timer);
    actions.find(nodes.search.value, code);
  };
  nodes.search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(find, TYPING_MS);
  });
  const choose = (next) => {
    code = next === code ? '' : next;
    find();
  };
  return {
    show: (head) => showCounts(nodes, head, code, choose),
    hint(text) {
      setText(nodes.hint, text);
      setShown(nodes.hint, text !== '');
    },
    reset() {
      clearTimeout(timer);
      nodes.search.value = '';
      code = '';
    },
  };
}

function showCounts(nodes, head, code, choose) {
  const bad = head.rows - head.valid;
  setText(nodes.name, head.name);
  setAttributes(nodes.name, { title: head.origin || null });
  const all = `${countText(head.rows)} ${head.rows === 1 ? 'row' : 'rows'}`;
  setText(nodes.chip, bad ? `${countText(head.valid)} of ${all} valid` : `${all}, all valid`);
  setAttributes(nodes.chip, { class: `${CLASS_PREFIX}chip ${CLASS_PREFIX}${bad ? 'bad' : 'good'}` });
  setText(nodes.saved, savedText(head));
  nodes.undo.disabled = !head.undo;
  nodes.redo.disabled = !head.redo;
  keepChildren(nodes.notes, head.notes, (_, index) => index, () => element('div', 'note'), setText);
  const make = (filter) => filterButton(filter, choose);
  keepChildren(nodes.filters, barFilters(head, code), (filter) => filter.code, make, (node, filter) => {
    setAttributes(node, { 'aria-pressed': String(filter.code === code), 'data-severity': filter.severity });
    setText(node.lastChild, countText(filter.count));
  });
}

/** What can be chosen: what there is to see, and what is chosen now. */
function barFilters(head, code) {
  const severe = (severity) => head.problems.filter(([own]) => own === severity);
  const several = (severity) => severe(severity).length > 1;
  const filters = [
    { code: '', label: 'All', severity: null, count: head.rows },
    ...(several('error') ? [{ code: 'error', label: 'Errors', severity: 'error', count: head.errors }] : []),
    ...severe('error').map(codeFilter),
    ...(several('warning') ? [{ code: 'warning', label: 'Warnings', severity: 'warning', count: head.warnings }] : []),
    ...severe('warning').map(codeFilter),
    ...(head.changed || code === 'changed' ? [{ code: 'changed', label: 'Changed', severity: null, count: head.changed }] : []),
  ];
  if (filters.some((filter) => filter.code === code)) return filters;
  return [...filters, codeFilter([null, code, 0])];
}

function codeFilter([severity, code, count]) {
  return { code, label: codeText(code), severity, count };
}

function filterButton({ code, label }, choose) {
  const button = element('button', 'filter', { type: 'button' }, [element('span', '', {}, [label]), element('b')]);
  button.addEventListener('click', () => choose(code));
  return button;
}

function savedText({ saved, changed }) {
  if (saved?.now) return `saved as ${saved.name}`;
  if (saved) return `changed since it was saved as ${saved.name}`;
  return changed ? `${countText(changed)} changed, not saved` : '';
}

/**
 * @param {HTMLElement} el
 * @param {{divide: (ratio: number, seed: number) => void, add: () => void, save: (name: string) => void}} actions
 * @returns {{show: (rows: import('./studio_rows.js').StudioRows) => void,
 *   divided: (ratio: number, seed: number) => void,
 *   nameFirst: (name: string) => void, say: (text: string, bad?: boolean) => void}}
 */
export function createStudioFoot(el, { divide, add, save }) {
  const ratio = numberField('Validation', { min: 0, max: 90, value: 10 }, '%');
  const seed = numberField('seed', { min: 0, max: 4294967295, value: 0 });
  const train = element('span', 'entry', {}, [element('i', `swatch ${CLASS_PREFIX}swatch-train`), element('b'), element('span')]);
  const held = element('span', 'entry', {}, [element('i', `swatch ${CLASS_PREFIX}swatch-validation`), element('b'), element('span')]);
  const name = element('input', `search ${CLASS_PREFIX}name-field`, {
    type: 'text', maxlength: 64, 'aria-label': 'Name of the saved version', placeholder: 'Name', 'data-name': '',
  });
  const store = toolButton('Save', 'Keep the valid rows under this name, as a new version', () => save(name.value), 'primary');
  const said = element('div', 'said', { role: 'status', 'aria-live': 'polite' });
  const split = element('div', 'split', { role: 'group', 'aria-label': 'Split preview' }, [ratio.label, seed.label, train, held]);
  const keeping = element('div', 'keeping', {}, [name, store]);
  el.append(
    said,
    element('div', 'foot', {}, [toolButton('Add row', 'Add a row behind the chosen one (N)', add), split, keeping]),
    element('div', `quiet ${CLASS_PREFIX}keys`, {}, ['↑ ↓ choose · Enter opens · E edits · N adds · Delete deletes · Ctrl+Z undoes']),
  );
  const ask = () => {
    const share = Number(ratio.input.value);
    const number = Number(seed.input.value);
    const fits = share >= 0 && share <= 90 && Number.isInteger(number) && number >= 0 && ratio.input.value !== '';
    if (fits && number < 2 ** 32) divide(share / 100, number);
  };
  for (const { input } of [ratio, seed]) input.addEventListener('change', ask);
  name.addEventListener('keydown', (event) => event.key === 'Enter' && save(name.value));
  return {
    show({ head, heldOut }) {
      setText(train.children[1], countText(head.valid - heldOut.size));
      setText(train.children[2], 'train');
      setText(held.children[1], countText(heldOut.size));
      setText(held.children[2], 'validation');
    },
    divided(share, number) {
      ratio.input.value = String(Number((share * 100).toPrecision(6)));
      seed.input.value = String(number);
    },
    nameFirst: (text) => (name.value ||= text),
    say(text, bad = false) {
      setText(said, text);
      setAttributes(said, { 'data-bad': bad });
    },
  };
}

function numberField(text, about, unit = '') {
  const input = element('input', 'number-field', { type: 'number', step: 1, ...about });
  return { input, label: element('label', 'number-label', {}, [text, input, unit]) };
}
