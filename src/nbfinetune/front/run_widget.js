// The widget of a run in a notebook: asks the kernel for news, merges them, shows them. It heals
// itself: whatever is lost on the way is asked for again.

import { emptyPicture, have, merge } from './picture.js';
import { mountRunView } from './run_view.js';

const TICK_MS = 500;
const QUIET_MS = 900; // without news for so long we ask
const SLOWEST_MS = 5000; // between two questions that nobody answers
const SILENT_MS = 5000; // without an answer for so long we say so

/**
 * @param {{model: object, el: HTMLElement}} context of anywidget @returns {() => void} takes the view away
 */
function render({ model, el }) {
  const picture = emptyPicture();
  const talk = { heard: Date.now(), asked: 0, unanswered: 0, whole: false, timer: 0 };

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
    send({ t: 'pull', have: have(picture) });
  }
  function hear(message) {
    if (message?.t !== 'news') return;
    const merged = merge(picture, message);
    Object.assign(talk, { heard: Date.now(), whole: merged !== 'gap' });
    if (merged === 'gap') {
      if (Date.now() - talk.asked > TICK_MS / 2) pull();
    } else talk.unanswered = 0;
    view.hint(picture.refused);
    view.show(picture);
    keepTime();
  }
  function keepTime() {
    const over = picture.refused || (picture.head.ended && talk.whole);
    if (over) talk.timer = clearInterval(talk.timer) ?? 0;
    else talk.timer ||= setInterval(tick, TICK_MS);
  }
  function tick() {
    const now = Date.now();
    const patience = Math.min(SLOWEST_MS, TICK_MS * 2 ** talk.unanswered);
    if (now - talk.heard > QUIET_MS && now - talk.asked > patience) pull();
    if (now - talk.heard > SILENT_MS) view.hint(silenceText(picture, now - talk.heard));
  }

  const view = mountRunView(el, { onCommand: (command) => send({ t: 'command', command }) });
  model.on('msg:custom', hear);
  view.show(picture);
  pull();
  keepTime();
  return () => {
    clearInterval(talk.timer);
    model.off('msg:custom', hear);
    view.destroy();
  };
}

function silenceText(picture, ms) {
  const name = picture.about.items.at(-1)?.name ?? '';
  return `No news for ${Math.round(ms / 1000)} s: the kernel is busy or gone. `
    + `The run's folder keeps everything: %ft_runs ${name}`.trimEnd();
}

export default { render };
