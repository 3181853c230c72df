// Nodes of a page: make them once, then change only what differs, so that focus, selection, scroll
// and open folds survive an update. Text goes in as text, never as markup.

export const CLASS_PREFIX = 'jp-nbfinetune-';
const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag @param {string} [name] class, without the prefix @param {object} [attributes]
 * @param {(Node | string)[]} [children] @returns {HTMLElement}
 */
export function element(tag, name = '', attributes = {}, children = []) {
  return fill(document.createElement(tag), name, attributes, children);
}

/** The same for a node of a drawing. @returns {SVGElement} */
export function drawing(tag, name = '', attributes = {}, children = []) {
  return fill(document.createElementNS(SVG_NAMESPACE, tag), name, attributes, children);
}

function fill(node, name, attributes, children) {
  if (name) node.setAttribute('class', CLASS_PREFIX + name);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

/** Null or false takes an attribute away. @param {Element} node @param {object} attributes */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
  }
}

/** @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {HTMLElement} node @param {boolean} shown */
export function setShown(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/**
 * Children that follow a list: one node for each key, kept as long as its key stays.
 * @template T
 * @param {Element} parent holds nothing else @param {T[]} items
 * @param {(item: T, index: number) => string | number} keyOf
 * @param {(item: T) => Element} make @param {(node: Element, item: T, index: number) => void} update
 */
export function keepChildren(parent, items, keyOf, make, update) {
  const known = (parent.nbfinetuneNodes ??= new Map());
  const keys = items.map(keyOf);
  const wanted = new Set(keys);
  for (const [key, node] of known) {
    if (wanted.has(key)) continue;
    node.remove(); // before the walk: a node that is moved loses the focus
    known.delete(key);
  }
  let place = parent.firstChild;
  items.forEach((item, index) => {
    let node = known.get(keys[index]);
    if (!node) known.set(keys[index], (node = make(item)));
    update(node, item, index);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  });
}
