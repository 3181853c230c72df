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
  const news = followRun(model, view);
  return () => {
    news.stop();
    view.destroy();
  };
}

export default { render };
