// Asking the kernel for lines of rows: those in view at once, the others while nobody waits.

import { missingRows } from './studio_rows.js';

const MOST_ASKED = 200; // rows in one question
const IDLE_MS = 400; // between questions for rows that nobody looks at yet

/**
 * @param {import('./studio_rows.js').StudioRows} rows
 * @param {{ask: (message: object, then: () => void) => void, draw: () => void}} host
 * @returns {{want: (from: number, to: number) => void, anew: () => void, stop: () => void}}
 *   `want`: these rows are in view; `anew`: what was asked for is asked again where it is still wanted
 */
export function createLineAsker(rows, { ask, draw }) {
  const asked = new Set();
  const view = { from: 0, to: 0 };
  let idle = null;
  let over = false;

  function want(from, to) {
    Object.assign(view, { from, to });
    const missing = missingRows(rows, from, to, asked, MOST_ASKED);
    const urgent = missing.some((id) => rows.places.get(id) >= from && rows.places.get(id) < to);
    if (urgent) askFor(missing);
    else if (missing.length) idle ??= setTimeout(askMore, IDLE_MS);
  }
  function askMore() {
    idle = null;
    askFor(missingRows(rows, view.from, view.to, asked, MOST_ASKED));
  }
  function askFor(ids) {
    if (!ids.length || over) return;
    for (const id of ids) asked.add(id);
    ask({ t: 'lines', ids }, () => {
      for (const id of ids) asked.delete(id);
      if (ids.some((id) => rows.places.has(id) && !rows.lines.has(id))) draw(); // an answer of another time
    });
  }
  return {
    want,
    anew: () => asked.clear(),
    stop() {
      over = true;
      clearTimeout(idle);
    },
  };
}
