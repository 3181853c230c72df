// The view of a run: header, chart, samples, log. Knows a picture, not where it comes from: a widget
// shows it live, a saved notebook without a kernel.

import { createChart } from './chart.js';
import { element, setAttributes } from './dom.js';
import { METRICS, latestValues, metricLines, readingAt } from './metrics.js';
import { lossText } from './numbers.js';
import { createHeader } from './run_header.js';
import { createLog } from './run_log.js';
import { createSamples, sampleSteps } from './run_samples.js';
import { createToolbar } from './run_toolbar.js';

/**
 * @param {HTMLElement} el
 * @param {{onCommand?: (command: string) => void | boolean}} [options] without it there are no buttons
 * @returns {{show: (picture: import('./picture.js').Picture) => void, hint: (text: string) => void,
 *   destroy: () => void}} `hint` says something quiet above all, '' takes it away
 */
export function mountRunView(el, { onCommand } = {}) {
  const root = element('div', 'run');
  el.append(root);
  const choice = { metric: 'loss', smoothing: 0.6, log: false, step: null };
  let picture = null;
  let lines = [];
  const select = (step) => {
    choice.step = step;
    draw();
  };
  const header = createHeader(root, onCommand);
  const toolbar = createToolbar(root, METRICS, choice, { onChange: draw, onReset: () => chart.resetZoom() });
  const figure = element('div', 'figure');
  root.append(figure);
  const chart = createChart(figure, {
    describe: (step) => readingAt(picture, lines, choice.metric, step),
    onSelect: select,
    onZoom: (zoomed) => toolbar.zoomed(zoomed),
  });
  const samples = createSamples(root, select);
  const log = createLog(root);

  function draw() {
    if (!picture) return;
    const { head } = picture;
    lines = metricLines(picture, choice);
    const step = selectedStep(picture, choice.step);
    setAttributes(root, { 'data-state': head.state, 'data-step': head.step, 'data-points': picture.train.have });
    header.show(picture);
    chart.update(chartData(picture, lines, choice, step));
    samples.show(picture, step);
    log.show(picture);
  }

  return {
    show(next) {
      picture = next;
      draw();
    },
    hint: header.hint,
    destroy() {
      chart.destroy();
      root.remove();
    },
  };
}

/** The chosen one; else the best when the run has ended, the newest while it goes on. */
function selectedStep(picture, chosen) {
  const steps = sampleSteps(picture);
  if (chosen !== null && steps.includes(chosen)) return chosen;
  const { ended, best_step: best } = picture.head;
  if (ended && steps.includes(best)) return best;
  const answered = picture.samples.items.map((sample) => sample.step).filter((at) => at > 0);
  return answered.length ? Math.max(...answered) : (steps.at(-1) ?? null);
}

function chartData(picture, lines, { metric, log }, selected) {
  const { head } = picture;
  const { label, tick } = METRICS.find((one) => one.key === metric);
  const last = Math.max(head.step, ...lines.map(({ xs }) => xs.at(-1) ?? 0));
  const marks = picture.checkpoints.items.map(([step, , loss]) => ({
    step,
    best: step === head.best_step,
    selected: step === selected,
    label: `Checkpoint at step ${step}, validation loss ${lossText(loss)}${step === head.best_step ? ', the best' : ''}`,
  }));
  return {
    lines, marks, log,
    legend: latestValues(lines, metric),
    end: head.ended ? last : Math.max(last, head.total_steps ?? 0),
    label: `${label} over ${last} steps. Left and right move along the points, plus and minus zoom.`,
    empty: emptyText(picture),
    tickText: tick,
  };
}

function emptyText({ head, train }) {
  if (train.items.length) return 'Not recorded in this run';
  return head.ended ? 'No step was taken' : 'The curve begins with the first step';
}
