import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLive, judge, placeOf, MODEL_MAY_FOLLOW, WIDGETS_MAY_FOLLOW } from '../lib/labextension/src/live.js';

const NOW = { bound: true, kernel: 'there', model: true, restored: true, waited: 0 };

test('live, gone or too early to say', () => {
  const cases = [
    ['the model is there', {}, 'live'],
    ['the model is there before all are restored', { restored: false }, 'live'],
    ['the manager keeps to itself: rendering tells', { model: null }, 'live'],
    ['the model may still follow', { model: false }, 'wait'],
    ['it did not follow', { model: false, waited: MODEL_MAY_FOLLOW + 1 }, 'gone'],
    ['a busy kernel has not told its models yet', { model: false, restored: false, waited: 1e6 }, 'wait'],
    ['no kernel', { kernel: 'none' }, 'gone'],
    ['no kernel, no widgets', { kernel: 'none', bound: false, model: null }, 'gone'],
    ['the kernel is being chosen', { kernel: 'unknown', bound: false, model: null }, 'wait'],
    ['no kernel was chosen', { kernel: 'unknown', bound: false, model: null, waited: WIDGETS_MAY_FOLLOW + 1 }, 'gone'],
    ['widgets may still follow', { bound: false, model: null }, 'wait'],
    ['there are no widgets', { bound: false, model: null, waited: WIDGETS_MAY_FOLLOW + 1 }, 'gone']
  ];
  for (const [name, seen, verdict] of cases) assert.equal(judge({ ...NOW, ...seen }), verdict, name);
});

test('the place of an output is the registry around it and the session around that', () => {
  const panel = { parent: null, sessionContext: 'session' };
  const area = { parent: panel, rendermime: 'own' };
  assert.deepEqual(placeOf({ parent: { parent: area } }), { rendermime: 'own', session: 'session' });
  assert.deepEqual(placeOf({ parent: { parent: null, rendermime: 'own' } }), { rendermime: 'own', session: null });
  assert.equal(placeOf({ parent: null }), null);
});

/** A notebook whose widget manager has `models`, restored after `delay` ms. */
function notebook(models, delay = 0) {
  const made = [];
  const manager = {
    restoredStatus: false,
    has_model: id => manager.restoredStatus && id in models,
    get_model: async id => models[id]
  };
  setTimeout(() => (manager.restoredStatus = true), delay).unref();
  const createRenderer = () => {
    const renderer = {
      _manager: { promise: Promise.resolve(manager) },
      widgets: [],
      disposed: false,
      rendered: [],
      renderModel: async model => {
        renderer.rendered.push(model.data);
        renderer.widgets.push('view');
      },
      dispose: () => (renderer.disposed = true)
    };
    made.push(renderer);
    return renderer;
  };
  const bound = { createRenderer };
  const session = { isDisposed: false, kernelDisplayStatus: 'idle', session: { kernel: { id: 'k' } }, kernelChanged: signal(), statusChanged: signal() };
  return { place: { rendermime: { getFactory: () => bound, createRenderer }, session }, made };
}

function signal() {
  const heard = new Set();
  return { connect: f => heard.add(f), disconnect: f => heard.delete(f), emit: () => [...heard].forEach(f => f()), heard };
}

function model(live = true) {
  const heard = {};
  return {
    comm_live: live,
    heard,
    on: (event, f) => (heard[event] = f),
    off: event => delete heard[event]
  };
}

const COMMON = { getFactory: () => ({ createRenderer: () => assert.fail('the unbound renderer') }) };

test('a live view comes when its model is restored, and tells once when its kernel goes', async () => {
  const one = model();
  const { place, made } = notebook({ one }, 60);
  const live = await findLive('one', place, COMMON, () => true);
  assert.equal(live.renderer, made[0]);
  assert.deepEqual(made[0].rendered, [
    { 'application/vnd.jupyter.widget-view+json': { model_id: 'one', version_major: 2, version_minor: 0 } }
  ]);
  const told = [];
  live.onGone(why => told.push(why));
  place.session.statusChanged.emit();
  assert.deepEqual(told, []);
  place.session.session.kernel = { id: 'another' };
  place.session.kernelChanged.emit();
  place.session.kernelChanged.emit();
  assert.deepEqual(told, ['gone']);
  assert.deepEqual([one.heard, place.session.statusChanged.heard.size], [{}, 0]);
});

test('a view that its kernel closes is no sign of a kernel that is gone', async () => {
  const one = model();
  const { place } = notebook({ one });
  const told = [];
  (await findLive('one', place, COMMON, () => true)).onGone(why => told.push(why));
  one.heard['comm:close']();
  assert.deepEqual([told, one.heard], [['saved'], {}]);
});

test('a model whose kernel was restarted is not live', async () => {
  const { place, made } = notebook({ one: model(false) });
  assert.equal(await findLive('one', place, COMMON, () => true), null);
  assert.ok(made[0].disposed);
  assert.deepEqual(made[0].rendered, []);
});

test('a model that never comes is not live, and is not asked to be drawn', async () => {
  const { place, made } = notebook({});
  assert.equal(await findLive('one', place, COMMON, () => true), null);
  assert.deepEqual(made.map(({ rendered, disposed }) => [rendered, disposed]), [[[], true]]);
});

test('nobody looks on for an output that is gone', async () => {
  const { place, made } = notebook({}, 1e6);
  let left = 3;
  assert.equal(await findLive('one', place, COMMON, () => left-- > 0), null);
  assert.equal(made.length, 1);
});
