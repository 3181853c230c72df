// What a page knows of a draft: which rows it lists, those of them that it has seen, the counts. The
// kernel's draft is the truth; where an answer shows that one was missed, the page must ask anew.

/**
 * @typedef {{id: number, version: number, line: number, changed: boolean, problems: [string, string][],
 *   text?: string, asked?: string, answer?: string, system?: boolean, turns?: number}} RowLine
 * @typedef {{revision: number, ids: number[], places: Map<number, number>, lines: Map<number, RowLine>,
 *   heldOut: Set<number>, head: object | null}} StudioRows
 */

/** @returns {StudioRows} */
export function emptyRows() {
  return { revision: -1, ids: [], places: new Map(), lines: new Map(), heldOut: new Set(), head: null };
}

/**
 * Takes an answer in.
 * @param {StudioRows} rows changed in place @param {object} answer
 * @returns {'merged' | 'old' | 'missed'} `missed`: ask for the list anew
 */
export function mergeAnswer(rows, answer) {
  if (answer.t === 'changed') return mergeChange(rows, answer);
  if (answer.revision < rows.revision) return 'old';
  if (answer.t === 'found') {
    if (answer.revision !== rows.revision) rows.lines.clear(); // their problems may be others now
    rows.revision = answer.revision;
    rows.head = answer.head;
    setIds(rows, answer.ids);
    return 'merged';
  }
  if (answer.revision !== rows.revision) return 'missed';
  if (answer.t === 'lines') keepLines(rows, answer.rows);
  if (answer.t === 'divided') rows.heldOut = new Set(answer.held_out);
  if (answer.head) rows.head = answer.head;
  return 'merged';
}

function mergeChange(rows, answer) {
  if (answer.kind === 'nothing') return answer.revision === rows.revision ? 'merged' : 'missed';
  if (answer.revision <= rows.revision) return 'old';
  if (answer.revision !== rows.revision + 1 || answer.stale) return 'missed';
  rows.revision = answer.revision;
  rows.head = answer.head;
  keepLines(rows, answer.rows);
  if (answer.kind === 'removed') {
    rows.lines.delete(answer.id);
    setIds(rows, rows.ids.filter((id) => id !== answer.id));
  }
  return answer.kind === 'placed' ? placeRow(rows, answer) : 'merged';
}

/** A row whose neighbour is not listed here has no place that a page could know. */
function placeRow(rows, { id, after }) {
  const place = after === null ? 0 : (rows.places.get(after) ?? -2) + 1;
  if (place < 0) return 'missed';
  setIds(rows, rows.ids.toSpliced(place, 0, id));
  return 'merged';
}

function keepLines(rows, lines) {
  for (const line of lines) rows.lines.set(line.id, line);
}

function setIds(rows, ids) {
  rows.ids = ids;
  rows.places = new Map(ids.map((id, place) => [id, place]));
}

/**
 * Which rows to ask for: those that are seen first, then their neighbours, then any.
 * @param {StudioRows} rows @param {number} from @param {number} to rows that are seen
 * @param {Set<number>} asked ids that are asked for already @param {number} most
 * @returns {number[]} ids
 */
export function missingRows(rows, from, to, asked, most) {
  const missing = [];
  const look = (place) => {
    const id = rows.ids[place];
    if (id !== undefined && !rows.lines.has(id) && !asked.has(id)) missing.push(id);
  };
  for (let place = from; place < to && missing.length < most; place++) look(place);
  for (let far = 1; missing.length < most && (from - far >= 0 || to + far <= rows.ids.length); far++) {
    look(to + far - 1);
    look(from - far);
  }
  return missing.slice(0, most);
}

/**
 * Where `wanted` occurs in `text`, in any case.
 * @returns {{text: string, found: boolean}[]} the whole text in parts
 */
export function foundParts(text, wanted) {
  const low = text.toLowerCase();
  const sought = wanted.trim().normalize('NFC').toLowerCase();
  if (!sought || low.length !== text.length) return [{ text, found: false }];
  const parts = [];
  let at = 0;
  for (let hit = low.indexOf(sought); hit >= 0; hit = low.indexOf(sought, at)) {
    if (hit > at) parts.push({ text: text.slice(at, hit), found: false });
    at = hit + sought.length;
    parts.push({ text: text.slice(hit, at), found: true });
  }
  if (at < text.length || !parts.length) parts.push({ text: text.slice(at), found: false });
  return parts;
}

/** @returns {number | null} the message that a problem is about: of `$.messages[2].role` 2 */
export function messageOf({ path }) {
  const match = /^\$\.messages\[(\d+)\]/.exec(path);
  return match ? Number(match[1]) : null;
}
