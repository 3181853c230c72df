// Whether the live view that a saved picture stands for still exists, and its renderer when it does.
//
// jupyterlab_widgets puts a renderer without a manager into the global registry and a bound one into
// a notebook's own registry as soon as that notebook's kernel is known. The manager then restores the
// models from the kernel, which takes a while after a page reload.

import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Widget } from '@lumino/widgets';
import { WIDGET_MIME } from './saved.js';

/** What is used of a widget manager and its models; nothing of it is in JupyterLab's own types. */
export interface Manager {
  has_model(id: string): boolean;
  get_model(id: string): Promise<Model>;
  readonly restoredStatus: boolean;
}
export interface Model {
  readonly comm_live?: boolean;
  on?(event: string, heard: () => void): void;
  off?(event: string, heard: () => void): void;
}

/** What can be seen of a live view at one moment. */
export interface Sight {
  /** The output's registry has a widget renderer that is bound to a manager. */
  bound: boolean;
  /** 'unknown' while the notebook still looks for its kernel, or where nobody knows. */
  kernel: 'unknown' | 'none' | 'there';
  /** The manager has the model; null where the manager can't be asked. */
  model: boolean | null;
  /** All models that the kernel has are there. */
  restored: boolean;
  /** Since when it was looked for, in milliseconds. */
  waited: number;
}

/** A model may come a little after the output that shows it: as long as jupyterlab_widgets waits. */
export const MODEL_MAY_FOLLOW = 2000;
/** A notebook that has found no kernel by then, or no widgets with it, may have been told to. */
export const WIDGETS_MAY_FOLLOW = 10000;

/** Live, not live, or too early to say. */
export function judge(sight: Sight): 'live' | 'gone' | 'wait' {
  if (sight.kernel === 'none') return 'gone';
  if (!sight.bound) return sight.waited > WIDGETS_MAY_FOLLOW ? 'gone' : 'wait';
  if (sight.model !== false) return 'live';
  return sight.restored && sight.waited > MODEL_MAY_FOLLOW ? 'gone' : 'wait';
}

/** Where an output lies: the registry that renders it, and the kernel session if it has one. */
export interface Place {
  rendermime: IRenderMimeRegistry;
  session: ISessionContext | null;
}

/** Walk up from an output. Works in notebooks, consoles and outputs with a tab of their own. */
export function placeOf(output: Widget): Place | null {
  let rendermime: IRenderMimeRegistry | null = null;
  for (let at = output.parent; at; at = at.parent) {
    const known = at as Partial<{ rendermime: IRenderMimeRegistry; sessionContext: ISessionContext }>;
    rendermime ??= known.rendermime ?? null;
    if (rendermime && known.sessionContext) return { rendermime, session: known.sessionContext };
  }
  return rendermime && { rendermime, session: null };
}

type Heard = (why: 'gone' | 'saved') => void;

export interface LiveView {
  renderer: IRenderMime.IRenderer;
  /** Called once: the kernel is gone, or it closed the view. Returns how not to be called. */
  onGone(heard: Heard): () => void;
}

/**
 * The live view of a model, rendered; null when there is none.
 * @param common the registry that every notebook's is a copy of
 * @param wanted false ends the search
 */
export async function findLive(
  id: string,
  place: Place,
  common: IRenderMimeRegistry,
  wanted: () => boolean
): Promise<LiveView | null> {
  const began = Date.now();
  let renderer: IRenderMime.IRenderer | null = null;
  let manager: Manager | null = null;
  for (let pause = 25; wanted(); pause = Math.min(pause * 1.5, 1000)) {
    if (!renderer && isBound(place.rendermime, common)) {
      renderer = place.rendermime.createRenderer(WIDGET_MIME);
      manager = await managerOf(renderer);
    }
    const verdict = judge({
      bound: renderer !== null,
      kernel: kernelOf(place.session),
      model: manager && manager.has_model(id),
      restored: manager?.restoredStatus ?? true,
      waited: Date.now() - began
    });
    if (verdict === 'live' && renderer) {
      const view = await render(id, renderer, manager, place.session);
      if (view && wanted()) return view;
      break;
    }
    if (verdict === 'gone') break;
    await new Promise(resolve => setTimeout(resolve, pause));
  }
  renderer?.dispose();
  return null;
}

