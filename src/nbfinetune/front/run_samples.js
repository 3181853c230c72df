// Answers to held-out prompts: before training, at one checkpoint, and the reference. What changed
// against 'before' is marked. Knows which checkpoint is shown, not why.

import { element, keepChildren, setAttributes, setShown, setText } from './dom.js';
import { countText, lossText } from './numbers.js';
import { changedWords } from './words.js';

const FEW_KEPT = 0.3; // an answer that is nearly all new has no marks: marks everywhere say nothing

/**
 * @param {HTMLElement} el @param {(step: number | null) => void} onSelect null: whatever is best to see
 * @returns {{show: (picture: import('./picture.js').Picture, step: number | null, chosen: boolean) => void}}
 *   `chosen`: this step isn't the one that would be shown by itself
 */
export function createSamples(el, onSelect) {
  const nodes = samplesNodes(el);
  let steps = [];
  let shown = null;
  const move = (by) => {
    onSelect(steps[steps.indexOf(shown) + by]);
    setText(nodes.spoken, nodes.which.textContent);
  };
  nodes.previous.addEventListener('click', () => move(-1));
  nodes.next.addEventListener('click', () => move(1));
  nodes.follow.addEventListener('click', () => onSelect(null));
  return {
    show(picture, step, chosen) {
      const { head, samples } = picture;
      setShown(nodes.box, samples.items.length > 0);
      steps = sampleSteps(picture);
      shown = step;
      const at = steps.indexOf(step);
      nodes.previous.disabled = at <= 0;
      nodes.next.disabled = at < 0 || at >= steps.length - 1;
      setText(nodes.which, step === null ? 'After training' : `Step ${countText(step)}`);
      setText(nodes.detail, stepDetail(picture, step));
      setText(nodes.follow, head.ended ? 'to the best' : 'to the newest');
      setShown(nodes.follow, chosen);
      showRows(nodes.body, sampleRows(samples.items, step));
    },
  };
}

function samplesNodes(el) {
  const arrow = (label, sign) => {
    return element('button', 'arrow', { type: 'button', 'aria-label': label, title: label }, [sign]);
  };
  const nodes = {
    previous: arrow('Previous checkpoint', '‹'),
    next: arrow('Next checkpoint', '›'),
    which: element('span', 'which'),
    detail: element('span', 'quiet'),
    follow: element('button', 'follow', { type: 'button', hidden: '' }),
    spoken: element('span', 'spoken', { role: 'status' }),
    body: element('tbody'),
  };
  const picker = element('div', 'picker', {}, [
    nodes.previous, nodes.which, nodes.next, nodes.detail, nodes.follow, nodes.spoken,
  ]);
  const heads = ['Held-out prompt', 'Before training', picker, 'Reference'];
  const row = element('tr', '', {}, heads.map((head) => element('th', '', { scope: 'col' }, [head])));
  const table = element('table', 'samples', {}, [element('thead', '', {}, [row]), nodes.body]);
  nodes.box = element('div', 'samples-box', { hidden: '' }, [table]);
  el.append(nodes.box);
  return nodes;
}

function stepDetail({ checkpoints, head }, step) {
  const loss = checkpoints.items.findLast((item) => item[0] === step)?.[2] ?? null;
  const best = step !== null && step === head.best_step ? 'best' : '';
  return [best, loss === null ? '' : `loss ${lossText(loss)}`].filter(Boolean).join(' · ');
}

/** Steps that can be chosen: those with answers or a checkpoint, ascending. @returns {number[]} */
export function sampleSteps({ samples, checkpoints }) {
  const steps = [...samples.items.map(({ step }) => step), ...checkpoints.items.map(([step]) => step)];
  return [...new Set(steps)].filter((step) => step > 0).sort((a, b) => a - b);
}

/**
 * One row for each held-out prompt; null where there is no answer. Of two at one step the later counts.
 * @returns {{row: number, prompt: string, reference: string, before: string | null, answer: string | null}[]}
 */
export function sampleRows(samples, step) {
  const rows = new Map();
  for (const { step: at, row, prompt, reference, answer } of samples) {
    if (!rows.has(row)) rows.set(row, { row, prompt, reference, before: null, answer: null });
    if (at === 0) rows.get(row).before = answer;
    if (at === step) rows.get(row).answer = answer;
  }
  return [...rows.values()].sort((a, b) => a.row - b.row);
}

function showRows(body, rows) {
  const labels = ['Prompt', 'Before', 'Now', 'Reference'];
  const text = () => element('div', 'text', { dir: 'auto' });
  const cell = (label) => element('td', '', { 'data-label': label }, [text()]);
  const make = () => element('tr', '', {}, labels.map(cell));
  const put = (node, { prompt, before, answer, reference }) => {
    const [asked, old, now, wanted] = [...node.children].map((td) => td.firstChild);
    setText(asked, prompt);
    setText(old, before ?? '–');
    showAnswer(now, before, answer);
    setText(wanted, reference);
  };
  keepChildren(body, rows, ({ row }) => row, make, put);
}

function showAnswer(el, before, answer) {
  const [oldBefore, oldAnswer] = el.nbfinetuneShown ?? [];
  if (el.nbfinetuneShown && oldBefore === before && oldAnswer === answer) return;
  el.nbfinetuneShown = [before, answer];
  const comparable = before !== null && answer !== null;
  const { kept, parts } = comparable ? changedWords(before, answer) : { kept: 0, parts: [] };
  const same = comparable && before === answer;
  const changed = !comparable ? null : same ? 'none' : kept < FEW_KEPT ? 'all' : 'some';
  setAttributes(el, { 'data-changed': changed, title: same ? 'The same as before training' : null });
  const marked = (part) => (part.changed ? element('mark', '', {}, [part.text]) : part.text);
  el.replaceChildren(...(changed === 'some' ? parts.map(marked) : [answer ?? '–']));
}
