// The controls of the chart: which metric, how smooth, which scale. Knows no data.

import { element, setAttributes, setText } from './dom.js';

const STEPS_BY_KEY = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/**
 * @param {HTMLElement} el @param {{key: string, label: string, short?: string, exact?: boolean}[]} metrics
 * @param {{metric: string, smoothing: number, log: boolean}} choice changed in place
 * @param {() => void} onChange
 */
export function createToolbar(el, metrics, choice, onChange) {
  const smoothing = smoothingTool(choice, onChange);
  const metric = metricTool(metrics, choice, () => {
    const { exact } = metrics.find(({ key }) => key === choice.metric);
    setAttributes(smoothing.querySelector('input'), { disabled: exact ? '' : null });
    onChange();
  });
  const tools = element('div', 'tools', {}, [smoothing, logTool(choice, onChange)]);
  el.append(element('div', 'toolbar', {}, [metric, tools]));
}

/** A radio group: one stop for the Tab key, arrows choose. */
function metricTool(metrics, choice, onChange) {
  const buttons = metrics.map(segment);
  const group = element('div', 'segments', { role: 'radiogroup', 'aria-label': 'Metric' }, buttons);
  const show = () => {
    for (const button of buttons) {
      const chosen = button.dataset.metric === choice.metric;
      setAttributes(button, { 'aria-checked': String(chosen), tabindex: chosen ? '0' : '-1' });
    }
  };
  const choose = (button) => {
    choice.metric = button.dataset.metric;
    show();
    onChange();
  };
  for (const button of buttons) button.addEventListener('click', () => choose(button));
  group.addEventListener('keydown', (event) => {
    const move = STEPS_BY_KEY[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[(buttons.indexOf(event.target) + move + buttons.length) % buttons.length];
    next.focus();
    choose(next);
  });
  show();
  return group;
}

function segment({ key, label, short = label }) {
  const about = { type: 'button', role: 'radio', 'data-metric': key, 'aria-label': label, title: label };
  const texts = [element('span', 'long', {}, [label]), element('span', 'short', {}, [short])];
  return element('button', 'segment', about, texts);
}

function smoothingTool(choice, onChange) {
  const about = { type: 'range', min: 0, max: 0.99, step: 0.01, value: choice.smoothing };
  const range = element('input', 'slider', about);
  const value = element('output', 'slider-value');
  const show = () => {
    setText(value, choice.smoothing ? choice.smoothing.toFixed(2) : 'off');
    setAttributes(range, { style: `--jp-nbfinetune-share:${(choice.smoothing / 0.99) * 100}%` });
  };
  range.addEventListener('input', () => {
    choice.smoothing = Number(range.value);
    show();
    onChange();
  });
  show();
  return element('label', 'smoothing', {}, ['Smoothing', range, value]);
}

function logTool(choice, onChange) {
  const button = element('button', 'toggle', { type: 'button', 'aria-pressed': 'false' }, ['Log scale']);
  button.addEventListener('click', () => {
    choice.log = !choice.log;
    setAttributes(button, { 'aria-pressed': String(choice.log) });
    onChange();
  });
  return button;
}
