// The output of something live, a run or a dataset studio: its view while that exists, what the
// notebook holds when it doesn't.

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { PromiseDelegate } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import { findLive, hasDrawn, LiveView, onKernel, placeOf } from './live.js';
import { modelId, WIDGET_MIME } from './saved.js';
import type { Why } from './words.js';

/** Milliseconds: a live view that comes sooner is the first thing one sees. */
const SHOW_SAVED_AFTER = 400;

/** What the notebook holds, drawn. */
export interface SavedView extends Widget {
  draw(model: IRenderMime.IMimeModel, why: Why): void;
}

export class LiveOutput extends Panel implements IRenderMime.IRenderer {
  /**
   * @param common the registry that every notebook's is a copy of
   * @param endsLive whether a live view gives way as soon as its kernel is gone; one in which
   *   somebody may be typing stays until the page is loaded again
   */
  constructor(
    private readonly common: IRenderMimeRegistry,
    private readonly makeSaved: () => SavedView,
    private readonly endsLive: boolean
  ) {
    super();
    this.addClass('jp-nbfinetune-output');
  }

  /** Called again for every update of the output: there is something new, or it has ended. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.saved = model;
    const wanted = model.trusted ? modelId(model.data[WIDGET_MIME]) : '';
    if (wanted === '') {
      this.wanted = '';
      this.showSaved('saved');
    } else if (wanted !== this.wanted) {
      this.wanted = wanted;
      void this.follow(wanted);
    } else {
      this.shown?.draw(model, this.why);
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
    if (this.endsLive) this.stopWatching = onGone(why => this.showSaved(why));
    if (!this.shown) {
      this.addWidget(renderer);
      return;
    }
    // what is shown already stays until the live view, which begins empty, has something to show
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
      this.shown = this.makeSaved();
      this.addWidget(this.shown);
    }
    if (this.saved) this.shown.draw(this.saved, why);
  }

  private dropLive(): void {
    this.stopWatching();
    this.stopWatching = () => undefined;
    this.live?.dispose();
    this.live = null;
  }

  private readonly attached = new PromiseDelegate<void>();
  private saved: IRenderMime.IMimeModel | null = null;
  private wanted = '';
  private live: Widget | null = null;
  private shown: SavedView | null = null;
  private why: Why = 'saved';
  private stopWatching: () => void = () => undefined;
}
