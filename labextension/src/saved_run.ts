import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { mountRunView, RunView } from './front.js';
import type { SavedView } from './live_output.js';
import { readSaved, RUN_MIME, showCommand } from './saved.js';
import type { Why, Words } from './words.js';

/** A saved picture, and why it is not the live one; or the line that says why there is none. */
export class SavedRun extends Widget implements SavedView {
  constructor(private readonly words: Words) {
    super();
  }

  draw({ data }: IRenderMime.IMimeModel, why: Why): void {
    const saved = readSaved(data[RUN_MIME], this.words.damaged);
    if ('line' in saved) {
      this.say(saved.line);
      return;
    }
    const { picture } = saved;
    try {
      this.view ??= this.mount();
      this.view.show(picture);
      const hint = this.words.why(why, picture.head.step, showCommand(picture));
      this.view.hint(picture.head.ended ? '' : hint);
    } catch (reason) {
      console.warn('nbfinetune: a saved run could not be drawn.', reason);
      this.say(this.words.damaged);
    }
  }

  dispose(): void {
    this.view?.destroy();
    this.view = null;
    super.dispose();
  }

  private mount(): RunView {
    this.node.replaceChildren();
    return mountRunView(this.node);
  }

  private say(text: string): void {
    this.view?.destroy();
    this.view = null;
    const line = document.createElement('div');
    line.className = 'jp-nbfinetune-output-line';
    line.textContent = text;
    this.node.replaceChildren(line);
  }

  private view: RunView | null = null;
}
