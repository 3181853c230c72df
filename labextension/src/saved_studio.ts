import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel } from '@lumino/widgets';
import type { SavedView } from './live_output.js';
import type { Words } from './words.js';

const HTML_MIME = 'text/html';

/** The first rows of a studio that is gone: the HTML beside it, drawn as any other of the notebook. */
export class SavedStudio extends Panel implements SavedView {
  constructor(
    private readonly rendermime: IRenderMimeRegistry,
    private readonly words: Words
  ) {
    super();
  }

  draw(model: IRenderMime.IMimeModel): void {
    while (this.widgets.length) this.widgets[0].dispose();
    this.node.replaceChildren();
    if (typeof model.data[HTML_MIME] === 'string') {
      const picture = this.rendermime.createRenderer(HTML_MIME);
      this.addWidget(picture);
      void picture.renderModel(model);
    } else {
      const line = document.createElement('div');
      line.className = 'jp-nbfinetune-output-line';
      line.textContent = this.words.studioGone;
      this.node.append(line);
    }
  }
}
