// The controls of the chart: which metric, how smooth, which scale. Knows no data.

import { element, setAttributes } from './dom.js';

/**
 * @param {HTMLElement} el @param {{key: string, label: string}[]} metrics
 * @param {{metric: string, smoothing: number, log: boolean}} choice changed in place
 * @param {{onChange: () => void, onReset: () => void}} events
 * @returns {{zoomed: (zoomed: boolean) => void}}
 */
export function createToolbar(el, metrics, choice, { onChange, onReset }) {
  const reset = element('button', 'tool', { type: 'button', disabled: '' }, ['Reset zoom']);
  reset.addEventListener('click', onReset);
  const tools = element('div', 'tools', {}, [smoothingTool(choice, onChange), logTool(choice, onChange), reset]);
  el.append(element('div', 'toolbar', {}, [metricTool(metrics, choice, onChange), tools]));
  return { zoomed: (zoomed) => setAttributes(reset, { disabled: zoomed ? null : '' }) };
}

function metricTool(metrics, choice, onChange) {
  const group = element('div', 'segments', { role: 'radiogroup', 'aria-label': 'Metric' });
  const buttons = metrics.map(({ key, label }) => {
    const button = element('button', 'segment', { type: 'button', role: 'radio', 'data-metric': key }, [label]);
    button.addEventListener('click', () => choose(key));
    return button;
  });
  function choose(key) {
    choice.metric = key;
    for (const button of buttons) {
      const chosen = button.dataset.metric === key;
      setAttributes(button, { 'aria-checked': String(chosen), tabindex: chosen ? '0' : '-1' });
    }
    onChange();
  }
  group.addEventListener('keydown', (event) => {
    const move = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const at = buttons.findIndex((button) => button.dataset.metric === choice.metric);
    const next = buttons[(at + move + buttons.length) % buttons.length];
    next.focus();
    choose(next.dataset.metric);
  });
  group.append(...buttons);
  choose(choice.metric);
  return group;
}

function smoothingTool(choice, onChange) {
  const range = element('input', 'slider', {
    type: 'range', min: 0, max: 0.99, step: 0.01, value: choice.smoothing, 'aria-label': 'Smoothing',
  });
  const value = element('output', 'slider-value', {}, [choice.smoothing.toFixed(2)]);
  range.addEventListener('input', () => {
    choice.smoothing = Number(range.value);
    value.textContent = choice.smoothing.toFixed(2);
    onChange();
  });
  return element('label', 'tool', {}, ['Smoothing', range, value]);
}

function logTool(choice, onChange) {
  const button = element('button', 'tool', { type: 'button', 'aria-pressed': 'false' }, ['Log scale']);
  button.addEventListener('click', () => {
    choice.log = !choice.log;
    setAttributes(button, { 'aria-pressed': String(choice.log) });
    onChange();
  });
  return button;
}
