// The news of a run from the kernel: asks for them, merges them, tells when they stop. It heals
// itself: whatever is lost on the way is asked for again. Knows no page.

import { durationText } from './numbers.js';
import { emptyPicture, have, merge } from './picture.js';

const TICK_MS = 500;
const QUIET_MS = 900; // without news for so long we ask
const SLOWEST_MS = 5000; // between two questions that nobody answers: a busy kernel keeps them all
const SILENT_MS = 5000; // without an answer for so long we say so

/**
 * @param {{send: Function, on: Function, off: Function}} model of a widget; `send` may throw
 * @param {{show: (picture: import('./picture.js').Picture) => void, hint: (text: string) => void}} view
 * @param {object} [about] what the page says of itself with each question
 * @returns {{command: (name: string) => boolean, stop: () => void}} `command` is false when it could
 *   not be sent
 */
export function followRun(model, view, about = {}) {
  const picture = emptyPicture();
  const talk = { heard: Date.now(), asked: 0, unanswered: 0, whole: false, timer: null };

  function send(message) {
    try {
      model.send(message);
      return true;
    } catch {
      return false; // the kernel is gone: the same as no answer
    }
  }
  function pull() {
    talk.asked = Date.now();
    talk.unanswered += 1;
    send({ t: 'pull', ...about, have: have(picture) });
  }
  function hear(message) {
    if (message?.t !== 'news') return;
    const outcome = merge(picture, message);
    Object.assign(talk, { heard: Date.now(), unanswered: 0, whole: outcome !== 'gap' });
    // pushes go on until the answer is here: not each of them asks
    if (!talk.whole && talk.heard - talk.asked > TICK_MS) pull();
    view.hint(picture.refused);
    view.show(picture);
    keepTime();
  }
  function keepTime() {
    const over = picture.refused !== '' || (picture.head.ended && talk.whole);
    if (over) talk.timer = clearInterval(talk.timer) ?? null;
    else talk.timer ??= setInterval(tick, TICK_MS);
  }
  function tick() {
    const now = Date.now();
    const patience = Math.min(SLOWEST_MS, TICK_MS * 2 ** talk.unanswered);
    const wanting = now - talk.heard > QUIET_MS || !talk.whole;
    if (wanting && now - talk.asked >= patience) pull();
    if (now - talk.heard > SILENT_MS) view.hint(silenceText(picture, now - talk.heard));
  }

  model.on('msg:custom', hear);
  view.show(picture);
  pull();
  keepTime();
  return {
    command: (name) => send({ t: 'command', command: name }),
    stop() {
      clearInterval(talk.timer);
      model.off('msg:custom', hear);
    },
  };
}

function silenceText(picture, ms) {
  const name = picture.about.items.at(-1)?.name ?? '';
  return `No news for ${durationText(ms / 1000)}: the kernel is busy or gone. `
    + `The run's folder keeps everything: ${`%ft_runs ${name}`.trimEnd()}`;
}
