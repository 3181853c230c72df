// A long list of which only the rows in view are in the page. Knows ids and heights, not what a row
// shows. The arrow keys move between rows; a row that has the focus stays, however far one scrolls.

import { element, keepChildren, setAttributes } from './dom.js';
import { listLayout, rowAt, rowHeight, rowTop, rowsInView, scrollToRow } from './studio_layout.js';
import { makeWitness, scrollKeeper } from './studio_scroll.js';
import { chord } from './studio_words.js';

const MARGIN = 400; // pixels that are drawn above and below: a fast wheel shows no gap
const MOST_HEIGHT = 520;
const NARROW_LIST = 520;

/**
 * @param {HTMLElement} el
 * @param {{ids: () => number[], placeOf: (id: number) => number | undefined, isOpen: (id: number) => boolean,
 *   make: (id: number) => HTMLElement, update: (node: HTMLElement, id: number, place: number) => void,
 *   fillOpen: (node: HTMLElement, id: number) => void, onView: (from: number, to: number) => void,
 *   onKey: (event: KeyboardEvent, id: number) => boolean}} host
 */
export function createRowList(el, host) {
  const space = element('div', 'space', { role: 'rowgroup' });
  const witness = makeWitness(() => scroll.isLost() && draw());
  const box = element('div', 'rows', { 'data-rows': '' }, [space, witness]);
  el.append(box);
  const heights = new Map(); // of open rows, as they were measured
  const scroll = scrollKeeper(box, witness);
  const state = { active: null, anchor: null, ids: [] };
  let layout = listLayout(0, 1);

  function layOut() {
    const base = rowBase(box);
    setAttributes(space, { 'data-narrow': box.clientWidth < NARROW_LIST });
    for (const id of heights.keys()) if (!host.isOpen(id)) heights.delete(id);
    const others = [...heights].map(([id, height]) => [host.placeOf(id) ?? -1, height]);
    state.ids = host.ids();
    layout = listLayout(state.ids.length, base, others);
    setAttributes(space, { style: `height:${layout.height}px;--jp-nbfinetune-row:${base}px` });
    setAttributes(box, { style: `height:${Math.min(Math.max(layout.height, base), MOST_HEIGHT)}px` });
    scroll.write(anchored() ?? scroll.top);
  }
  /** Where the row that stood at the top stands now. */
  function anchored() {
    const place = state.anchor ? host.placeOf(state.anchor.id) : undefined;
    if (place === undefined) return null;
    const within = Math.min(state.anchor.within, rowHeight(layout, place) - 1);
    return Math.min(rowTop(layout, place) + within, Math.max(layout.height - box.clientHeight, 0));
  }
  function fill() {
    const ids = host.ids();
    const [from, to] = rowsInView(layout, scroll.top, box.clientHeight || MOST_HEIGHT, MARGIN);
    const shown = ids.slice(from, to);
    const focused = host.placeOf(focusedRow(space));
    if (focused < from) shown.unshift(ids[focused]);
    else if (focused >= to) shown.push(ids[focused]);
    if (host.placeOf(state.active) === undefined) state.active = ids[rowAt(layout, scroll.top)] ?? null;
    keepChildren(space, shown, (id) => id, make, (node, id) => {
      const place = host.placeOf(id);
      const tabindex = id === state.active ? '0' : '-1';
      const style = `top:${rowTop(layout, place)}px`;
      setAttributes(node, { style, tabindex, 'aria-rowindex': place + 2, 'data-place': place });
      host.update(node, id, place);
    });
    for (const node of space.children) host.fillOpen(node, Number(node.dataset.id));
    host.onView(from, to);
  }
  function make(id) {
    const node = host.make(id);
    node.setAttribute('data-id', id);
    return node;
  }
  /** Open rows have the height that they have: measured before the page is painted. */
  function measure() {
    let differs = false;
    for (const node of space.children) {
      const id = Number(node.dataset.id);
      if (host.isOpen(id)) sizes.observe(node); // it grows while somebody types
      if (!host.isOpen(id) || !node.offsetHeight || heights.get(id) === node.offsetHeight) continue;
      heights.set(id, node.offsetHeight);
      differs = true;
    }
    return differs;
  }
  function draw() {
    if (scroll.read()) keepAnchor();
    layOut();
    fill();
    if (measure()) {
      layOut();
      fill();
    }
  }
  function keepAnchor() {
    const place = rowAt(layout, scroll.top);
    const id = state.ids[place]; // as they are laid out: there may be others already
    state.anchor = id === undefined ? null : { id, within: scroll.top - rowTop(layout, place) };
  }
  function scrollTo(top) {
    scroll.write(Math.max(0, Math.min(top, layout.height - box.clientHeight)));
    keepAnchor();
  }
  function activate(id, { focus = true } = {}) {
    const place = host.placeOf(id);
    if (place === undefined) return;
    state.active = id;
    scrollTo(scrollToRow(layout, place, scroll.top, box.clientHeight));
    draw();
    if (focus) nodeOf(id)?.focus({ preventScroll: true });
  }
  const nodeOf = (id) => space.nbfinetuneNodes?.get(id);

  box.addEventListener('scroll', () => {
    if (!scroll.read()) return;
    keepAnchor();
    fill();
  }, { passive: true });
  box.addEventListener('focusin', (event) => {
    const id = Number(event.target.closest('[data-id]')?.dataset.id);
    if (Number.isInteger(id) && id !== state.active) {
      state.active = id;
      fill();
    }
  });
  box.addEventListener('keydown', (event) => {
    const node = event.target.closest('[data-id]');
    if (!node) return;
    const id = Number(node.dataset.id);
    const move = event.target === node && !chord(event) ? rowMove(event.key, host.ids().length, pageRows()) : null;
    const place = move?.(host.placeOf(id));
    if (move) activate(host.ids()[place]);
    else if (!host.onKey(event, id)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  const pageRows = () => Math.max(1, Math.floor(box.clientHeight / layout.base) - 1);
  const sizes = new ResizeObserver(() => {
    if (box.clientWidth && (measure() || rowBase(box) !== layout.base || scroll.isLost())) draw();
  });
  sizes.observe(box);
  return {
    box,
    draw,
    activate,
    nodeOf,
    active: () => state.active,
    toTop() {
      state.anchor = null;
      scroll.write(0);
    },
    destroy: () => sizes.disconnect(),
  };
}

/** A narrow row has two lines. */
function rowBase(box) {
  return box.clientWidth && box.clientWidth < NARROW_LIST ? 54 : 34;
}

function focusedRow(space) {
  const node = space.getRootNode().activeElement?.closest?.('[data-id]');
  return node && space.contains(node) ? Number(node.dataset.id) : null;
}

/** @returns {((place: number) => number) | null} where a key leads from a row */
function rowMove(key, count, page) {
  const within = (place) => Math.min(Math.max(place, 0), count - 1);
  const moves = {
    ArrowDown: (place) => within(place + 1),
    ArrowUp: (place) => within(place - 1),
    PageDown: (place) => within(place + page),
    PageUp: (place) => within(place - page),
    Home: () => 0,
    End: () => count - 1,
  };
  return moves[key] ?? null;
}
