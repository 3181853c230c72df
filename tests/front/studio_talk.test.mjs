// Questions to the kernel about a draft, their answers, and what is done when none comes. Time is made up.

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { studioTalk } from '../../src/nbfinetune/front/studio_talk.js';

/** A kernel that hears and is silent; the test speaks for it. */
function start({ gone = false } = {}) {
  const kernel = { sent: [], hear: null, heard: [], silence: [] };
  const model = {
    on: (_, listener) => (kernel.hear = listener),
    off: () => (kernel.hear = null),
    send(message) {
      if (gone) throw new Error('the comm is closed');
      kernel.sent.push(message);
    },
  };
  kernel.talk = studioTalk(model, (answer, own) => kernel.heard.push([answer.t, own]), (silent) => kernel.silence.push(silent));
  kernel.answer = (message, t = 'found') => kernel.hear({ t, page: message.page, seq: message.seq, revision: 0 });
  return kernel;
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
});

test('an answer finds its question, once', () => {
  const kernel = start();
  const then = [];
  kernel.talk.ask({ t: 'find' }, (answer) => then.push(['find', answer.t]));
  kernel.talk.ask({ t: 'save', name: 'x' }, (answer) => then.push(['save', answer.t]));
  kernel.answer(kernel.sent[1], 'saved');
  kernel.answer(kernel.sent[0]);
  kernel.answer(kernel.sent[0]);
  assert.deepEqual(then, [['save', 'saved'], ['find', 'found']]);
  assert.deepEqual(kernel.heard, [['saved', true], ['found', true]]);
});

test('what other pages are told is heard, too, and is no answer to ours', () => {
  const kernel = start();
  const then = [];
  kernel.talk.ask({ t: 'find' }, () => then.push('answered'));
  kernel.hear({ t: 'changed', page: 'another', seq: kernel.sent[0].seq, revision: 4 });
  assert.deepEqual([kernel.heard, then], [[['changed', false]], []]);
});

test('what is no answer is not heard', () => {
  const kernel = start();
  for (const message of [null, 3, {}, { t: 5 }, { t: 'found' }, { t: 'found', revision: '1' }]) kernel.hear(message);
  assert.deepEqual(kernel.heard, []);
});

test('a question is asked again, a change is said once, and silence is told until somebody speaks', () => {
  const kernel = start();
  kernel.talk.ask({ t: 'lines', ids: [1] });
  kernel.talk.ask({ t: 'delete', id: 1 });
  mock.timers.tick(4000);
  assert.deepEqual([kernel.sent.length, kernel.silence], [2, []]);
  mock.timers.tick(2000);
  assert.deepEqual(kernel.sent.map(({ t }) => t), ['lines', 'delete', 'lines']);
  assert.equal(kernel.sent[2].seq, kernel.sent[0].seq);
  assert.equal(kernel.silence.at(-1), true);
  kernel.answer(kernel.sent[2], 'lines');
  assert.equal(kernel.silence.at(-1), false);
});

test('a kernel that is gone is told at once; a view that is taken away is silent', () => {
  const gone = start({ gone: true });
  assert.equal(gone.talk.ask({ t: 'delete', id: 1 }), false);
  const kernel = start();
  assert.equal(kernel.talk.ask({ t: 'find' }), true);
  kernel.talk.stop();
  mock.timers.tick(60_000);
  assert.deepEqual([kernel.sent.length, kernel.hear], [1, null]);
});
