// Answers to held-out prompts: before training, at one checkpoint, and the reference. Knows which
// checkpoint is shown; what changed against 'before' is marked.

import { element, keepChildren, setAttributes, setShown, setText } from './dom.js';
import { changedWords } from './words.js';

/**
 * @param {HTMLElement} el @param {(step: number) => void} onSelect
 * @returns {{show: (picture: import('./picture.js').Picture, step: number | null) => void}}
 */
export function createSamples(el, onSelect) {
  const previous = element('button', 'tool', { type: 'button', 'aria-label': 'Previous checkpoint' }, ['‹']);
  const next = element('button', 'tool', { type: 'button', 'aria-label': 'Next checkpoint' }, ['›']);
  const which = element('span', 'which', { 'aria-live': 'polite' });
  const chosen = element('th', 'chosen', { scope: 'col' }, [previous, which, next]);
  const heads = ['Held-out prompt', 'Before training', chosen, 'Reference'];
  const row = element('tr', '', {}, heads.map((head) => (head === chosen ? head : element('th', '', { scope: 'col' }, [head]))));
  const body = element('tbody');
  const table = element('table', 'samples', {}, [element('thead', '', {}, [row]), body]);
  const box = element('div', 'samples-box', { hidden: '' }, [table]);
  el.append(box);
  let steps = [];
  let shown = null;
  const move = (by) => onSelect(steps[steps.indexOf(shown) + by]);
  previous.addEventListener('click', () => move(-1));
  next.addEventListener('click', () => move(1));
  return {
    show(picture, step) {
      setShown(box, picture.samples.items.length > 0);
      steps = sampleSteps(picture);
      shown = step;
      const at = steps.indexOf(step);
      previous.disabled = at <= 0;
      next.disabled = at < 0 || at >= steps.length - 1;
      setText(which, step === null ? 'no checkpoint yet' : `Step ${step}${step === picture.head.best_step ? ' · best' : ''}`);
      showRows(body, sampleRows(picture.samples.items, step));
    },
  };
}

/** Steps that can be chosen: those with answers or a checkpoint, ascending. @returns {number[]} */
export function sampleSteps(picture) {
  const steps = [...picture.samples.items.map((s) => s.step), ...picture.checkpoints.items.map((c) => c[0])];
  return [...new Set(steps)].filter((step) => step > 0).sort((a, b) => a - b);
}

/** @returns {{row: number, prompt: string, reference: string, before: string | null, answer: string | null}[]} */
export function sampleRows(samples, step) {
  const rows = new Map();
  for (const sample of samples) {
    const { row, prompt, reference, answer } = sample;
    if (!rows.has(row)) rows.set(row, { row, prompt, reference, before: null, answer: null });
    const known = rows.get(row);
    if (sample.step === 0) known.before = answer;
    if (sample.step === step) known.answer = answer;
  }
  return [...rows.values()].sort((a, b) => a.row - b.row);
}

function showRows(body, rows) {
  const labels = ['Prompt', 'Before training', 'Now', 'Reference'];
  const make = () => element('tr', '', {}, labels.map((label) => element('td', '', { 'data-label': label })));
  keepChildren(body, rows, (row) => row.row, make, (node, { prompt, before, answer, reference }) => {
    const [asked, old, now, wanted] = node.children;
    setText(asked, prompt);
    setText(old, before ?? '–');
    showAnswer(now, before, answer);
    setText(wanted, reference);
  });
}

/** Words that changed are marked; an answer that is all new is not, marks everywhere say nothing. */
function showAnswer(cell, before, answer) {
  if (cell.nbfinetuneShown === answer && cell.nbfinetuneBefore === before) return;
  cell.nbfinetuneShown = answer;
  cell.nbfinetuneBefore = before;
  if (answer === null || before === null) {
    cell.replaceChildren(answer ?? '–');
    setAttributes(cell, { 'data-changed': null });
    return;
  }
  const { kept, parts } = changedWords(before, answer);
  const changed = kept === 1 && before === answer ? 'none' : kept < 0.3 ? 'all' : 'some';
  setAttributes(cell, { 'data-changed': changed });
  if (changed !== 'some') return cell.replaceChildren(answer);
  cell.replaceChildren(...parts.map(({ text, changed: marked }) => (marked ? element('mark', '', {}, [text]) : text)));
}
