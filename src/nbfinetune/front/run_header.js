// The head of a run's view: name, state, progress, figures, commands, notices, failure.

import { CLASS_PREFIX, element, keepChildren, setAttributes, setShown, setText } from './dom.js';
import { bytesText, countText, durationText } from './numbers.js';

const WAITING = { queued: 'Waits for its turn …', preparing: 'Loading torch and the model …' };
const STATE_CHIPS = {
  finished: 'good', failed: 'bad', interrupted: 'bad', stopped: 'plain', paused: 'plain',
};
const COMMAND_WORDS = {
  stop: ['Stop', 'Stopping …'],
  pause: ['Pause', 'Pausing …'],
  resume: ['Resume', 'Resuming …'],
};

/**
 * @param {HTMLElement} el @param {((command: string) => void | boolean) | undefined} onCommand
 * @returns {{show: (picture: import('./picture.js').Picture) => void, hint: (text: string) => void}}
 */
export function createHeader(el, onCommand) {
  const name = element('span', 'name', { dir: 'auto' });
  const chip = element('span', 'chip', { role: 'status' });
  const commands = element('span', 'commands');
  const line = element('div', 'plan');
  const fill = element('div', 'fill');
  const about = { role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': 0 };
  const bar = element('div', 'bar', about, [fill]);
  const facts = element('dl', 'facts');
  const notices = element('div', 'notices');
  const failure = element('div', 'failure', { role: 'alert', hidden: '' });
  const origin = element('span', 'origin');
  const hint = element('div', 'hint', { hidden: '' });
  const top = element('div', 'head', {}, [name, chip, origin, hint, commands]);
  el.append(top, line, bar, facts, notices, failure);
  const pressed = new Set();
  return {
    hint(text) {
      setText(hint, text);
      setShown(hint, text !== '');
    },
    show(picture) {
      const { head } = picture;
      const spec = picture.about.items.at(-1);
      const plan = picture.plan.items.at(-1);
      setText(name, spec?.name || 'Run');
      setAttributes(name, { title: spec?.id ? `Run ${spec.id}` : null });
      setText(origin, originText(spec));
      setText(chip, head.state);
      const kind = STATE_CHIPS[head.state] ?? 'busy';
      setAttributes(chip, { class: `${CLASS_PREFIX}chip ${CLASS_PREFIX}${kind}` });
      setText(line, plan?.line || fetching(picture) || WAITING[head.state] || '\u00a0');
      showCommands(commands, head, pressed, onCommand);
      showBar(bar, fill, head);
      showFacts(facts, onCommand ? head : { ...head, remaining_seconds: null }); // saved: no more to come
      showLines(notices, [...(plan?.notices ?? []), ...picture.notices.items], 'note');
      setText(failure, picture.failure.items.join('\n'));
      setShown(failure, picture.failure.items.length > 0);
    },
  };
}

/** The last word of a run that prepares: how far its model is. */
function fetching({ head, log }) {
  return head.state === 'preparing' ? log.items.at(-1) : '';
}

/** What was tuned, how, on what; a preset is often named after its model. */
function originText(spec) {
  const parts = spec ? [spec.base_model, spec.preset, spec.data] : [];
  return [...new Set(parts)].filter(Boolean).join(' · ');
}

function showCommands(el, head, pressed, onCommand) {
  const offered = onCommand && !head.ended ? head.commands : [];
  for (const command of [...pressed]) if (!offered.includes(command)) pressed.delete(command);
  const make = (command) => {
    const button = element('button', 'command', { type: 'button', 'data-command': command });
    button.addEventListener('click', () => {
      if (onCommand(command) === false) return;
      pressed.add(command);
      showCommands(el, head, pressed, onCommand);
    });
    return button;
  };
  keepChildren(el, offered, (command) => command, make, (button, command) => {
    const [word, doing] = COMMAND_WORDS[command] ?? [command, `${command} …`];
    setText(button, pressed.has(command) ? doing : word);
    button.disabled = pressed.has(command);
  });
}

function showBar(bar, fill, head) {
  const total = head.total_steps;
  const share = total ? Math.min(head.step / total, 1) : null;
  const waiting = share === null && !head.ended;
  setAttributes(bar, {
    'aria-valuemax': total ?? 1,
    'aria-valuenow': total ? Math.min(head.step, total) : null,
    'aria-valuetext': total ? `${head.step} of ${total} steps` : head.state,
    'data-waiting': waiting,
    'data-state': head.state,
  });
  setAttributes(fill, { style: waiting ? null : `width:${((share ?? 0) * 100).toFixed(2)}%` });
}

function showFacts(el, head) {
  const of = (value, whole) => (whole === null ? value : `${value} / ${whole}`);
  const known = (value, text) => (value === null ? null : text(value));
  const all = [
    ['step', of(countText(head.step), known(head.total_steps, countText))],
    ['epoch', known(head.epoch, (epoch) => of(epoch.toFixed(1), head.epochs))],
    ['elapsed', known(head.elapsed_seconds, durationText)],
    ['left', head.ended ? null : known(head.remaining_seconds, (left) => `about ${durationText(left)}`)],
    ['tokens/s', known(head.tokens_per_second, countText)],
    ['memory', known(head.memory_bytes, bytesText)],
  ];
  const shown = all.filter(([, value]) => value !== null || !head.ended);
  const make = () => element('div', 'fact', {}, [element('dt'), element('dd')]);
  keepChildren(el, shown, ([name]) => name, make, (node, [name, value]) => {
    setText(node.firstChild, name);
    setText(node.lastChild, value ?? '–');
  });
}

function showLines(el, lines, name) {
  keepChildren(el, lines, (_, i) => i, () => element('div', name), setText);
}
