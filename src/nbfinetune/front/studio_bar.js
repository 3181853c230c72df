// What stands above the rows: name, counts, what to do next, search, filters. Knows the counts of a
// draft, none of its rows.

import { CLASS_PREFIX, element, keepChildren, setAttributes, setShown, setText } from './dom.js';
import { countText } from './numbers.js';
import { toolButton } from './studio_detail.js';
import { codeText } from './studio_line.js';

const TYPING_MS = 120;
const SIDES_SHOWN = new Set(['train', 'validation']); // of the split; how many they are stands below the rows

/**
 * @param {HTMLElement} el
 * @param {{find: (query: string, code: string, how?: {open?: boolean, enter?: boolean}) => void,
 *   add: () => void, undo: () => void, redo: () => void, enter: () => void}} actions `enter`: the focus goes to the rows;
 *   `open`: the first one is opened, too
 * @returns {{show: (head: object) => void, hint: (text: string) => void, reset: () => void,
 *   only: (code: string) => void, search: () => void}} `reset`: no search, no filter; `only`: rows of
 *   this filter; `search`: the focus goes there
 */
export function createStudioBar(el, actions) {
  const nodes = {
    name: element('span', 'name'),
    chip: element('span', 'chip'),
    saved: element('span', 'quiet'),
    add: toolButton('Add row', 'Add a row behind the chosen one (N)', actions.add),
    undo: toolButton('Undo', 'Take the last change back (Ctrl+Z)', actions.undo),
    redo: toolButton('Redo', 'Do it again (Ctrl+Shift+Z)', actions.redo),
    hint: element('div', 'studio-hint', { role: 'status', hidden: '' }),
    notes: element('div', 'notes'),
    bad: element('span'),
    repair: toolButton('Show them', 'Only the rows with errors, the first one open', () => choose('error', { open: true })),
    search: element('input', 'search', {
      type: 'search', placeholder: 'Search in all texts', title: 'Search in all texts ( / )', 'aria-label': 'Search the rows',
    }),
    filters: element('div', 'filters', { role: 'group', 'aria-label': 'Show' }),
  };
  const commands = element('div', 'commands', {}, [nodes.add, nodes.undo, nodes.redo]);
  nodes.advice = element('div', 'advice', { hidden: '' }, [nodes.bad, nodes.repair]);
  el.append(
    element('div', 'head', {}, [nodes.name, nodes.chip, nodes.saved, commands]),
    nodes.hint, nodes.notes, nodes.advice,
    element('div', 'finding', {}, [nodes.search, nodes.filters]),
  );
  let code = '';
  let timer = null;
  const find = (how) => {
    clearTimeout(timer);
    actions.find(nodes.search.value, code, how);
  };
  nodes.search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(find, TYPING_MS);
  });
  nodes.search.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'Enter') find({ enter: true });
    else actions.enter();
  });
  function choose(next, how) {
    code = next;
    find(how);
  }
  const toggle = (next) => choose(next === code ? '' : next);
  return {
    show: (head) => showCounts(nodes, head, code, toggle),
    only: (next) => toggle(next),
    search: () => nodes.search.focus(),
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
  setShown(nodes.advice, bad > 0);
  setText(nodes.bad, badText(bad));
  setShown(nodes.repair, code !== 'error');
  const make = (filter) => filterButton(filter, choose);
  const filters = barFilters(head, code);
  setShown(nodes.filters, filters.length > 1);
  keepChildren(nodes.filters, filters, (filter) => filter.code, make, (node, filter) => {
    setAttributes(node, { 'aria-pressed': String(filter.code === code), 'data-severity': filter.severity });
    setShown(node.lastChild, filter.count !== null);
    setText(node.lastChild, countText(filter.count ?? 0));
  });
}

function badText(bad) {
  const rows = bad === 1 ? '1 row has an error and is' : `${countText(bad)} rows have errors and are`;
  return `${rows} left out of what you save. Repair or delete ${bad === 1 ? 'it' : 'them'}.`;
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
  return [...filters, codeFilter([null, code, SIDES_SHOWN.has(code) ? null : 0])];
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
