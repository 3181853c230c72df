// Talking with the kernel: when the page asks, and what it says when nobody answers. Time is made up.

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { followRun } from '../../src/nbfinetune/front/news.js';

const news = (rest = {}) => ({ t: 'news', v: 1, head: { state: 'training' }, ...rest });
const ENDED = { state: 'finished', ended: true };

/** A kernel that hears and is silent; the test speaks for it. */
function start({ gone = false } = {}) {
  const kernel = { sent: [], hear: null, hints: [], shown: 0, states: [] };
  const model = {
    on: (_, listener) => (kernel.hear = listener),
    off: () => (kernel.hear = null),
    send(message) {
      if (gone) throw new Error('the comm is closed');
      kernel.sent.push(message);
    },
  };
  const view = { show: (picture) => kernel.states.push(picture.head.state), hint: (text) => kernel.hints.push(text) };
  kernel.run = followRun(model, view);
  kernel.pulls = () => kernel.sent.filter((message) => message.t === 'pull').length;
  return kernel;
}

function wait(ms) {
  for (let passed = 0; passed < ms; passed += 100) mock.timers.tick(100);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
});

test('the page asks for everything at once', () => {
  const { sent } = start();
  const nothing = {
    generation: 0, about: 0, plan: 0, train: 0, validation: 0, checkpoints: 0, samples: 0, notices: 0, log: 0, failure: 0,
  };
  assert.deepEqual(sent, [{ t: 'pull', have: nothing }]);
});

test('while news arrive nothing is asked', () => {
  const kernel = start();
  for (let i = 0; i < 20; i++) {
    kernel.hear(news());
    wait(300);
  }
  assert.equal(kernel.pulls(), 1);
  assert.equal(kernel.states.length, 21);
});

test('when no news arrive the page asks about once a second, and gets answers', () => {
  const kernel = start();
  kernel.hear(news());
  let answered = kernel.pulls();
  for (let i = 0; i < 100; i++) {
    wait(100);
    if (kernel.pulls() > answered) kernel.hear(news());
    answered = kernel.pulls();
  }
  assert.ok(answered >= 8 && answered <= 12, String(answered));
  assert.ok(kernel.hints.every((text) => text === ''));
});

test('a kernel that does not answer is asked less and less often, and the page says so', () => {
  const kernel = start();
  kernel.hear(news({ about: { from: 0, to: 1, items: [{ name: 'first-try' }] } }));
  wait(60_000);
  assert.ok(kernel.pulls() >= 12 && kernel.pulls() <= 17, String(kernel.pulls()));
  const said = 'No news for 1 min 0 s: the kernel is busy or gone. The run\'s folder keeps everything: %ft_runs first-try';
  assert.equal(kernel.hints.at(-1), said);
  kernel.hear(news());
  assert.equal(kernel.hints.at(-1), '');
});

test('a gap is asked for at once, but not again with each push', () => {
  const kernel = start();
  kernel.hear(news());
  wait(600);
  const late = (from) => news({ log: { from, to: from + 1, items: ['x'] } });
  kernel.hear(late(5));
  assert.equal(kernel.pulls(), 2);
  kernel.hear(late(6));
  kernel.hear(late(7));
  assert.equal(kernel.pulls(), 2);
  kernel.hear(news({ log: { from: 0, to: 8, items: [...'abcdefgh'] } }));
  assert.equal(kernel.sent.at(-1).have.log, 0);
});

test('the end ends the asking; an end with a gap does not', () => {
  const kernel = start();
  wait(600);
  kernel.hear(news({ head: ENDED, log: { from: 3, to: 4, items: ['x'] } }));
  assert.equal(kernel.pulls(), 2);
  wait(2000);
  assert.ok(kernel.pulls() > 2);
  kernel.hear(news({ head: ENDED, log: { from: 0, to: 4, items: [...'abcd'] } }));
  const asked = kernel.pulls();
  wait(60_000);
  assert.equal(kernel.pulls(), asked);
  assert.equal(kernel.hints.at(-1), '');
});

test('a kernel that is gone is no error', () => {
  const kernel = start({ gone: true });
  wait(12_000);
  assert.match(kernel.hints.at(-1), /^No news for 12 s: .*: %ft_runs$/);
  assert.equal(kernel.run.command('stop'), false);
});

test('a newer format is told and ends the asking', () => {
  const kernel = start();
  kernel.hear({ ...news(), v: 99 });
  wait(10_000);
  assert.equal(kernel.pulls(), 1);
  assert.match(kernel.hints.at(-1), /newer nbfinetune/);
});

test('commands are sent; what others say is not heard; a view that is taken away is silent', () => {
  const kernel = start();
  assert.equal(kernel.run.command('stop'), true);
  assert.deepEqual(kernel.sent.at(-1), { t: 'command', command: 'stop' });
  kernel.hear({ t: 'other', v: 1, head: ENDED });
  kernel.hear(null);
  assert.deepEqual(kernel.states, ['queued']);
  kernel.run.stop();
  wait(10_000);
  assert.equal(kernel.pulls(), 1);
  assert.equal(kernel.hear, null);
});
