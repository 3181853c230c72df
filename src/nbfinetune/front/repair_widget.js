// The repair panel in a page. The kernel says what is shown, every text of data escaped; here are the
// presses, the focus, and the clipboard. Knows nothing of fixes.

import { keepKeys } from './keys.js';
import { knownNodes } from './markup.js';

/**
 * @param {{model: object, el: HTMLElement}} context of anywidget
 * @returns {() => void} takes the view away
 */
function renderRepair({ model, el }) {
  const panel = document.createElement('div');
  const said = document.createElement('div');
  said.setAttribute('role', 'status');
  said.style.cssText = 'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)';
  el.append(panel, said);

  function draw() {
    const had = panel.contains(document.activeElement);
    panel.replaceChildren(knownNodes(model.get('html')));
    said.textContent = model.get('said');
    if (had) (panel.querySelector('[data-first]') ?? panel.querySelector('button'))?.focus();
  }
  function press(button) {
    const { do: what, fix } = button.dataset;
    if (what === 'copy') return copy(button.closest('.newcell'), button);
    if (panel.getAttribute('aria-busy') === 'true') return undefined;
    panel.setAttribute('aria-busy', 'true'); // buttons stay enabled: a disabled one would lose the focus
    said.textContent = model.get('waiting');
    try {
      return model.send({ t: 'press', do: what, fix });
    } catch {
      return answered(); // the kernel is gone
    }
  }
  async function copy(cell, button) {
    try {
      await navigator.clipboard.writeText(newText(cell));
    } catch {
      getSelection().selectAllChildren(cell.querySelector('pre')); // no clipboard here: Ctrl+C takes it
      if (!document.execCommand('copy')) return;
    }
    button.textContent = said.textContent = cell.dataset.said;
  }
  function answered() {
    panel.removeAttribute('aria-busy');
    draw();
  }

  panel.addEventListener('click', (event) => {
    const button = event.target.closest?.('button[data-do]');
    if (button) press(button);
  });
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const does = panel.querySelector('[data-escape]')?.dataset.escape;
    const button = does && panel.querySelector(`button[data-do='${does}']`);
    if (button) press(button);
  });
  const freeKeys = keepKeys(el);
  model.on('change:turn', answered);
  draw();
  return () => {
    freeKeys();
    model.off('change:turn', answered);
  };
}

function newText(cell) {
  return cell.querySelector('pre').textContent;
}

export default { render: renderRepair };
