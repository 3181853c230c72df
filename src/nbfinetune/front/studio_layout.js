// Where the rows of a long list stand: nearly all have one height, a few that are open have their own.
// Pure arithmetic in pixels.

/**
 * @typedef {{count: number, base: number, height: number,
 *   tall: {index: number, height: number, top: number}[]}} ListLayout
 */

/**
 * @param {number} count of rows @param {number} base height of a row
 * @param {[number, number][]} others index and height of rows that are not of this height
 * @returns {ListLayout}
 */
export function listLayout(count, base, others = []) {
  let more = 0;
  const tall = others
    .filter(([index]) => index >= 0 && index < count)
    .sort(([a], [b]) => a - b)
    .map(([index, height]) => {
      const top = index * base + more;
      more += height - base;
      return { index, height, top };
    });
  return { count, base, height: count * base + more, tall };
}

/** @param {ListLayout} layout @param {number} index @returns {number} pixels above the row */
export function rowTop({ base, tall }, index) {
  const before = tall.findLast((row) => row.index < index);
  return before ? before.top + before.height + (index - before.index - 1) * base : index * base;
}

/** @param {ListLayout} layout @param {number} index @returns {number} */
export function rowHeight({ base, tall }, index) {
  return tall.find((row) => row.index === index)?.height ?? base;
}

/** @param {ListLayout} layout @param {number} y @returns {number} the row at this pixel, of those there are */
export function rowAt({ base, count, tall }, y) {
  const before = tall.findLast((row) => row.top <= y);
  const within = before && y < before.top + before.height;
  const index = !before ? Math.floor(y / base)
    : within ? before.index
      : before.index + 1 + Math.floor((y - before.top - before.height) / base);
  return Math.min(Math.max(index, 0), Math.max(count - 1, 0));
}

/**
 * The rows that can be seen, and `margin` pixels more at both ends.
 * @param {ListLayout} layout @param {number} top scrolled pixels @param {number} height that is seen
 * @param {number} margin @returns {[number, number]} first row, and the one behind the last
 */
export function rowsInView(layout, top, height, margin) {
  if (!layout.count) return [0, 0];
  return [rowAt(layout, top - margin), rowAt(layout, top + height + margin) + 1];
}

/**
 * How far to scroll so that a row is seen, as little as possible; its beginning where it is too tall.
 * @param {ListLayout} layout @param {number} index @param {number} top @param {number} height
 * @returns {number}
 */
export function scrollToRow(layout, index, top, height) {
  const from = rowTop(layout, index);
  const to = from + rowHeight(layout, index);
  if (from < top || to - from > height) return from;
  return to > top + height ? to - height : top;
}
