// The widget of a run in a notebook: a view that follows the news of its model. Every view of a model
// keeps its own picture, so a second one may open at any time.

import { followRun } from './news.js';
import { mountRunView } from './run_view.js';

/**
 * @param {{model: object, el: HTMLElement}} context of anywidget
 * @returns {() => void} takes the view away
 */
function render({ model, el }) {
  const view = mountRunView(el, { onCommand: (name) => news.command(name) });
  // the JupyterLab extension leaves its version here; it draws what the kernel then saves meanwhile
  const news = followRun(model, view, { extension: 'nbfinetune' in document.documentElement.dataset });
  return () => {
    news.stop();
    view.destroy();
  };
}

export default { render };