async function render(
  id: string,
  renderer: IRenderMime.IRenderer,
  manager: Manager | null,
  session: ISessionContext | null
): Promise<LiveView | null> {
  const model = manager ? await manager.get_model(id).catch(() => null) : null;
  if (manager && (!model || model.comm_live === false)) return null;
  // An object of its own: the renderer empties it when the view is closed, and it would be saved so.
  const data = { [WIDGET_MIME]: { model_id: id, version_major: 2, version_minor: 0 } };
  await renderer.renderModel({ trusted: true, data, metadata: {}, setData: () => undefined });
  if (!hasView(renderer)) return null;
  return { renderer, onGone: heard => watch(model, session, heard) };
}

function watch(model: Model | null, session: ISessionContext | null, heard: Heard): () => void {
  const kernel = session?.session?.kernel?.id;
  const tell = (why: 'gone' | 'saved') => {
    stop();
    heard(why);
  };
  const closed = () => tell('saved');
  const check = () => {
    const other = session !== null && session.session?.kernel?.id !== kernel;
    if (model?.comm_live === false || other || kernelOf(session) === 'none') tell('gone');
  };
  const stop = () => {
    model?.off?.('comm_live_update', check);
    model?.off?.('comm:close', closed);
    session?.kernelChanged.disconnect(check);
    session?.statusChanged.disconnect(check);
  };
  model?.on?.('comm_live_update', check);
  model?.on?.('comm:close', closed);
  session?.kernelChanged.connect(check);
  session?.statusChanged.connect(check);
  return stop;
}

function kernelOf(session: ISessionContext | null): Sight['kernel'] {
  if (!session || session.isDisposed) return 'unknown';
  const status = session.kernelDisplayStatus;
  if (status === 'dead' || status === 'terminating') return 'none';
  if (session.session?.kernel) return 'there';
  return status === 'initializing' || status === 'starting' ? 'unknown' : 'none';
}

function isBound(own: IRenderMimeRegistry, common: IRenderMimeRegistry): boolean {
  const factory = own.getFactory(WIDGET_MIME);
  return factory !== undefined && factory !== common.getFactory(WIDGET_MIME);
}

/** jupyterlab_widgets keeps the manager to itself; without it, only rendering tells. */
async function managerOf(renderer: IRenderMime.IRenderer): Promise<Manager | null> {
  const kept = (renderer as { _manager?: { promise?: Promise<Partial<Manager>> } })._manager;
  const manager = await kept?.promise;
  return typeof manager?.has_model === 'function' && typeof manager.get_model === 'function'
    ? (manager as Manager)
    : null;
}

function hasView(renderer: IRenderMime.IRenderer): boolean {
  return ((renderer as { widgets?: readonly Widget[] }).widgets?.length ?? 0) > 0;
}

/** Calls once when a notebook gets a kernel; returns how not to be called. */
export function onKernel(session: ISessionContext | null, heard: () => void): () => void {
  const changed = () => {
    if (!session?.session?.kernel) return;
    stop();
    heard();
  };
  const stop = () => void session?.kernelChanged.disconnect(changed);
  session?.kernelChanged.connect(changed);
  return stop;
}

/** Resolves when a live view has something to show. */
export function hasDrawn(node: HTMLElement): Promise<void> {
  return new Promise(resolve => {
    if (!isEmpty(node)) return resolve();
    const observer = new MutationObserver(() => {
      if (isEmpty(node)) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(node, { attributes: true, childList: true, subtree: true });
  });
}

/**
 * A run view that heard nothing of its run yet says `queued`, a studio that heard nothing of its rows
 * has no revision; another view has nothing in it.
 */
function isEmpty(node: HTMLElement): boolean {
  const studio = node.querySelector<HTMLElement>('.jp-nbfinetune-studio');
  if (studio) return studio.dataset.revision === undefined;
  const run = node.querySelector<HTMLElement>('.jp-nbfinetune-run');
  if (run) return run.dataset.state === 'queued';
  return node.textContent?.trim() === '' && node.querySelector('img, svg, canvas') === null;
}
