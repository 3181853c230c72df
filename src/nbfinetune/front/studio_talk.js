// Talking with the kernel about a draft: every question gets its answer, or a word that nobody answers.
// What only asks is asked again; what changes something is said once. Knows no page.

const AGAIN_MS = 5000;

/**
 * @param {{send: Function, on: Function, off: Function}} model of a widget; `send` may throw
 * @param {(answer: object, own: boolean) => void} hear every answer of the kernel, also to other pages
 * @param {(silent: boolean) => void} onSilence
 * @returns {{ask: (message: object, then?: (answer: object) => void) => boolean, stop: () => void}}
 *   `ask` is false where it could not be sent
 */
export function studioTalk(model, hear, onSilence) {
  const page = Math.random().toString(36).slice(2);
  const waiting = new Map(); // by number: what was asked, when, and what to do then
  let numbers = 0;

  function send(message) {
    try {
      model.send(message);
      return true;
    } catch {
      return false; // the kernel is gone
    }
  }
  function ask(message, then) {
    const seq = (numbers += 1);
    const whole = { ...message, page, seq };
    waiting.set(seq, { message: whole, at: Date.now(), then });
    return send(whole);
  }
  function listen(answer) {
    if (typeof answer?.t !== 'string' || !Number.isInteger(answer.revision)) return;
    const own = answer.page === page;
    const asked = own ? waiting.get(answer.seq) : undefined;
    if (own) waiting.delete(answer.seq);
    onSilence(false);
    if (own && !asked) return; // the answer to a question that was asked twice
    hear(answer, own);
    asked?.then?.(answer);
  }
  function tick() {
    const late = [...waiting.values()].filter(({ at }) => Date.now() - at >= AGAIN_MS);
    if (late.length) onSilence(true);
    for (const one of late.filter(({ message }) => ASKS.has(message.t))) {
      one.at = Date.now();
      send(one.message);
    }
  }

  model.on('msg:custom', listen);
  const timer = setInterval(tick, 1000);
  return {
    ask,
    stop() {
      clearInterval(timer);
      model.off('msg:custom', listen);
    },
  };
}

const ASKS = new Set(['find', 'lines', 'open', 'divide']);
