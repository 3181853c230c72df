// The view of a run: header, chart, samples, log. Knows a picture, not where it comes from: a widget
// shows it live, a saved notebook without a kernel.

import { createChart } from './chart.js';
import { element, setAttributes } from './dom.js';
import { keepKeys } from './keys.js';
import { METRICS, legendEntries, metricLines, metricOf, metricTickTexts, readingAt } from './metrics.js';
import { countText, lossText } from './numbers.js';
import { createHeader } from './run_header.js';
import { createLog } from './run_log.js';
import { createSamples, sampleSteps } from './run_samples.js';
import { createToolbar } from './run_toolbar.js';

/**
 * @param {HTMLElement} el
 * @param {{onCommand?: (command: string) => void | boolean}} [options] without it there are no buttons;
 *   false says that the command could not be sent
 * @returns {{show: (picture: import('./picture.js').Picture) => void, hint: (text: string) => void,
 *   destroy: () => void}} `show` may be called often; `hint` says something quiet above all, '' ends it
 */
export function mountRunView(el, { onCommand } = {}) {
  const root = element('div', 'run', { 'data-live': onCommand !== undefined });
  const figure = element('div', 'figure');
  const choice = { metric: 'loss', smoothing: 0.6, log: false, step: null };
  let picture = null;
  let lines = [];

  const select = (step) => {
    choice.step = step;
    draw();
  };
  const header = createHeader(root, onCommand);
  createToolbar(root, METRICS, choice, draw);
  root.append(figure);
  const chart = createChart(figure, {
    describe: (step) => readingAt(picture, lines, choice.metric, step),
    onSelect: select,
  });
  const samples = createSamples(root, select);
  const log = createLog(root);
  const releaseKeys = keepKeys(root);
  el.append(root);

  function draw() {
    if (!picture) return;
    const { head, train } = picture;
    const step = selectedStep(picture, choice.step);
    lines = metricLines(picture, choice);
    setAttributes(root, { 'data-state': head.state, 'data-step': head.step, 'data-points': train.have });
    header.show(picture);
    chart.update(chartData(picture, lines, choice, step));
    samples.show(picture, step, step !== selectedStep(picture, null));
    log.show(picture);
  }

  return {
    show(next) {
      picture = next;
      draw();
    },
    hint: header.hint,
    destroy() {
      releaseKeys();
      chart.destroy();
      root.remove();
    },
  };
}

/** The chosen one; else the best when the run has ended, the newest with answers while it goes on. */
function selectedStep(picture, chosen) {
  const steps = sampleSteps(picture);
  if (steps.includes(chosen)) return chosen;
  const { ended, best_step: best } = picture.head;
  if (ended && steps.includes(best)) return best;
  const answered = picture.samples.items.map((sample) => sample.step).filter((step) => step > 0);
  return answered.length ? Math.max(...answered) : (steps.at(-1) ?? null);
}

/** @returns {import('./chart.js').ChartData} */
function chartData(picture, lines, { metric, log }, selected) {
  const { head } = picture;
  const { label, fromZero = false } = metricOf(metric);
  const last = Math.max(head.step, ...lines.map(({ xs }) => xs.at(-1) ?? 0));
  return {
    lines,
    marks: chartMarks(picture, selected),
    log,
    fromZero,
    end: head.ended && last ? last : Math.max(last, head.total_steps ?? 0),
    legend: legendEntries(lines, metric),
    label: `${label} over ${countText(last)} steps. Left and right move along the points, `
      + 'plus and minus zoom.',
    empty: emptyText(picture),
    tickTexts: metricTickTexts(metric),
  };
}

/** A run that was resumed may have saved a step twice: the later one counts. */
function chartMarks({ checkpoints, head }, selected) {
  const byStep = new Map(checkpoints.items.map((item) => [item[0], item]));
  return [...byStep.values()].map(([step, , loss]) => {
    const best = step === head.best_step;
    const measured = loss === null ? '' : `, validation loss ${lossText(loss)}`;
    const label = `Checkpoint at step ${step}${measured}${best ? ', the best' : ''}`;
    return { step, best, selected: step === selected, label };
  });
}

function emptyText({ head, train }) {
  if (train.items.length) return 'Not recorded in this run';
  return head.ended ? 'No step was taken' : 'The curve begins with the first step';
}
