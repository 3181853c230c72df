// The output of a run: the live view while it exists, what the notebook holds when it doesn't.

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { PromiseDelegate } from '@lumino/coreutils';
import { Panel } from '@lumino/widgets';
import { findLive, LiveView, placeOf } from './live.js';
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
    this.stopWatching();
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
    else if (live) this.showLive(live);
    else this.showSaved('gone');
  }

  private showLive(live: LiveView): void {
    this.clear();
    this.addWidget(live.renderer);
    this.stopWatching = live.onGone(() => this.showSaved('gone'));
  }

  private showSaved(why: Why): void {
    this.why = why;
    if (!this.shown) {
      this.clear();
      this.shown = new SavedRun(this.words);
      this.addWidget(this.shown);
    }
    this.shown.draw(this.saved, why);
  }

  private clear(): void {
    this.stopWatching();
    this.stopWatching = () => undefined;
    this.shown = null;
    for (const widget of [...this.widgets]) widget.dispose();
  }

  private readonly attached = new PromiseDelegate<void>();
  private saved: Saved = { line: '' };
  private wanted = '';
  private shown: SavedRun | null = null;
  private why: Why = 'saved';
  private stopWatching: () => void = () => undefined;
}
