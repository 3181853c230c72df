// The picture of a run, and how messages grow it. Pure data: knows the format of messages, nothing of
// pages, kernels or drawing. Whatever arrives is cleaned here once, so that the views can rely on it.

const PICTURE_VERSION = 1;

const NEWER = 'This run was written by a newer nbfinetune: update nbfinetune to see it.';

/** States of a run, in the order of its life; the last four are the end. */
const ENDED_STATES = ['stopped', 'finished', 'failed', 'interrupted'];

// Each section is a list that only grows; its reader makes one clean item or null (left out).
const SECTION_READERS = {
  about: (item) => words(item, ['id', 'name', 'base_model', 'preset', 'data']),
  plan: (item) => item && { line: word(item.line), notices: list(item.notices).map(word) },
  train: (item) => (Array.isArray(item) ? readStep(item, 6) : null),
  validation: (item) => (Array.isArray(item) ? readStep(item, 2) : null),
  checkpoints: (item) => (Array.isArray(item) ? readStep(item, 3) : null), // always whole: it loses items, too
  samples: (item) => readSample(item),
  notices: (item) => word(item),
  log: (item) => word(item),
  failure: (item) => word(item),
};

/**
 * @typedef {object} Head what is true of the run now; null where not known
 * @typedef {{have: number, items: any[]}} Section `have` counts events; a thinned series keeps fewer items
 * @typedef {{head: Head, refused: string, generation: number, about: Section, plan: Section, train: Section,
 *   validation: Section, checkpoints: Section, samples: Section, notices: Section, log: Section,
 *   failure: Section}} Picture `generation`: how often the run went back behind a step that it had passed
 */

/** @returns {Picture} the picture of a run of which nothing is known yet */
export function emptyPicture() {
  return startedOver({ head: readHead({}), refused: '' }, 0);
}

/** Nothing of another generation can be drawn on: its lists were longer. */
function startedOver(picture, generation) {
  for (const name of Object.keys(SECTION_READERS)) picture[name] = { have: 0, items: [] };
  picture.generation = generation;
  return picture;
}

/**
 * Take a message in. Sections that fit are merged even when another one has a gap.
 * @param {Picture} picture changed in place
 * @param {object} message
 * @returns {'ok' | 'gap' | 'refused'} 'gap': something is missing between; ask again from `have(picture)`
 */
export function merge(picture, message) {
  if (!message || typeof message !== 'object') return 'ok';
  if (message.v > PICTURE_VERSION) {
    picture.refused = NEWER;
    return 'refused';
  }
  picture.refused = '';
  const generation = number(message.generation) ?? 0;
  if (generation !== picture.generation) startedOver(picture, generation);
  if (message.head) picture.head = readHead(message.head);
  let whole = true;
  for (const [name, read] of Object.entries(SECTION_READERS)) {
    if (message[name]) whole = mergeSection(picture[name], message[name], read) && whole;
  }
  return whole ? 'ok' : 'gap';
}

/**
 * @param {Picture} picture
 * @returns {Record<string, number>} how many events of each section are here, and of which generation
 */
export function have(picture) {
  const names = Object.keys(SECTION_READERS);
  const counts = Object.fromEntries(names.map((name) => [name, picture[name].have]));
  return { generation: picture.generation, ...counts };
}

/** @returns {boolean} false when there is a gap between what is here and what came */
function mergeSection(section, { from, to, items }, read) {
  if (!Number.isInteger(from) || !Number.isInteger(to) || !Array.isArray(items)) return true;
  const clean = (some) => some.map(read).filter((item) => item !== null);
  if (from === 0) section.items = clean(items);
  else if (from === section.have) section.items.push(...clean(items));
  else if (to <= section.have) return true; // heard before
  else if (from < section.have && items.length === to - from) {
    section.items.push(...clean(items.slice(section.have - from)));
  } else return false;
  section.have = to;
  return true;
}

/** @returns {Head} */
function readHead(head) {
  const state = word(head.state) || 'queued';
  return {
    state,
    ended: Boolean(head.ended) || ENDED_STATES.includes(state),
    step: number(head.step) ?? 0,
    total_steps: number(head.total_steps),
    epoch: number(head.epoch),
    epochs: number(head.epochs),
    elapsed_seconds: number(head.elapsed_seconds),
    remaining_seconds: number(head.remaining_seconds),
    tokens_per_second: number(head.tokens_per_second),
    memory_bytes: number(head.memory_bytes),
    best_step: number(head.best_step),
    commands: list(head.commands).map(word),
  };
}

/** Numbers of one step, `length` of them; anything that is no finite number is null. */
function readStep(item, length) {
  const row = [];
  for (let i = 0; i < length; i++) row.push(number(item[i]));
  return row[0] === null ? null : row;
}

function readSample(item) {
  const step = number(item?.step);
  if (step === null) return null;
  return { step, row: number(item.row) ?? 0, ...words(item, ['prompt', 'reference', 'answer']) };
}

function words(item, names) {
  return item && Object.fromEntries(names.map((name) => [name, word(item[name])]));
}

function word(value) {
  return value === null || value === undefined ? '' : String(value);
}

function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function list(value) {
  return Array.isArray(value) ? value : [];
}
