// A scroll is heard before its event, and a list that was taken out of the page goes back to its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scrollKeeper } from '../../src/nbfinetune/front/studio_scroll.js';

/** Two boxes in a page, with what a browser does to them. */
function boxes() {
  const seen = (node, height) => {
    let top = 0;
    return Object.defineProperties(node, {
      clientHeight: { get: () => (node.out ? 0 : 520), configurable: true },
      scrollTop: { get: () => (node.out ? 0 : top), set: (value) => !node.out && (top = Math.min(value, height)) },
      lose: { value: () => (top = 0) },
    });
  };
  const box = seen({ out: false }, 300_000);
  const witness = seen({ out: false }, 142);
  const keeper = scrollKeeper(box, witness);
  keeper.write(0);
  const out = () => [box, witness].forEach((node) => (node.lose(), (node.out = true)));
  const back = () => [box, witness].forEach((node) => (node.out = false));
  return { box, keeper, out, back };
}

test('a scroll that no event has told of yet is heard, also one to the very top', () => {
  const { box, keeper } = boxes();
  box.scrollTop = 170_000;
  assert.deepEqual([keeper.read(), keeper.top], [true, 170_000]);
  box.scrollTop = 0;
  assert.deepEqual([keeper.read(), keeper.top], [true, 0]);
});

test('where the list was put is no scroll, nor is what the screen makes of a fraction', () => {
  const { box, keeper } = boxes();
  keeper.write(340);
  assert.deepEqual([box.scrollTop, keeper.read()], [340, false]);
  box.scrollTop = 340.4;
  assert.equal(keeper.read(), false);
});

test('out of the page and back is no scroll: the next drawing puts the list where it was', () => {
  const { box, keeper, out, back } = boxes();
  keeper.write(9000);
  out();
  assert.deepEqual([keeper.isLost(), keeper.read()], [true, false]);
  keeper.write(9034); // a row was added above meanwhile
  assert.deepEqual([keeper.isLost(), box.scrollTop], [true, 0]);
  back();
  assert.deepEqual([keeper.isLost(), keeper.read(), keeper.top], [true, false, 9034]);
  keeper.write(keeper.top);
  assert.deepEqual([keeper.isLost(), box.scrollTop, keeper.read()], [false, 9034, false]);
});
