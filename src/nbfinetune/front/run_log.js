// The log of a run: folded, searchable, the last lines only. Draws nothing while it is folded.

import { element, keepChildren, setText } from './dom.js';
import { countText } from './numbers.js';

const MOST_LINES = 1000;

/**
 * @param {HTMLElement} el
 * @returns {{show: (picture: import('./picture.js').Picture) => void}}
 */
export function createLog(el) {
  const count = element('span', 'quiet');
  const search = element('input', 'search', {
    type: 'search', placeholder: 'Search', 'aria-label': 'Search the log',
  });
  const found = element('span', 'quiet', { 'aria-live': 'polite' });
  const lines = element('div', 'log-lines', {
    tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Log',
  });
  const details = element('details', 'log', {}, [
    element('summary', '', {}, [element('span', 'title', {}, ['Log']), ' ', count]),
    element('div', 'log-tools', {}, [search, found]),
    lines,
  ]);
  el.append(details);
  let all = [];
  let total = 0; // a long log arrives without its beginning

  function draw() {
    setText(count, total === 1 ? '1 line' : total ? `${countText(total)} lines` : 'nothing yet');
    if (!details.open) return;
    const follow = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 8;
    const wanted = search.value.trim().toLowerCase();
    const hits = matchingLines(all, wanted);
    const shown = hits.slice(-MOST_LINES);
    setText(found, foundText(hits.length, shown.length, wanted, total));
    const put = (node, { text }) => setText(node, text || '\u00a0'); // an empty line has a height, too
    keepChildren(lines, shown, ({ at }) => at, () => element('div'), put);
    if (follow) lines.scrollTop = lines.scrollHeight;
  }

  details.addEventListener('toggle', draw);
  search.addEventListener('input', draw);
  return {
    show(picture) {
      all = picture.log.items;
      total = Math.max(picture.log.have, all.length);
      draw();
    },
  };
}

/** @returns {{at: number, text: string}[]} lines with `wanted` in them, each with its place in the log */
export function matchingLines(all, wanted) {
  const numbered = all.map((text, at) => ({ at, text }));
  return wanted ? numbered.filter(({ text }) => text.toLowerCase().includes(wanted)) : numbered;
}

function foundText(hits, shown, wanted, total) {
  if (wanted) return `${countText(hits)} found${hits > shown ? `, the last ${countText(shown)} shown` : ''}`;
  return total > shown ? `the last ${countText(shown)} are shown` : '';
}
