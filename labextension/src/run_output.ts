// The output of a run: the live view while it exists, what the notebook holds when it doesn't.

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { PromiseDelegate } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import { findLive, hasDrawn, LiveView, onKernel, placeOf } from './live.js';
import { modelId, readSaved, RUN_MIME, Saved, WIDGET_MIME } from './saved.js';
import { SavedRun } from './saved_run.js';
import type { Why, Words } from './words.js';

/** Milliseconds: a live view that comes sooner is the first thing one sees. */
const SHOW_SAVED_AFTER = 400;

export class RunOutput extends Panel implements IRenderMime.IRenderer {
  /** `common` is the registry that every notebook's is a copy of. */
  constructor(
    private readonly common: IRenderMimeRegistry,
    private readonly words: Words
  ) {
    super();
    this.addClass('jp-nbfinetune-output');
  }

  /** Called again for every update of the output: a checkpoint was saved, or the run has ended. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.saved = readSaved(model.data[RUN_MIME], this.words.damaged);
    const wanted = model.trusted ? modelId(model.data[WIDGET_MIME]) : '';
    if (wanted === '') {
      this.wanted = '';
      this.showSaved('saved');
    } else if (wanted !== this.wanted) {
      this.wanted = wanted;
      void this.follow(wanted);
    } else {
      this.shown?.draw(this.saved, this.why);
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.wanted = '';
    this.dropLive();
    super.dispose();
  }

  protected onAfterAttach(): void {
    this.attached.resolve();
  }

  private async follow(id: string): Promise<void> {
    const goesOn = () => this.wanted === id && !this.isDisposed;
    const late = window.setTimeout(() => goesOn() && this.showSaved('waiting'), SHOW_SAVED_AFTER);
    await this.attached.promise;
    const place = placeOf(this);
    const live = place && (await findLive(id, place, this.common, goesOn));
    window.clearTimeout(late);
    if (!goesOn()) live?.renderer.dispose();
    else if (live) await this.showLive(live);
    else {
      this.showSaved('gone');
      this.stopWatching = onKernel(place?.session ?? null, () => void this.follow(id));
    }
  }

  private async showLive({ renderer, onGone }: LiveView): Promise<void> {
    this.dropLive();
    this.live = renderer;
    this.stopWatching = onGone(why => this.showSaved(why));
    if (!this.shown) {
      this.addWidget(renderer);
      return;
    }
    // what is shown already stays until the live view, which begins empty, knows the run
    renderer.hide();
    this.addWidget(renderer);
    await hasDrawn(renderer.node);
    if (this.live !== renderer) return;
    this.shown.dispose();
    this.shown = null;
    renderer.show();
  }

  private showSaved(why: Why): void {
    this.dropLive();
    this.why = why;
    if (!this.shown) {
      this.shown = new SavedRun(this.words);
      this.addWidget(this.shown);
    }
    this.shown.draw(this.saved, why);
  }

  private dropLive(): void {
    this.stopWatching();
    this.stopWatching = () => undefined;
    this.live?.dispose();
    this.live = null;
  }

  private readonly attached = new PromiseDelegate<void>();
  private saved: Saved = { line: '' };
  private wanted = '';
  private live: Widget | null = null;
  private shown: SavedRun | null = null;
  private why: Why = 'saved';
  private stopWatching: () => void = () => undefined;
}
