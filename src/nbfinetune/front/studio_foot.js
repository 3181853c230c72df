// What stands below the rows: what was done, the split, saving. Knows the counts of a draft, none of
// its rows.

import { CLASS_PREFIX, element, setAttributes, setText } from './dom.js';
import { countText } from './numbers.js';
import { toolButton } from './studio_detail.js';

const KEYS = '↑ ↓ choose · Enter opens · E edits · N adds · Del deletes · Ctrl+Z undoes · / searches';

/**
 * @param {HTMLElement} el
 * @param {{divide: (ratio: number, seed: number) => void, side: (code: string) => void,
 *   save: (name: string) => void}} actions `side`: show the rows on this side of the split
 * @returns {{show: (rows: import('./studio_rows.js').StudioRows, code: string) => void,
 *   divided: (ratio: number, seed: number) => void,
 *   nameFirst: (name: string) => void, say: (text: string, bad?: boolean) => void}}
 */
export function createStudioFoot(el, { divide, side, save }) {
  const ratio = numberField('Validation', { min: 0, max: 90, value: 10 }, '%');
  const seed = numberField('seed', { min: 0, max: 4294967295, value: 0 });
  const train = sideButton('train', 'Show the rows that are trained on', side);
  const held = sideButton('validation', 'Show the rows that are held out', side);
  const name = element('input', `search ${CLASS_PREFIX}name-field`, { type: 'text', maxlength: 200, placeholder: 'Name' });
  name.setAttribute('aria-label', 'Name of the saved version');
  const store = toolButton('Save', 'Keep the valid rows under this name, as a new version', () => save(name.value), 'primary');
  const said = element('div', 'said', { role: 'status', 'aria-live': 'polite' });
  const split = element('div', 'split', { role: 'group', 'aria-label': 'Split preview' }, [ratio.label, seed.label, train, held]);
  const keeping = element('div', 'keeping', {}, [element('label', 'number-label', {}, ['Save as', name]), store]);
  el.append(
    element('div', 'below', {}, [said, element('div', `quiet ${CLASS_PREFIX}keys`, {}, [KEYS])]),
    element('div', 'foot', {}, [split, keeping]),
  );
  const ask = () => {
    const share = Number(ratio.input.value);
    const number = Number(seed.input.value);
    const fits = share >= 0 && share <= 90 && Number.isInteger(number) && number >= 0 && ratio.input.value !== '';
    if (fits && number < 2 ** 32) divide(share / 100, number);
  };
  for (const { input } of [ratio, seed]) input.addEventListener('change', ask);
  name.addEventListener('keydown', (event) => event.key === 'Enter' && save(name.value));
  return {
    show({ head, heldOut }, code) {
      const sides = [[train, 'train', head.valid - heldOut.size], [held, 'validation', heldOut.size]];
      for (const [button, own, count] of sides) {
        setText(button.children[1], countText(count));
        setAttributes(button, { 'aria-pressed': String(own === code) });
      }
      const valid = head.valid < head.rows ? 'valid ' : '';
      setText(store, `Save ${countText(head.valid)} ${valid}${head.valid === 1 ? 'row' : 'rows'}`);
      store.disabled = head.valid === 0;
    },
    divided(share, number) {
      ratio.input.value = String(Number((share * 100).toPrecision(6)));
      seed.input.value = String(number);
    },
    nameFirst: (text) => (name.value ||= text),
    say(text, bad = false) {
      setText(said, text);
      setAttributes(said, { 'data-bad': bad });
    },
  };
}

function sideButton(name, title, side) {
  const swatch = element('i', `swatch ${CLASS_PREFIX}swatch-${name}`);
  const button = element('button', 'entry', { type: 'button', title }, [swatch, element('b'), element('span', '', {}, [name])]);
  button.addEventListener('click', () => side(name));
  return button;
}

function numberField(text, about, unit = '') {
  const input = element('input', 'number-field', { type: 'number', step: 1, ...about });
  return { input, label: element('label', 'number-label', {}, [text, input, unit]) };
}
