// The rows that are open in a view, and what is being typed into them. It is kept here until it is
// saved, so a row may leave the page and come back; it is thrown away only by two keys.

import { setShown } from './dom.js';
import { showDetail } from './studio_detail.js';
import { editMessage, firstField, isEdited, startEdit } from './studio_edit.js';
import { showEditor } from './studio_editor.js';
import { changeText } from './studio_words.js';

/**
 * @param {{ask: (message: object, then?: (answer: object) => void) => void, draw: () => void,
 *   say: (text: string) => void, activate: (id: number, how?: {focus: boolean}) => void,
 *   query: () => string, add: (id: number) => void, remove: (id: number) => void,
 *   goTo: (id: number) => void}} host
 */
export function createOpenRows(host) {
  // by id: the row in full, its edit, which field gets the focus, a stamp that says what was drawn
  const open = new Map();

  function isEditing(id) {
    return Boolean(open.get(id)?.edit);
  }
  function change(id, what = {}) {
    const state = open.get(id);
    Object.assign(state, what, { stamp: state.stamp + 1 });
  }
  function toggle(id) {
    if (isEditing(id)) return;
    if (!open.delete(id)) load(id, () => host.activate(id, { focus: false })); // now its height is known
    host.activate(id);
  }
  function load(id, then) {
    open.set(id, { row: null, edit: null, focus: null, stamp: 0 });
    host.ask({ t: 'open', id }, then);
  }
  function edit(id, asText = false) {
    const state = open.get(id);
    if (!state?.row) return load(id, () => open.get(id)?.row && edit(id, asText));
    if (state.edit || !state.row.editable) return;
    const begun = startEdit(state.row, asText);
    change(id, { edit: begun, focus: firstField(begun, state.row) });
    host.draw();
    host.activate(id, { focus: false });
  }
  function save(id) {
    const { edit: edited } = open.get(id);
    if (edited.waiting) return;
    if (!isEdited(edited)) return end(id);
    Object.assign(edited, { waiting: true, note: '', warned: false });
    host.say('');
    change(id);
    host.draw();
    host.ask(editMessage(edited), (answer) => {
      if (answer.t === 'changed') {
        host.say(changeText(answer, 'edit'));
        end(id);
      } else refused(id, edited, answer.text);
    });
  }
  /** What is saved next is what is seen here, whatever the row has become. */
  function refused(id, edited, text) {
    const show = (what) => {
      Object.assign(edited, what);
      if (open.has(id)) change(id);
      host.draw();
    };
    show({ whole: true, note: text }); // it waits on: to be saved again it needs the version that is there now
    host.ask({ t: 'open', id }, ({ t, row }) => show({ waiting: false, ...(t === 'opened' && { version: row.version }) }));
  }
  function end(id) {
    if (!open.has(id)) return;
    change(id, { edit: null });
    host.draw();
    host.activate(id);
  }
  function cancel(id) {
    const { edit: edited } = open.get(id);
    if (!isEdited(edited) || edited.warned) return end(id);
    Object.assign(edited, { warned: true, note: 'Escape or Cancel once more throws your changes away.' });
    change(id);
    host.draw();
  }

  function fill(node, id) {
    const state = open.get(id);
    const detail = node.lastChild;
    setShown(detail, Boolean(state));
    const next = state ? `${state.stamp} ${host.query()}` : '';
    if (detail.nbfinetuneState === state && detail.nbfinetuneDrawn === next) return;
    Object.assign(detail, { nbfinetuneState: state, nbfinetuneDrawn: next });
    if (!state) return;
    const focused = focusedField(detail);
    if (state.edit) showEditor(detail, state.edit, state.row, editorActions(id));
    else showDetail(detail, state.row, host.query(), detailActions(id));
    giveFocus(detail, state.focus, focused);
    state.focus = null;
  }
  function detailActions(id) {
    const { add, remove, goTo } = host;
    return { edit: () => edit(id), editText: () => edit(id, true), add: () => add(id), remove: () => remove(id), goTo };
  }
  function editorActions(id) {
    const redraw = (key) => {
      change(id, { focus: key });
      host.draw();
    };
    return { save: () => save(id), cancel: () => cancel(id), redraw, goTo: host.goTo };
  }

  return {
    has: (id) => open.has(id),
    isEditing,
    edited: () => [...open.keys()].filter(isEditing),
    toggle,
    edit,
    save,
    cancel,
    fill,
    /** The row as the kernel has it now; what is being typed stays. */
    renew: (row) => open.has(row.id) && change(row.id, { row }),
    /** A row that is gone; what was being typed waits for it to be brought back. */
    close: (id) => isEditing(id) || open.delete(id),
  };
}

function focusedField(detail) {
  const field = detail.getRootNode().activeElement;
  if (!field || !detail.contains(field)) return null;
  return { key: field.dataset.key ?? null, from: field.selectionStart, to: field.selectionEnd };
}

/** The focus where it is wanted, else where it was, before everything was made anew. */
function giveFocus(detail, wanted, had) {
  const key = wanted ?? had?.key ?? null;
  const field = key === null ? null : detail.querySelector(`[data-key="${key}"]`);
  if (field) {
    field.focus({ preventScroll: wanted === null });
    if (wanted === null) field.setSelectionRange?.(had.from, had.to);
  } else if (had) detail.parentElement.focus({ preventScroll: true });
}
