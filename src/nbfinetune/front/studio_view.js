// The dataset studio in a page: rows that are found, read, edited. What is shown comes from the kernel's
// draft; what is being typed is kept here until it is saved.

import { CLASS_PREFIX, element, setAttributes, setShown, setText } from './dom.js';
import { keepKeys } from './keys.js';
import { countText } from './numbers.js';
import { createStudioBar, createStudioFoot } from './studio_bar.js';
import { showDetail } from './studio_detail.js';
import { editMessage, isEdited, startEdit } from './studio_edit.js';
import { showEditor } from './studio_editor.js';
import { makeRow, updateRow } from './studio_line.js';
import { chord, createRowList } from './studio_list.js';
import { emptyRows, mergeAnswer, missingRows } from './studio_rows.js';
import { studioTalk } from './studio_talk.js';

const MOST_ASKED = 200; // rows in one question
const IDLE_MS = 400; // between questions for rows that nobody looks at yet
const SETTLE_MS = 500; // after a change, before the split is asked for anew

/**
 * @param {HTMLElement} el @param {{send: Function, on: Function, off: Function}} model of a widget
 * @returns {() => void} takes the view away
 */
export function mountStudio(el, model) {
  // the base of the style sheet is that of a run's view
  const root = element('div', `run ${CLASS_PREFIX}studio`);
  const rows = emptyRows();
  const open = new Map(); // by id: the row in full, what is being edited, a stamp that says what was drawn
  const seen = { query: '', code: '', from: 0, to: 0, asked: new Set(), idle: null, settle: null, gone: false };

  const bar = createStudioBar(root, {
    find(query, code) {
      Object.assign(seen, { query, code });
      find({ top: true, aloud: true });
    },
    undo: () => operate({ t: 'undo' }),
    redo: () => operate({ t: 'redo' }),
  });
  const heads = columnHeads();
  const table = element('div', 'table', { role: 'treegrid', 'aria-label': 'Rows of the dataset' }, [heads]);
  root.append(table);
  const empty = element('div', `nothing ${CLASS_PREFIX}quiet`, { hidden: '' });
  table.append(empty);
  const foot = createStudioFoot(root, {
    divide: (ratio, seed) => ask({ t: 'divide', ratio, seed }),
    add: () => add(list.active()),
    save: (name) => ask({ t: 'save', name }, (answer) => answer.t === 'saved' && foot.say(answer.text || `Saved as ${name.trim()}`)),
  });
  const list = createRowList(table, {
    ids: () => rows.ids,
    placeOf: (id) => rows.places.get(id),
    isOpen: (id) => open.has(id),
    make: makeListed,
    update: updateListed,
    fillOpen,
    onView,
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
    seen.asked.clear();
    const keep = [...open].filter(([, { edit }]) => edit).map(([id]) => id);
    ask({ t: 'find', query: seen.query, code: seen.code, keep }, () => {
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
    if (answer.t === 'opened' && open.has(answer.row.id)) reopen(answer.row);
    if (answer.t === 'divided') foot.divided(answer.ratio, answer.seed);
    if (answer.t === 'changed' && outcome !== 'old') hearChange(answer, place, own);
    if (rows.head) draw();
  }
  function hearChange(answer, place, own) {
    if (answer.kind === 'removed') open.delete(answer.id);
    for (const id of [answer.id, ...answer.rows.map((row) => row.id)]) {
      if (open.has(id) && id !== answer.row?.id) ask({ t: 'open', id });
    }
    if (answer.row && open.has(answer.row.id)) reopen(answer.row);
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
        if (go !== undefined && go !== null) list.activate(go, { focus: root.contains(document.activeElement) || message.t !== 'undo' });
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

  function reopen(row) {
    const state = open.get(row.id);
    state.row = row;
    state.stamp += 1;
  }
  function toggle(id) {
    if (open.get(id)?.edit) return;
    if (open.has(id)) open.delete(id);
    else {
      open.set(id, { row: null, edit: null, stamp: 0 });
      ask({ t: 'open', id }, () => list.activate(id, { focus: false })); // now its height is known
    }
    list.activate(id);
  }
  function edit(id, asText = false) {
    const state = open.get(id);
    if (!state?.row) {
      open.set(id, { row: null, edit: null, stamp: 0 });
      ask({ t: 'open', id }, () => open.get(id)?.row && edit(id, asText));
      return;
    }
    if (state.edit || !state.row.editable) return;
    state.edit = startEdit(state.row, asText);
    state.focus = state.edit.turns?.[0]?.key ?? 0;
    state.stamp += 1;
    draw();
    list.activate(id, { focus: false });
  }
  function saveRow(id) {
    const state = open.get(id);
    if (!state?.edit || state.edit.waiting) return;
    if (!isEdited(state.edit)) return endEdit(id);
    Object.assign(state.edit, { waiting: true, note: '' });
    foot.say('');
    state.stamp += 1;
    draw();
    ask(editMessage(state.edit), (answer) => {
      if (answer.t === 'changed') {
        foot.say(changeText(answer, 'edit'));
        endEdit(id);
        return;
      }
      Object.assign(state.edit, { waiting: false, note: answer.text });
      ask({ t: 'open', id }, (opened) => opened.t === 'opened' && (state.edit.version = opened.row.version));
      state.stamp += 1;
      draw();
    });
  }
  function endEdit(id) {
    const state = open.get(id);
    if (!state) return;
    state.edit = null;
    state.stamp += 1;
    draw();
    list.activate(id);
  }
  function cancel(id) {
    const { edit: current } = open.get(id);
    if (isEdited(current) && !current.note) {
      current.note = 'Escape or Cancel once more throws your changes away.';
      open.get(id).stamp += 1;
      open.get(id).focus = 'kept';
      draw();
    } else endEdit(id);
  }
  function add(after) {
    operate({ t: 'add', after: after ?? null }, (answer) => answer.kind === 'placed' && edit(answer.id));
  }
  function remove(id) {
    operate({ t: 'delete', id });
  }
  function goTo(id) {
    const go = () => rows.places.has(id) && (open.has(id) ? list.activate(id) : toggle(id));
    if (rows.places.has(id)) return go();
    bar.reset();
    Object.assign(seen, { query: '', code: '' });
    find({ then: go });
  }

  // drawing

  function draw() {
    if (!rows.head || seen.over) return;
    bar.show(rows.head);
    foot.show(rows);
    setText(heads.firstChild, rows.head.unit === 'line' ? 'Line' : 'Row');
    setAttributes(table, { 'aria-rowcount': rows.ids.length + 1 });
    setAttributes(root, { 'data-revision': rows.revision });
    setShown(empty, rows.ids.length === 0);
    setText(empty, rows.head.rows ? 'No row fits' : 'No rows yet');
    list.draw();
  }
  function makeListed(id) {
    const node = makeRow();
    node.firstChild.addEventListener('click', () => {
      const selection = document.getSelection();
      const selects = !selection.isCollapsed && node.contains(selection.anchorNode);
      if (!selects) toggle(id);
    });
    return node;
  }
  function updateListed(node, id) {
    const line = rows.lines.get(id);
    const state = open.get(id);
    const wrong = line?.problems.some(([severity]) => severity === 'error');
    const side = wrong ? 'none' : rows.heldOut.has(id) ? 'validation' : 'train';
    const { query, code } = seen;
    updateRow(node, { line, side, query, code, open: Boolean(state), editing: Boolean(state?.edit) });
  }
  function fillOpen(node, id) {
    const state = open.get(id);
    const detail = node.lastChild;
    setShown(detail, Boolean(state));
    if (!state) return void (detail.nbfinetuneDrawn = null);
    const drawn = detail.nbfinetuneDrawn;
    if (drawn?.state === state && drawn.stamp === state.stamp && drawn.query === seen.query) return;
    detail.nbfinetuneDrawn = { state, stamp: state.stamp, query: seen.query };
    const focused = focusedField(detail);
    if (state.edit) showEditor(detail, state.edit, state.row, editorActions(id));
    else showDetail(detail, state.row, seen.query, detailActions(id));
    refocus(detail, state, focused);
  }
  function detailActions(id) {
    return { edit: () => edit(id), editText: () => edit(id, true), add: () => add(id), remove: () => remove(id), goTo };
  }
  function editorActions(id) {
    const redraw = (key) => {
      Object.assign(open.get(id), { stamp: open.get(id).stamp + 1, focus: key });
      draw();
    };
    return { save: () => saveRow(id), cancel: () => cancel(id), redraw, goTo };
  }

  /** Rows in view are asked for at once; the others while nobody waits for anything. */
  function onView(from, to) {
    Object.assign(seen, { from, to });
    const missing = missingRows(rows, from, to, seen.asked, MOST_ASKED);
    const urgent = missing.some((id) => rows.places.get(id) >= from && rows.places.get(id) < to);
    if (urgent) askLines(missing);
    else if (missing.length && seen.idle === null) {
      seen.idle = setTimeout(() => {
        seen.idle = null;
        askLines(missingRows(rows, seen.from, seen.to, seen.asked, MOST_ASKED));
      }, IDLE_MS);
    }
  }
  function askLines(ids) {
    if (!ids.length || seen.over) return;
    for (const id of ids) seen.asked.add(id);
    ask({ t: 'lines', ids }, () => {
      for (const id of ids) seen.asked.delete(id);
      if (ids.some((id) => rows.places.has(id) && !rows.lines.has(id))) draw(); // an answer of another time
    });
  }

  // keys

  function onKey(event, id) {
    const editing = open.get(id)?.edit;
    const onRow = event.target.matches('[role="row"]');
    if (editing && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) saveRow(id);
    else if (editing && event.key === 'Escape') cancel(id);
    else if (event.key === 'Escape' && open.has(id)) toggle(id);
    else if (!onRow || chord(event)) return false;
    else if (event.key === 'Enter' || event.key === ' ') toggle(id);
    else if (event.key === 'ArrowRight' && !open.has(id)) toggle(id);
    else if (event.key === 'ArrowLeft' && open.has(id)) toggle(id);
    else if (event.key === 'e') edit(id);
    else if (event.key === 'n') add(id);
    else if (event.key === 'Delete') remove(id);
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
    clearTimeout(seen.idle);
    clearTimeout(seen.settle);
    talk.stop();
    list.destroy();
    releaseKeys();
    root.remove();
  };
}

const SILENT = 'The kernel does not answer: it is busy or gone. What you type stays here.';
const GONE = 'The kernel is gone: nothing can be saved. Copy what you have typed.';

function columnHeads() {
  const heads = ['Row', 'User', 'Assistant', 'Problems'].map((text) => element('div', '', { role: 'columnheader' }, [text]));
  return element('div', 'columns', { role: 'row', 'aria-rowindex': '1' }, heads);
}

function isField(node) {
  return node instanceof Element && node.matches('input, textarea, select');
}

/** @returns {'undo' | 'redo' | null} */
function undoKey({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (!(ctrlKey || metaKey) || altKey) return null;
  const low = key.toLowerCase();
  if (low === 'z') return shiftKey ? 'redo' : 'undo';
  return low === 'y' && !shiftKey ? 'redo' : null;
}

/** Chords that the notebook must not take: in a field all but saving, elsewhere undo and saving a row. */
function ownChord(event) {
  if (event.key.toLowerCase() === 's') return false;
  return isField(event.target) || undoKey(event) !== null || event.key === 'Enter';
}

function focusedField(detail) {
  const field = detail.getRootNode().activeElement;
  if (!field || !detail.contains(field)) return null;
  return { key: field.dataset.key, from: field.selectionStart, to: field.selectionEnd };
}

/** The focus where it was asked for, or where it was, before everything was made anew. */
function refocus(detail, state, focused) {
  const wanted = state.focus !== undefined && state.focus !== 'kept' ? String(state.focus) : focused?.key;
  const kept = state.focus === undefined || state.focus === 'kept';
  state.focus = undefined;
  const field = wanted === undefined || wanted === null ? null : detail.querySelector(`[data-key="${wanted}"]`);
  if (field) {
    field.focus({ preventScroll: kept });
    if (kept && focused) field.setSelectionRange(focused.from, focused.to);
  } else if (focused) detail.parentElement.focus({ preventScroll: true });
}

function countFound(count, { query, code }) {
  if (!query.trim() && !code) return '';
  return count === 1 ? '1 row found' : `${countText(count)} rows found`;
}

function changeText({ kind, row, rows }, asked) {
  if (kind === 'nothing') return asked === 'undo' || asked === 'redo' ? `Nothing to ${asked}` : 'Nothing was changed';
  const done = { undo: 'Undone', redo: 'Done again' }[asked];
  if (kind === 'removed') return done ?? 'Row deleted; Ctrl+Z brings it back';
  if (asked === 'add') return 'Row added';
  const wrong = row?.problems.length ?? rows[0]?.problems.length ?? 0;
  const state = wrong ? `${wrong} ${wrong === 1 ? 'problem' : 'problems'} left in it` : 'nothing is wrong with it';
  return `${done ?? 'Row saved'}: ${state}`;
}
