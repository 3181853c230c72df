// The dataset studio in a page: rows that are found, read, edited. What is shown comes from the kernel's
// draft; what is being typed is kept here until it is saved.

import { CLASS_PREFIX, element, setAttributes, setShown, setText } from './dom.js';
import { keepKeys } from './keys.js';
import { createStudioBar } from './studio_bar.js';
import { createStudioFoot } from './studio_foot.js';
import { makeRow, updateRow } from './studio_line.js';
import { createRowList } from './studio_list.js';
import { createOpenRows } from './studio_open.js';
import { createLineAsker } from './studio_lines.js';
import { emptyRows, mergeAnswer } from './studio_rows.js';
import { studioTalk } from './studio_talk.js';
import { changeText, chord, countFound, isField, ownChord, undoKey } from './studio_words.js';

const SETTLE_MS = 500; // after a change, before the split is asked for anew

/**
 * @param {HTMLElement} el @param {{send: Function, on: Function, off: Function}} model of a widget
 * @returns {() => void} takes the view away
 */
export function mountStudio(el, model) {
  // the base of the style sheet is that of a run's view
  const root = element('div', `run ${CLASS_PREFIX}studio`);
  const rows = emptyRows();
  const seen = { query: '', code: '', settle: null, gone: false, over: false };
  const lines = createLineAsker(rows, { ask, draw });

  const bar = createStudioBar(root, {
    find(query, code, how = {}) {
      Object.assign(seen, { query, code });
      find({ top: true, aloud: true, then: how.open ? openFirst : how.enter ? () => list.activate(rows.ids[0]) : null });
    },
    add: () => add(list.active()),
    undo: () => operate({ t: 'undo' }),
    redo: () => operate({ t: 'redo' }),
    enter: () => list.activate(list.active()),
  });
  const heads = columnHeads();
  const table = element('div', 'table', { role: 'treegrid', 'aria-label': 'Rows of the dataset' }, [heads]);
  root.append(table);
  const empty = element('div', `nothing ${CLASS_PREFIX}quiet`, { hidden: '' });
  table.append(empty);
  const foot = createStudioFoot(root, {
    divide: (ratio, seed) => ask({ t: 'divide', ratio, seed }),
    side: bar.only,
    save: (name) => ask({ t: 'save', name }, (answer) => answer.t === 'saved' && foot.say(answer.text || `Saved as ${name.trim()}`)),
  });
  const open = createOpenRows({
    ask,
    draw,
    say: (text) => foot.say(text),
    activate: (id, how) => list.activate(id, how),
    query: () => seen.query,
    add,
    remove,
    goTo,
  });
  const list = createRowList(table, {
    ids: () => rows.ids,
    placeOf: (id) => rows.places.get(id),
    isOpen: (id) => open.has(id),
    make: makeListed,
    update: updateListed,
    fillOpen: open.fill,
    onView: lines.want,
    onKey,
  });
  el.append(root);
  const releaseKeys = keepKeys(root, ownChord);
  root.addEventListener('keydown', onUndoKey);
  const talk = studioTalk(model, hear, (silent) => bar.hint(silent ? SILENT : seen.gone ? GONE : ''));

  // the kernel

  function ask(message, then) {
    seen.gone = !talk.ask(message, then);
    if (seen.gone) bar.hint(GONE);
  }
  function find({ top = false, aloud = false, then = null } = {}) {
    lines.anew();
    ask({ t: 'find', query: seen.query, code: seen.code, keep: open.edited(), extension: hasExtension() }, () => {
      if (top) list.toTop();
      draw();
      if (aloud) foot.say(countFound(rows.ids.length, seen));
      then?.();
    });
  }
  function hear(answer, own) {
    if (answer.t === 'found' && !own) return; // what another page looks for
    if (answer.t === 'refused') return own && foot.say(answer.text, true);
    const place = rows.places.get(answer.id);
    const outcome = mergeAnswer(rows, answer);
    if (outcome === 'missed' || (outcome === 'old' && answer.t === 'found')) find();
    if (answer.t === 'opened') open.renew(answer.row);
    if (answer.t === 'divided') foot.divided(answer.ratio, answer.seed);
    if (answer.t === 'changed' && outcome !== 'old') hearChange(answer, place, own);
    if (rows.head) draw();
  }
  function hearChange(answer, place, own) {
    if (answer.kind === 'removed') open.close(answer.id);
    for (const id of [answer.id, ...answer.rows.map((row) => row.id)]) {
      if (open.has(id) && id !== answer.row?.id) ask({ t: 'open', id });
    }
    if (answer.row) open.renew(answer.row);
    if (answer.kind !== 'nothing') {
      clearTimeout(seen.settle);
      seen.settle = setTimeout(() => own && ask({ t: 'divide' }), SETTLE_MS);
    }
    if (answer.kind === 'removed' && own) seen.next = rows.ids[Math.min(place ?? 0, rows.ids.length - 1)];
  }
  function operate(message, then) {
    foot.say('');
    ask(message, (answer) => {
      if (answer.t !== 'changed') return;
      foot.say(changeText(answer, message.t));
      const go = answer.kind === 'removed' ? seen.next : answer.id;
      const show = () => {
        const repeats = root.querySelector(`.${CLASS_PREFIX}commands`).contains(document.activeElement);
        if (go !== undefined && go !== null) list.activate(go, { focus: !repeats }); // Undo, Undo, Undo
        then?.(answer);
      };
      if (answer.kind === 'placed' && !rows.places.has(answer.id)) find({ then: show });
      else show();
    });
  }

  function greet() {
    foot.nameFirst(rows.head.name);
    ask({ t: 'divide' });
  }

  // rows

  function add(after) {
    operate({ t: 'add', after: after ?? null }, (answer) => answer.kind === 'placed' && open.edit(answer.id));
  }
  function remove(id) {
    operate({ t: 'delete', id });
  }
  function openFirst() {
    const [first] = rows.ids;
    if (first !== undefined) goTo(first);
  }
  function goTo(id) {
    const go = () => rows.places.has(id) && (open.has(id) ? list.activate(id) : open.toggle(id));
    if (rows.places.has(id)) return go();
    bar.reset();
    Object.assign(seen, { query: '', code: '' });
    find({ then: go });
  }

  // drawing

  function draw() {
    if (!rows.head || seen.over) return;
    bar.show(rows.head);
    foot.show(rows, seen.code);
    setText(heads.firstChild, rows.head.unit === 'line' ? 'Line' : 'Row');
    setAttributes(table, { 'aria-rowcount': rows.ids.length + 1 });
    setAttributes(root, { 'data-revision': rows.revision, 'data-clean': rows.head.problems.length === 0 });
    setShown(empty, rows.ids.length === 0);
    setText(empty, rows.head.rows ? NONE_FITS : 'No rows yet: add one below.');
    list.draw();
  }
  function makeListed(id) {
    const node = makeRow();
    node.firstChild.addEventListener('click', () => {
      const selection = document.getSelection();
      const selects = !selection.isCollapsed && node.contains(selection.anchorNode);
      if (!selects) open.toggle(id);
    });
    return node;
  }
  function updateListed(node, id) {
    const line = rows.lines.get(id);
    const wrong = line?.problems.some(([severity]) => severity === 'error');
    const side = wrong ? 'none' : rows.heldOut.has(id) ? 'validation' : 'train';
    const { query, code } = seen;
    updateRow(node, { line, side, query, code, open: open.has(id), editing: open.isEditing(id) });
  }
  // keys

  function onKey(event, id) {
    const onRow = event.target.matches('[role="row"]');
    const { key } = event;
    if (open.isEditing(id) && key === 'Enter' && (event.ctrlKey || event.metaKey)) open.save(id);
    else if (open.isEditing(id) && key === 'Escape') open.cancel(id);
    else if (key === 'Escape' && open.has(id)) open.toggle(id);
    else if (!onRow || chord(event)) return false;
    else if (key === 'Enter' || key === ' ') open.toggle(id);
    else if (key === 'ArrowRight' && !open.has(id)) open.toggle(id);
    else if (key === 'ArrowLeft' && open.has(id)) open.toggle(id);
    else if (key === 'e') open.edit(id);
    else if (key === 'n') add(id);
    else if (key === 'Delete') remove(id);
    else if (key === '/') bar.search();
    else return false;
    return true;
  }
  function onUndoKey(event) {
    const step = undoKey(event);
    if (!step || isField(event.target)) return;
    operate({ t: step });
    event.preventDefault();
    event.stopPropagation();
  }

  find({ then: greet });
  return () => {
    seen.over = true;
    lines.stop();
    clearTimeout(seen.settle);
    talk.stop();
    list.destroy();
    releaseKeys();
    root.remove();
  };
}

/** The JupyterLab extension leaves its version here; it draws what the kernel then keeps in the notebook. */
function hasExtension() {
  return 'nbfinetune' in document.documentElement.dataset;
}

const SILENT = 'The kernel does not answer: it is busy or gone. What you type stays here.';
const NONE_FITS = 'No row fits. Search for something else, or choose All.';
const GONE = 'The kernel is gone: nothing can be saved. Copy what you have typed.';

function columnHeads() {
  const heads = ['Row', 'User', 'Assistant', 'Problems'].map((text) => element('div', '', { role: 'columnheader' }, [text]));
  return element('div', 'columns', { role: 'row', 'aria-rowindex': '1' }, heads);
}
