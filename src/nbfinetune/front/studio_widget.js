// The widget of a dataset studio in a notebook. The draft is in the kernel, so a second view, or one
// after a reload, shows the same.

import { mountStudio } from './studio_view.js';

/**
 * @param {{model: object, el: HTMLElement}} context of anywidget
 * @returns {() => void} takes the view away
 */
function renderStudio({ model, el }) {
  return mountStudio(el, model);
}

export default { render: renderStudio };
